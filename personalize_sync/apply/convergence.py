"""The convergence proof: what was written is read once more, and must be as it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.apply import certainty
from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.compare import align, value_at
from personalize_sync.planning.outcome import Leftover
from personalize_sync.planning.three_way import shown
from personalize_sync.resources import pointer

if TYPE_CHECKING:
    from collections.abc import Collection

    from personalize_sync.apply.run import Run
    from personalize_sync.resources import Address, Live


def leftovers(run: Run, addresses: Collection[Address]) -> tuple[Leftover, ...]:
    """Return every field of the written objects in which the tenant stored something else."""
    written = sorted(a for a in addresses if a in run.sent and a in run.written)
    found = run.tenant.each(lambda address: _different(address, run), written)
    return (*(leftover for each in found for leftover in each), *_twice(run, written))


def _different(address: Address, run: Run) -> tuple[Leftover, ...]:
    kind, live, desired = BY_NAME[address.kind], run.written[address], run.sent[address]
    now: Live | None = run.tenant.get(kind, live.ref, parent=live.parent)
    if now is None:
        return (Leftover(address, "", "the object", "nothing"),)
    stored = align(desired.spec, kind.normalise(now, run.refs), kind.shapes)
    return tuple(
        Leftover(
            address,
            pointer(path),
            shown(value_at(desired.spec, path), path, kind),
            shown(value_at(stored, path), path, kind),
        )
        for path in certainty.remaining(desired, kind, now, run)
    )


def _twice(run: Run, addresses: Collection[Address]) -> list[Leftover]:
    """Find what another apply created at the same moment: names are not unique for the API."""
    created = [a for a in addresses if BY_NAME[a.kind].identity == "name" and run.was_created(a)]
    groups = {(a.kind, run.written[a].parent) for a in created}
    names = {
        group: [
            o.name for o in run.listed(BY_NAME[group[0]], group[1], again=True) if not o.archived
        ]
        for group in sorted(groups)
    }
    found = []
    for address in created:
        live = run.written[address]
        count = names[address.kind, live.parent].count(live.name)
        if count > 1:
            found.append(Leftover(address, "/name", "one object", f"{count} objects of this name"))
    return found
