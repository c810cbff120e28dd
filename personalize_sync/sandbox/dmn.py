"""Decision canvases: DMN 1.1 XML text, as far as a pretended test run needs it.

API reference: decision-model-variant-rest-api. No script is ever executed: a programmable answers
the literal it returns, a decision table its first rule that matches.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.sandbox.exchange import Document


class NotXml(Exception):  # noqa: N818 - an answer to a question, not a failure
    """A definition that is not well-formed, or declares entities."""


@dataclass(slots=True)
class Element:
    """One XML element; `text` joins its direct text."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> list[Element]:
        """Find all descendants of a name, in document order."""
        found = [self] if self.name == name else []
        for child in self.children:
            found += child.all(name)
        return found

    def first_text(self, name: str) -> str:
        """Give the text of the first `<name><text>` or `<name>` below."""
        for element in self.all(name):
            texts = element.all("text")
            return (texts[0] if texts else element).text.strip()
        return ""


@dataclass(frozen=True, slots=True)
class Node:
    """One decision on the canvas."""

    id: str
    name: str
    type: str
    element: Element
    depends_on: tuple[str, ...] = ()


def parse(definition: str) -> Element:
    """Read XML into elements without prefixes; entities are refused, as they can be bombs."""
    root = Element("", {})
    stack = [root]
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        element = Element(name.rpartition(":")[2], attributes)
        stack[-1].children.append(element)
        stack.append(element)

    def text(data: str) -> None:
        stack[-1].text += data

    def entity(*_declaration: object) -> None:
        raise NotXml("entity declarations are not allowed")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(definition.encode(), True)
    except expat.ExpatError as error:
        raise NotXml(str(error)) from error
    return root


def nodes(root: Element) -> list[Node]:
    """List the decisions of a canvas in document order."""
    return [_node(decision) for decision in root.all("decision")]


def _node(decision: Element) -> Node:
    required = [link.attributes.get("href", "") for link in decision.all("requiredDecision")]
    return Node(
        id=decision.attributes.get("id", ""),
        name=decision.attributes.get("name", ""),
        type="decisionTable" if decision.all("decisionTable") else "programmable",
        element=decision,
        depends_on=tuple(link.lstrip("#") for link in required),
    )


def evaluate(node: Node, known: Mapping[str, object]) -> list[Document]:
    """Give the outputs of a node for the values known so far."""
    if node.type == "decisionTable":
        return _table_outputs(node.element, known)
    return _returned_literal(node.element.first_text("literalExpression"))


def _returned_literal(script: str) -> list[Document]:
    for found in re.finditer(r"return\s*(\{.*?\})\s*;?", script, re.DOTALL):
        literal = _literal_object(found[1])
        if literal is not None:
            return [literal]
    return []


def _literal_object(text: str) -> Document | None:
    # JavaScript's bare keys and single quotes, as far as a flat literal needs them.
    quoted = re.sub(r"([{,]\s*)([A-Za-z_]\w*)\s*:", r'\1"\2":', text.replace("'", '"'))
    try:
        value = json.loads(quoted)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _table_outputs(decision: Element, known: Mapping[str, object]) -> list[Document]:
    table = decision.all("decisionTable")[0]
    inputs = [it.first_text("inputExpression") for it in table.children if it.name == "input"]
    outputs = [it.attributes.get("name", "") for it in table.children if it.name == "output"]
    for rule in table.all("rule"):
        entries = [it.first_text("text") for it in rule.children if it.name == "inputEntry"]
        if all(
            _matches(entry, known.get(name)) for entry, name in zip(entries, inputs, strict=False)
        ):
            values = [it.first_text("text") for it in rule.children if it.name == "outputEntry"]
            return [{name: _literal(value) for name, value in zip(outputs, values, strict=False)}]
    return []


def _matches(entry: str, value: object) -> bool:
    if entry in ("", "-"):
        return True
    compared = re.fullmatch(r"(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)", entry)
    if compared is None:
        return _literal(entry) == value
    if not isinstance(value, int | float):
        return False
    limit = float(compared[2])
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
    }[compared[1]]


def _literal(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


_TAG = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[A-Za-z][^<>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([^\s=/]+)\s*=\s*("[^"]*"|'[^']*')""")
_GAP = re.compile(r"(</[^<>]*>|/>)\s+(?=<)")


def rewritten(definition: str) -> str:
    """Write XML in another way that means the same: attributes sorted, elements on own lines."""
    try:
        parse(definition)
    except NotXml:
        return definition
    return _GAP.sub(r"\1\n", _TAG.sub(lambda tag: _sorted_tag(tag[0]), definition))


def _sorted_tag(tag: str) -> str:
    if tag.startswith("<!"):
        return tag
    name = re.match(r"<[^\s/>]+", tag)
    attributes = sorted(_ATTRIBUTE.findall(tag))
    end = "/>" if tag.endswith("/>") else ">"
    inner = "".join(f" {key}={value}" for key, value in attributes)
    return f"{name[0] if name else '<'}{inner}{end}"
