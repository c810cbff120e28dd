"""Text -> YAML nodes: every node knows its place, and no text can hurt the process.

The C composer of libyaml recurses on the C stack: a few kilobytes of brackets end the process with
a segmentation fault, on a thread's small stack after a few hundred levels. So the text is judged
before it is composed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.composer import Composer
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from personalize_sync.manifests.complaints import Complaint, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML without libyaml: the same results, about nine times slower
    CParser = None  # type: ignore[assignment, misc]

_MARK = "\ufeff"
MAX_NODES = 100_000
MAX_DEPTH = 64
MAX_DOCUMENTS = 5_000
# How deep a text could be nested is bounded by its indentation and by these characters; up to so
# many of them, beside 64 columns of indentation, the composer is safe even on a stack of 128 KiB
# (measured: it dies at 385 levels).
_SAFE_LEVELS = 250
_DEEP_INDENTATION = "\n" + " " * MAX_DEPTH

# YAML 1.2 forbids the controls (but tab and line breaks) and lone surrogates. NEL, LS and PS are
# text in YAML 1.2 but line breaks for libyaml, which would silently fold them.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)

_PLAIN = bytes((0x09, 0x0A, 0x0D, *range(0x20, 0x7F)))
_FORBIDDEN_ESCAPE = re.compile("[\ud800-\udfff]")

# What parsers are known to raise, beside their own errors, on hostile text.
PARSER_ERRORS = (
    yaml.YAMLError,
    ValueError,  # UnicodeError too
    RecursionError,
    AssertionError,
    OverflowError,
    MemoryError,
)


class _Untagged:
    """Answers the composer's questions about tags with nothing, at the cost of a built-in."""

    # PyYAML resolves scalars as YAML 1.1; the values are read from the nodes instead (values.py).
    resolve = "".format
    descend_resolver = "".format
    ascend_resolver = "".format


class PureComposer(_Untagged, Reader, Scanner, Parser, Composer):
    """The composer where libyaml is missing."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)

    def compose_scalar_node(self, anchor: Any) -> ScalarNode:
        node = super().compose_scalar_node(anchor)
        if _FORBIDDEN_ESCAPE.search(node.value):
            problem = "found invalid Unicode character escape code"
            raise yaml.composer.ComposerError(None, None, problem, node.start_mark)
        return node


if CParser is None:
    _Composer: Any = PureComposer
else:

    class _FastComposer(_Untagged, CParser):
        pass

    _Composer = _FastComposer


def decode(data: bytes) -> str:
    """Return the text of a YAML file, or complain about the first thing that is not text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Complaint("PS1002", "the file is UTF-16, not UTF-8", "Save the file as UTF-8.")
    try:
        text = data.decode().removeprefix(_MARK)  # utf-8-sig takes five times as long
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace").removeprefix(_MARK)
        raise Complaint(
            "PS1002",
            f"the file is not UTF-8: byte 0x{data[error.start]:02x} cannot stand here",
            "Save the file as UTF-8.",
            at=_place(before, len(before)),
        ) from None
    if data.isascii() and not data.translate(None, _PLAIN):
        return text  # by far the most files, at a third of the cost
    if hit := _FORBIDDEN.search(text):
        raise Complaint(
            "PS1002",
            f"the character U+{ord(hit[0]):04X} may not stand in a manifest as it is",
            f'Remove it, or write it as "\\u{ord(hit[0]):04x}" in double quotes.',
            at=_place(text, hit.start()),
        )
    return text


def _place(text: str, index: int) -> tuple[int, int]:
    """Return line and column (from 0) of a character."""
    lines = re.split(r"\r\n|\r|\n", text[:index])
    return len(lines) - 1, len(lines[-1])


def compose(text: str) -> Iterator[Node]:
    """Yield the root node of each document that is not empty; complain where that is impossible."""
    try:
        _refuse_excess(text)
        composer = _Composer(text)
        documents = 0
        while composer.check_node():
            root = composer.get_node()
            documents += 1
            if documents > MAX_DOCUMENTS:
                raise _too_many(root.start_mark, f"{MAX_DOCUMENTS} documents")
            if not _is_empty(root):
                if "&" in text and "*" in text:
                    _measure(root)
                yield root
    except PARSER_ERRORS as error:
        raise _as_complaint(error, text) from None


def events(text: str) -> Iterator[Any]:
    """Yield what the parser sees in a text, one after the other; raises what PyYAML raises."""
    return iter(yaml.parse(text, Loader=_Composer))


def _is_empty(root: Node) -> bool:
    return (
        isinstance(root, ScalarNode)
        and not root.value
        and not root.style
        and bool(root.start_mark.index == root.end_mark.index)
    )


def _levels(text: str) -> int:
    """Return a bound for the levels that brackets and compact block collections can open."""
    brackets = text.count("[") + text.count("{")
    if brackets + text.count("-") + text.count("?") <= _SAFE_LEVELS:  # one character is fast
        return brackets
    return brackets + sum(map(text.count, ("- ", "-\t", "? ", "?\t")))


def _refuse_excess(text: str) -> None:
    is_short = len(text) <= MAX_NODES // 2
    if is_short and _levels(text) <= _SAFE_LEVELS and _DEEP_INDENTATION not in text:
        return
    depth = nodes = 0
    for event in events(text):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH:
            raise too_deep(event.start_mark)
        if nodes > MAX_NODES:
            raise _too_many(event.start_mark)


def too_deep(mark: Any) -> Complaint:
    """Return the complaint about nesting."""
    return Complaint(
        "PS1006",
        f"nested more than {MAX_DEPTH} levels deep",
        "Manifests need a handful of levels.",
        at=(mark.line, mark.column),
    )


def _too_many(mark: Any, what: str = f"{MAX_NODES} values, aliases expanded") -> Complaint:
    return Complaint(
        "PS1006",
        f"more than {what}",
        "Split the file, or write the text into a file of its own and name it with fromFile.",
        at=(mark.line, mark.column),
    )


def _measure(root: Node) -> None:
    """Refuse aliases that expand without end or beyond measure; each node is visited once."""
    sizes: dict[int, tuple[int, int]] = {}
    open_nodes: set[int] = set()

    def size_and_height(node: Node) -> tuple[int, int]:
        if not isinstance(node, CollectionNode):
            return 1, 0
        if known := sizes.get(id(node)):
            return known
        if id(node) in open_nodes:
            raise Complaint(
                "PS1005",
                "an alias stands inside the value it names",
                "Write the value out.",
                at=(node.start_mark.line, node.start_mark.column),
            )
        open_nodes.add(id(node))
        pairs = isinstance(node, MappingNode)
        children = [size_and_height(c) for item in node.value for c in (item if pairs else (item,))]
        open_nodes.discard(id(node))
        size = 1 + sum(size for size, _ in children)
        height = 1 + max((height for _, height in children), default=0)
        if size > MAX_NODES:
            raise _too_many(node.start_mark)
        if height > MAX_DEPTH:
            raise too_deep(node.start_mark)
        sizes[id(node)] = size, height
        return size, height

    size_and_height(root)


_REMEDY = "Correct the YAML; text that is more than a word may need quotes."
_REMEDIES = (
    ("that cannot start any token", "Put text that begins with such a character in quotes."),
    (
        "mapping values are not allowed",
        "Put text with a colon in quotes, or check the indentation.",
    ),
    ("undefined alias", "Put text that begins with * in quotes."),
    ("undefined tag handle", "Put text that begins with ! in quotes."),
    ("expected <block end>", "Check the indentation of this line and of the one before."),
    (
        "could not find expected ':'",
        "Check the indentation, and that each key is followed by a colon.",
    ),
    ("unexpected end of stream", "Close the quote or bracket that was opened."),
)


def _as_complaint(error: BaseException, text: str) -> Complaint:
    if not isinstance(error, yaml.MarkedYAMLError):
        name = type(error).__name__
        return Complaint("PS1003", f"the YAML parser gives up ({name})", "Simplify the file.")
    mark = error.problem_mark or error.context_mark
    words = ", ".join(part for part in (error.problem, error.context) if part)
    if error.context_mark and mark is not error.context_mark:
        words += f" that begins in line {error.context_mark.line + 1}"
    if mark and error.context_mark and mark.index >= len(text.rstrip()):
        mark = error.context_mark  # what was never closed is of more use than the end of the file
    if mark is None:
        return Complaint("PS1003", f"not valid YAML: {quoted(words, marks='')}", _REMEDY)
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in words), _REMEDY)
    if text[mark.index : mark.index + 1] == "\t":
        remedy = "Indent with spaces, not with tabs."
    message = f"not valid YAML: {quoted(words, marks='')}"
    # The parser may notice only beyond the last line that something is missing there.
    at = (mark.line, mark.column) if mark.index < len(text) else _place(text, len(text.rstrip()))
    return Complaint("PS1003", message, remedy, at=at)
