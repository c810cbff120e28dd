"""Writing one change: look, compare with the plan, write, and check the answer.

The API has no compare-and-swap. So an object is read and compared just before it is written, and
the answer must carry exactly the next revision.
"""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING

from personalize_sync.apply import certainty
from personalize_sync.apply.deployment import pinned, while_undeployed
from personalize_sync.apply.rehearsal import demand, rehearsed
from personalize_sync.apply.running import when_ready, while_paused
from personalize_sync.apply.secrets import filled_in
from personalize_sync.errors import RejectedError, StaleError, SyncError, UnknownOutcomeError
from personalize_sync.kinds import BY_NAME, Kind
from personalize_sync.planning.change import Action, Change
from personalize_sync.planning.compare import differing
from personalize_sync.planning.outcome import Outcome, Result
from personalize_sync.planning.precondition import content_digest, stored
from personalize_sync.resources import Address, pointer

if TYPE_CHECKING:
    from personalize_sync.apply.run import Run
    from personalize_sync.resources import Document, Live, Resource

# How a tenant may say that this state of an object is not to be edited.
_EDITS_ONLY_DRAFTS = frozenset({400, 409, 422})
_LATER = "It stays as it is, and becomes ours with its first change."
_DONE = {
    Action.CREATE: Result.CREATED,
    Action.UPDATE: Result.UPDATED,
    Action.ADOPT: Result.UPDATED,
    Action.ARCHIVE: Result.ARCHIVED,
    Action.RESTORE: Result.RESTORED,
}


def write(change: Change, run: Run) -> Outcome:
    """Carry out one change; raises SyncError."""
    kind = BY_NAME[change.address.kind]
    notes: tuple[str, ...] = ()
    if change.desired is None or change.action is Action.ARCHIVE:
        current = _ready(change, kind, run)
        body = kind.retire(current.record)
        live, notes = _through(change.address, kind, current, body, run=run)
    elif change.action is Action.CREATE:
        live = _create(change.desired, kind, run)
    elif change.action is Action.ADOPT:
        live = _adopt(change, change.desired, kind, run)
    else:
        current = _ready(change, kind, run)
        desired = _wanted(change.desired, run)
        if kind.name == "decision-model":
            current, notes = rehearsed(current, desired, run)
        body = kind.overlay(current.record, filled_in(desired, run.secrets), run.refs)
        body["archived"] = False
        live, further = _through(change.address, kind, current, body, run=run, desired=desired)
        notes = (*notes, *further)
    run.keep(change.address, live)
    if kind.name == "decision-variant" and (tests := run.tests.get(change.address)):
        notes = (*notes, demand(tests, run, "this is written, but must not be deployed"))
    return _done(change, live, notes)


def _adopt(change: Change, wanted: Resource, kind: Kind, run: Run) -> Live:
    """Write once what is there already, and take nothing out of service for it."""
    current = _ready(change, kind, run)
    desired = _wanted(wanted, run)
    body = kind.overlay(current.record, filled_in(desired, run.secrets), run.refs)
    try:
        live = certainty.replace(kind, current, body, run=run, desired=desired)
    except RejectedError as refusal:
        if refusal.status in _EDITS_ONLY_DRAFTS:
            refusal.hint = f"{refusal.hint} {_LATER}".lstrip()
        raise
    if live.author == current.author:
        raise UnknownOutcomeError(
            f"the tenant took the write, but still names {live.author} as the last author", _LATER
        )
    return live


def deploy(change: Change, run: Run) -> Outcome:
    """Give a model that was just created the deployment its manifest states."""
    if change.desired is None:
        raise StaleError("the plan does not say what is wanted")
    kind = BY_NAME[change.address.kind]
    desired = _wanted(change.desired, run)
    # A tenant may have put the new variants into the deployment by itself, as drafts.
    made = certainty.as_left(kind, run.written[change.address], run)
    live, notes = rehearsed(made, desired, run)
    if certainty.remaining(desired, kind, live, run):
        body = kind.overlay(live.record, filled_in(desired, run.secrets), run.refs)
        live = certainty.replace(kind, live, body, run=run, desired=desired)
        run.keep(change.address, live)
    return _done(change, live, notes)


def _done(change: Change, live: Live, notes: tuple[str, ...] = ()) -> Outcome:
    result = _DONE[change.action]
    if change.overruled:
        notes = (*notes, change.overruled)
    if going_on := BY_NAME[change.address.kind].busy(live):
        notes = (*notes, f"{going_on}, which takes minutes; `verify` tells how it ended")
    return Outcome(change.address, result, live.revision, notes=notes, wrote=True, ref=live.ref)


def _create(wanted: Resource, kind: Kind, run: Run) -> Live:
    desired = _wanted(wanted, run)
    if kind.name == "decision-model":
        # Empty at first: its variants need its ref before they can be deployed.
        spec = {name: value for name, value in desired.spec.items() if name != "variants"}
        desired = altered(desired, spec=spec)
    body = kind.overlay({}, filled_in(desired, run.secrets), run.refs)
    parent = _parent_ref(wanted.address, kind, run)
    begun = kind.begin(body)
    live = certainty.create(desired, kind, begun, parent=parent, run=run)
    if begun == body:
        return live
    run.keep(wanted.address, live)
    live = _still_there(live, wanted.address, kind, run)
    body = kind.overlay(live.record, filled_in(desired, run.secrets), run.refs)
    return certainty.replace(kind, live, body, run=run, desired=desired)


def _still_there(created: Live, address: Address, kind: Kind, run: Run) -> Live:
    """Look before the PUT: one to a ref that nothing has might create something else."""
    now = certainty.as_left(kind, created, run)
    if (now.ref, now.friendly_id) != (created.ref, address.key):
        raise StaleError("it cannot be found right after it was created", "Plan again.")
    return now


def _ready(change: Change, kind: Kind, run: Run) -> Live:
    return when_ready(change.address, kind, lambda: _unmoved(change, kind, run), run)


def _through(
    address: Address,
    kind: Kind,
    current: Live,
    body: Document,
    *,
    run: Run,
    desired: Resource | None = None,
) -> tuple[Live, tuple[str, ...]]:
    """Replace an object, by way of a draft where the tenant edits nothing else."""
    try:
        return certainty.replace(kind, current, body, run=run, desired=desired), ()
    except RejectedError as refusal:
        if refusal.status not in _EDITS_ONLY_DRAFTS:
            raise
        standing = kind.standing(current)
        if kind.busy(current):
            refusal.add_note(f"{kind.busy(current)}, which takes minutes: apply again later")
            raise
        if standing and standing.is_running:
            return while_paused(address, kind, current, body, refusal, run=run, desired=desired)
        if kind.parent:
            return while_undeployed(
                current,
                lambda: certainty.replace(
                    kind, certainty.as_left(kind, current, run), body, run=run, desired=desired
                ),
                refusal,
                run,
            )
        stages = kind.detour(current.record, body)
        if not stages:
            raise
    current = certainty.as_left(kind, current, run)
    draft = certainty.replace(kind, current, stages[0], run=run)
    if len(stages) == 1:
        return draft, ("the tenant only edits drafts",)
    try:
        draft = certainty.as_left(kind, draft, run)
        live = certainty.replace(kind, draft, {**stages[1], "revision": draft.revision}, run=run)
    except SyncError as error:
        error.after_writing()
        error.add_note(f"{current.name} was left in DRAFT")
        raise
    return live, ("the tenant only edits drafts, so it went through DRAFT",)


def _unmoved(change: Change, kind: Kind, run: Run) -> Live:
    """Return the object as it is now; raises StaleError if it is not what was planned against."""
    planned, expect = change.live, change.expect
    if planned is None or expect is None:
        raise StaleError("the plan does not say what it was made against")
    now = run.tenant.get(kind, expect.ref, parent=planned.parent)
    if now is None or now.ref != expect.ref:
        raise StaleError("it is gone from the tenant", "Plan again.")
    if content_digest(now, run.planned) != expect.digest:
        moved = differing(stored(now, run.planned), stored(planned, run.planned))
        fields = ", ".join(pointer(path) for path in moved[:5]) or "/archived"
        raise StaleError(
            f"refused, since it moved: revision {planned.revision} -> {now.revision}, {fields}, "
            f"by {now.author or 'somebody'}, {now.modified_at or 'at an unknown time'}",
            "Plan again; nothing was written to this object.",
        )
    return now


def _wanted(resource: Resource, run: Run) -> Resource:
    """Return the wanted state with every revision that is known by now, and remember it."""
    desired = pinned(resource, run)
    run.sent[resource.address] = desired
    return desired


def _parent_ref(address: Address, kind: Kind, run: Run) -> str:
    if not kind.parent:
        return ""
    parent = Address(kind.parent, address.key.partition(":")[0])
    ref = run.refs.ref(parent)
    if ref is None:
        raise StaleError(f"{parent} does not exist")
    return ref
