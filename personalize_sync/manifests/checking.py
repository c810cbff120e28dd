"""The answer to `validate`: nothing is parsed while not a byte of a valid project has changed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.files import Tree, tree_digest
from personalize_sync.manifests.memory import Memory
from personalize_sync.manifests.roots import PROJECT_FILE
from personalize_sync.manifests.states import states
from personalize_sync.problems import Ignored, Location, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from personalize_sync.project import Project


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with the manifests, and how many there are."""

    problems: tuple[Problem, ...]
    files: int
    manifests: int
    ignored: tuple[Ignored, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """That a tree of files was without problems, as one environment, or all declared, see it."""

    environment: str | None
    declared: list[str]
    tree: str
    named: list[str]
    files: int
    manifests: int
    states: str = ""
    """Of the files when they were read, by what the file system says of them."""
    day: str = ""
    """When that was: the project file's rules can expire."""
    ignored: tuple[Ignored, ...] = ()


def remembered(root: Path, *, environment: str | None = None) -> Checked | None:
    """Return the last answer, None unless the state of every file proves that it still holds.

    Only for saying whether manifests are valid: what is to be written is always read.
    """
    known = _recalled(Memory(root))
    if known is None or not known.states or (known.environment, known.day) != (environment, _day()):
        return None
    if states(Tree(root), known.named) != known.states:
        return None
    return Checked((), known.files, known.manifests, known.ignored)


def check_manifests(project: Project, *, environment: str | None = None) -> Checked:
    """Return the problems of all manifests; without an environment, as all of them see it."""
    began = time.time_ns()
    memory = Memory(project.root)
    declared = sorted(project.environments)
    known = _recalled(memory)
    if known and (known.environment, known.declared) == (environment, declared):
        tree = Tree(project.root)
        if _digest(tree, known.named) == known.tree:
            _keep(memory, known, project, tree, began)
            return Checked((), known.files, known.manifests, known.ignored)
    from personalize_sync.manifests.loading import check_tree  # noqa: PLC0415 - the parsers

    tree = Tree(project.root)
    loaded = check_tree(project, tree, memory, environment=environment)
    if not loaded.problems and not loaded.links:
        counts = loaded.files, loaded.manifests
        verdict = Verdict(
            environment,
            declared,
            loaded.tree_digest,
            [*loaded.named],
            *counts,
            ignored=loaded.ignored,
        )
        _keep(memory, verdict, project, tree, began)
    return Checked(loaded.problems, loaded.files, loaded.manifests, loaded.ignored)


def _keep(memory: Memory, verdict: Verdict, project: Project, tree: Tree, began: int) -> None:
    if not memory.is_kept:
        return
    data = tree.read_manifest(PROJECT_FILE)
    settings = "" if isinstance(data, Problem) else f"sha256:{hashlib.sha256(data).hexdigest()}"
    # The project file was read earlier than all others, perhaps before it changed.
    is_same = settings == project.config_digest
    proof = states(tree, verdict.named, before=began) if is_same else ""
    memory.keep_verdict(asdict(replace(verdict, states=proof, day=_day())))


def _day() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def _recalled(memory: Memory) -> Verdict | None:
    found = memory.verdict()
    try:
        return Verdict(**{**found, "ignored": tuple(map(_ignored, found["ignored"]))})
    except (KeyError, TypeError):
        return None


def _ignored(entry: dict[str, Any]) -> Ignored:
    problem = entry["problem"]
    at, severity = problem["location"], Severity(problem["severity"])
    location = Location(**at) if at else None
    problem = Problem(**{**problem, "location": location, "severity": severity})
    return Ignored(problem, entry["reason"])


def _digest(tree: Tree, named: Iterable[str]) -> str:
    """Return the digest of every manifest and named file; empty if any of them cannot be read."""
    digests: dict[str, bytes] = {}
    for name in tree.manifests():
        data = name if isinstance(name, Problem) else tree.read_manifest(name)
        if isinstance(name, Problem) or isinstance(data, Problem):
            return ""
        digests[name] = hashlib.sha256(data).digest()
    try:
        for name in named:
            digests[name] = hashlib.sha256(tree.read_named(tree.resolve("", name), name)).digest()
    except Complaint:
        return ""
    return tree_digest(digests)
