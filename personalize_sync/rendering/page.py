"""A page of text for a terminal: every span passes the gate, and only we colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from personalize_sync.rendering.gates import ascii_only, not_a_command, plain

if TYPE_CHECKING:
    from personalize_sync.rendering.look import Look

# The eight colours that every terminal has. Markers carry the meaning; colour only repeats it.
_CODES: Final = {
    "good": "32",
    "change": "33",
    "bad": "31",
    "drift": "35",
    "unknown": "36",
    "quiet": "2",
    "strong": "1",
}
_GUTTER: Final = "| "


class Span(NamedTuple):
    """A piece of a line and how it looks."""

    text: str
    style: str = ""


@dataclass(slots=True)
class Page:
    """Lines in the making. Text given here may be hostile: it is gated when the page is read."""

    look: Look
    _lines: list[tuple[int, tuple[Span, ...]]] = field(default_factory=list)

    def add(self, *spans: Span | str, indent: int = 0) -> None:
        """Add one line."""
        made = tuple(span if isinstance(span, Span) else Span(span) for span in spans)
        self._lines.append((indent, made))

    def gap(self) -> None:
        """Separate what follows by one empty line, unless there is nothing to separate."""
        if self._lines and self._lines[-1][1]:
            self._lines.append((0, ()))

    def diff(self, lines: list[str], *, indent: int) -> None:
        """Add lines of a diff; the gutter keeps foreign text off the start of a line."""
        styles = {"-": "bad", "+": "good", "~": "change", "@": "quiet", "…": "quiet"}
        for line in lines:
            style = styles.get(line[:1], "")
            self.add(Span(_GUTTER, "quiet"), Span(_visible(line), style), indent=indent)

    def text(self) -> str:
        """Return the page; it ends with one newline."""
        while self._lines and not self._lines[-1][1]:
            self._lines.pop()
        return "".join(self._line(indent, spans) + "\n" for indent, spans in self._lines)

    def _line(self, indent: int, spans: tuple[Span, ...]) -> str:
        gated = [Span(self._gated(span.text), span.style) for span in spans]
        whole = "".join(span.text for span in gated)
        if not_a_command(whole) != whole:  # rare, and then colour does not matter
            return " " * indent + not_a_command(whole)
        return " " * indent + "".join(self._painted(span) for span in gated)

    def _gated(self, text: str) -> str:
        return ascii_only(plain(text)) if self.look.ascii else plain(text)

    def _painted(self, span: Span) -> str:
        if not (self.look.color and span.style and span.text.strip()):
            return span.text
        return f"\x1b[{_CODES[span.style]}m{span.text}\x1b[0m"


def _visible(line: str) -> str:
    """Draw white space that could be all that differs between two lines."""
    line = line.replace("\t", "→   ")
    body = line.rstrip(" ")
    return body if line[:1] == " " else body + "·" * (len(line) - len(body))
