"""The HTML report: one file for a browser, without scripts and without anything from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.planning.outcome import Report
from personalize_sync.planning.plan import Plan
from personalize_sync.rendering.html.documents import plan_page, problems_page, report_page
from personalize_sync.rendering.html.preview import preview_page

if TYPE_CHECKING:
    from personalize_sync.rendering.look import Look, Problems


def render(document: Plan | Report | Problems, look: Look) -> str:
    """Return a document as a page of its own."""
    page = _page(document, look)
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii") if look.ascii else page


def _page(document: Plan | Report | Problems, look: Look) -> str:
    match document:
        case Plan():
            return plan_page(document, look)
        case Report():
            return report_page(document, look)
    return problems_page(document, look)


__all__ = ["preview_page", "render"]
