"""Rendering: pure functions from plans, reports and problems to text. Same input, same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering import (
    azure,
    github,
    gitlab,
    markdown,
    outputs,
    sarif,
    summary,
    terminal,
)
from personalize_sync.rendering import document as json_document
from personalize_sync.rendering.document import plan_digest, plan_document, report_document
from personalize_sync.rendering.gates import plain
from personalize_sync.rendering.look import Look, Problems
from personalize_sync.rendering.reading import plan_from

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from personalize_sync.planning.outcome import Report
    from personalize_sync.planning.plan import Plan

    Rendered: TypeAlias = Plan | Report | Problems


def _page(document: Rendered, look: Look) -> str:
    from personalize_sync.rendering import html  # noqa: PLC0415 - drawings, for one format only

    return html.render(document, look)


# A new format is one module with a `render`, and one line here.
RENDERERS: Mapping[str, Callable[[Rendered, Look], str]] = {
    "terminal": terminal.render,
    "json": json_document.render,
    "markdown": markdown.render,
    "html": _page,
    "sarif": sarif.render,
    "github": github.render,
    "summary": summary.render,
}
FORMATS = tuple(RENDERERS)


def render(document: Rendered, format: str, look: Look) -> str:  # noqa: A002 - the flag's name
    """Return a document in one of FORMATS; it ends with one newline."""
    return RENDERERS[format](document, look)


__all__ = [
    "FORMATS",
    "RENDERERS",
    "Look",
    "Problems",
    "azure",
    "gitlab",
    "markdown",
    "outputs",
    "plain",
    "plan_digest",
    "plan_document",
    "plan_from",
    "render",
    "report_document",
]
