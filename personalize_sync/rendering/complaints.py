"""The sentences of problems: one line a machine can parse, and the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.problems import Severity, in_order
from personalize_sync.rendering.wording import counted

if TYPE_CHECKING:
    from personalize_sync.problems import Ignored, Location, Problem
    from personalize_sync.rendering.look import Problems


def ordered(document: Problems) -> tuple[Problem, ...]:
    """Return the problems in the one order that every format shares."""
    return in_order(document.problems)


def place(location: Location | None, prefix: str, *, column: bool = False) -> str:
    """Return `file:line`, clickable from the working directory."""
    if location is None:
        return ""
    return f"{prefix}{location if column else f'{location.file}:{location.line}'}"


def complaint(problem: Problem, prefix: str) -> str:
    """Return `file:line:column: error[ID]: message`."""
    at = place(problem.location, prefix, column=True) or problem.address
    return f"{at}{': ' if at else ''}{problem.severity}[{problem.id}]: {problem.message}"


def disregarded(ignored: Ignored, prefix: str) -> str:
    """Return `file:line:column: ignored[ID]: message`."""
    at, problem = place(ignored.problem.location, prefix, column=True), ignored.problem
    reason = f" ({ignored.reason})" if ignored.reason else ""
    return f"{at}: ignored[{problem.id}]: {problem.message}{reason}"


def last_line(document: Problems) -> str:
    """Return the stable last line of a check."""
    ignored = len(document.ignored)
    return _verdict(document) + (f" Ignored by comments: {ignored}." if ignored else "")


def _verdict(document: Problems) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in document.problems)
    warnings = len(document.problems) - errors
    found = counted(errors, "error") + (f", {counted(warnings, 'warning')}" if warnings else "")
    if errors:
        # A run that stopped before it counted says no number of manifests.
        where = f" in {counted(document.manifests, 'manifest')}" if document.manifests else ""
        return f"{found}{where}."
    if document.check != "validate":
        return f"{found if warnings else 'No findings'}."
    if not document.manifests:
        return "No manifests found." + (f" {counted(warnings, 'warning')}." if warnings else "")
    verb = "is" if document.manifests == 1 else "are"
    also = f", with {counted(warnings, 'warning')}" if warnings else ""
    return f"{counted(document.manifests, 'manifest')} {verb} valid{also}."
