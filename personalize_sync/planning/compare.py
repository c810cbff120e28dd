"""Comparing what a manifest states with what a tenant stores.

Only stated fields count. Before anything is compared, the live side is put into the manifest's own
words wherever both mean the same (list order that means nothing, canonical XML, line endings that
a server rewrote), so that what then differs, differs.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from personalize_sync.kinds import Form, KeyedBy
from personalize_sync.kinds.kind import IDLE
from personalize_sync.resources import ABSENT, SecretRef, Unset, pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from personalize_sync.kinds.kind import Shape
    from personalize_sync.resources import Document, Path

# orjson writes dataclasses as objects, which would make a SecretRef equal to some object.
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
WHOLE = (Form.MAP, Form.DEPLOYMENT)
"""Collections that are managed whole: what they do not state is to go."""
# A server may leave such a value out of its answer, or answer null for it.
_LIKE_ABSENT: tuple[Any, ...] = ("", [], {})  # and False, but not 0
# A parser repeats the namespace in the name of every element below: short text, giant names.
_LONG_NAMESPACE = re.compile(r"""xmlns(?::[^\s=]{1,99})?\s{0,9}=\s{0,9}(?:"[^"]{500}|'[^']{500})""")


def align(desired: object, live: object, shapes: Mapping[str, Shape], at: Path = ()) -> Any:
    """Return `live` reduced to what `desired` states, equal parts in the words of `desired`.

    Where all that is stated is equal as it stands, that is `desired` itself.
    """
    match desired:
        case SecretRef():
            return desired  # write-only: never read back, never compared
        case dict() if isinstance(live, dict):
            return _align_object(desired, live, shapes, at)
        case list() if isinstance(live, list):
            return desired if _same_list(desired, live, shapes, at) else live
        case str() if isinstance(live, str):
            return desired if _same_text(desired, live, shape_at(shapes, at)) else live
        case bool():
            return live if live is not None or desired else desired
        case int() | float() if isinstance(live, int | float) and not isinstance(live, bool):
            return desired if desired == live else live
    if live is None and desired in _LIKE_ABSENT:
        return desired
    return live


def _align_object(desired: Document, live: Document, shapes: Mapping[str, Shape], at: Path) -> Any:
    shape = shape_at(shapes, at)
    # Most objects, and most fields of others, are equal as they stand: to see that is cheap.
    stated = {name: live[name] for name in desired if name in live}
    if _is_same(desired, stated) and (shape not in WHOLE or len(stated) == len(live)):
        return desired
    aligned: Document = {}
    for name, wanted in desired.items():
        stored = live.get(name)
        found = wanted if _is_same(wanted, stored) else align(wanted, stored, shapes, (*at, name))
        if name in live or found is wanted:
            aligned[name] = found
    if shape in WHOLE:
        others = {name: value for name, value in live.items() if name not in desired}
        aligned |= {n: v for n, v in others.items() if shape is Form.MAP or not _is_idle(v)}
    return aligned


def _is_same(desired: object, live: object) -> bool:
    return desired == live and canonical(desired) == canonical(live)


def _is_idle(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("status") in IDLE


def _same_list(desired: list[Any], live: list[Any], shapes: Mapping[str, Shape], at: Path) -> bool:
    if len(desired) != len(live):
        return False
    match shape_at(shapes, at):
        case Form.SET:
            desired, live = sorted(desired, key=canonical), sorted(live, key=canonical)
        case KeyedBy(name):
            desired, live = _by_key(desired, name), _by_key(live, name)
    return all(
        canonical(align(wanted, found, shapes, (*at, "*"))) == canonical(wanted)
        for wanted, found in zip(desired, live, strict=True)
    )


def _by_key(items: list[Any], name: str) -> list[Any]:
    """Order items by their key only, so that several with one key keep their own order."""
    return sorted(items, key=lambda i: str(i.get(name)) if isinstance(i, dict) else "")


def _same_text(desired: str, live: str, shape: Shape | None) -> bool:
    if desired == live:
        return True
    # One way only: a server may rewrite line ends and trim, but never invents what it then stores.
    unix = desired.replace("\r\n", "\n")
    if live in (unix, desired.strip(), unix.strip()):
        return True
    if shape is Form.XML:
        ours, theirs = canonical_xml(desired), canonical_xml(live)
        return ours is not None and ours == theirs
    if shape is Form.MOMENT:
        wanted = moment(desired)
        return wanted is not None and wanted == moment(live)
    return False


def moment(text: str) -> datetime | None:
    """Return a point in time in UTC, None if the text is none; without a zone it is meant as UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def canonical_xml(text: str) -> tuple[Any, ...] | None:
    """Return what an XML document means, None if this is no plain XML.

    Attribute order, quoting, prefixes, CDATA or escapes, comments and indentation do not count;
    text that is more than white space does, to the last space.
    """
    if _LONG_NAMESPACE.search(text):
        return None
    try:
        return _meaning(fromstring(text, forbid_dtd=True))
    except (ParseError, DefusedXmlException, ValueError):
        return None


def _meaning(root: Element) -> tuple[Any, ...]:
    """Return starts and ends in document order; flat, as documents nest deeper than Python does."""
    said: list[Any] = []
    todo: list[Element | str] = [root]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            said.append(item)  # the end of an element, with the text behind it
            continue
        said.append((item.tag, tuple(sorted(item.attrib.items())), _unless_blank(item.text)))
        for child in reversed(item):
            todo += (_unless_blank(child.tail), child)
    return tuple(said)


def _unless_blank(text: str | None) -> str:
    return text if text and not text.isspace() else ""


def differing(desired: Document, aligned: Document) -> tuple[Path, ...]:
    """Return the paths, sorted, at which two plain documents differ; lists count as one value."""
    if desired is aligned:
        return ()
    names = [name for name in desired.keys() | aligned.keys() if not _agree(name, desired, aligned)]
    pairs = {name: (desired.get(name), aligned.get(name)) for name in names}
    nested = [n for n, pair in pairs.items() if all(isinstance(value, dict) for value in pair)]
    found: list[Path] = [(name,) for name in names if name not in nested]
    if nested:
        found += _below({n: desired[n] for n in nested}, {n: aligned[n] for n in nested})
    return tuple(sorted({leaf for path in found for leaf in _leaves(path, desired, aligned)}))


def _agree(name: str, one: Document, other: Document) -> bool:
    return name in one and name in other and _is_same(one[name], other[name])


def _below(desired: Document, aligned: Document) -> Iterator[Path]:
    """Yield where objects that differ do so."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - 77 ms, and often no object differs inside

    tree = DeepDiff(
        _sealed(aligned),
        _sealed(desired),
        view="tree",
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,  # a key may begin with two underscores
    )
    for level in (item for items in tree.values() for item in items):
        yield tuple(level.path(output_format="list"))


def _sealed(value: object) -> Any:
    """Return objects of canonical bytes, since DeepDiff takes 1 in a list for true."""
    if isinstance(value, dict):
        return {name: _sealed(child) for name, child in value.items()}
    return canonical(value)


def _leaves(path: Path, *documents: Document) -> Iterator[Path]:
    """Go down to the fields where a whole object came or went."""
    values = [value_at(document, path) for document in documents]
    objects = [value for value in values if isinstance(value, dict) and value]
    if not objects or any(value is not ABSENT and not isinstance(value, dict) for value in values):
        yield path
        return
    for name in dict.fromkeys(name for value in objects for name in value):
        yield from _leaves((*path, name), *documents)


def value_at(document: object, path: Path) -> Any:
    """Return the value at a path of object names, or ABSENT."""
    for part in path:
        if not isinstance(document, dict) or part not in document:
            return ABSENT
        document = document[part]
    return document


def canonical(value: object) -> bytes:
    """Return bytes that are equal exactly when two plain values are (RFC 8785 in spirit)."""
    if isinstance(value, Unset):
        return repr(value).encode()  # no JSON text, so it equals nothing else
    try:
        return orjson.dumps(value, default=repr, option=_CANONICAL)
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(value, default=repr, sort_keys=True).encode()


def digest(value: object) -> str:
    """Return `sha256:…` over the canonical bytes of a plain value."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def matches(pattern: str, path: Path) -> bool:
    """Whether a pointer pattern (`*` is any one name) names this path."""
    return len(_parts(pattern)) == len(path) and matches_from(pattern, path)


def matches_from(pattern: str, path: Path) -> bool:
    """Whether a pointer pattern names this path or an object that holds it."""
    parts = _parts(pattern)
    return 0 < len(parts) <= len(path) and all(
        part in ("*", name) for part, name in zip(parts, path, strict=False)
    )


@cache
def _parts(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.split("/")[1:])


def shape_at(shapes: Mapping[str, Shape], at: Path) -> Shape | None:
    """Return how the values at a path are compared, None where they compare as they stand."""
    exact = shapes.get(pointer(at))
    if exact is not None or not shapes or not at:
        return exact
    return next((shape for pattern, shape in shapes.items() if matches(pattern, at)), None)
