"""Building HTML: whatever is not markup already passes the gate on its way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering import gates

if TYPE_CHECKING:
    from collections.abc import Iterable

# Each stands on a line of its own, so that no line of a document begins with foreign text.
_BLOCKS = frozenset(
    {"article", "body", "caption", "dd", "details", "div", "dl", "dt", "figure", "footer", "g"}
    | {"h2", "h3", "h4", "head", "header", "html", "li", "main", "meta", "nav", "p", "rect"}
    | {"section", "style", "summary", "svg", "table", "tbody", "td", "text", "th", "thead"}
    | {"title", "tr", "ul"}
)


class Markup(str):
    """HTML that is safe as it stands: made here, or gated here."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | float | None) -> Markup:
    """Return an element. Attributes: a last `_` is dropped, others are hyphens; None leaves it out."""
    start = f"{_line(name)}<{name}{_attributes(attributes)}>"
    return Markup(f"{start}{join(children)}</{name}>")


def void(name: str, /, **attributes: str | float | None) -> Markup:
    """Return an element that has no content and no end tag."""
    return Markup(f"{_line(name)}<{name}{_attributes(attributes)}>")


def join(children: Iterable[str | None]) -> Markup:
    """Return markup in a row; plain text is gated."""
    return Markup("".join(_safe(child) for child in children if child is not None))


def _safe(child: str) -> str:
    return child if isinstance(child, Markup) else gates.markup(child)


def _line(name: str) -> str:
    return "\n" if name in _BLOCKS else ""


def _attributes(given: dict[str, str | float | None]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{gates.markup(_figure(value))}"'
        for name, value in given.items()
        if value is not None
    )


def _figure(value: str | float) -> str:
    """Write a number in the shortest way that is the same everywhere."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def code(text: str) -> Markup:
    """Return a name or a short value in code style."""
    return tag("code", text)


def badge(text: str, sort: str) -> Markup:
    """Return a word that is told apart by its colour, too."""
    return tag("span", text, class_=f"badge {sort}")


def unseen(text: str) -> Markup:
    """Return text for those who listen instead of looking."""
    return tag("span", text, class_="unseen")


def scrolling(table: Markup, about: str) -> Markup:
    """Return a table that scrolls by itself where the page is too narrow for it."""
    return tag("div", table, class_="wide", tabindex=0, role="group", aria_label=about)
