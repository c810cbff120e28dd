"""Lookups: live objects that no manifest declares, named by a manifest and found in each tenant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.resources import Address, Live, Lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from personalize_sync.planning.match import Matches
    from personalize_sync.resources import Path, Reference, Resource


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
    unresolved: dict[Address, str] = {}
    found = tuple(_found(resource, matches, unresolved) for resource in desired)
    return found, replace(matches, unresolved=unresolved)


def _lookups(resource: Resource) -> Iterator[Reference]:
    references = BY_NAME[resource.address.kind].references(resource.spec)
    return (reference for reference in references if isinstance(reference.target, Lookup))


def _found(resource: Resource, matches: Matches, unresolved: dict[Address, str]) -> Resource:
    spec: Any = resource.spec
    for reference in _lookups(resource):
        target = reference.target
        keys = [
            address.key
            for address, live in (*matches.live.items(), *matches.unclaimed.items())
            if isinstance(target, Lookup) and _is_meant(live, target)
        ]
        if len(keys) == 1:
            spec = _put(spec, reference.path, keys[0])
        elif isinstance(target, Lookup):
            unresolved[resource.address] = (
                f"the tenant has {len(keys) or 'no'} {BY_NAME[target.kind].title} called "
                f'"{target.name}"; a lookup has to mean exactly one'
            )
    return resource if spec is resource.spec else replace(resource, spec=spec)


def _is_meant(live: Live, target: Lookup) -> bool:
    return live.kind == target.kind and target.name in (live.name, live.friendly_id)


def _put(value: Any, path: Path, new: str) -> Any:
    """Return a document with one value replaced; nothing is changed in place."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        at = int(head)
        return [*value[:at], _put(value[at], rest, new), *value[at + 1 :]]
    return {**value, head: _put(value[head], rest, new)}
