"""Flows that guests receive: waiting while one is being published, pausing one only where allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.apply import certainty
from personalize_sync.errors import RejectedError, SyncError
from personalize_sync.kinds.flow import PAUSED, RUNNING, canonical_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalize_sync.apply.run import Run
    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Address, Document, Live, Resource

RULE = "live-experiment"
_LONGEST_PAUSE = 5.0
"""Seconds between two looks at a flow that is being published."""


def when_ready(address: Address, kind: Kind, look: Callable[[], Live], run: Run) -> Live:
    """Return the object once it can be written, or as it is when patience ends.

    Publishing lasts minutes (user guide: experience status), and a write meanwhile may be refused.
    """
    live = look()
    waited, pause = 0.0, run.patience.first_wait
    if kind.busy(live):
        run.say(f"{address}: {kind.busy(live)}; waiting {run.patience.seconds:.0f} seconds at most")
    while kind.busy(live) and waited < run.patience.seconds:
        if run.stopped():
            raise SyncError(
                f"{run.stopped()} while {kind.busy(live)}", "Nothing was written to it."
            )
        run.patience.sleep(pause)
        waited, pause = waited + pause, min(_LONGEST_PAUSE, pause * 2)
        live = look()
    return live


def while_paused(
    address: Address,
    kind: Kind,
    current: Live,
    body: Document,
    refusal: RejectedError,
    *,
    run: Run,
    desired: Resource | None,
) -> tuple[Live, tuple[str, ...]]:
    """Edit a running flow that the tenant only edits when it is paused.

    Nobody pauses it unasked: either the manifest stops it anyway, or the address is allowed. If the
    edit fails, it is started again as it was.
    """
    goes_on = canonical_status(body.get("status")) == RUNNING
    if goes_on and not run.allows(RULE, address):
        refusal.add_note(
            "It is running, and the tenant may edit it only when it is paused: state status: PAUSED "
            f"and apply, or let apply pause it for a moment with --allow {RULE}={address}"
        )
        raise refusal
    if goes_on and (desired is None or "status" not in desired.spec):
        refusal.add_note(
            "It is running, and the tenant edits it only when it is paused. State its status in the "
            "manifest: only then can the next apply start it again, should this one be killed"
        )
        raise refusal
    # Only the status moves: nothing is edited before it is paused.
    still = {**kind.retire(current.record), "archived": current.archived, "status": PAUSED}
    paused = certainty.replace(kind, current, still, run=run)
    status = RUNNING if goes_on else body.get("status")
    try:
        paused = certainty.as_left(kind, paused, run)
        live = certainty.replace(
            kind,
            paused,
            {**body, "status": status, "revision": paused.revision},
            run=run,
            desired=desired,
        )
    except SyncError as error:
        error.after_writing()
        error.add_note(_started_again(kind, paused, run))
        raise
    return live, ("the tenant edits it only when it is paused, so it was paused for a moment",)


def _started_again(kind: Kind, paused: Live, run: Run) -> str:
    try:
        now = run.tenant.get(kind, paused.ref)
        if now is None or canonical_status(now.record.get("status")) != PAUSED:
            return "it was paused for a moment, and is as somebody else left it"
        # As it is now, since somebody may have edited it meanwhile: nothing but the status moves.
        still = {**kind.retire(now.record), "archived": now.archived, "revision": now.revision}
        certainty.replace(kind, now, {**still, "status": RUNNING}, run=run)
    except SyncError as error:
        return f"it was left PAUSED, since starting it again failed: {error.message}"
    return "it was paused for a moment, and started again as it was"
