"""Writes whose outcome is certain in the end.

A write whose answer was lost is a third state beside done and failed. It is settled by looking at
the tenant, several times since commits can be late, and sent again only if it did not happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.errors import (
    StaleError,
    SyncError,
    TenantError,
    UnknownOutcomeError,
    UnreachableError,
)
from personalize_sync.planning.compare import align, differing
from personalize_sync.planning.precondition import stored
from personalize_sync.resources import pointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalize_sync.apply.run import Run
    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Document, Live, Resource

_LOOKS = 4
"""How often an uncertain write is looked for before it is believed not to have happened; one time
more after every second attempt, so that no rhythm of a troubled server meets every one of them."""
_TRIES = 8
"""A tenant that refuses every fifth write is met by chance four times in a row, but hardly eight."""
_MOST_NAMED = 5
_LONGEST_WAIT = 1.0
"""Seconds between two looks; a tenant in trouble is given up after half a minute of them."""


def create(desired: Resource, kind: Kind, body: Document, *, parent: str, run: Run) -> Live:
    """Create an object once. Raises StaleError if it, or one of its name, exists already.

    Somebody else may create one of its name at the same moment: `yielding` is for that.
    """
    existing = find(desired, kind, parent, run, again=False)
    if existing:
        raise StaleError(
            f"{desired.address} exists by now ({describe(existing)})",
            "Plan again; nothing was written to it.",
        )

    def appeared() -> Live | None:
        found = find(desired, kind, parent, run)
        if found is None or _is_ours(found, run) or is_as_sent(found):
            return found
        raise StaleError(
            f"{desired.address} was created by somebody else meanwhile ({describe(found)})",
            "Plan again and compare.",
        )

    def is_as_sent(found: Live) -> bool:
        """Whether an unknown key stamped exactly what we sent; a flow begins as a draft."""
        unlike = [path for path in remaining(desired, kind, found, run) if path != ("status",)]
        return _may_be_ours(found, run) and not unlike

    def send() -> Live:
        answered = run.tenant.create(kind, body, parent=parent)
        run.own[answered.ref] = answered
        return answered

    return _with_revision(kind, _settled(send, appeared, run), run)


def replace(
    kind: Kind, current: Live, body: Document, *, run: Run, desired: Resource | None = None
) -> Live:
    """Replace an object once; raises StaleError where somebody wrote between look and write."""

    def taken_effect() -> Live | None:
        now = run.tenant.get(kind, current.ref, parent=current.parent)
        if now is None:
            # A PUT to a ref that nothing has might create something (API reference: update).
            gone = StaleError("it is gone from the tenant, perhaps after our write", "Plan again.")
            raise gone.after_writing(perhaps=True)
        if now.revision == current.revision:
            return None
        if _may_be_ours(now, run) and (desired is None or not remaining(desired, kind, now, run)):
            return now
        overtaken = StaleError(
            f"somebody else wrote while our answer was lost ({describe(now)})",
            "Plan again and compare.",
        )
        raise overtaken.after_writing(perhaps=True)  # ours may have come before theirs

    written = _settled(lambda: run.tenant.replace(kind, current, body), taken_effect, run)
    if current.revision is not None:
        written = _with_revision(kind, written, run)
    if None not in (current.revision, written.revision):
        _unraced(kind, current, written, run)
    return written


def _with_revision(kind: Kind, written: Live, run: Run) -> Live:
    """Read an object again if the answer to its write does not tell the revision.

    Those of connections may not (API reference: create-a-connection, update-a-connection).
    """
    if written.revision is not None:
        return written
    try:
        return run.tenant.get(kind, written.ref, parent=written.parent) or written
    except SyncError as error:
        error.after_writing()
        raise


def as_left(kind: Kind, left: Live, run: Run) -> Live:
    """Look once more at an object of several writes, before the next of them.

    Returns it as it is; raises StaleError where somebody wrote since we left it.
    """
    now = run.tenant.get(kind, left.ref, parent=left.parent)
    if now is None:
        raise StaleError("it went from the tenant between two writes of ours", "Plan again.")
    if now.revision is not None and now.revision == left.revision:
        return now
    if moved := differing(stored(now, run.planned), stored(left, run.planned)):
        fields = ", ".join(pointer(path) for path in moved[:_MOST_NAMED])
        raise StaleError(
            f"somebody else wrote between two writes of ours ({describe(now)}: {fields})",
            "Their edit is kept. Plan again and compare.",
        )
    return now


def find(
    desired: Resource, kind: Kind, parent: str, run: Run, *, again: bool = True
) -> Live | None:
    """Return the living object that a create would duplicate.

    Without `again`, a list that this run has already read will do.
    """
    if kind.by_friendly_id:
        found = run.tenant.get(kind, desired.address.key)
        if found and found.friendly_id == desired.address.key:
            return None if found.archived else found
        if not again:
            return None  # the plan was made from a list a moment ago
    identity = desired.address.key if kind.identity == "friendlyId" else desired.name
    living = run.living(kind, parent, identity, since=run.moment if again else None)
    return next(iter(living), None)


def remaining(desired: Resource, kind: Kind, live: Live, run: Run) -> tuple[tuple[str, ...], ...]:
    """Return the paths at which a live object is not as a resource wants it."""
    found = align(desired.spec, stored(live, run.refs), kind.shapes)
    return differing(desired.spec, found)


def describe(live: Live) -> str:
    """Say who wrote a live object, and when."""
    when = live.modified_at or "at an unknown time"
    return f"revision {live.revision}, by {live.author or 'somebody'}, {when}"


def _settled(send: Callable[[], Live], look: Callable[[], Live | None], run: Run) -> Live:
    for attempt in range(_TRIES):
        try:
            return send()
        except UnknownOutcomeError as unknown:
            try:
                found = _looked_for(look, run, times=_LOOKS + attempt // 2)
            except TenantError as blind:
                if isinstance(blind, UnreachableError):
                    run.halted = f"the tenant stopped answering ({blind.message})"
                raise UnknownOutcomeError(
                    f"{unknown.message}, and then {blind.message}", unknown.hint
                ) from None
            if found:
                return found
            if attempt + 1 == _TRIES:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _looked_for(look: Callable[[], Live | None], run: Run, *, times: int) -> Live | None:
    """Look at once, and then after ever longer waits: a commit may come late."""
    for pause in range(times):
        if pause:
            run.patience.sleep(min(_LONGEST_WAIT, run.patience.first_wait * 2 ** (pause - 1)))
        found = look()
        if found:
            return found
    return None


def _is_ours(live: Live, run: Run) -> bool:
    return live.author in run.ours | run.authors


def _may_be_ours(live: Live, run: Run) -> bool:
    """Whether we may have written this: some tenants stamp keys with ids that nobody told us."""
    return live.author is None or _is_ours(live, run) or "|" not in live.author


def _unraced(kind: Kind, before: Live, after: Live, run: Run) -> None:
    """Notice who came between our look and our write; the API offers no way to prevent it."""
    between = (after.revision or 0) - 1
    if before.revision == between:
        return
    if before.revision is not None and before.revision > between:
        if not differing(stored(after, run.refs), stored(before, run.refs)):
            return  # nothing was stored, and nobody was overwritten
        anew = StaleError(
            f"our write was answered as revision {after.revision}, after {before.revision}: the "
            "object may have gone meanwhile, and the write may have created it anew",
            "Look at it in the tenant, and plan again.",
        )
        raise anew.after_writing()
    swallowed = run.tenant.revision(kind, before, between) if kind.may_have_history else None
    edit = f"revision {between}"
    if swallowed:
        paths = differing(stored(swallowed, run.refs), stored(before, run.refs))
        fields = ", ".join(pointer(path) for path in paths) or "nothing that is managed here"
        edit = f"{edit} by {swallowed.author or 'somebody'} ({fields})"
    overtaken = StaleError(
        f"our write became revision {after.revision} and went over {edit}, written in between",
        "Look at that revision in the tenant and repeat what is still wanted.",
    )
    raise overtaken.after_writing()
