"""Lookups: live objects that no manifest declares, named by a manifest and found in each tenant."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.resources import Lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from personalize_sync.planning.match import Matches
    from personalize_sync.resources import Address, Path, Reference, Resource

    # The keys of objects by kind and by name or friendlyId.
    _Keys = defaultdict[tuple[str, str | None], list[str]]


def kinds_looked_up(desired: Iterable[Resource]) -> set[str]:
    """Return the kinds that have to be listed although no manifest declares one."""
    return {
        reference.target.kind
        for resource in desired
        for reference in _lookups(resource)
        if isinstance(reference.target, Lookup)
    }


def look_up(desired: Sequence[Resource], matches: Matches) -> tuple[tuple[Resource, ...], Matches]:
    """Replace each lookup by the key its object is shown under; what is not found is unresolved."""
    kinds = kinds_looked_up(desired)
    if not kinds:
        return tuple(desired), matches
    keys: _Keys = defaultdict(list)
    for address, live in (*matches.live.items(), *matches.unclaimed.items()):
        if live.kind in kinds:
            for name in {live.name, live.friendly_id}:
                keys[live.kind, name].append(address.key)
    unresolved: dict[Address, str] = {}
    found = tuple(_found(resource, keys, unresolved) for resource in desired)
    return found, replace(matches, unresolved=unresolved)


def _lookups(resource: Resource) -> Iterator[Reference]:
    references = BY_NAME[resource.address.kind].references(resource.spec)
    return (reference for reference in references if isinstance(reference.target, Lookup))


def _found(resource: Resource, keys: _Keys, unresolved: dict[Address, str]) -> Resource:
    spec: Any = resource.spec
    for reference in _lookups(resource):
        target = reference.target
        if not isinstance(target, Lookup):
            continue
        meant = keys.get((target.kind, target.name), ())
        if len(meant) == 1:
            spec = _put(spec, reference.path, meant[0])
        else:
            unresolved[resource.address] = (
                f"the tenant has {len(meant) or 'no'} {BY_NAME[target.kind].title} called "
                f'"{target.name}"; a lookup has to mean exactly one'
            )
    return resource if spec is resource.spec else replace(resource, spec=spec)


def _put(value: Any, path: Path, new: str) -> Any:
    """Return a document with one value replaced; nothing is changed in place."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        at = int(head)
        return [*value[:at], _put(value[at], rest, new), *value[at + 1 :]]
    return {**value, head: _put(value[head], rest, new)}
