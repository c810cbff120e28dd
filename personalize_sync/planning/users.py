"""The blast radius of a change: who uses the object, in Git or in the tenant, and which of them run."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.kind import no_references
from personalize_sync.planning.change import User
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalize_sync.planning.match import Matches
    from personalize_sync.resources import Live, Resource


def users(desired: Sequence[Resource], matches: Matches) -> Mapping[Address, tuple[User, ...]]:
    """Return, by the address of what is used, everything that names it, in order."""
    found: dict[Address, set[User]] = defaultdict(set)
    for resource in desired:
        user = User(resource.address, _is_running(matches.live.get(resource.address)))
        for target in _named(resource.address.kind, resource.spec):
            found[target].add(user)
    for address, live in matches.unclaimed.items():
        kind = BY_NAME[live.kind]
        if kind.references is not no_references:
            for target in _named(live.kind, kind.normalise(live, matches.refs)):
                found[target].add(User(address, _is_running(live)))
    return {target: tuple(sorted(users)) for target, users in found.items()}


def users_of(address: Address, found: Mapping[Address, tuple[User, ...]]) -> tuple[User, ...]:
    """Return the users of an object; a variant is used by whatever uses its model."""
    parent = BY_NAME[address.kind].parent
    if parent:
        address = Address(parent, address.key.partition(":")[0])
    return found.get(address, ())


def _named(kind: str, spec: dict[str, object]) -> list[Address]:
    references = BY_NAME[kind].references(spec)
    return [r.target for r in references if isinstance(r.target, Address)]


def _is_running(live: Live | None) -> bool:
    standing = BY_NAME[live.kind].standing(live) if live else None
    return standing is not None and standing.is_running
