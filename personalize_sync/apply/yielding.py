"""Two runs that create one name at the same moment: the one that came later takes its own back.

Names are not unique for the API: runs that both looked before either wrote both create one. So each
looks once more, after its POST was answered and before anything is built upon the object. Whoever
wrote later sees what was there first, and yields; whoever wrote first goes on. Only an object that
is proven to be of our making, untouched and unused is ever archived for this.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from personalize_sync.apply import certainty
from personalize_sync.apply.run import PATIENCE
from personalize_sync.errors import (
    CredentialError,
    RejectedError,
    StaleError,
    SyncError,
    UnknownOutcomeError,
)
from personalize_sync.kinds import BY_NAME, KINDS
from personalize_sync.kinds.decision_model import deployed_variants
from personalize_sync.planning.compare import moment

if TYPE_CHECKING:
    from personalize_sync.apply.run import Run
    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Address, Live

_ONE_OF_THEM = "Archive or rename one of them in the tenant, and plan again."
_UNTIMED = datetime.min.replace(tzinfo=UTC)


def settle(address: Address, run: Run) -> None:
    """Make sure that an object just created by name is the only one, or the first of several.

    Raises StaleError where it is neither, after archiving it again if nobody can miss it.
    """
    kind, made = BY_NAME[address.kind], run.written[address]
    mine, others = _namesakes(address, kind, run)
    if others and made.ref not in run.own:
        refs = ", ".join(sorted(live.ref for live in (mine, *others)))
        unclear = StaleError(
            f'the tenant has {len(others) + 1} objects called "{made.name}" ({refs}), and nobody '
            "knows which is ours, since the answer to our create was lost",
            _ONE_OF_THEM,
        )
        raise unclear.after_writing(perhaps=True)
    for other in others:
        if _rank(other, made) < _rank(mine, made) and _still_lives(kind, other, run):
            raise _yielded(address, kind, other, run).after_writing()


def _namesakes(address: Address, kind: Kind, run: Run) -> tuple[Live, list[Live]]:
    """Return our object and the others of its name, from a list that was read after our POST.

    One that does not show even our own proves nothing about others, so it is waited for.
    """
    made, since = run.written[address], run.written_at(address)
    for pause in range(PATIENCE):
        living = run.living(kind, made.parent, made.name, since=since)
        mine = next((live for live in living if live.ref == made.ref), None)
        others = [live for live in living if live.ref != made.ref]
        if mine or run.lists_lag or any(_rank(o, made) < _rank(made, made) for o in others):
            break
        run.patience.sleep(run.patience.first_wait * 2**pause)
        since = run.moment
    else:
        run.lists_lag = True
    return mine or made, others


def _rank(live: Live, made: Live) -> tuple[bool, datetime, str]:
    """Return what all runs order namesakes by: used ones first, then by birth, then by ref.

    What still has the revision that a create gives was last written when it was born.
    """
    born = moment(live.modified_at) if live.modified_at else None
    return (live.revision == made.revision, born or _UNTIMED, live.ref)


def _still_lives(kind: Kind, other: Live, run: Run) -> bool:
    now = run.tenant.get(kind, other.ref, parent=other.parent)
    return now is not None and not now.archived and now.name == other.name


def _yielded(address: Address, kind: Kind, other: Live, run: Run) -> StaleError:
    """Archive our object if nobody can miss it, and return what is to be said."""
    made = run.written[address]
    found = f"somebody else created it a moment earlier ({certainty.describe(other)})"
    try:
        run.keep(address, _taken_back(kind, made, run))
    except (CredentialError, RejectedError, StaleError, UnknownOutcomeError) as obstacle:
        return StaleError(
            f"{found}. Theirs is {other.ref}, ours {made.ref}, which was not archived: "
            f"{obstacle.message}",
            _ONE_OF_THEM,
        )
    except SyncError as error:
        error.add_note(f"{found}. Theirs is {other.ref}, ours {made.ref}, which is still there")
        raise error.after_writing() from None
    return StaleError(
        f"{found}; ours was archived again, before anything was built on it",
        "Plan again and compare.",
    )


def _taken_back(kind: Kind, made: Live, run: Run) -> Live:
    """Archive our object; raises StaleError where it is not as our POST left it, or is in use."""
    now = run.tenant.get(kind, made.ref, parent=made.parent)
    if now is None or not _is_untouched(now, run.own[made.ref]):
        by = f" ({certainty.describe(now)})" if now else ""
        raise StaleError(f"it is not as it was created{by}")
    for child in KINDS:
        if child.parent == kind.name and run.tenant.list_all(child, parent=made.ref):
            raise StaleError(f"it has {child.title} by now")
    if kind.parent:
        model = run.tenant.get(BY_NAME[kind.parent], made.parent)
        if model is None or made.ref in deployed_variants(model.record):
            raise StaleError("it is deployed by now")
    archived = certainty.replace(kind, now, kind.retire(now.record), run=run)
    if not archived.archived:
        archived = run.tenant.get(kind, made.ref, parent=made.parent) or archived
    if not archived.archived:
        raise StaleError("the tenant took the write, and left it as it was")
    return archived


def _is_untouched(now: Live, answered: Live) -> bool:
    """Whether nobody wrote since our POST, whose answer may lack the revision."""
    if (now.archived, now.name, now.author) != (False, answered.name, answered.author):
        return False
    if answered.revision is not None:
        return now.revision == answered.revision
    return now.modified_at is not None and now.modified_at == answered.modified_at
