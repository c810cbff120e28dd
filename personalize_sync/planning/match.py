"""Which live object a manifest means: by friendlyId or exact name, never by guess."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME, Refs
from personalize_sync.resources import Address, Live, Resource, slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# One name within one parent: (kind, parent ref, friendlyId or name).
_Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Matches:
    """Manifests paired with live objects.

    `twins` are archived objects that still hold a manifest's friendlyId; `ambiguous` are the
    several live objects of one name; `unclaimed` has every living object that no manifest means,
    by the address it is shown under. `unclear` says which part of an object could mean several,
    `unresolved` which other object a manifest means and the tenant does not have.
    """

    live: Mapping[Address, Live] = field(default_factory=dict)
    twins: Mapping[Address, Live] = field(default_factory=dict)
    ambiguous: Mapping[Address, tuple[Live, ...]] = field(default_factory=dict)
    unclaimed: Mapping[Address, Live] = field(default_factory=dict)
    unclear: Mapping[Address, str] = field(default_factory=dict)
    unresolved: Mapping[Address, str] = field(default_factory=dict)
    refs: Refs = field(default_factory=Refs)

    def is_unclear(self, address: Address) -> bool:
        """Whether it is nobody's guess what a manifest means."""
        return address in self.ambiguous or address in self.unclear or address in self.unresolved


def match(desired: Sequence[Resource], objects: Sequence[Live]) -> Matches:
    """Pair manifests with live objects; archived ones count only as holders of a friendlyId."""
    living: dict[_Identity, list[Live]] = defaultdict(list)
    archived: dict[_Identity, list[Live]] = defaultdict(list)
    for item in sorted(objects, key=lambda o: o.ref):
        (archived if item.archived else living)[_identity_of(item)].append(item)

    live: dict[Address, Live] = {}
    twins: dict[Address, Live] = {}
    ambiguous: dict[Address, tuple[Live, ...]] = {}
    # Parents first, so that a variant finds the model it belongs to.
    for resource in sorted(desired, key=lambda r: bool(BY_NAME[r.address.kind].parent)):
        wanted = _identities(resource, live)
        found = next((living[identity] for identity in wanted if living.get(identity)), [])
        if len(found) > 1:
            ambiguous[resource.address] = tuple(found)
        elif found:
            live[resource.address] = found[0]
        elif BY_NAME[resource.address.kind].identity == "friendlyId":
            for twin in archived.get(wanted[0], ()):
                twins[resource.address] = twin
    unclaimed = _unclaimed(objects, live, ambiguous, {resource.address for resource in desired})
    refs = {address: item.ref for address, item in {**unclaimed, **live}.items()}
    unclear = {
        address: f"its friendlyId belongs to {holder}, which cannot become one; use another key"
        for address, holder in _held_by_others(desired, live, objects)
    }
    for resource in desired:
        address = resource.address
        inside = BY_NAME[address.kind].inside(resource, live.get(address) or twins.get(address))
        refs |= inside.refs
        if inside.unclear:
            unclear[address] = inside.unclear
    return Matches(live, twins, ambiguous, unclaimed, unclear, refs=Refs(refs))


def _held_by_others(
    desired: Sequence[Resource], live: Mapping[Address, Live], objects: Sequence[Live]
) -> Iterator[tuple[Address, Address]]:
    """Yield manifests without an object whose friendlyId an object of a sister kind has."""
    homeless = [resource.address for resource in desired if resource.address not in live]
    if not homeless:
        return
    holders = {
        (BY_NAME[item.kind].collection, item.friendly_id): Address(item.kind, item.friendly_id)
        for item in objects
        if item.friendly_id
    }
    for address in homeless:
        holder = holders.get((BY_NAME[address.kind].collection, address.key))
        if holder and holder.kind != address.kind:
            yield address, holder


def _identity_of(item: Live) -> _Identity:
    by_friendly_id = BY_NAME[item.kind].identity == "friendlyId"
    return (item.kind, item.parent, (item.friendly_id or "") if by_friendly_id else item.name)


def _identities(resource: Resource, live: Mapping[Address, Live]) -> list[_Identity]:
    """Return the identities a manifest may be found under, its present one first."""
    kind = BY_NAME[resource.address.kind]
    parent = ""
    if kind.parent:
        model = live.get(Address(kind.parent, resource.address.key.partition(":")[0]))
        if model is None:
            return []
        parent = model.ref
    present = resource.address.key if kind.identity == "friendlyId" else resource.name
    return [(kind.name, parent, name) for name in (present, *resource.renamed_from)]


def _unclaimed(
    objects: Sequence[Live],
    live: Mapping[Address, Live],
    ambiguous: Mapping[Address, tuple[Live, ...]],
    declared: Iterable[Address],
) -> dict[Address, Live]:
    claimed = {item.ref for item in live.values()}
    claimed |= {item.ref for items in ambiguous.values() for item in items}
    taken = set(declared)
    models = {item.ref: address.key for address, item in live.items()}
    found: dict[Address, Live] = {}
    for item in _parents_first(o for o in objects if not o.archived and o.ref not in claimed):
        plain = _address_of(item, models)
        keys = (plain.key, f"{plain.key}_{item.ref[:8]}", f"{plain.key}_{item.ref}")
        # The last one is unique, as refs are.
        address = next(
            (a for a in (Address(plain.kind, key) for key in keys) if a not in taken),
            Address(plain.kind, keys[-1]),
        )
        taken.add(address)
        models[item.ref] = address.key
        found[address] = item
    return found


def _parents_first(objects: Iterable[Live]) -> list[Live]:
    return sorted(objects, key=lambda o: (bool(o.parent), o.name, o.ref))


def _address_of(item: Live, models: Mapping[str, str]) -> Address:
    key = item.friendly_id or slug(item.name)
    return Address(item.kind, f"{models.get(item.parent, 'unknown')}:{key}" if item.parent else key)
