"""A rendered template as a page: its HTML in a locked frame, the rest as text.

The code is somebody's, and the tenant's answer is hostile. The frame runs no script, has no origin,
and inherits a policy that fetches nothing; what it holds is entities to the last sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering import gates
from personalize_sync.rendering.html.markup import Markup, join, tag, void

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_STYLE = Markup(
    "body{font:16px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:80rem;padding:0 1rem}"
    "iframe{border:1px solid #888;width:100%;height:30rem;background:#fff}"
    "pre{border:1px solid #888;overflow:auto;padding:1rem}"
)
_IN_THE_FRAME = ("html", "css")


def preview_page(title: str, about: str, elements: Mapping[str, str]) -> str:
    """Return a page of its own that shows the elements of a template."""
    rest = {name: text for name, text in elements.items() if text and name not in _IN_THE_FRAME}
    body = tag(
        "body",
        tag("header", tag("h2", title), tag("p", about)),
        tag("main", _frame(elements), *(_code(name, text) for name, text in sorted(rest.items()))),
    )
    head = tag(
        "head",
        void("meta", charset="utf-8"),
        void("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        void("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", _STYLE),
    )
    return "<!DOCTYPE html>" + tag("html", head, body, lang="en") + "\n"


def _frame(elements: Mapping[str, str]) -> Markup | None:
    if not any(elements.get(name) for name in _IN_THE_FRAME):
        return None
    style = f"<style>{elements.get('css', '')}</style>"
    document = gates.entities(f"<!DOCTYPE html>{style}{elements.get('html', '')}")
    return Markup(f'\n<iframe sandbox="" title="Preview" srcdoc="{document}"></iframe>')


def _code(name: str, text: str) -> Markup:
    # One line for the runner that may log this; a browser breaks it.
    lines = [part for line in text.split("\n") for part in (line, Markup("<br>"))]
    return tag("section", tag("h3", name), tag("pre", join(lines[:-1])))
