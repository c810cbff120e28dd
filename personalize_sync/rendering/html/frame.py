"""The page around the parts: a policy that allows nothing, one style sheet, landmarks."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from personalize_sync.rendering.html.markup import Markup, join, tag, void

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page that the contents list: its id, title, how many things, and the content."""

    id: str
    title: str
    count: int | None
    body: Markup


def page(title: str, head: Markup, sections: Iterable[Section], foot: Markup) -> str:
    """Return a whole document, which needs nothing else to be read."""
    shown = [section for section in sections if section.body]
    return (
        "<!DOCTYPE html>"
        + tag(
            "html",
            tag("head", *_metadata(title)),
            tag(
                "body",
                tag("a", "Skip to the content", href="#content", class_="skip"),
                head,
                _contents(shown),
                tag("main", *map(_section, shown), id="content"),
                foot,
            ),
            lang="en",
        )
        + "\n"
    )


def _metadata(title: str) -> Iterable[Markup]:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # Nothing may be fetched, run, framed or sent from here; and only this very style counts.
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield void("meta", charset="utf-8")
    yield void("meta", http_equiv="Content-Security-Policy", content=policy)
    yield void("meta", name="viewport", content="width=device-width, initial-scale=1")
    yield void("meta", name="color-scheme", content="light dark")
    yield void("meta", name="referrer", content="no-referrer")
    yield void("meta", name="robots", content="noindex")
    yield tag("title", title)
    yield tag("style", Markup(style))


@cache
def _style() -> str:
    text = (files(__package__) / "report.css").read_text(encoding="utf-8")
    return "\n" + text


def _contents(sections: Iterable[Section]) -> Markup:
    items = [
        tag("li", tag("a", section.title, _count(section), href=f"#{section.id}"))
        for section in sections
    ]
    return tag("nav", tag("ul", *items), aria_label="Contents")


def _count(section: Section) -> Markup | None:
    return None if section.count is None else tag("span", str(section.count), class_="count")


def _section(section: Section) -> Markup:
    title = tag("h2", section.title, _count(section), id=f"{section.id}-title")
    return tag(
        "section",
        title,
        join([section.body]),
        id=section.id,
        aria_labelledby=f"{section.id}-title",
    )
