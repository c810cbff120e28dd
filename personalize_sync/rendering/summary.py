"""One line per object, for logs and chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.planning.outcome import Report
from personalize_sync.planning.plan import Plan
from personalize_sync.rendering import complaints, wording
from personalize_sync.rendering.changes import drift_marker
from personalize_sync.rendering.ordering import drift_of, drift_without_change, in_plan_order
from personalize_sync.rendering.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.planning.change import Change, Drift
    from personalize_sync.planning.outcome import Outcome
    from personalize_sync.rendering.look import Look, Problems


def render(document: Plan | Report | Problems, look: Look) -> str:
    """Return a document with one line per object; the last line is stable."""
    match document:
        case Plan():
            lines = [*_plan(document, look.view), wording.last_line(document, look.view)]
        case Report():
            lines = [_outcome(outcome) for outcome in in_plan_order(document)]
            lines += wording.remarks(document)
            lines += [wording.written(document), wording.apply_line(document)]
        case _:
            found = complaints.ordered(document)
            lines = [complaints.complaint(problem, look.prefix) for problem in found]
            lines.append(complaints.last_line(document))
    page = Page(look)
    for line in lines:
        page.add(line)
    return page.text()


def _plan(plan: Plan, view: str) -> Iterator[str]:
    if view == "drift":
        yield from map(_drift, plan.drift)
        return
    moved = drift_of(plan)
    yield from (_change(change, moved.get(change.address)) for change in plan.changes)
    yield from map(_drift, drift_without_change(plan))


def _change(change: Change, entry: Drift | None) -> str:
    about = [change.action.value, *wording.qualifiers(change)[1:], change.risk]
    if change.fields:
        about.append(wording.counted(len(change.fields), "field"))
    if change.secrets:
        about.append(wording.secret_sent(change))
    if entry:
        about.append(wording.moved(entry))
    about += [f"blocked ({block.rule})" for block in change.blocked]
    return f"{wording.marker(change)} {change.address}: {', '.join(about)}"


def _drift(entry: Drift) -> str:
    fields = wording.counted(len(entry.fields), "field")
    return f"{drift_marker(entry)} {entry.address}: {fields}, {wording.moved(entry)}"


def _outcome(outcome: Outcome) -> str:
    about = [outcome.result.value, wording.revision_of(outcome), outcome.error]
    return f"{outcome.address}: {', '.join(part for part in about if part)}"
