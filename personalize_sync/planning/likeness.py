"""New manifests that look like live objects nobody declares: perhaps a rename without its line.

The plan says which line would make it one. It never guesses: without the line it stays a create.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Action
from personalize_sync.planning.compare import align, differing
from personalize_sync.planning.precondition import stored
from personalize_sync.planning.prune import is_built_in
from personalize_sync.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.planning.change import Change
    from personalize_sync.planning.match import Matches
    from personalize_sync.resources import Address, Live, Resource

_ARCHIVED = " - archived "
_MOST_PAIRS = 2_500
"""A big import would compare everything with everything."""
_ALIKE = 0.8
_FEWEST = 3
"""Stated fields below which likeness says nothing."""


def lookalikes(changes: Iterable[Change], matches: Matches) -> tuple[Problem, ...]:
    """Return a warning for each create that may be meant as a rename."""
    pairs = (
        (change.desired, address, live)
        for change in changes
        if change.action is Action.CREATE and change.desired
        for address, live in matches.unclaimed.items()
        if live.kind == change.address.kind and not live.parent and not is_built_in(live)
    )
    return tuple(_found(islice(pairs, _MOST_PAIRS), matches))


def departed(changes: Iterable[Change], objects: Iterable[Live]) -> tuple[Problem, ...]:
    """Return a warning for each create whose name an archived object holds, or held.

    Connections and models are known by name, archived ones left out, and archiving may rename
    (API reference: update-a-decision-model). So a person's archive is no drift here; it is said.
    """
    created = [c.desired for c in changes if c.action is Action.CREATE and c.desired]
    wanted = {(r.address.kind, r.name): r for r in created if not BY_NAME[r.address.kind].parent}
    gone = ((live, live.name.partition(_ARCHIVED)[0]) for live in objects if live.archived)
    return tuple(
        Problem(
            "PS7003",
            f"{wanted[live.kind, name].address} would be created anew; an object of this name was "
            f"archived by {live.author or 'somebody'}, {live.modified_at or 'at an unknown time'}",
            "If it was archived by mistake, bring it back in the tenant and plan again.",
            location=wanted[live.kind, name].source.start,
            severity=Severity.WARNING,
            address=str(wanted[live.kind, name].address),
        )
        for live, name in sorted(gone, key=lambda pair: pair[0].ref)
        if (live.kind, name) in wanted and BY_NAME[live.kind].identity == "name"
    )


def _found(pairs: Iterable[tuple[Resource, Address, Live]], matches: Matches) -> Iterator[Problem]:
    for desired, address, live in pairs:
        if _likeness(desired, live, matches) < _ALIKE:
            continue
        by_friendly_id = BY_NAME[live.kind].identity == "friendlyId"
        former = live.friendly_id if by_friendly_id else live.name
        yield Problem(
            "PS7002",
            f"{desired.address} would be created, and {address}, which no manifest declares, "
            "looks just like it",
            f'If it is the same object, add to its metadata: renamedFrom: ["{former}"]',
            location=desired.source.start,
            severity=Severity.WARNING,
            address=str(desired.address),
        )


def _likeness(desired: Resource, live: Live, matches: Matches) -> float:
    """Return the share of the stated fields, names left out, that a live object has too."""
    spec = {name: value for name, value in desired.spec.items() if name not in ("name", "variants")}
    fields = differing(spec, {})
    if len(fields) < _FEWEST:
        return 0.0
    aligned = align(spec, stored(live, matches.refs), BY_NAME[live.kind].shapes)
    return 1 - len(differing(spec, aligned)) / len(fields)
