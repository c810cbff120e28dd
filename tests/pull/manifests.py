"""Manifests as people write them: every layout of YAML, and which line holds which value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from personalize_sync.resources import Path

_KEYS = ("name", "'quoted key'", '"double"', "tags", "a.b", "x-y", "é")
_SCALARS = (
    "plain",
    "two words",
    "'single ''quoted'' # no comment'",
    '"double \\u00e9: no key"',
    "12",
    "~",
    "!!str 5",
    '""',
    "a#b",
)
_FLOWS = ("[]", "{}", "[a, 'b, c' , \"d\"]", "{x: 1, y: [2, {z: 3}]}", '{"json":"like", "b":[1]}')
_BLOCKS = (
    ("|", ("body { color: red }", "", "  # no comment", "end")),
    ("|-", ("one line",)),
    ("|+", ("kept", "", "")),
    (">", ("folded", "text")),
    ("|2", (" leading", "x: y")),
    ("| # css", ("a",)),
)
_COMMENTS = ("", "", "", " # why", "   #")


@dataclass(frozen=True)
class Line:
    """A line without its end; `paths` are the values whose text is on it, `names` its aliases."""

    text: str
    paths: frozenset[Path]
    names: frozenset[str] = frozenset()


@dataclass
class Manifest:
    """A document; `anchors` says where each anchor stands, `paths` what can be changed.

    `leading` are the entries that stand behind the dash of an item.
    """

    lines: list[Line] = field(default_factory=list)
    anchors: dict[str, Path] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)
    leading: set[Path] = field(default_factory=set)
    eol: str = "\n"

    @property
    def text(self) -> str:
        """The whole of it."""
        return "".join(line.text + self.eol for line in self.lines)

    def must_stay(self, path: Path) -> list[str]:
        """Return the lines that no change of one value may touch."""
        touched = {n for n, at in self.anchors.items() if _is_near(at, path)}
        if [p[:-1] for p in self.paths].count(path[:-1]) == 1:
            path = path[:-1]  # an object or list becomes empty, or was
        return [
            line.text
            for line in self.lines
            if not (any(p[: len(path)] == path for p in line.paths) or line.names & touched)
        ]


def _is_near(one: Path, other: Path) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


class _Writer:
    """Writes one random document."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self._anchors = 0
        self._keeps_blanks = False
        self.made = Manifest(eol=draw(st.sampled_from(["\n", "\n", "\r\n"])))

    def pick(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def line(self, text: str, *paths: Path, names: frozenset[str] = frozenset()) -> None:
        self.made.lines.append(Line(text, frozenset(paths), names))

    def remark(self, indent: int, holder: Path) -> None:
        match self.pick("none", "none", "none", "blank", "here", "out"):
            case "blank" if not self._keeps_blanks:
                self.line("", holder)
            case "here":
                self.line(" " * indent + "# a line of its own", holder)
            case "out":
                self.line("# further out", holder)

    def mapping(self, path: Path, indent: int, depth: int, first: str = "") -> None:
        """Write the entries of an object; `first` is what the first line begins with."""
        keys = self.draw(st.permutations(_KEYS))[: self.draw(st.integers(1, 4))]
        for key in keys:
            if not first:
                self.remark(indent, path)
            space = self.pick("", "", " ") if key != "é" else ""
            below = (*path, key.strip("'\""))
            self.value((first or " " * indent) + f"{key}{space}:", below, indent, depth)
            if first:
                self.made.leading.add(below)
            first = ""

    def items(self, path: Path, indent: int, depth: int) -> None:
        for number in range(self.draw(st.integers(1, 3))):
            self.remark(indent, path)
            below = (*path, str(number))
            gap = self.pick(" ", " ", "   ")
            head = " " * indent + "-"
            if depth and self.pick("no", "no", "compact") == "compact":
                self.made.paths.append(below)
                self.mapping(below, len(head + gap), depth - 1, first=head + gap)
            else:
                self.value(head, below, indent, depth, gap=gap)

    def value(self, head: str, path: Path, indent: int, depth: int, *, gap: str = " ") -> None:
        """Write a value behind its key or dash."""
        self.made.paths.append(path)
        self._keeps_blanks = False
        kinds = ["inline", "inline", "block", "empty"]
        kinds += ["alias"] * bool(self.made.anchors) + ["mapping", "items"] * bool(depth)
        kind = self.pick(*kinds)
        comment = self.pick(*_COMMENTS)
        if kind == "alias":
            name = self.pick(*self.made.anchors)
            self.line(f"{head}{gap}*{name}{comment}", path, names=frozenset({name}))
            return
        anchor = self._anchor() if kind != "empty" else ""
        if anchor:
            head += f"{gap}&{anchor}"
        match kind:
            case "inline":
                self.line(f"{head}{gap}{self.pick(*_SCALARS, *_FLOWS)}{comment}", path)
            case "block":
                self._block(head + gap, path, indent)
            case _:
                self.line(head + comment, path)
        if kind == "mapping":
            self.mapping(path, indent + self.draw(st.sampled_from([2, 2, 4])), depth - 1)
        elif kind == "items":
            offset = [2, 4] if head.lstrip().startswith("-") else [0, 2, 4]
            self.items(path, indent + self.draw(st.sampled_from(offset)), depth - 1)
        if anchor:
            self.made.anchors[anchor] = path

    def _anchor(self) -> str:
        if not self.draw(st.sampled_from([False, False, True])):
            return ""
        self._anchors += 1
        return f"a{self._anchors}"

    def _block(self, head: str, path: Path, indent: int) -> None:
        header, lines = self.draw(st.sampled_from(_BLOCKS))
        self._keeps_blanks = "+" in header
        self.line(head + header, path)
        for text in lines:
            self.line(" " * (indent + 2) + text if text else "", path)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Draw a document whose `spec` holds nested values, some of them shared."""
    writer = _Writer(draw)
    for text in draw(st.sampled_from([(), ("---",), ("# head", "")])):
        writer.line(text)
    writer.line("spec:", ("spec",))
    writer.mapping(("spec",), 2, 3)
    for text in draw(st.sampled_from([(), ("# end",), ("overrides: {uat: {name: x}}",)])):
        writer.line(text)
    return writer.made
