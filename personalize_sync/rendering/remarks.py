"""Remarks: what a document has to say about single places of the repository, gravest first.

Annotations, SARIF and the like are only different ways to write these down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from personalize_sync.planning.change import Cause
from personalize_sync.planning.outcome import Report, Result
from personalize_sync.planning.plan import Plan
from personalize_sync.problems import RULES, Severity
from personalize_sync.rendering import complaints, wording
from personalize_sync.rendering.fields import brief
from personalize_sync.rendering.ordering import in_plan_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.planning.change import Block, Change, Drift, FieldChange
    from personalize_sync.planning.outcome import Outcome
    from personalize_sync.problems import Location, Problem
    from personalize_sync.rendering.look import Look, Problems

LEVELS = ("error", "warning", "notice")


class Remark(NamedTuple):
    """One remark. `rule` is stable and says what sort it is; `about` the object it concerns.

    `also` are further places that it holds for, each with a word on why.
    """

    level: str
    rule: str
    title: str
    message: str
    location: Location | None = None
    about: str = ""
    also: tuple[tuple[str, Location], ...] = ()


def remarks(document: Plan | Report | Problems, look: Look) -> tuple[Remark, ...]:
    """Return the remarks of a document, errors before warnings before notices."""
    match document:
        case Plan():
            found = list(_plan(document, look.view))
        case Report():
            found = list(_report(document))
        case _:
            found = [_problem(problem) for problem in complaints.ordered(document)]
    return tuple(sorted(found, key=lambda remark: LEVELS.index(remark.level)))


def last_line(document: Plan | Report | Problems, look: Look) -> str:
    """Return the sentence that sums a document up."""
    match document:
        case Plan():
            return wording.last_line(document, look.view)
        case Report():
            return f"{wording.written(document)} {wording.apply_line(document)}"
    return complaints.last_line(document)


def _plan(plan: Plan, view: str) -> Iterator[Remark]:
    yield from map(_problem, plan.diagnostics)
    if view != "drift":
        for change in plan.blocked:
            yield from (_objection(block, change) for block in change.blocked)
    yield from map(_drift, plan.drift)
    for reason in plan.scope.failed:
        yield Remark("warning", "incomplete", "incomplete view", reason)


def _objection(block: Block, change: Change) -> Remark:
    allow = f"\nTo allow it: {block.override}" if block.override else ""
    return _at_fields(
        Remark(
            "error",
            f"guard/{block.rule}",
            f"{change.address} is blocked ({block.rule})",
            block.message + allow,
            change.location,
            str(change.address),
        ),
        _objectionable(block.rule, change),
    )


def _objectionable(rule: str, change: Change) -> Iterable[FieldChange]:
    """Return the fields an objection is about, where it is about fields and not the object."""
    match rule:
        case "conflict":
            return (field for field in change.fields if field.cause is Cause.CONFLICT)
        case "drift" | "drift-kept":
            return change.suspect
        case "retarget":
            return (field for field in change.fields if field.path[-1].endswith("Url"))
    return ()


def _drift(entry: Drift) -> Remark:
    paths = ", ".join(field.pointer for field in entry.fields)
    causes = {field.cause for field in entry.fields}
    rule = next((id for cause, id in _DRIFT_RULES if cause in causes), "PS7012")  # noqa: A001 - a rule's id
    remark = Remark(
        "warning",
        rule,
        f"{entry.address} was edited",
        f"{wording.moved(entry)}: {paths}",
        entry.location,
        str(entry.address),
    )
    return _at_fields(remark, entry.fields)


_DRIFT_RULES = ((Cause.CONFLICT, "PS7011"), (Cause.DRIFT, "PS7010"))


def _at_fields(remark: Remark, fields: Iterable[FieldChange]) -> Remark:
    """Move a remark to the first line that it is about, and name the other lines."""
    places = [(field.pointer, field.location) for field in fields if field.location]
    if not places:
        return remark
    return remark._replace(location=places[0][1], also=tuple(places[1:]))


def _report(report: Report) -> Iterator[Remark]:
    places = {change.address: change.location for change in report.plan.changes}
    for outcome in in_plan_order(report):
        if outcome.result in _RESULT_LEVELS:
            yield _outcome(outcome, places.get(outcome.address))
    for stamp in report.strangers:
        yield Remark("warning", "writers", "unknown writer", wording.stranger(stamp))
    if report.unproven:
        yield Remark("error", "apply/not-proven", "not proven", wording.unproven(report))
    for left in report.leftovers:
        about = f"{left.path}: sent {brief(left.sent)}, stored {brief(left.stored)}"
        title = f"{left.address} did not converge"
        at = places.get(left.address)
        yield Remark("error", "apply/not-converged", title, about, at, str(left.address))


_RESULT_LEVELS = {Result.FAILED: "error", Result.SKIPPED: "warning"}


def _outcome(outcome: Outcome, at: Location | None) -> Remark:
    return Remark(
        _RESULT_LEVELS[outcome.result],
        f"apply/{outcome.result}",
        f"{outcome.address} {outcome.result}",
        outcome.error,
        at,
        str(outcome.address),
    )


def _problem(problem: Problem) -> Remark:
    return Remark(
        "error" if problem.severity is Severity.ERROR else "warning",
        problem.id,
        f"{problem.id} {RULES.get(problem.id, '')}".strip(),
        problem.message + (f"\n{problem.remedy}" if problem.remedy else ""),
        problem.location,
        problem.address,
    )
