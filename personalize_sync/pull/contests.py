"""Which fields of a plan a pull is about, and whose value each of them gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Action, Cause, FieldChange
from personalize_sync.planning.prune import is_built_in
from personalize_sync.pull.choice import Choice, Side, side_of
from personalize_sync.resources import ABSENT, Address, Unset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from personalize_sync.planning.plan import Plan
    from personalize_sync.resources import LiveState, Resource

_SENSITIVE = "it may hold a secret, so it is never pulled: write it by hand"
_NO_MANIFEST = "the tenant deploys a variant that no manifest declares: declare it first"
_TOGETHER = "shares make sense only together, so they are taken from one side"
_ARCHIVED = "it is archived in the tenant: apply restores it, or remove the manifest"
_RENAMED = "the tenant knows it by a former key: apply renames it"
_PINNED = "revision"
_MODEL = "decision-model"
_DEPLOYED = ("TEST", "PRODUCTION")
_VARIANT = "decision-variant"


@dataclass(frozen=True, slots=True)
class Contest:
    """One differing field and the side whose value it gets; `note` says what is special."""

    address: Address
    field: FieldChange
    side: Side
    note: str = ""


def contests(
    plan: Plan, state: LiveState, choice: Choice, resources: Iterable[Resource] = ()
) -> tuple[Contest, ...]:
    """Return every field in which a manifest and its live object differ, in a stable order.

    What the tenant names and none of the declared resources is becomes a lookup.
    """
    declared = {resource.address: resource for resource in resources}
    names = {
        address.key: live.name
        for live in state.objects
        if live.kind == _MODEL and (address := plan.refs.address(_MODEL, live.ref))
        if address not in declared
    }
    built_in = {live.ref for live in state.objects if is_built_in(live)}
    differing = {entry.address: entry.fields for entry in plan.drift}
    differing |= {
        c.address: c.fields for c in plan.changes if c.live and c.action is not Action.ARCHIVE
    }
    found: list[Contest] = []
    for address, fields in sorted(differing.items()):
        if plan.refs.ref(address) not in built_in:
            found += _of_object(address, [_looked_up(f, names) for f in fields], choice)
    undeployed = _undeployed(plan, state, declared) if any(map(_is_variants, found)) else {}
    return tuple(
        replace(c, note=c.note or undeployed.get(c.address, "")) if _is_variants(c) else c
        for c in found
    )


def _is_variants(contest: Contest) -> bool:
    return contest.address.kind == _VARIANT and contest.side is not Side.GIT


def _undeployed(
    plan: Plan, state: LiveState, declared: Mapping[Address, Resource]
) -> dict[Address, str]:
    """Return what to say of each variant whose newest revision was saved, but never deployed."""
    found = {}
    newest = {live.ref: live.revision for live in state.objects if live.kind == _VARIANT}
    kind = BY_NAME[_MODEL]
    for live in state.objects:
        model = plan.refs.address(_MODEL, live.ref) if live.kind == _MODEL else None
        if model is None or model not in declared:
            continue
        stated = declared[model].spec.get("variants") or {}
        for key, entry in kind.normalise(live, plan.refs)["variants"].items():
            address = Address(_VARIANT, f"{model.key}:{key}")
            saved, pinned = newest.get(plan.refs.ref(address) or ""), entry.get("revision")
            status = stated.get(key, {}).get("status")
            if status in _DEPLOYED and None not in (saved, pinned) and saved != pinned:
                found[address] = (
                    f"revision {saved} was never deployed in the tenant, which deploys {pinned}: "
                    "the next apply would deploy it"
                )
    return found


def _looked_up(field: FieldChange, names: Mapping[str, str]) -> FieldChange:
    if field.path[-1:] != ("decisionModels",) or not isinstance(field.before, list):
        return field
    models = [
        {"lookup": {"kind": _MODEL, "name": names[key]}} if key in names else key
        for key in field.before
    ]
    return replace(field, before=models)


def _of_object(
    address: Address, fields: Sequence[FieldChange], choice: Choice
) -> Iterator[Contest]:
    archived = [field for field in fields if field.path == ("archived",)]
    if archived:
        yield Contest(address, archived[0], Side.GIT, _ARCHIVED)
        return
    shares: list[Contest] = []
    for field in fields:
        side = side_of(field.cause, choice)
        if address.kind == _MODEL and field.path[:1] == ("variants",):
            # The revision is pinned by apply; a manifest never states it.
            if field.path[-1] != _PINNED:
                shares.append(Contest(address, field, side))
        elif field.path[:2] == ("traffic", "splits"):
            shares.append(Contest(address, field, side))
        elif field.path == ("friendlyId",):
            yield Contest(address, field, Side.GIT, _RENAMED)
        elif Unset.SECRET in (field.before, field.after):
            yield Contest(address, field, Side.GIT, _SENSITIVE)
        else:
            yield Contest(address, field, side)
    yield from _shares(shares, choice)


def _shares(found: list[Contest], choice: Choice) -> Iterator[Contest]:
    """Take the shares of a deployment or flow from one side: half of each would not total 100."""
    # A flow's variants stand in the same manifest as their shares, and are pulled with them.
    strange = [c for c in found if c.field.after is ABSENT and c.address.kind == _MODEL]
    if strange:
        yield from (
            replace(c, side=Side.GIT, note=_NO_MANIFEST if c in strange else _TOGETHER)
            for c in found
        )
        return
    sides = {contest.side for contest in found}
    if len(sides) > 1:
        side = side_of(Cause.CONFLICT, choice)
        found = [replace(contest, side=side, note=_TOGETHER) for contest in found]
    yield from found
