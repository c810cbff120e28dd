"""Every keyword of every schema decides something, and both validators decide it alike."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from personalize_sync.manifests.composing import compose
from personalize_sync.manifests.explaining import _Validator
from personalize_sync.manifests.schemas import PROJECT, schema
from personalize_sync.manifests.values import Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EXAMPLES = Path(__file__).parent / "examples/valid"
_MANIFESTS = Path(__file__).parents[2] / "manifests"
_SILENT = {"$schema", "$id", "$defs", "title", "description", "examples", "default", "writeOnly"}
_BY_NAME = {"properties", "$defs", "patternProperties"}
_DATA = {"const", "enum", "examples", "default", "required", "dependentRequired"}

_Place = tuple[Any, ...]


def _subschemas(node: Any, place: _Place = ()) -> Iterator[tuple[_Place, dict[str, Any]]]:
    """Yield every schema inside of a schema, and where it is."""
    if not isinstance(node, dict):
        return
    yield place, node
    for word, value in node.items():
        if word in _DATA:
            continue
        if word in _BY_NAME:
            for name, child in value.items():
                yield from _subschemas(child, (*place, word, name))
        elif isinstance(value, list):
            for index, child in enumerate(value):
                yield from _subschemas(child, (*place, word, index))
        else:
            yield from _subschemas(value, (*place, word))


def _part(whole: dict[str, Any], place: _Place, without: str = "") -> dict[str, Any]:
    """Return a schema that asks what one part of another asks, perhaps without one of its words."""
    if without:
        whole = copy.deepcopy(whole)
        target: Any = whole
        for step in place:
            target = target[step]
        del target[without]
    pointer = "".join("/" + str(s).replace("~", "~0").replace("/", "~1") for s in place)
    return {"$defs": {"whole": whole}, "$ref": f"{whole['$id']}#{pointer.replace('^', '%5E')}"}


def _edges(node: dict[str, Any]) -> Iterator[Any]:
    """Yield values just inside and just outside of what a schema says."""
    for word in ("minimum", "maximum", "exclusiveMinimum"):
        if word in node:
            yield from (node[word] - 1, node[word], node[word] + 1)
    for word in ("minLength", "maxLength"):
        if word in node:
            yield from ("a" * max(0, node[word] + more) for more in (-1, 0, 1))
    for word in ("minItems", "maxItems", "minProperties", "maxProperties"):
        if word in node:
            for more in (-1, 0, 1):
                count = max(0, node[word] + more)
                yield from ([f"a{i}" for i in range(count)], {f"a{i}": {} for i in range(count)})
                yield {f"a{i}": "a" for i in range(count)}
    yield from node.get("enum", ())
    yield from node.get("examples", ())
    if "const" in node:
        yield node["const"]


def _fragments(value: Any) -> Iterator[Any]:
    yield value
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, (dict, list)):
            yield from _fragments(child)
        else:
            yield child


_STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, 10**20, "", "a", "A b", "a\n", " a", "ä", "\u00a0"),
    *("2026-12-01", "2026-12-01T00:00:00Z", "https://a.example.test", "/x", "*", "a" * 5000),
    *([], ["a"], ["a", "a"], [1], [{}], [None], {}, {"": 1}, {"unknown": 1}, {"A b": {}}, {"a": 1}),
    *({"fromFile": "a"}, {"fromFile": ""}, {"fromFile": "a", "more": 1}, {"fromFile": "a" * 600}),
    *({"fromSecret": "A"}, {"fromSecret": "a b"}, {"fromSecret": "A", "version": 1}),
    {"lookup": {"kind": "template", "name": "a"}},
)
# What only the conditions of a schema look at.
_TELLING: tuple[Any, ...] = (
    *({"authType": kind, more: "a"} for kind in ("NONE", "OAUTH") for more in ("clientId", "more")),
    *(
        {"type": f"{kind}Traffic", "splits": {"a": split}}
        for kind in ("simple", "advanced", "audience")
        for split in (50, 101, {}, {"buckets": 1}, {"conditionGroups": 1})
    ),
    *({"guest": {"fromFile": "a.json"}}, {"guest": {"fromFile": 1}}, {"fromFile": "a", "b": 1}),
)
_CHANGES: tuple[Any, ...] = (None, 1, "", "A b\n", [], {}, ["a", "a"], {"unknown": 1})
# Said by the words beside them already, and there for the editors that look at types only.
_IMPLIED = {("$defs", "context", "type"), ("$defs", "environment", "type")}


def _least(whole: dict[str, Any], node: dict[str, Any]) -> Any:
    """Return the least that a schema may want."""
    if "$ref" in node:
        return _least(whole, whole["$defs"][node["$ref"].removeprefix("#/$defs/")])
    for word in ("const", "enum", "examples", "anyOf", "oneOf"):
        if word in node:
            found = node[word]
            value = found if word == "const" else found[0]
            return _least(whole, value) if word in ("anyOf", "oneOf") else value
    match node.get("type"):
        case "object":
            children = node.get("properties", {})
            return {
                name: _least(whole, children.get(name, {})) for name in node.get("required", ())
            }
        case "array":
            return [_least(whole, node.get("items", {}))]
        case "integer" | "number":
            return node.get("minimum", 1)
        case "boolean":
            return True
    return "a"


def _mutants(value: Any, names: Iterable[str]) -> Iterator[Any]:
    """Yield a value with one thing changed in its first level; `names` are keys it could have."""
    if isinstance(value, list):
        yield from ([*value, *value], value[1:], [*value, "unknown"])
        value = dict(enumerate(value))
        yield from (list({**value, i: new}.values()) for i in value for new in _CHANGES)
    elif isinstance(value, dict):
        yield {**value, "unknown": 1}
        for name in value:
            rest = {n: v for n, v in value.items() if n != name}
            yield from (rest, {**rest, "A b": value[name]})
        yield from ({**value, name: new} for name in (*value, *names) for new in _CHANGES)


def _documents(name: str) -> list[Any]:
    if name == PROJECT:
        return [_PROJECT_DOCUMENT]
    wanted = name.replace("-", "")
    paths = [*_EXAMPLES.rglob("*.yaml"), *_MANIFESTS.rglob("*.yaml")]
    found = [Values().of(r) for path in sorted(paths) for r in compose(path.read_text("utf-8"))]
    return [document for document in found if document["kind"].lower() == wanted]


_PROJECT_DOCUMENT = {
    "apiVersion": "personalize-sync/v1",
    "kind": "Project",
    "defaultEnvironment": "a",
    "environments": {
        "a": {
            "region": "eu",
            "clientKey": "pqsPERS0000",
            "keys": {"connections": {"for": ["connection"], "rotateAfter": "2027-01-01"}},
            "writers": ["formerClientId"],
            "prune": False,
            "onDrift": "keep",
            "owns": ["*"],
            "protected": ["template/checkout_*"],
            "guards": {"archive": {"max": 5, "percent": 20}, "update": {"percent": 50}},
            "ignore": [
                {"address": "experience/*", "path": "/name", "reason": "r", "until": "2027-03-31"}
            ],
        },
        "b": {"baseUrl": "https://a", "tokenUrl": "https://b", "keys": {"connections": {}}},
        "c": {"sandbox": {"knobs": {"K06": "on"}}},
    },
}


@pytest.mark.parametrize(
    "name", ["template", "connection", "decision-model", "experience", "experiment", PROJECT]
)
def test_each_keyword_counts_and_counts_alike(name: str) -> None:
    """For each there is a value that only it refuses; on all values tried both validators agree."""
    whole = schema(name)
    fragments = {json.dumps(f): f for document in _documents(name) for f in _fragments(document)}
    idle = set()
    for place, node in _subschemas(whole):
        words = set(node) - _SILENT
        judge = jsonschema_rs.Draft202012Validator(_part(whole, place))
        fitting = [f for f in (_least(whole, node), *fragments.values()) if judge.is_valid(f)][:6]
        values = [*_STRANGE, *_TELLING, *_edges(node), *fitting]
        values += [new for v in fitting for new in _mutants(v, node.get("properties", ()))]
        answers = [judge.is_valid(value) for value in values]
        telling = set(range(0, len(values), 60))
        for word in words:
            lax = jsonschema_rs.Draft202012Validator(_part(whole, place, without=word))
            found = [i for i, value in enumerate(values) if lax.is_valid(value) != answers[i]]
            telling.update(found[:2])
            if not found:
                idle.add((*place, word))
        bare, ours = (make(_part(whole, place)) for make in (Draft202012Validator, _Validator))
        for value, answer in ((values[i], answers[i]) for i in telling):
            assert ours.is_valid(value) == answer, (place, value)
            # For the bare one, `$` also matches before a final line break.
            if '\\n"' not in json.dumps(value):
                assert bare.is_valid(value) == answer, (place, value)
    assert idle <= _IMPLIED
