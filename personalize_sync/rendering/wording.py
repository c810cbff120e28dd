"""The sentences of plans, drift and reports. They live here, so that all formats say the same."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from personalize_sync.planning.change import Action, Cause
from personalize_sync.planning.outcome import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.planning.change import Change, Drift
    from personalize_sync.planning.outcome import Outcome, Report
    from personalize_sync.planning.plan import Plan

NO_CHANGES = "No changes. The tenant matches the manifests."
NO_CHANGES_SELECTED = "No changes. The tenant matches the selected manifests."
NO_DRIFT = "No drift. Nobody changed the tenant behind Git's back."
NOTHING_TO_UNDO = "Nothing to undo. What the run wrote is as it was before."
NOTHING_WRITTEN = "Nothing was written."

_ACTION_MARKERS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.ARCHIVE: "-",
    Action.RESTORE: "^",
    Action.ADOPT: "=",
    Action.NO_OP: " ",
}
CAUSE_MARKERS = {
    Cause.PENDING: " ",
    Cause.DRIFT: "!",
    Cause.CONFLICT: "X",
    Cause.CONVERGED: " ",
    Cause.UNDETERMINED: "?",
}
_RESULTS = (
    Result.CREATED,
    Result.UPDATED,
    Result.ARCHIVED,
    Result.RESTORED,
    Result.UNCHANGED,
    Result.FAILED,
    Result.SKIPPED,
)


def counted(count: int, noun: str) -> str:
    """Return `1 object`, `2 objects`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def lines_of(text: str) -> list[str]:
    """Return the lines of a message; only a line feed ends one, all else is for the gate."""
    return text.split("\n") if text else []


def marker(change: Change) -> str:
    """Return the sign of a change; what speaks against it counts more than what it does."""
    if change.blocked:
        return "X"
    sign = CAUSE_MARKERS[change.cause]
    return _ACTION_MARKERS[change.action] if sign == " " else sign


def qualifiers(change: Change) -> tuple[str, ...]:
    """Return what the marker alone does not say: action and cause where they are not plain."""
    if change.cause in (Cause.PENDING, Cause.CONVERGED):
        return (change.action.value,) if change.blocked else ()
    return (change.action.value, change.cause.value)


def edited(author: str | None, at: str | None, revision: int | None) -> str:
    """Return who wrote last, when, and what revision that left, as far as the tenant says."""
    by = f"by {author}" if author else "by an unknown author"
    when = f" at {at}" if at else ""
    return f"{by}{when}" + (f", revision {revision}" if revision is not None else "")


def moved(entry: Drift) -> str:
    """Return who is behind a drifted object."""
    who = edited(entry.author, entry.at, entry.revision)
    if any(field.cause is Cause.UNDETERMINED for field in entry.fields):
        return f"last written {who}; our own last write is not known"
    return f"changed {who}"


def since(change: Change) -> str:
    """Return which write of ours the cause was judged by, where it is not the newest."""
    base = change.base
    if base.found != "revision":
        return ""
    revision = f"revision {base.revision}" if base.revision is not None else "an older revision"
    return f"our last write was {revision}" + (f" at {base.at}" if base.at else "")


def life(change: Change, today: str) -> str:
    """Return where a flow is in its life: its status, and since how many days guests receive it.

    `today` is the time the document is made (RFC 3339); the day alone counts.
    """
    standing = change.standing
    if standing is None or not standing.status:
        return ""
    if not standing.is_running:
        return f"its status is {standing.status}"
    days = _days(standing.since, today)
    match days:
        case None:
            return "it is running"
        case _ if days < 0:
            return f"it is started, and runs from {standing.since}"
    return f"it is running since {standing.since} ({counted(days, 'day')})"


def _days(since: str, today: str) -> int | None:
    try:
        return (date.fromisoformat(today[:10]) - date.fromisoformat(since[:10])).days
    except ValueError:
        return None


def used_by(change: Change) -> str:
    """Return how many others a change reaches, by kind, and how many of them guests receive."""
    if not change.used_by or change.action is Action.CREATE:
        return ""
    titles = Counter(user.address.kind for user in change.used_by)
    running = sum(user.is_running for user in change.used_by)
    kinds = ", ".join(counted(n, kind) for kind, n in sorted(titles.items()))
    return f"used by {kinds}, {running} running"


def secret_sent(change: Change) -> str:
    """Return what happens to the secrets of a change."""
    return "secret sent" if change.action is Action.CREATE else "secret re-sent"


def keys_needed(plan: Plan) -> str:
    """Return which API keys an apply of this plan will ask a token for."""
    keys = plan.writes_with
    if not keys:
        return ""
    reading = ", ".join(key for key in plan.reads_with if key not in keys)
    also = f"; to read: {reading}" if reading else ""
    return f"keys this apply needs: {', '.join(keys)}{also}"


def unmanaged(plan: Plan) -> str:
    """Return how much of the tenant no manifest declares."""
    if not plan.unmanaged:
        return ""
    verb = "is" if plan.unmanaged == 1 else "are"
    return f"{counted(plan.unmanaged, 'object')} of these kinds {verb} in no manifest"


def matches(plan: Plan) -> bool:
    """Whether it is proven that there is nothing to do and nothing to worry about."""
    absent = any(problem.id.startswith("PS7") for problem in plan.diagnostics)
    return not (plan.changes or plan.drift or plan.scope.failed or absent)


def pending(plan: Plan) -> int:
    """Return how many changes wait because Git moved."""
    return sum(
        change.action is not Action.UPDATE
        or change.cause is Cause.PENDING
        or any(field.cause is Cause.PENDING for field in change.fields)
        for change in plan.changes
    )


def last_line(plan: Plan, view: str) -> str:
    """Return the stable last line of a plan or drift report."""
    if view == "undo" and not plan.changes:
        return NOTHING_TO_UNDO
    return _drift_line(plan) if view == "drift" else _plan_line(plan)


def _plan_line(plan: Plan) -> str:
    if matches(plan):
        return NO_CHANGES_SELECTED if plan.scope.select or plan.scope.exclude else NO_CHANGES
    count = plan.summary
    todo = [f"{count[a]} to {a}" for a in ("create", "update", "archive", "restore")]
    adoptions = sum(change.action is Action.ADOPT for change in plan.changes)
    if adoptions:
        todo.append(f"{adoptions} to adopt")
    rest = f"Drift: {count['drift']}. Conflicts: {count['conflicts']}. Blocked: {count['blocked']}."
    return f"Plan: {', '.join(todo)}. {rest}{_incomplete(plan)}"


def _drift_line(plan: Plan) -> str:
    waiting = f"Pending changes in Git: {pending(plan)}.{_incomplete(plan)}"
    if not plan.drift:
        sentence = "No drift found in what could be read." if plan.scope.failed else NO_DRIFT
        return f"{sentence} {waiting}"
    count = drift_counts(plan)
    return (
        f"Drift: {counted(count['drift'], 'object')}. Conflicts: {count['conflicts']}. "
        f"Undetermined: {count['undetermined']}. {waiting}"
    )


def drift_counts(plan: Plan) -> dict[str, int]:
    """Return how many objects drifted, and of how many of them not even that is certain."""
    causes = [{field.cause for field in entry.fields} for entry in plan.drift]
    return {
        "drift": len(plan.drift),
        "conflicts": sum(Cause.CONFLICT in found for found in causes),
        "undetermined": sum(Cause.UNDETERMINED in found for found in causes),
    }


def _incomplete(plan: Plan) -> str:
    return f" Incomplete: {len(plan.scope.failed)}." if plan.scope.failed else ""


def verdict(plan: Plan, view: str) -> str:
    """Return, in one sentence, what a reader has to know first."""
    if view == "drift":
        return _drift_verdict(plan)
    if matches(plan):
        return last_line(plan, view)
    if plan.blocked:
        return f"Blocked: apply would refuse, since {_count_blocked(plan)}."
    if plan.changes:
        return f"Ready: apply would write {counted(len(plan.changes), 'object')}."
    if plan.drift:
        return f"Drift: {counted(len(plan.drift), 'object')}; apply would write nothing."
    return "Incomplete: nothing to do was found, but not everything could be proven."


def _drift_verdict(plan: Plan) -> str:
    if plan.drift:
        return f"Drift: {counted(len(plan.drift), 'object')}."
    return "No drift found in what could be read." if plan.scope.failed else NO_DRIFT


def _count_blocked(plan: Plan) -> str:
    count = len(plan.blocked)
    return f"{counted(count, 'change')} {'is' if count == 1 else 'are'} blocked"


def results(report: Report) -> Mapping[Result, int]:
    """Return how many changes ended in each way, all ways included."""
    found = Counter(outcome.result for outcome in report.outcomes)
    return {result: found[result] for result in _RESULTS}


def apply_line(report: Report) -> str:
    """Return the stable last line of an apply."""
    return "Apply: " + ", ".join(f"{n} {result}" for result, n in results(report).items()) + "."


def written(report: Report) -> str:
    """Say whether anything was written, which a refused or failed run owes its reader."""
    unsure = sum(outcome.perhaps for outcome in report.wrote)
    sure = len(report.wrote) - unsure
    if not report.wrote:
        return NOTHING_WRITTEN
    if not unsure:
        return f"Written: {counted(sure, 'object')}."
    if not sure:
        return f"Nothing is known to be written; {counted(unsure, 'object')} may have been."
    return f"Written: {counted(sure, 'object')}; {unsure} more may have been."


def apply_verdict(report: Report) -> str:
    """Return, in one sentence, how an apply went."""
    count = results(report)
    if count[Result.FAILED]:
        failed = counted(count[Result.FAILED], "change")
        return f"Failed: {failed} failed, {count[Result.SKIPPED]} skipped. {written(report)}"
    if report.leftovers:
        return f"Not converged: {counted(len(report.leftovers), 'field')} differ. {written(report)}"
    if count[Result.SKIPPED]:
        return (
            f"Partly applied: {counted(count[Result.SKIPPED], 'change')} skipped. {written(report)}"
        )
    return f"Applied. {written(report)}"


def stranger(stamp: str) -> str:
    """Return what to do about a stamp that our own writes bear."""
    return f"our writes are stamped {stamp}: add it to writers in the project file"


def remarks(report: Report) -> list[str]:
    """Return what a reader has to know beside the outcomes."""
    return [*map(stranger, report.strangers), *([unproven(report)] if report.unproven else [])]


def unproven(report: Report) -> str:
    """Return why nobody knows whether what was written stuck."""
    return f"not proven to have converged: {report.unproven}; run verify when it answers again"


def why(outcome: Outcome) -> str:
    """Return what the text of an outcome that was no success is."""
    return "error" if outcome.result is Result.FAILED else "reason"


def revision_of(outcome: Outcome) -> str:
    """Return the revision an outcome left, where the tenant says."""
    return f"revision {outcome.revision}" if outcome.revision is not None else ""
