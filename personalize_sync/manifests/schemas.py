"""The JSON Schemas: where they are, what they say, and the fast verdict on a document."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personalize_sync.errors import UsageError
from personalize_sync.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = "project"
_HERE = Path(__file__).resolve()
# In a wheel the schemas lie in the package, in a checkout beside it.
_FOLDERS = (_HERE.parents[1] / "schemas", _HERE.parents[2] / "schemas")
_SUFFIX = ".schema.json"


def _folder() -> Path:
    return next(folder for folder in _FOLDERS if (folder / f"{PROJECT}{_SUFFIX}").is_file())


def names() -> tuple[str, ...]:
    """Return the names of all schemas."""
    return tuple(sorted(p.name.removesuffix(_SUFFIX) for p in _folder().glob("*" + _SUFFIX)))


def schema_text(kind: str) -> str:
    """Return the JSON Schema of a kind of manifest, of the project file, or of a document we write."""
    wanted = kind.replace("-", "").replace("_", "").casefold()
    every = names()
    for name in every:
        if name.replace("-", "") == wanted:
            return (_folder() / (name + _SUFFIX)).read_text(encoding="utf-8")
    hint = did_you_mean(kind.casefold(), every)
    raise UsageError(f'there is no schema "{kind}"', f"Known: {', '.join(every)}.{hint}")


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a schema as data."""
    loaded: dict[str, Any] = json.loads(schema_text(name))
    return loaded


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
