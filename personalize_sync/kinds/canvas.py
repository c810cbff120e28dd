"""Scripts in a decision canvas: taken out and put back without touching another byte.

A canvas is DMN XML; its programmables are JavaScript in `text` elements (API reference:
decision-model-variant-rest-api). What stays in a `text` element whose script was taken out says how
the script is written there: an empty CDATA section, or the character references that it uses. So
putting back is the exact inverse of taking out, and where it would not be, nothing is taken out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The start tag of an element of a document that is known to be well-formed.
_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")
_SECTIONS = re.compile(r"(\s*)((?:<!\[CDATA\[.*?\]\]>)+)(\s*)", re.DOTALL)
_SECTION = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9A-Fa-f]+)|(\w+));")
_NAMED = {"&quot;": '"', "&apos;": "'"}
# All but what XML has; to name those that it has not compiles in a tenth of the time.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_JAVASCRIPT = re.compile(r"(?:java|ecma)script|js", re.IGNORECASE)


class CanvasError(Exception):
    """Why a script cannot be put into a canvas; `known` are the ids that have one."""

    def __init__(self, message: str, known: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.known = tuple(known)


@dataclass(slots=True)
class _Element:
    """One element of a canvas, as far as scripts are concerned; offsets count bytes."""

    name: str
    attributes: Mapping[str, str]
    start: int
    end: int = 0
    texts: list[_Element] = field(default_factory=list)
    is_leaf: bool = True


@dataclass(frozen=True, slots=True)
class Programmable:
    """A decision that is made by a script, by the id and the name people see on the canvas."""

    id: str
    name: str


class Canvas:
    """A decision canvas and the places of its scripts. Raises CanvasError for what is no XML."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._data = text.encode()
        except UnicodeEncodeError:
            raise CanvasError("the canvas is not Unicode") from None
        self._elements = _elements(self._data)
        self._slots = {
            id_: element.texts[0]
            for id_, element in self._elements.items()
            if element is not None and len(element.texts) == 1
        }

    @property
    def programmables(self) -> tuple[Programmable, ...]:
        """Every decision that has one script in JavaScript, or in no language that is named."""
        return tuple(
            Programmable(id_, element.attributes.get("name", ""))
            for id_, element in self._elements.items()
            if element is not None
            and element.name == "decision"
            and id_ in self._slots
            and _JAVASCRIPT.search(_language(self._data, element) or "js")
        )

    def script(self, id_: str) -> str | None:
        """Return the script of an element, None where there is none that could be put back."""
        slot = self._slots.get(id_)
        if slot is None or not slot.is_leaf:
            return None
        content = self._content(slot)
        way = _way(content)
        if way is None or way.written(way.script) != content:
            return None
        return way.script

    def without(self, ids: Iterable[str]) -> str:
        """Return the canvas without these scripts, which it must have."""
        ways = {id_: _way(self._content(self._slots[id_])) for id_ in ids}
        return self._replaced({id_: way.rest for id_, way in ways.items() if way})

    def holding(self, scripts: Mapping[str, str]) -> str:
        """Return the canvas with these scripts in place of what stands there."""
        return self._replaced({id_: self._written(id_, text) for id_, text in scripts.items()})

    def _written(self, id_: str, script: str) -> str:
        slot = self._slots.get(id_)
        if slot is None:
            raise CanvasError(self._why_not(id_), sorted(self._slots))
        way = _way(self._content(slot)) if slot.is_leaf else None
        if way is None:
            raise CanvasError(f'the text of "{id_}" holds more than a script')
        if unfit := _UNFIT.search(script):
            raise CanvasError(f"the character U+{ord(unfit[0]):04X} cannot stand in XML")
        return way.written(script)

    def _why_not(self, id_: str) -> str:
        if id_ not in self._elements:
            return f'the canvas has no element "{id_}"'
        element = self._elements[id_]
        if element is None:
            return f'the canvas has several elements "{id_}"'
        return f'the element "{id_}" holds {"several scripts" if element.texts else "no script"}'

    def _replaced(self, contents: Mapping[str, str]) -> str:
        taken: dict[int, str] = {}
        pieces: list[bytes] = []
        done = 0
        for id_, content in sorted(contents.items(), key=lambda item: self._slots[item[0]].start):
            slot = self._slots[id_]
            if slot.start in taken:
                raise CanvasError(f'"{id_}" and "{taken[slot.start]}" are the same script')
            taken[slot.start] = id_
            pieces += [self._data[done : slot.start], self._element(slot, content)]
            done = slot.end
        return b"".join((*pieces, self._data[done:])).decode()

    def _element(self, slot: _Element, content: str) -> bytes:
        whole = self._data[slot.start : slot.end]
        tag = _tag(self._data, slot.start)
        if not tag[1]:
            closing = whole[whole.rindex(b"</") :]
            return tag[0] + content.encode() + closing
        if not content:
            return whole
        name = re.split(rb"[\s/>]", tag[0][1:], maxsplit=1)[0]
        return tag[0][:-2].rstrip() + b">" + content.encode() + b"</" + name + b">"

    def _content(self, slot: _Element) -> str:
        tag = _tag(self._data, slot.start)
        if tag[1]:
            return ""
        whole = self._data[slot.start : slot.end]
        return whole[len(tag[0]) : whole.rindex(b"</")].decode()


@dataclass(frozen=True, slots=True)
class _Way:
    """How a script is written in its element: in CDATA between blanks, or with references."""

    script: str
    blanks: tuple[str, str] | None = None
    references: Mapping[str, str] = field(default_factory=dict)

    @property
    def rest(self) -> str:
        """What stays in the element when the script is taken out."""
        if self.blanks is None:
            return "".join(self.references.values())
        return f"{self.blanks[0]}<![CDATA[]]>{self.blanks[1]}"

    def written(self, script: str) -> str:
        """Return another script, written in the same way."""
        if self.blanks is not None:
            safe = script.replace("]]>", "]]]]><![CDATA[>")
            return f"{self.blanks[0]}<![CDATA[{safe}]]>{self.blanks[1]}"
        references = {"&": "&amp;", "<": "&lt;", **self.references}
        written = "".join(references.get(letter, letter) for letter in script)
        return written.replace("]]>", "]]&gt;")


@lru_cache(maxsize=64)
def _way(content: str) -> _Way | None:
    """Return how the content of an element is written, None if it is more than a script."""
    if sections := _SECTIONS.fullmatch(content):
        script = "".join(_SECTION.findall(sections[2]))
        return _Way(script, (sections[1], sections[3]))
    if "<" in content:
        return None
    references: dict[str, str] = {}
    for found in _REFERENCE.finditer(content):
        references.setdefault(_meaning(found), found[0])
    return _Way(_REFERENCE.sub(_meaning, content), None, references)


def _meaning(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        from xml.sax.saxutils import unescape  # noqa: PLC0415 - it imports urllib.request, 20 ms

        return unescape(found[0], _NAMED)
    return chr(int(decimal) if decimal else int(hexadecimal, 16))


def _tag(data: bytes, start: int) -> re.Match[bytes]:
    found = _TAG.match(data, start)
    if found is None:  # an encoding that is no UTF-8 inside
        raise CanvasError("the canvas is laid out in an unusual way")
    return found


def _language(data: bytes, decision: _Element) -> str:
    """Return the language that the script of a decision names, if any."""
    found = re.search(
        rb"""expressionLanguage\s*=\s*(?:"([^"]*)"|'([^']*)')""",
        data[decision.start : decision.texts[0].start],
    )
    return (found[1] or found[2] or b"").decode() if found else ""


def _elements(data: bytes) -> dict[str, _Element | None]:
    """Return the elements by id, None for an id that several have; raises CanvasError."""
    reader = _Reader(data)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise CanvasError(f"the canvas is no XML ({error})") from None
    return reader.found


class _Reader:
    """Notes the elements of a canvas while it is parsed."""

    def __init__(self, data: bytes) -> None:
        self.found: dict[str, _Element | None] = {}
        self.parser = expat.ParserCreate("UTF-8")
        self._data = data
        self._open: list[_Element] = []
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CommentHandler = self._other
        self.parser.ProcessingInstructionHandler = self._other
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._other()
        element = _Element(name.rpartition(":")[2], attributes, self.parser.CurrentByteIndex)
        self._open.append(element)
        if id_ := attributes.get("id"):
            self.found[id_] = None if id_ in self.found else element

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        if element.name == "text":
            tag = _tag(self._data, element.start)
            after = self.parser.CurrentByteIndex
            element.end = tag.end() if tag[1] else self._data.index(b">", after) + 1
            element.texts.insert(0, element)
        if self._open:  # two are as good as any number
            above = self._open[-1]
            above.texts += element.texts[: 2 - len(above.texts)]

    def _other(self, *_what: object) -> None:
        if self._open:
            self._open[-1].is_leaf = False

    def _doctype(self, *_what: object) -> None:
        raise CanvasError("the canvas declares a document type, which is refused")
