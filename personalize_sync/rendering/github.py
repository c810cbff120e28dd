"""GitHub workflow commands: annotations at the lines they are about.

A step shows at most ten annotations of each kind and drops the rest silently, so the tenth says
how many more there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from personalize_sync.planning.outcome import Report, Result
from personalize_sync.planning.plan import Plan
from personalize_sync.problems import RULES, Severity
from personalize_sync.rendering import complaints, wording
from personalize_sync.rendering.fields import brief
from personalize_sync.rendering.gates import ascii_only, data, prop
from personalize_sync.rendering.ordering import in_plan_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.problems import Location, Problem
    from personalize_sync.rendering.look import Look, Problems

_MOST = 10
_LEVELS = ("error", "warning", "notice")


class Annotation(NamedTuple):
    """A remark at a place of the repository."""

    level: str
    title: str
    message: str
    location: Location | None = None


def render(document: Plan | Report | Problems, look: Look) -> str:
    """Return a document as workflow commands, errors first; the last line sums up."""
    match document:
        case Plan():
            found = list(_plan(document, look.view))
            last = wording.last_line(document, look.view)
        case Report():
            found = list(_report(document))
            last = f"{wording.written(document)} {wording.apply_line(document)}"
        case _:
            found = [_problem(problem) for problem in complaints.ordered(document)]
            last = complaints.last_line(document)
    lines = [line for level in _LEVELS for line in _level(level, found, look.prefix)]
    lines.append(_command(Annotation("notice", "personalize-sync", last), look.prefix))
    return "".join((ascii_only(line) if look.ascii else line) + "\n" for line in lines)


def _level(level: str, found: Iterable[Annotation], prefix: str) -> Iterator[str]:
    mine = [annotation for annotation in found if annotation.level == level]
    # The last line is a notice too and takes one of their places.
    most = _MOST - 1 if level == "notice" else _MOST
    if len(mine) > most:
        left = len(mine) - most + 1
        mine = [
            *mine[: most - 1],
            Annotation(level, "personalize-sync", f"+{left} more, see the whole document"),
        ]
    return (_command(annotation, prefix) for annotation in mine)


def _command(annotation: Annotation, prefix: str) -> str:
    at = annotation.location
    places = (
        {
            "file": prefix + at.file,
            "line": at.line,
            "endLine": at.end_line,
            "col": at.column,
            # GitHub takes columns only together with a single line.
            "endColumn": at.end_column if at.end_line in (0, at.line) else 0,
        }
        if at
        else {}
    )
    given = {**places, "title": annotation.title}
    properties = ",".join(f"{name}={prop(str(value))}" for name, value in given.items() if value)
    return f"::{annotation.level} {properties}::{data(annotation.message)}"


def _plan(plan: Plan, view: str) -> Iterator[Annotation]:
    for problem in plan.diagnostics:
        yield _problem(problem)
    for change in plan.blocked if view != "drift" else ():
        for block in change.blocked:
            allow = f"\nTo allow it: {block.override}" if block.override else ""
            yield Annotation(
                "error",
                f"{change.address} is blocked ({block.rule})",
                block.message + allow,
                change.location,
            )
    for entry in plan.drift:
        paths = ", ".join(field.pointer for field in entry.fields)
        about = f"{wording.moved(entry)}: {paths}"
        yield Annotation("warning", f"{entry.address} was edited", about, entry.location)
    for reason in plan.scope.failed:
        yield Annotation("warning", "incomplete view", reason)


def _report(report: Report) -> Iterator[Annotation]:
    places = {change.address: change.location for change in report.plan.changes}
    levels = {Result.FAILED: "error", Result.SKIPPED: "warning"}
    for outcome in in_plan_order(report):
        if outcome.result in levels:
            title = f"{outcome.address} {outcome.result.value}"
            at = places.get(outcome.address)
            yield Annotation(levels[outcome.result], title, outcome.error, at)
    for stamp in report.strangers:
        yield Annotation("warning", "unknown writer", wording.stranger(stamp))
    if report.unproven:
        yield Annotation("error", "not proven", wording.unproven(report))
    for left in report.leftovers:
        about = f"{left.path}: sent {brief(left.sent)}, stored {brief(left.stored)}"
        at = places.get(left.address)
        yield Annotation("error", f"{left.address} did not converge", about, at)


def _problem(problem: Problem) -> Annotation:
    level = "error" if problem.severity is Severity.ERROR else "warning"
    title = f"{problem.id} {RULES.get(problem.id, '')}".strip()
    message = problem.message + (f"\n{problem.remedy}" if problem.remedy else "")
    return Annotation(level, title, message, problem.location)
