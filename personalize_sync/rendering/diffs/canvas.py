"""Decision canvases read from DMN: what a person sees on one, and where it stands.

DMN text comes from a tenant and is hostile: no entities, no declarations, bounded sizes, no
recursion over its nesting. What the reading does not understand is kept in lines as `rest`, so that
no difference can get lost.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_LARGEST = 2 * 1024 * 1024
_MOST_ELEMENTS = 50_000
_DEEPEST_INDENT = 20
_LONG_NAMESPACE = re.compile(r"""xmlns(?::[^\s=]{1,99})?\s{0,9}=\s{0,9}(?:"[^"]{500}|'[^']{500})""")
# Where an editor draws things: OMG's interchange format and that of bpmn.io.
_LAYOUT = re.compile(r"\{[^}]*(?:/DMNDI|/DMN/\d+/D[CI]|schema/dmn/biodi)[^}]*\}")
_SORTS = {
    "inputData": "input",
    "decision": "decision",
    "knowledgeSource": "knowledge source",
    "businessKnowledgeModel": "knowledge model",
    "decisionService": "decision service",
}
_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge", "requiredAuthority")


class Column(NamedTuple):
    """A column of a decision table: an input's expression or an output's name, and its type."""

    id: str
    role: str
    title: str
    detail: str


class Rule(NamedTuple):
    """A row of a decision table, its cells by the ids of their columns."""

    id: str
    cells: dict[str, str]
    remark: str


class Table(NamedTuple):
    """A decision table."""

    hit_policy: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]


class Box(NamedTuple):
    """Where a node stands on the canvas, in the canvas's own units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a canvas.

    `sort` is what it is for people; `requires` the ids of the nodes it needs; `rest`, in lines of
    XML, what the other fields do not tell.
    """

    id: str
    name: str
    sort: str
    description: str
    requires: tuple[str, ...]
    script: str | None
    table: Table | None
    box: Box | None
    rest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Canvas:
    """A decision canvas. `content` is all that it means, `layout` where things are drawn.

    `rest` is what stands on it outside of nodes. All three are lines of XML.
    """

    nodes: tuple[Node, ...]
    rest: tuple[str, ...]
    content: tuple[str, ...]
    layout: tuple[str, ...]


def read_canvas(text: str) -> Canvas | None:
    """Return the canvas of a DMN text, None if it is no DMN that can be read safely."""
    if len(text) > _LARGEST or "<" not in text or _LONG_NAMESPACE.search(text):
        return None
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    if _tag(root) != "definitions" or sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        return None
    space = str(root.tag).removesuffix("definitions")
    boxes = _boxes(root)
    layout = tuple(_layout_lines(root))
    _without_layout(root)
    content = tuple(_lines(root, space))
    elements = [child for child in root if _tag(child) in _SORTS]
    nodes = tuple(_node(e, number, boxes, space) for number, e in enumerate(elements))
    root[:] = [child for child in root if _tag(child) not in _SORTS]
    return Canvas(nodes, tuple(_lines(root, space)), content, layout)


def _node(element: Element, number: int, boxes: dict[str, Box], space: str) -> Node:
    id_ = element.get("id") or f"#{number}"
    script = _child(element, "literalExpression")
    table = _child(element, "decisionTable")
    sort = _SORTS[_tag(element)]
    if sort == "decision":
        sort = "programmable" if script is not None else sort
        sort = "decision table" if table is not None else sort
    node = Node(
        id=id_,
        name=element.get("name") or id_,
        sort=sort,
        description=_text_of(element, "description"),
        requires=tuple(_requires(element)),
        script=_text_of(script, "text") if script is not None else None,
        table=_table(table) if table is not None else None,
        box=boxes.get(id_),
    )
    _remove_told(element, script, table)
    return replace(node, rest=tuple(_lines(element, space)))


def _remove_told(element: Element, script: Element | None, table: Element | None) -> None:
    """Take off an element what the fields of its node tell."""
    element.attrib.pop("name", None)
    element[:] = [
        child
        for child in element
        if not (_is_plain(child, "description", ()) or _tells_only_links(child))
    ]
    text = _child(script, "text")
    if text is not None:
        text.text = None
    if table is None:
        return
    table.attrib.pop("hitPolicy", None)
    table[:] = [child for child in table if not _is_told(child)]


def _is_told(part: Element) -> bool:
    """Whether a column or a rule holds nothing that the table does not tell."""
    return _tag(part) in _COLUMN_PARTS and all(
        _is_plain(inner, *_part(inner)) or _is_column(inner) for inner in part.iter()
    )


# What a column or a rule may consist of for the table to tell all about it.
_COLUMN_PARTS = ("input", "output", "rule")
_PARTS = {
    "inputExpression": ("id", "typeRef"),
    "inputValues": ("id",),
    "outputValues": ("id",),
    "inputEntry": ("id",),
    "outputEntry": ("id",),
    "rule": ("id",),
    "description": (),
    "text": (),
}


def _part(element: Element) -> tuple[str, tuple[str, ...]]:
    name = _tag(element)
    return (name, _PARTS[name]) if name in _PARTS else ("", ())


def _is_column(element: Element) -> bool:
    known = {"id", "label", "name", "typeRef"}
    return _tag(element) in ("input", "output") and element.attrib.keys() <= known


def _is_plain(element: Element, name: str, attributes: tuple[str, ...]) -> bool:
    return _tag(element) == name and element.attrib.keys() <= set(attributes)


def _tells_only_links(element: Element) -> bool:
    return _tag(element).endswith("Requirement") and all(
        _tag(link) in _REQUIRED and link.attrib.keys() <= {"href"} and not len(link)
        for link in element
    )


def _requires(element: Element) -> Iterator[str]:
    for link in element.iter():
        href = link.get("href") or ""
        if _tag(link) in _REQUIRED and href:
            yield href.removeprefix("#")


def _table(element: Element) -> Table:
    columns = tuple(_columns(element))
    rules = tuple(
        _rule(child, number, columns)
        for number, child in enumerate(child for child in element if _tag(child) == "rule")
    )
    return Table(element.get("hitPolicy") or "UNIQUE", columns, rules)


def _columns(table: Element) -> Iterator[Column]:
    for number, element in enumerate(e for e in table if _tag(e) in ("input", "output")):
        role = _tag(element)
        inner = _child(element, "inputExpression")
        expression = element if inner is None else inner
        formula = _text_of(expression, "text") or element.get("name") or ""
        values = _child(element, f"{role}Values")
        parts = (
            formula,
            expression.get("typeRef") or "",
            f"one of {_text_of(values, 'text')}" if values is not None else "",
        )
        yield Column(
            element.get("id") or f"#{number}",
            role,
            element.get("label") or formula or f"{role} {number + 1}",
            ", ".join(part for part in parts if part),
        )


def _rule(element: Element, number: int, columns: tuple[Column, ...]) -> Rule:
    cells: dict[str, str] = {}
    for role in ("input", "output"):
        entries = [_text_of(e, "text") for e in element if _tag(e) == f"{role}Entry"]
        ids = [column.id for column in columns if column.role == role]
        cells.update(zip(ids, entries, strict=False))
    return Rule(element.get("id") or f"#{number}", cells, _text_of(element, "description"))


def _child(element: Element | None, name: str) -> Element | None:
    children = element if element is not None else ()
    return next((child for child in children if _tag(child) == name), None)


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text_of(element: Element | None, name: str) -> str:
    child = _child(element, name)
    return (child.text or "") if child is not None else ""


def _boxes(root: Element) -> dict[str, Box]:
    """Read where nodes stand from either format; a node that says nothing sensible has no box."""
    boxes = {}
    for shape in root.iter():
        if _tag(shape) == "DMNShape":
            owner = (shape.get("dmnElementRef") or "").removeprefix("#")
            places = [child for child in shape if _tag(child) == "Bounds"]
        else:
            owner = shape.get("id") or ""
            extensions = [child for child in shape if _tag(child) == "extensionElements"]
            places = [e for extension in extensions for e in extension if _tag(e) == "bounds"]
        box = _box(places[0]) if places else None
        if owner and box:
            boxes[owner] = box
    return boxes


def _box(element: Element) -> Box | None:
    try:
        box = Box(*(float(element.get(name, "")) for name in ("x", "y", "width", "height")))
    except ValueError:
        return None
    sane = all(-1e6 < value < 1e6 for value in box)  # noqa: PLR2004 - nobody's canvas is a kilometre wide
    return box if sane and box.width > 0 and box.height > 0 else None


def _layout_lines(root: Element) -> Iterator[str]:
    for element in root.iter():
        if _LAYOUT.match(str(element.tag)):
            yield f"<{element.tag}{_attributes(element)}/>"
        else:
            yield from (
                f"{element.get('id')} {name}={value}"
                for name, value in sorted(element.attrib.items())
                if _LAYOUT.match(name)
            )


def _without_layout(root: Element) -> None:
    for element in root.iter():
        for name in [name for name in element.attrib if _LAYOUT.match(name)]:
            del element.attrib[name]
        element[:] = [child for child in element if not _is_layout(child)]


def _is_layout(element: Element) -> bool:
    """Whether an element says where things are drawn; one that holds nothing else does, too."""
    if _LAYOUT.match(str(element.tag)):
        return True
    is_shell = _tag(element) == "extensionElements" and not element.attrib
    return is_shell and all(_LAYOUT.match(str(child.tag)) for child in element)


def _lines(root: Element, space: str) -> Iterator[str]:
    """Write an element down in lines; without recursion, names of namespace `space` bare."""
    todo: list[tuple[int, Element | str]] = [(0, root)]
    while todo:
        depth, item = todo.pop()
        indent = "  " * min(depth, _DEEPEST_INDENT)
        if isinstance(item, str):
            yield from (indent + line for line in item.split("\n"))
            continue
        name = str(item.tag).removeprefix(space) if depth else str(item.tag)
        start = f"{indent}<{name}{_attributes(item)}"
        text = "" if not item.text or item.text.isspace() else html.escape(item.text, quote=False)
        if not len(item):
            yield from f"{start}>{text}</{name}>".split("\n") if text else [f"{start}/>"]
            continue
        yield f"{start}>"
        todo.append((depth, f"</{name}>"))
        for child in reversed(item):
            if child.tail and not child.tail.isspace():
                todo.append((depth + 1, html.escape(child.tail, quote=False)))
            todo.append((depth + 1, child))
        if text:
            todo.append((depth + 1, text))


def _attributes(element: Element) -> str:
    pairs = sorted(element.attrib.items())
    return "".join(f' {name}="{html.escape(value)}"' for name, value in pairs)
