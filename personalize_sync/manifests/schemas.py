"""The JSON Schemas: where they are, what they say, and the fast verdict on a document."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personalize_sync.errors import UsageError
from personalize_sync.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PROJECT = "project"
_HERE = Path(__file__).resolve()
# In a wheel the schemas lie in the package, in a checkout beside it.
_FOLDERS = (_HERE.parents[1] / "schemas", _HERE.parents[2] / "schemas")
_SUFFIX = ".schema.json"


def folder() -> Path:
    """Return where the schemas are."""
    return next(place for place in _FOLDERS if (place / f"{PROJECT}{_SUFFIX}").is_file())


def names() -> tuple[str, ...]:
    """Return the names of all schemas."""
    return tuple(sorted(p.name.removesuffix(_SUFFIX) for p in folder().glob("*" + _SUFFIX)))


def schema_text(kind: str) -> str:
    """Return the JSON Schema of a kind of manifest, of the project file, or of a document we write."""
    wanted = kind.replace("-", "").replace("_", "").casefold()
    every = names()
    for name in every:
        if name.replace("-", "") == wanted:
            return (folder() / (name + _SUFFIX)).read_text(encoding="utf-8")
    hint = did_you_mean(kind.casefold(), every)
    raise UsageError(f'there is no schema "{kind}"', f"Known: {', '.join(every)}.{hint}")


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a schema as data."""
    loaded: dict[str, Any] = json.loads(schema_text(name))
    return loaded


def has_place(name: str, path: Sequence[str]) -> bool:
    """Whether documents of a schema may have something at a path; in doubt they may."""
    root = schema(name)
    places: list[Any] = [root]
    for part in path:
        places = [
            child
            for place in places
            for node in _alternatives(place, root)
            for child in _children(node, part)
        ]
    return bool(places)


def _alternatives(node: Any, root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not isinstance(node, dict):
        return
    yield node
    if target := node.get("$ref", "").removeprefix("#/$defs/"):
        yield from _alternatives(root["$defs"].get(target), root)
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in node.get(word, ()):
            yield from _alternatives(branch, root)


def _children(node: dict[str, Any], part: str) -> Iterator[Any]:
    if part in node.get("properties", ()):
        yield node["properties"][part]
    elif isinstance(node.get("additionalProperties"), dict):
        yield node["additionalProperties"]
    elif not node or node == {"type": "object"} or node.get("additionalProperties") is True:
        yield {}
    if part.isdecimal() and "items" in node:
        yield node["items"]


@cache
def verdict(name: str) -> Callable[[Any], bool]:
    """Return the function that says whether data fits a schema.

    jsonschema-rs is two orders of magnitude faster than jsonschema, and its pattern engine is
    linear in time. Nothing is ever fetched: the schemas refer to nothing but themselves.
    """
    try:
        import jsonschema_rs  # noqa: PLC0415 - 25 ms that only commands with manifests pay
    except ImportError:  # no wheel for this platform: slower, same verdict
        from personalize_sync.manifests.explaining import validator  # noqa: PLC0415

        slow: Callable[[Any], bool] = validator(name).is_valid
        return slow
    return jsonschema_rs.Draft202012Validator(
        schema(name), offline=True, pattern_options=jsonschema_rs.RegexOptions()
    ).is_valid
