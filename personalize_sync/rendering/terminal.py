"""Text for people at a terminal or reading a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.planning.outcome import Outcome, Report, Result
from personalize_sync.planning.plan import Plan
from personalize_sync.problems import Severity
from personalize_sync.rendering import complaints, wording
from personalize_sync.rendering.look import Look, Problems
from personalize_sync.rendering.ordering import in_plan_order
from personalize_sync.rendering.page import Page, Span
from personalize_sync.rendering.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.problems import Problem

_RESULT_STYLES = {Result.FAILED: "bad", Result.SKIPPED: "unknown", Result.UNCHANGED: "quiet"}


def render(document: Plan | Report | Problems, look: Look) -> str:
    """Return a document as text; the last line is stable."""
    page = Page(look)
    match document:
        case Plan():
            _add_plan(page, document)
        case Report():
            _add_report(page, document)
        case Problems():
            _add_problems(page, complaints.ordered(document))
            for ignored in document.ignored if look.verbose else ():
                page.add(Span(complaints.disregarded(ignored, look.prefix), "quiet"))
            page.add(Span(complaints.last_line(document), "strong"))
    return page.text()


def _add_plan(page: Page, plan: Plan) -> None:
    _add_header(page, plan)
    if plan.changes or plan.drift:
        from personalize_sync.rendering.changes import add_changes  # noqa: PLC0415 - diffs

        add_changes(page, plan)
    if page.look.verbose and page.look.view != "drift" and plan.adoptable:
        page.gap()
        for address in plan.adoptable:
            page.add(Span("=", "good"), f" {address}: matches, but was last written by others")
    page.gap()
    _add_remarks(page, plan)
    page.gap()
    page.add(Span(wording.last_line(plan, page.look.view), "strong"))


def _add_header(page: Page, plan: Plan) -> None:
    commit = plan.source.commit[:12] + (" with uncommitted changes" if plan.source.dirty else "")
    parts = (
        f"Environment: {plan.target.environment}",
        f"tenant {plan.target.client_key}" if plan.target.client_key else "",
        f"manifests at {commit}" if plan.source.commit else "",
    )
    page.add(Span(", ".join(part for part in parts if part), "quiet"))


def _add_remarks(page: Page, plan: Plan) -> None:
    _add_problems(page, plan.diagnostics)
    for reason in plan.scope.failed:
        page.add(Span("incomplete", "bad"), f": {reason}")
    for remark in (wording.keys_needed(plan), wording.unmanaged(plan)):
        if remark and page.look.view != "drift":
            page.add(Span(remark, "quiet"))


def _add_problems(page: Page, problems: Iterable[Problem]) -> None:
    for problem in problems:
        style = "bad" if problem.severity is Severity.ERROR else "change"
        page.add(Span(complaints.complaint(problem, page.look.prefix), style))
        for line in wording.lines_of(problem.remedy):
            page.add(line, indent=2)


def _add_report(page: Page, report: Report) -> None:
    _add_header(page, report.plan)
    page.gap()
    for outcome in in_plan_order(report):
        _add_outcome(page, outcome)
    if report.leftovers:
        page.gap()
        page.add(Span("Did not converge:", "bad"))
    for left in report.leftovers:
        page.add(f"{left.address}{f' {left.path}' if left.path else ''}", indent=2)
        page.add(f"sent:   {shown(left.sent)}", indent=4)
        page.add(f"stored: {shown(left.stored)}", indent=4)
    page.gap()
    for remark in wording.remarks(report):
        page.add(f"note: {remark}")
    page.add(wording.written(report))
    page.add(Span(wording.apply_line(report), "strong"))


def _add_outcome(page: Page, outcome: Outcome) -> None:
    revision = wording.revision_of(outcome)
    page.add(
        Span(outcome.result.value, _RESULT_STYLES.get(outcome.result, "good")),
        f" {outcome.address}",
        Span(f"   {revision}" if revision else "", "quiet"),
    )
    for line in wording.lines_of(outcome.error):
        page.add(f"{wording.why(outcome)}: {line}", indent=4)
    for note in outcome.notes:
        page.add(f"note: {note}", indent=4)
