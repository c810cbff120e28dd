"""A manifest as YAML text that people like to read, and that surely means what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.composing import compose
from personalize_sync.manifests.scalars import (
    Surroundings,
    double_quoted,
    flow,
    is_plain,
    ways_to_write,
)
from personalize_sync.manifests.values import Values
from personalize_sync.planning.compare import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalize_sync.resources import Document

_SHORT = 90
_INSERTS = ("fromFile", "fromSecret", "lookup")


def manifest_text(document: Document, schema: str) -> str | None:
    """Return the YAML text of a document, None if YAML cannot hold it.

    `schema` is the path of its JSON Schema, for editors.
    """
    for write in (_readable, _careful):
        text = "".join(_lines(document, 0, write))
        if _means(text, document):
            return f"# yaml-language-server: $schema={schema}\n{text}"
    return None


def _means(text: str, document: Document) -> bool:
    values = Values()
    try:
        text.encode()
        read = [values.of(root) for root in compose(text)]
    except (Complaint, UnicodeEncodeError):
        return False
    return not values.complaints and canonical(read) == canonical([document])


def _readable(text: str, column: int) -> str:
    around = Surroundings(column=column, indent=column + 2)
    style = "'" if '"' in text and "\n" not in text and not is_plain(text, in_flow=False) else None
    return next(ways_to_write(text, style, around))


def _careful(text: str, _column: int) -> str:
    return double_quoted(text)


def _lines(document: Document, column: int, write: Callable[[str, int], str]) -> Iterator[str]:
    margin = " " * column
    for name, value in document.items():
        head = f"{margin}{flow(name)}:"
        match value:
            case dict() if value and not _is_short(value):
                yield f"{head}\n"
                yield from _lines(value, column + 2, write)
            case list() if value and not _is_short(value):
                yield f"{head}\n"
                yield from _items(value, column + 2, write)
            case str():
                yield f"{head} {write(value, column)}\n"
            case _:
                yield f"{head} {flow(value)}\n"


def _items(items: list[Any], column: int, write: Callable[[str, int], str]) -> Iterator[str]:
    margin = " " * column
    for item in items:
        if isinstance(item, dict) and item and not _is_short(item):
            body = "".join(_lines(item, column + 2, write))
            yield f"{margin}- {body[column + 2 :]}"
        elif isinstance(item, str):
            yield f"{margin}- {double_quoted(item)}\n"
        else:
            yield f"{margin}- {flow(item)}\n"


def _is_short(value: dict[str, Any] | list[Any]) -> bool:
    """Whether a value reads best on one line: an insert, or a list of a few words."""
    if isinstance(value, dict):
        return len(value) == 1 and next(iter(value)) in _INSERTS and len(flow(value)) <= _SHORT
    plain = all(item is None or isinstance(item, str | int | float) for item in value)
    return plain and len(flow(value)) <= _SHORT
