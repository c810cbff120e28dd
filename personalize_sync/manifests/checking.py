"""The answer to `validate`: nothing is parsed while not a byte of a valid project has changed."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.files import Tree
from personalize_sync.manifests.loading import load_manifests, tree_digest
from personalize_sync.manifests.memory import Memory
from personalize_sync.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.project import Project


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with the manifests, and how many there are."""

    problems: tuple[Problem, ...]
    files: int
    manifests: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """That a tree of files was without problems, as one environment, or all declared, see it."""

    environment: str | None
    declared: list[str]
    tree: str
    named: list[str]
    files: int
    manifests: int


def check_manifests(project: Project, *, environment: str | None = None) -> Checked:
    """Return the problems of all manifests; without an environment, as all of them see it."""
    memory = Memory(project.root)
    declared = sorted(project.environments)
    known = _recalled(memory)
    if known and (known.environment, known.declared) == (environment, declared):
        tree = _tree(project, known.named)
        if tree and tree == known.tree:
            return Checked((), known.files, known.manifests)
    loaded = load_manifests(project, environment=environment)
    if not loaded.problems:
        counts = loaded.files, loaded.manifests
        verdict = Verdict(environment, declared, loaded.tree_digest, [*loaded.named], *counts)
        memory.keep_verdict(asdict(verdict))
    return Checked(loaded.problems, loaded.files, loaded.manifests)


def _recalled(memory: Memory) -> Verdict | None:
    try:
        return Verdict(**memory.verdict())
    except TypeError:
        return None


def _tree(project: Project, named: Iterable[str]) -> str:
    """Return the digest of every manifest and named file; empty if any of them cannot be read."""
    tree = Tree(project.root)
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
