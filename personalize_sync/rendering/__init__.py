"""Rendering: pure functions from plans, reports and problems to text. Same input, same bytes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from personalize_sync.rendering.document import plan_digest, plan_document, report_document
from personalize_sync.rendering.gates import plain
from personalize_sync.rendering.look import Look, Problems
from personalize_sync.rendering.reading import plan_from

if TYPE_CHECKING:
    from typing import TypeAlias

    from personalize_sync.planning.outcome import Report
    from personalize_sync.planning.plan import Plan

    Rendered: TypeAlias = Plan | Report | Problems

# A new format is one module with a `render`, and one line here; only the one in use is imported.
_MODULES = {
    "terminal": "terminal",
    "json": "document",
    "markdown": "markdown",
    "html": "html",
    "sarif": "sarif",
    "github": "github",
    "summary": "summary",
}
FORMATS = tuple(_MODULES)


def render(document: Rendered, format: str, look: Look) -> str:  # noqa: A002 - the flag's name
    """Return a document in one of FORMATS; it ends with one newline."""
    renderer = import_module(f"{__name__}.{_MODULES[format]}")
    text: str = renderer.render(document, look)
    return text


__all__ = [
    "FORMATS",
    "Look",
    "Problems",
    "plain",
    "plan_digest",
    "plan_document",
    "plan_from",
    "render",
    "report_document",
]
