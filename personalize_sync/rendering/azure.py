"""Logging commands of Azure Pipelines: issues at their lines, variables, and the summary page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering.gates import plain
from personalize_sync.rendering.remarks import remarks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.planning.outcome import Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering.look import Look, Problems
    from personalize_sync.rendering.remarks import Remark

# Percent first: it is what the others are written with.
_ESCAPES = (("%", "%AZP25"), (";", "%3B"), ("]", "%5D"), ("\r", "%0D"), ("\n", "%0A"))


def issues(document: Plan | Report | Problems, look: Look) -> list[str]:
    """Return a command for each remark, errors first."""
    return [issue(remark, look.prefix) for remark in remarks(document, look)]


def variables(values: Mapping[str, str]) -> list[str]:
    """Return a command for each output; `has_changes` is called `hasChanges` there."""
    return [
        _command("task.setvariable", {"variable": _camel(name), "isOutput": "true"}, value)
        for name, value in sorted(values.items())
    ]


def upload_summary(path: str) -> str:
    """Return the command that puts a Markdown file on the summary page."""
    return _command("task.uploadsummary", {}, path)


def issue(remark: Remark, prefix: str = "") -> str:
    """Return one remark as a logging command."""
    at = remark.location
    places = (
        {
            "sourcepath": prefix + at.file,
            "linenumber": str(at.line),
            "columnnumber": str(at.column),
        }
        if at
        else {}
    )
    level = "error" if remark.level == "error" else "warning"
    given = {"type": level, **places, "code": remark.rule}
    message = " ".join(f"{remark.title}: {remark.message}".split("\n"))
    return _command("task.logissue", {n: v for n, v in given.items() if v}, message)


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    given = "".join(f"{key}={_safe(value)};" for key, value in properties.items())
    return f"##vso[{name}{' ' if given else ''}{given}]{_safe(message)}"


def _safe(text: str) -> str:
    text = plain(text)
    for char, escaped in _ESCAPES:
        text = text.replace(char, escaped)
    return text


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
