"""What reads our output out there: a Markdown renderer, a browser's parser, a workflow's runner."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

Command = tuple[str, dict[str, str], str]

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def parsed(output: str) -> list[Command]:
    """The commands as the runner reads them: a port of its parser for both forms."""
    found = []
    for line in re.split(r"\r\n|\r|\n", output):
        trimmed = line.lstrip()
        if trimmed.startswith("::"):
            head, _, message = trimmed[2:].partition("::")
            name, _, rest = head.partition(" ")
            pairs = (part.partition("=") for part in rest.split(",") if "=" in part)
            properties = {key.strip(): unescaped(value) for key, _, value in pairs}
            found.append((name, properties, unescaped(message)))
        elif "##[" in line:
            found.append(("legacy", {}, line))
    return found


def unescaped(text: str) -> str:
    """What the runner makes of an encoded text."""
    for encoded, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(encoded, char)
    return text


def skeleton(text: str) -> list[str]:
    """The structure of a document: every element, fences by their language, no text."""
    bones: list[str] = []
    for token in PARSER.parse(text):
        bones.append(f"{token.type} {token.info}")
        if token.type == "html_block":
            bones += re.findall(r"<[^>]*>", token.content.replace("<!-- -->", ""))
        bones += [
            f"{child.type} {child.content if child.type == 'html_inline' else ''}"
            for child in token.children or ()
            if child.type != "text" and child.content != "<!-- -->"
        ]
    return bones


_VOID = {"meta", "col"}


class Reader(HTMLParser):
    """Reads a page strictly: what is opened is closed, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bones: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.bones.append(" ".join([tag, *(name for name, _ in attrs)]))
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.said.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def text(self) -> str:
        """All that the page says."""
        return " ".join(" ".join(self.said).split())
