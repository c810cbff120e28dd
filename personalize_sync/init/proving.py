"""The proof that an import is exact: the real loader reads it, the real planner finds no change."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from personalize_sync.init.manifest_text import manifest_text
from personalize_sync.init.naming import stem
from personalize_sync.kinds import BY_NAME
from personalize_sync.manifests import load_manifests
from personalize_sync.manifests.ignoring import comment
from personalize_sync.planning.planner import make_plan
from personalize_sync.planning.policy import Policy
from personalize_sync.problems import Severity
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.init.drafts import Draft, Drafts
    from personalize_sync.init.placing import Stage
    from personalize_sync.manifests import Loaded
    from personalize_sync.problems import Problem
    from personalize_sync.project import Environment, Project
    from personalize_sync.resources import LiveState

_ADVICE = "write its manifest by hand"
_AS_IT_IS = "as the tenant has it"


def prove(
    drafts: Drafts, state: LiveState, stage: Stage, project: Project, environment: Environment
) -> None:
    """Write every draft to the stage and drop those that are not valid, or differ from the tenant.

    What is left on the stage then plans to no change.
    """
    for address, draft in sorted(drafts.by_address.items()):
        files = _files(draft)
        if files is None:
            drafts.drop(address, "YAML cannot hold one of its texts", _ADVICE)
        else:
            stage.write(files)
    staged = replace(project, root=stage.folder)
    warnings = _sound(drafts, state, stage, staged, environment)
    if warnings:
        _ignore(warnings, stage)
        _sound(drafts, state, stage, staged, environment)


def _sound(
    drafts: Drafts, state: LiveState, stage: Stage, staged: Project, environment: Environment
) -> tuple[Problem, ...]:
    """Drop drafts until what is left is proven, and return the warnings about it."""
    loaded = load_manifests(staged, environment=environment.name)
    while wrong := _wrong(drafts, state, loaded, environment):
        for address, reason in sorted(wrong.items()):
            stage.remove(_files(drafts.by_address[address]) or ())
            drafts.drop(address, reason, _ADVICE)
        loaded = load_manifests(staged, environment=environment.name)
    return loaded.problems


def _ignore(warnings: Iterable[Problem], stage: Stage) -> None:
    """Write beside it why each warning is none: what it is about stands so in the tenant.

    The texts of drafts never go on over several lines, but in blocks, which begin with a line that
    takes a comment.
    """
    places: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for warning in warnings:
        if warning.location:
            places[warning.location.file][warning.location.line].append(warning.id)
    for name, rules in places.items():
        lines = (stage.folder / name).read_bytes().decode().split("\n")
        for line, ids in rules.items():
            lines[line - 1] += f"  {comment(ids, _AS_IT_IS)}"
        stage.write({name: "\n".join(lines)})


def _wrong(
    drafts: Drafts, state: LiveState, loaded: Loaded, environment: Environment
) -> dict[Address, str]:
    """Return the drafts that have problems, else those that would be changed, with the reason."""
    errors = [p for p in loaded.problems if p.severity is Severity.ERROR]
    if errors:
        names = {f"{_name(draft)}.yaml": address for address, draft in drafts.by_address.items()}
        return {names[p.location.file]: p.message for p in errors if p.location}
    plan = make_plan(loaded.resources, state, policy=Policy(environment))
    differing: dict[Address, list[str]] = defaultdict(list)
    for change in plan.changes:
        differing[_declared(change.address)] += [field.pointer for field in change.fields]
    return {
        address: f"the tenant would not keep it as it is: {', '.join(sorted(set(fields)))}"
        for address, fields in differing.items()
    }


def _declared(address: Address) -> Address:
    """Return the address of the manifest that declares an object."""
    parent = BY_NAME[address.kind].parent
    return Address(parent, address.key.partition(":")[0]) if parent else address


def _name(draft: Draft) -> str:
    return f"{BY_NAME[draft.address.kind].folder}/{stem(draft.address.key)}"


def _files(draft: Draft) -> dict[str, str] | None:
    folder = BY_NAME[draft.address.kind].folder
    text = manifest_text(draft.document, f"../schemas/{draft.address.kind}.schema.json")
    if text is None:
        return None
    beside = {f"{folder}/{name}": content for name, content in draft.files.items()}
    return {**beside, f"{_name(draft)}.yaml": text}
