"""YAML nodes -> JSON data, by the core schema of YAML 1.2 and nothing else.

PyYAML's own constructor speaks YAML 1.1, where `no` is false, `010` is eight, `12:30:45` a number
and a date an object that JSON does not have.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from personalize_sync.manifests.complaints import Complaint, quoted
from personalize_sync.manifests.composing import MAX_DEPTH, too_deep

MAX_COMPLAINTS = 100
"""So many problems of one document are worth reading."""

_CORE = "tag:yaml.org,2002:"
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_MAX_DIGITS = 4300


class Values:
    """Reads documents; what cannot be read is None in the data and a complaint in the list."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []

    @property
    def are_whole(self) -> bool:
        """Whether every value could be read; a key that stands twice has its first value."""
        return all(complaint.rule == "PS1004" for complaint in self.complaints)

    def of(self, node: Node, depth: int = 0) -> Any:
        """Return the data of a node."""
        if isinstance(node, ScalarNode):
            if node.style and not node.tag:
                return node.value
            return self._scalar(node)
        if depth >= MAX_DEPTH:
            self._complain(too_deep(node.start_mark))
            return None
        if node.tag:
            self._check_tag(node)
        if isinstance(node, MappingNode):
            return self._mapping(node, depth + 1)
        return [self.of(item, depth + 1) for item in node.value]

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        duplicates = False
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in result:
                duplicates = True
                continue
            result[key] = self.of(value_node, depth)
        if duplicates:
            self._refuse_duplicates(node)
        return result

    def _key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode):
            text = node.value
            if not node.tag:
                if node.style or (
                    text not in _WORDS and text[0] not in _NUMERIC_START and text != "<<"
                ):
                    return sys.intern(text)
                if text == "<<":
                    remedy = "Write the fields out, or name the whole value with an alias."
                    self._refuse(node, "PS1005", "merge keys (<<) are not part of YAML 1.2", remedy)
                    return None
            value = self._scalar(node)
            if isinstance(value, str):
                return sys.intern(value)
        remedy = "Put the key in quotes, or correct it."
        self._refuse(node, "PS1007", "a key that is not text", remedy)
        return None

    def _scalar(self, node: ScalarNode) -> Any:
        text = node.value
        if node.tag:
            return self._tagged(node)
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in _NUMERIC_START:
            return text
        try:
            return _number(text)
        except ValueError as error:
            return self._refuse(node, "PS1007", str(error), "Put it in quotes if it is text.")

    def _tagged(self, node: ScalarNode) -> Any:
        self._check_tag(node)
        text, name = node.value, str(node.tag).removeprefix(_CORE)
        if name not in ("null", "bool", "int", "float"):
            return text
        plain = ScalarNode("", text, node.start_mark, node.end_mark, None)
        value = self._scalar(plain)
        fits = {"null": value is None, "bool": isinstance(value, bool)}.get(
            name, isinstance(value, (int, float)) and not isinstance(value, bool)
        )
        if not fits or (name == "int" and not isinstance(value, int)):
            return self._refuse(node, "PS1007", f"not a YAML {name}", "Remove the tag.")
        return float(value) if name == "float" else value

    def _check_tag(self, node: Node) -> None:
        kinds = {
            ScalarNode: ("str", "null", "bool", "int", "float"),
            SequenceNode: ("seq",),
            MappingNode: ("map",),
        }
        allowed = kinds[type(node)]
        if not (node.tag.startswith(_CORE) and node.tag.removeprefix(_CORE) in allowed):
            self._refuse(
                node,
                "PS1005",
                f"the tag {quoted(node.tag)} is not used in manifests",
                "Remove it; files and secrets are named with {fromFile: …} and {fromSecret: …}.",
            )

    def _refuse_duplicates(self, node: MappingNode) -> None:
        first: dict[str, int] = {}
        for key_node, _ in node.value:
            key = key_node.value
            if not isinstance(key_node, ScalarNode):
                continue
            if key in first:
                self._refuse(
                    key_node,
                    "PS1004",
                    f"the key {quoted(key)} stands here a second time, first in line {first[key]}",
                    "Keep one of the two.",
                )
            else:
                first[key] = key_node.start_mark.line + 1

    def _refuse(self, node: Node, rule: str, message: str, remedy: str) -> None:
        mark = node.start_mark
        self._complain(Complaint(rule, message, remedy, at=(mark.line, mark.column)))

    def _complain(self, complaint: Complaint) -> None:
        if len(self.complaints) < MAX_COMPLAINTS:
            self.complaints.append(complaint)


def _number(text: str) -> int | float | str:
    """Return the number a plain scalar stands for, or the text if it stands for none."""
    if _INT.match(text):
        if len(text) > _MAX_DIGITS:
            raise ValueError(f"a number of more than {_MAX_DIGITS} digits")
        return int(text)
    if _FLOAT.match(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise ValueError("a number too large for JSON")
        return value
    if _OCTAL.match(text) or _HEX.match(text):
        if len(text) > _MAX_DIGITS // 2:
            raise ValueError(f"a number of more than {_MAX_DIGITS} digits")
        return int(text, 0)
    if _NOT_FINITE.match(text):
        raise ValueError("infinity and not-a-number do not exist in JSON")
    return text
