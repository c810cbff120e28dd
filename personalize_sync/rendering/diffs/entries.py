"""Structural diffs: objects, lists and JSON texts, place by place instead of line by line."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from personalize_sync.kinds.kind import Form, KeyedBy
from personalize_sync.planning.compare import canonical
from personalize_sync.rendering.diffs.text import text_diff
from personalize_sync.rendering.values import as_text, shown
from personalize_sync.resources import ABSENT, Unset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.kinds.kind import Shape
    from personalize_sync.rendering.diffs.text import TextDiff

REORDERED: Final = "the order changed"
# What an item of a list may be told apart by where nobody declared it.
_NAMES = ("key", "id", "ref", "name")
# Deeper, or longer, a structural diff is no better than a line diff.
_DEEPEST = 12
_MOST_ITEMS = 2000


class Entry(NamedTuple):
    """One place that differs; ABSENT is a side that lacks it. The path reads `/a/[key]/b`.

    `inner` is what changed in a text that is too long for a line.
    """

    path: str
    before: Any
    after: Any
    inner: TextDiff | None = None


@dataclass(frozen=True, slots=True)
class EntriesDiff:
    """The places at which two values differ; `note` is what they alone do not say."""

    entries: tuple[Entry, ...]
    note: str = ""

    def rows(self) -> Iterator[str]:
        """The lines of a diff, each begun with `-`, `+` or `@`."""
        if self.note:
            yield f"@@ {self.note} @@"
        for path, before, after, inner in self.entries:
            if inner:
                yield f"@@ {path} @@"
                yield from inner.rows()
                continue
            for mark, value in (("-", before), ("+", after)):
                if value is not ABSENT:
                    yield from _stated(mark, path, value)


def _stated(mark: str, path: str, value: Any) -> Iterator[str]:
    text = as_text(value) if isinstance(value, dict | list) else shown(value)
    first, *rest = text.split("\n")
    yield f"{mark}{path}: {first}"
    yield from (f"{mark}  {line}" for line in rest)


def entries_diff(
    before: Any, after: Any, *, width: int, shape: Shape | None = None
) -> EntriesDiff | None:
    """Return where two objects or two lists differ, None where a line diff says it better."""
    if not any(isinstance(before, t) and isinstance(after, t) for t in (dict, list)):
        return None
    try:
        found = tuple(_long(e, width) for e in _differences(before, after, "", shape))
    except _TooMuchError:
        return None
    if not found and canonical(before) != canonical(after):
        return EntriesDiff((), REORDERED)
    return EntriesDiff(found)


def json_diff(before: str, after: str, *, width: int) -> EntriesDiff | None:
    """Return where the JSON in two texts differs, None where either holds no object or list."""
    old, new = _parsed(before), _parsed(after)
    if old is None or new is None:
        return None
    found = entries_diff(old, new, width=width)
    # Texts that mean the same still differ in their lines, which is then what there is to see.
    return found if found and (found.entries or found.note) else None


def _long(entry: Entry, width: int) -> Entry:
    sides = ["" if side is ABSENT else side for side in (entry.before, entry.after)]
    if not all(isinstance(side, str) for side in sides) or max(map(len, sides)) < width // 2:
        return entry
    return entry._replace(inner=text_diff(*sides, width=width))


def _parsed(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice: comparing objects would hide one of the values")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(name)


class _TooMuchError(Exception):
    """Too deep or too long to compare place by place."""


def _differences(before: Any, after: Any, path: str, shape: Shape | None) -> Iterator[Entry]:
    if path.count("/") > _DEEPEST:
        raise _TooMuchError
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            old, new = before.get(name, ABSENT), after.get(name, ABSENT)
            yield from _differences(old, new, f"{path}/{name}", None)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(before, after, path, shape)
    elif _sealed(before) != _sealed(after):
        yield Entry(path or "/", before, after)


def _in_lists(
    before: list[Any], after: list[Any], path: str, shape: Shape | None
) -> Iterator[Entry]:
    if len(before) + len(after) > _MOST_ITEMS:
        raise _TooMuchError
    if shape is Form.SET:
        yield from _in_sets(before, after, path)
        return
    name = shape.name if isinstance(shape, KeyedBy) else _key_of(before, after)
    if name and _told_apart(before, name) and _told_apart(after, name):
        yield from _by_key(before, after, path, name)
    else:
        yield from _by_place(before, after, path)


def _key_of(before: list[Any], after: list[Any]) -> str:
    """Return the field by which the items of two lists can be told apart, empty if none can."""
    if not before or not after:
        return ""
    items = [*before, *after]
    return next(
        (name for name in _NAMES if all(isinstance(i, dict) and i.get(name) for i in items)), ""
    )


def _told_apart(items: list[Any], name: str) -> bool:
    keys = [str(item.get(name)) for item in items if isinstance(item, dict)]
    return len(keys) == len(items) == len(set(keys))


def _by_key(before: list[Any], after: list[Any], path: str, name: str) -> Iterator[Entry]:
    old = {str(item.get(name)): item for item in before}
    new = {str(item.get(name)): item for item in after}
    for key in dict.fromkeys((*old, *new)):
        yield from _differences(old.get(key, ABSENT), new.get(key, ABSENT), f"{path}/[{key}]", None)


def _in_sets(before: list[Any], after: list[Any], path: str) -> Iterator[Entry]:
    old, new = (Counter(map(_sealed, items)) for items in (before, after))
    for item in before:
        if old[_sealed(item)] > new[_sealed(item)]:
            old[_sealed(item)] -= 1
            yield Entry(path or "/", item, ABSENT)
    old = Counter(map(_sealed, before))
    for item in after:
        if new[_sealed(item)] > old[_sealed(item)]:
            new[_sealed(item)] -= 1
            yield Entry(path or "/", ABSENT, item)


def _by_place(before: list[Any], after: list[Any], path: str) -> Iterator[Entry]:
    old, new = list(map(_sealed, before)), list(map(_sealed, after))
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            continue
        both = min(i2 - i1, j2 - j1)
        for i, j in zip(range(i1, i1 + both), range(j1, j1 + both), strict=True):
            yield from _differences(before[i], after[j], f"{path}/{j}", None)
        yield from (Entry(f"{path}/{i}", before[i], ABSENT) for i in range(i1 + both, i2))
        yield from (Entry(f"{path}/{j}", ABSENT, after[j]) for j in range(j1 + both, j2))


def _sealed(value: Any) -> bytes:
    return b"" if value is Unset.ABSENT else canonical(value)
