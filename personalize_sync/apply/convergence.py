"""The convergence proof: what was written is read once more, and must be as it was sent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from personalize_sync.apply import certainty
from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.compare import align, value_at
from personalize_sync.planning.outcome import Leftover
from personalize_sync.planning.precondition import stored
from personalize_sync.planning.three_way import shown
from personalize_sync.resources import pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from personalize_sync.apply.run import Run
    from personalize_sync.resources import Address, Live


_PATIENCE = 6
"""How often a lagging list is read before the run ends with a word about it."""


def leftovers(run: Run, addresses: Collection[Address]) -> tuple[Leftover, ...]:
    """Return every field of the written objects in which the tenant stored something else.

    The lists that `unlisted` has just read show most of them, as the next plan will see them.
    """
    written = sorted(a for a in addresses if a in run.sent and a in run.written)
    groups = {(a.kind, run.written[a].parent) for a in written if not run.written[a].archived}
    listed = {
        live.ref: live
        for kind, parent in sorted(groups)
        for live in run.listed(BY_NAME[kind], parent, again=False)
    }
    found = run.tenant.each(lambda address: _different(address, listed, run), written)
    retired = sorted(a for a in addresses if a in run.written and a not in run.sent)
    living = run.tenant.each(lambda address: _still_living(address, run), retired)
    return (*(leftover for each in (*found, *living) for leftover in each), *_twice(run, written))


def unlisted(run: Run) -> tuple[Address, ...]:
    """Wait until the lists show what was written, and return what they still do not show.

    A list that lags would make the next plan lie, and the next apply create things twice.
    """
    lagging = sorted(address for address, live in run.written.items() if not live.archived)
    for pause in range(_PATIENCE):
        lists = {(a.kind, run.written[a].parent) for a in lagging}
        shown = {
            live.ref: live.revision
            for kind, parent in sorted(lists)
            for live in run.listed(BY_NAME[kind], parent, again=True)
        }
        lagging = [a for a in lagging if not _is_shown(run.written[a], shown)]
        if not lagging:
            break
        run.patience.sleep(run.patience.first_wait * 2**pause)
    return tuple(lagging)


def _is_shown(live: Live, shown: Mapping[str, int | None]) -> bool:
    if live.ref not in shown:
        return False
    revision = shown[live.ref]
    return revision is None or live.revision is None or revision >= live.revision


def _still_living(address: Address, run: Run) -> tuple[Leftover, ...]:
    """Return that an archived object is not: a tenant may take the write and ignore the field."""
    live = run.written[address]
    now = run.tenant.get(BY_NAME[address.kind], live.ref, parent=live.parent)
    return (Leftover(address, "/archived", True, False),) if now and not now.archived else ()


def _different(address: Address, listed: Mapping[str, Live], run: Run) -> tuple[Leftover, ...]:
    kind, live, desired = BY_NAME[address.kind], run.written[address], run.sent[address]
    now = listed.get(live.ref)
    if now is None or None in (now.revision, live.revision) or now.revision != live.revision:
        now = run.tenant.get(kind, live.ref, parent=live.parent)
    if now is None:
        return (Leftover(address, "", "the object", "nothing"),)
    found = align(desired.spec, stored(now, run.refs), kind.shapes)
    return tuple(
        Leftover(
            address,
            pointer(path),
            shown(value_at(desired.spec, path), path, kind),
            shown(value_at(found, path), path, kind),
        )
        for path in certainty.remaining(desired, kind, now, run)
    )


def _twice(run: Run, addresses: Collection[Address]) -> list[Leftover]:
    """Find what another apply created at the same moment: names are not unique for the API."""
    created = [a for a in addresses if BY_NAME[a.kind].identity == "name" and run.was_created(a)]
    groups = {(a.kind, run.written[a].parent) for a in created}
    names = {
        (kind, parent): Counter(
            o.name for o in run.listed(BY_NAME[kind], parent, again=False) if not o.archived
        )
        for kind, parent in sorted(groups)
    }
    found = []
    for address in created:
        live = run.written[address]
        count = names[address.kind, live.parent][live.name]
        if count > 1:
            found.append(Leftover(address, "/name", "one object", f"{count} objects of this name"))
    return found
