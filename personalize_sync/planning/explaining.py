"""Why one object, or one field of it, is planned as it is: what Git, the tenant and we said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Action, Cause, Change, Evidence
from personalize_sync.planning.compare import differing
from personalize_sync.planning.decide import as_it_was
from personalize_sync.planning.match import match
from personalize_sync.planning.precondition import stored
from personalize_sync.planning.three_way import base_of, shown
from personalize_sync.project import OnDrift
from personalize_sync.resources import ABSENT, Manage, SecretRef, pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from personalize_sync.planning.change import FieldChange
    from personalize_sync.planning.plan import Plan
    from personalize_sync.planning.policy import Policy
    from personalize_sync.problems import Location
    from personalize_sync.resources import Address, Live, LiveState, Path, Resource, Source


@dataclass(frozen=True, slots=True)
class Statement:
    """One place in a manifest that speaks of a field: `spec`, or an environment's override.

    `file` holds the text where the manifest names a file; ABSENT is an override that removes. `path`
    leads on from the field that was asked for, where an override concerns a part of it.
    """

    where: str
    path: Path
    location: Location
    value: Any = ABSENT
    file: str = ""
    wins: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known of one object, or of one field; sensitive values are masked.

    `live` and `base` are None where the tenant was not asked, or has nothing to say.
    """

    address: Address
    path: Path
    environment: str
    resource: Resource | None = None
    statements: tuple[Statement, ...] = ()
    asked: bool = False
    live: Live | None = None
    live_value: Any = ABSENT
    base: Evidence | None = None
    base_value: Any = ABSENT
    change: Change | None = None
    fields: tuple[FieldChange, ...] = ()
    why: tuple[str, ...] = ()


def in_git(
    address: Address,
    path: Path,
    environment: str,
    versions: Mapping[str, Resource],
    file_of: Callable[[Source, Path], str],
) -> Explanation:
    """Return what manifests say; `versions` holds the resource as each environment sees it.

    The version called "" is the manifest without overrides. `file_of` names the file that holds a
    value, if one does.
    """
    said = [
        Statement(
            f"overrides.{name}" if name else "spec",
            here[len(path) :],
            resource.source.locate(here),
            masked(at(resource.spec, here), here, address.kind),
            file_of(resource.source, here),
            wins=name == environment,
        )
        for name, resource in sorted(versions.items())
        for here in _spoken_of(path, resource, versions.get("") if name else None)
    ]
    used = environment in versions
    overridden = any(statement.wins and not statement.path for statement in said)
    return Explanation(
        address,
        path,
        environment,
        resource=versions.get(environment),
        statements=tuple(
            replace(s, wins=True) if used and s.where == "spec" and not overridden else s
            for s in said
        ),
        why=()
        if used or not versions
        else (f"Its manifest is not for {environment} (metadata.environments).",),
    )


def _spoken_of(path: Path, resource: Resource, plain: Resource | None) -> tuple[Path, ...]:
    """Return the paths, at or below the one asked for, that a manifest or an override states."""
    value = at(resource.spec, path)
    if plain is None:
        return () if value is ABSENT else (path,)
    before = at(plain.spec, path)
    if isinstance(value, dict) and isinstance(before, dict):
        return tuple((*path, *below) for below in differing(value, before))
    stays = resource.source.locate(path) == plain.source.locate(path)
    return () if stays or (value is ABSENT and before is ABSENT) else (path,)


def in_tenant(
    told: Explanation, desired: Sequence[Resource], state: LiveState, plan: Plan, policy: Policy
) -> Explanation:
    """Add what the tenant says, what we wrote last, and what follows."""
    matches = match(desired, state.objects)
    address = told.address
    live = matches.live.get(address) or matches.twins.get(address)
    live = live or matches.unclaimed.get(address)
    change = next((c for c in plan.changes if c.address == address), None)
    drift = next((d for d in plan.drift if d.address == address), None)
    fields = change.fields if change else drift.fields if drift else ()
    found = replace(
        told,
        asked=True,
        live=live,
        change=change,
        fields=tuple(f for f in fields if _concerns(f.path, told.path)),
    )
    if live:
        evidence, base = base_of(live, state)
        path = _compared(told)
        now = masked(at(stored(live, matches.refs), path), path, address.kind)
        then = now if evidence.found == "live" else ABSENT
        if base:
            before = stored(as_it_was(live, base), matches.refs)
            then = masked(at(before, path), path, address.kind)
        found = replace(found, live_value=now, base=evidence, base_value=then)
    several = len(matches.ambiguous.get(address, ()))
    return replace(found, why=(*told.why, *_why(found, policy, several)))


def _compared(told: Explanation) -> Path:
    """Return the path down to the first list: lists are compared whole, and may be reordered."""
    spec = told.resource.spec if told.resource else {}
    lengths = range(1, len(told.path))
    cut = (n for n in lengths if isinstance(at(spec, told.path[:n]), list))
    return told.path[: next(cut, len(told.path))]


def at(document: object, path: Path) -> Any:
    """Return the value at a path, through lists too, or ABSENT."""
    for part in path:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return ABSENT
    return document


def masked(value: Any, path: Path, kind: str) -> Any:
    """Return a value with everything in it masked that may hold a secret."""
    if isinstance(value, dict):
        return {name: masked(child, (*path, name), kind) for name, child in value.items()}
    return shown(value, path, BY_NAME[kind])


def _concerns(field: Path, asked: Path) -> bool:
    shorter = min(len(field), len(asked))
    return field[:shorter] == asked[:shorter]


def _why(found: Explanation, policy: Policy, several: int) -> Iterator[str]:
    if found.resource is None:
        yield from () if found.why else _undeclared(found)
        return
    yield from _at_large(found, found.resource, policy, several)
    if found.live and not found.live.archived:
        for cause in sorted({field.cause for field in found.fields}):
            yield _about_cause(cause, found, policy)
    if found.change:
        yield from _about_change(found.change)


def _at_large(
    found: Explanation, resource: Resource, policy: Policy, several: int
) -> Iterator[str]:
    if several:
        yield f"The tenant has {several} living objects of this name; which is meant is not guessed."
    elif found.live is None:
        yield _missing(resource)
    elif found.live.archived:
        yield "The object is archived in the tenant; apply restores it."
    elif found.path:
        yield from _about_field(found, resource, policy)
    elif resource.manage is Manage.CREATE_ONLY:
        yield "manage is createOnly: it was created, and is left alone from then on."
    elif not found.fields and found.change is None:
        yield "Git and the tenant agree in everything that the manifest states."


def _about_change(change: Change) -> Iterator[str]:
    if change.action is Action.UPDATE and change.secrets and not change.fields:
        yield "No field differs, but the secret has to be sent."
    for note in change.notes:
        yield f"Note: {note}."
    for block in change.blocked:
        way = f" To allow it: {block.override}" if block.override else ""
        yield f"Blocked ({block.rule}): {block.message}.{way}"


def _undeclared(found: Explanation) -> Iterator[str]:
    if found.change and found.change.action is Action.ARCHIVE:
        yield "No manifest declares it, it is ours, and prune is on: apply archives it."
        yield from _about_change(found.change)
    else:
        yield "No manifest declares it: it is left alone, and counts as unmanaged."


def _missing(resource: Resource) -> str:
    if resource.manage is Manage.OBSERVE:
        return "The tenant has no such object, and manage is observe: nothing is created."
    return "The tenant has no such object; apply creates it."


def _about_field(found: Explanation, resource: Resource, policy: Policy) -> Iterator[str]:
    value = at(resource.spec, found.path)
    path = pointer(found.path)
    rule = next((r for r in policy.environment.ignore if r.covers(str(found.address), path)), None)
    if value is ABSENT:
        yield "The manifest does not state it, so it is neither compared nor changed."
    elif rule:
        until = f", until {rule.until}" if rule.until else ""
        yield f"The project file ignores it ({rule.reason}{until}): neither compared nor changed."
    elif resource.manage is Manage.CREATE_ONLY:
        yield "manage is createOnly: it was created with this value, and is left alone from then on."
    elif isinstance(value, SecretRef):
        version = f", version {value.version}" if value.version else ""
        yield (
            f"It is a secret{version}: the tenant never shows it, so it is not compared; "
            f"every write of the object sends {value.name}."
        )
    elif not found.fields:
        yield "Git and the tenant agree" + _how_far(found, value)


def _how_far(found: Explanation, value: Any) -> str:
    if _compared(found) != found.path:
        return f" in {pointer(_compared(found))}, which is compared as a whole."
    if isinstance(value, dict):
        return " in all of it that the manifest states."
    same = found.live_value == masked(value, found.path, found.address.kind)
    return "." if same else ", though the tenant has it in other words or another order."


def _about_cause(cause: Cause, found: Explanation, policy: Policy) -> str:
    if found.resource and found.resource.manage is Manage.OBSERVE:
        return f"{cause}: it differs, and manage is observe, so it is only reported."
    match cause:
        case Cause.PENDING:
            return "pending: the tenant is as we last wrote it and Git moved; apply writes it."
        case Cause.DRIFT:
            return f"drift: Git is as we last wrote it and the tenant moved; {_on_drift(policy)}."
        case Cause.CONFLICT:
            return (
                "conflict: Git and the tenant both moved since our last write; apply refuses "
                f"without --allow conflict={found.address}, and pull merges."
            )
        case Cause.UNDETERMINED:
            return (
                "undetermined: Git and the tenant differ, and no write of ours is known that would "
                "say who moved; apply writes what Git says."
            )
        case Cause.CONVERGED:
            return "converged: both moved to the same value."


def _on_drift(policy: Policy) -> str:
    match policy.on_drift:
        case OnDrift.REVERT:
            return "apply reverts it"
        case OnDrift.KEEP:
            return "onDrift is keep, so it stays until it is pulled"
        case OnDrift.BLOCK:
            return "onDrift is block, so apply refuses"
