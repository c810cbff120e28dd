"""The convergence proof: what was written is read once more, and must be as it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.apply import certainty
from personalize_sync.apply.run import PATIENCE
from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.compare import align, value_at
from personalize_sync.planning.outcome import Leftover
from personalize_sync.planning.precondition import stored
from personalize_sync.planning.three_way import shown
from personalize_sync.resources import pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from personalize_sync.apply.run import Run
    from personalize_sync.resources import Address, Live


def leftovers(run: Run, addresses: Collection[Address]) -> tuple[Leftover, ...]:
    """Return every field of the written objects in which the tenant stored something else.

    The lists that `unlisted` has just read show most of them, as the next plan will see them.
    """
    written = sorted(a for a in addresses if a in run.sent and a in run.written)
    groups = {(a.kind, run.written[a].parent) for a in written if not run.written[a].archived}
    listed = {
        live.ref: live
        for kind, parent in sorted(groups)
        for live in run.listed(BY_NAME[kind], parent, since=0)
    }
    found = run.tenant.each(lambda address: _different(address, listed, run), written)
    retired = sorted(a for a in addresses if a in run.written and a not in run.sent)
    living = run.tenant.each(lambda address: _still_living(address, run), retired)
    return (*(leftover for each in (*found, *living) for leftover in each), *_twice(run, written))


def unlisted(run: Run, addresses: Collection[Address]) -> tuple[Address, ...]:
    """Wait until the lists show what was written, and return what they still do not show.

    A list that lags would make the next plan lie, and the next apply create things twice. Another
    run that created one of our names a moment later is given time to take its own back, too.
    """
    lagging = sorted(address for address, live in run.written.items() if not live.archived)
    crowded = [a for a in _created(run, addresses) if not run.written[a].archived]
    since: dict[tuple[str, str], int] = {}
    for address in (*lagging, *crowded):
        group = (address.kind, run.written[address].parent)
        since[group] = max(since.get(group, 0), run.written_at(address))
    for pause in range(PATIENCE):
        groups = {(a.kind, run.written[a].parent) for a in (*lagging, *crowded)}
        shown = {
            live.ref: live.revision
            for kind, parent in sorted(groups)
            for live in run.listed(BY_NAME[kind], parent, since=since[kind, parent])
        }
        lagging = [a for a in lagging if not _is_shown(run.written[a], shown)]
        crowded = [a for a in crowded if len(_namesakes(a, run)) > 1]
        if not lagging and not crowded:
            break
        run.patience.sleep(run.patience.first_wait * 2**pause)
        since = dict.fromkeys(since, run.moment)
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
    """Find what somebody else created at the same moment: names are not unique for the API."""
    found = []
    for address in _created(run, addresses):
        count = len(_namesakes(address, run))
        if count > 1:
            found.append(Leftover(address, "/name", "one object", f"{count} objects of this name"))
    return found


def _created(run: Run, addresses: Collection[Address]) -> list[Address]:
    return [
        address
        for address in addresses
        if address in run.written
        and address in run.sent
        and BY_NAME[address.kind].identity == "name"
        and run.was_created(address)
    ]


def _namesakes(address: Address, run: Run) -> Sequence[Live]:
    live = run.written[address]
    return run.living(BY_NAME[address.kind], live.parent, live.name, since=0)
