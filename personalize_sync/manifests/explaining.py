"""Why a document does not fit its schema, as flaws: one for each mistake a person made.

Runs only for documents that the fast verdict refused, so it may be slow; jsonschema is imported
here and nowhere else.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from personalize_sync.manifests import wording
from personalize_sync.manifests.flaws import Flaw
from personalize_sync.manifests.schemas import schema
from personalize_sync.manifests.values import MAX_COMPLAINTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.resources import Path


# A ValidationError; half of its attributes are typed as possibly unset, which they never are here.
_Error: TypeAlias = Any


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    # In Python `$` also matches before a final line break; in ECMA 262 it does not.
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError("does not match")


def _unevaluated(
    _validator: Any, _closed: object, value: Any, schema: Any
) -> Iterator[ValidationError]:
    # Every closed object of the schemas lists all its keys in `properties` beside the keyword.
    if isinstance(value, dict) and not value.keys() <= schema["properties"].keys():
        yield ValidationError("unknown keys")


def _unique(
    _validator: Any, _wanted: object, value: Any, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(value, list) and next(_repeated(value), None) is not None:
        yield ValidationError("repeated items")


def _repeated(items: list[Any]) -> Iterator[int]:
    """Yield the indexes of items that stand in the list before, in linear time."""
    seen = set()
    for index, item in enumerate(items):
        form = _hashable(item)
        if form in seen:
            yield index
        seen.add(form)


def _hashable(item: Any) -> Any:
    """Return a form that is equal for what JSON Schema calls equal: 1 and 1.0, but not 1 and true."""
    match item:
        case bool():
            return "bool", item
        case list():
            return "list", *map(_hashable, item)
        case dict():
            return "dict", frozenset((name, _hashable(value)) for name, value in item.items())
    return item


# jsonschema's own versions take quadratic time, or differ from ECMA 262.
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"pattern": _pattern, "unevaluatedProperties": _unevaluated, "uniqueItems": _unique},
)


@cache
def validator(name: str) -> Any:
    """Return the explaining validator of a schema; its registry retrieves nothing."""
    return _Validator(schema(name), registry=Registry())


def explain(name: str, document: Any) -> list[Flaw]:
    """Return the flaws of a document, in the order of the schema."""
    found: list[Flaw] = []
    for error in validator(name).iter_errors(document):
        found += _flaws(error, schema(name))
        if len(found) > MAX_COMPLAINTS:
            break
    strangers = {flaw.path for flaw in found if flaw.rule == "PS1010"}
    kept = [
        flaw
        for flaw in dict.fromkeys(found)
        if flaw.rule == "PS1010" or not any(flaw.path[: len(p)] == p for p in strangers)
    ]
    return kept[:MAX_COMPLAINTS]


def _path(error: _Error) -> Path:
    return tuple(str(part) for part in error.absolute_path)


def _flaws(error: _Error, root: dict[str, Any]) -> Iterable[Flaw]:
    if list(error.absolute_schema_path)[-2:-1] == ["propertyNames"]:
        return [_bad_key(error)]
    match error.validator:
        case "unevaluatedProperties" | "additionalProperties":
            return _unknown_keys(error)
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return [_missing(error, name) for name in missing]
        case "dependentRequired":
            needs = error.validator_value
            missing = [n for key in needs if key in error.instance for n in needs[key]]
            return [_missing(error, n) for n in missing if n not in error.instance]
        case "anyOf":
            return _best_branch(error, root)
        case "oneOf":
            return _one_of(error)
        case "uniqueItems":
            return _twice(error)
    path = _path(error)
    broken = wording.Broken(
        error.validator, error.validator_value, error.instance, error.schema, path
    )
    return [Flaw(path, *wording.of_value(broken))]


def _unknown_keys(error: _Error) -> list[Flaw]:
    known = list(error.schema.get("properties", ()))
    path = _path(error)
    strangers = (key for key in error.instance if key not in known)
    return [
        Flaw((*path, key), *wording.of_unknown_key(key, known, path), at_key=True)
        for key in islice(strangers, MAX_COMPLAINTS + 1)
    ]


def _bad_key(error: _Error) -> Flaw:
    key, path = str(error.instance), _path(error)
    if error.validator == "enum":
        words = wording.of_unknown_key(key, error.validator_value, path)
    else:
        words = wording.of_bad_key(key)
    return Flaw((*path, key), *words, at_key=True)


def _missing(error: _Error, name: str) -> Flaw:
    described = error.schema.get("properties", {}).get(name, {})
    return Flaw(_path(error), *wording.of_missing(name, described), at_key=True, missing=name)


def _twice(error: _Error) -> list[Flaw]:
    items = error.instance
    return [
        Flaw((*_path(error), str(index)), *wording.of_repeated(items[index]))
        for index in islice(_repeated(items), MAX_COMPLAINTS)
    ]


def _one_of(error: _Error) -> list[Flaw]:
    """Explain "exactly one of these fields", the only use of oneOf in the schemas."""
    choices = [branch["required"][0] for branch in error.validator_value]
    if not isinstance(error.instance, dict):
        return []  # that it is no mapping is a flaw of its own
    present = [name for name in error.instance if name in choices]
    path = _path(error)
    if not present:
        return [Flaw(path, *wording.of_no_choice(choices), at_key=True)]
    words = wording.of_two_choices(present[0], present[1])
    return [Flaw((*path, present[1]), *words, at_key=True)]


def _best_branch(error: _Error, root: dict[str, Any]) -> Iterable[Flaw]:
    """Explain the one alternative the writer meant, or say what the alternatives are."""
    branches = [_resolved(branch, root) for branch in error.validator_value]
    meant = _meant(error.instance, branches)
    if meant is None:
        words = wording.of_no_alternative(error.instance, branches, error.schema, _path(error))
        return [Flaw(_path(error), *words)]
    own = [e for e in error.context or () if e.schema_path[0] == meant]
    return [flaw for e in own for flaw in _flaws(e, root)]


def _resolved(branch: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    name = branch.get("$ref", "").removeprefix("#/$defs/")
    found: dict[str, Any] = root["$defs"][name] if name else branch
    return found


def _meant(value: object, branches: list[dict[str, Any]]) -> int | None:
    if isinstance(value, str):
        return next((i for i, b in enumerate(branches) if b.get("type") == "string"), None)
    if isinstance(value, dict):
        shared = [len(value.keys() & b.get("properties", {}).keys()) for b in branches]
        return shared.index(max(shared)) if any(shared) else None
    return None
