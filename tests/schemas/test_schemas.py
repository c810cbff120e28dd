"""The published schemas: strict, described, self-contained, and in step with the loader."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from personalize_sync.errors import UsageError
from personalize_sync.kinds import BY_MANIFEST
from personalize_sync.manifests import schema_text
from personalize_sync.manifests.inserts import FILES, LOOKUPS, SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = sorted(kind.name for kind in BY_MANIFEST.values())
_NAMES = [*_KINDS, "project"]


def _schema(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(schema_text(name))
    return read


def _parts(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping of a schema with its place."""
    if isinstance(value, dict):
        yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for name, child in children:
        if isinstance(child, (dict, list)) and name not in ("examples", "enum"):
            yield from _parts(child, f"{path}/{name}")


@pytest.mark.parametrize("name", _NAMES)
def test_a_schema_is_a_schema(name: str) -> None:
    """It obeys the meta-schema of draft 2020-12 and has a stable identifier."""
    schema = _schema(name)

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"https://personalize-sync.dev/schemas/v1/{name}.schema.json"


@pytest.mark.parametrize("name", _NAMES)
def test_a_schema_stands_alone(name: str) -> None:
    """Editors and other validators need no second file, and nothing is ever fetched."""
    schema = _schema(name)
    references = [part["$ref"] for _, part in _parts(schema) if isinstance(part.get("$ref"), str)]

    assert references
    assert {reference.removeprefix("#/$defs/") for reference in references} <= schema[
        "$defs"
    ].keys()
    assert schema["$defs"].keys() <= {r.removeprefix("#/$defs/") for r in references}


@pytest.mark.parametrize("name", _NAMES)
def test_every_field_is_described(name: str) -> None:
    """An editor can say what each field is for."""
    schema = _schema(name)
    for path, part in _parts(schema):
        if path.endswith("/then"):
            continue
        for field, described in (part.get("properties") or {}).items():
            if "const" in described and path.endswith("/if"):
                continue
            target = described.get("$ref", "").removeprefix("#/$defs/")
            text = described.get("description") or schema["$defs"][target]["description"]
            assert text.endswith("."), f"{path}/{field}"


@pytest.mark.parametrize("name", _NAMES)
def test_objects_with_known_fields_are_closed(name: str) -> None:
    """An unknown key is an error, but for the few objects whose fields the vendor does not document."""
    opened = {
        path
        for path, part in _parts(_schema(name))
        if part.get("type") == "object"
        and "properties" in part
        and "unevaluatedProperties" not in part
    }
    flow = {"/$defs/goal", "/$defs/task/properties/input"}
    expected = {
        "template": {"/properties/spec/properties/additionalFields"},
        "connection": {"/$defs/auth"},
        "experience": flow,
        "experiment": flow,
    }

    assert opened == expected.get(name, set())


@pytest.mark.parametrize("name", _NAMES)
def test_patterns_are_whole_and_simple(name: str) -> None:
    """Both pattern engines read them alike: anchored, and without look-around."""
    patterns = [p["pattern"] for _, p in _parts(_schema(name)) if isinstance(p.get("pattern"), str)]

    assert patterns
    assert all(p.startswith("^") and p.endswith("$") and "(?" not in p for p in patterns)


def test_shared_definitions_are_the_same_everywhere() -> None:
    """What several kinds have in common is defined in each file, word for word."""
    seen: dict[str, Any] = {}
    for name in _NAMES:
        definitions = _schema(name)["$defs"]
        for key in definitions.keys() - {"variant"}:
            assert seen.setdefault(key, definitions[key]) == definitions[key], key
    flows = [_schema(name)["$defs"]["variant"] for name in ("experience", "experiment")]
    assert flows[0] == flows[1]


def _places(schema: dict[str, Any], definition: str) -> set[str]:
    """Return the places below spec that a schema gives to one definition."""
    found: set[str] = set()

    def walk(part: dict[str, Any], path: str) -> None:
        target = part.get("$ref", "").removeprefix("#/$defs/")
        if target == definition:
            found.add(path)
        elif target:
            walk(schema["$defs"][target], path)
        for branch in (*part.get("anyOf", ()), *part.get("allOf", ())):
            walk(branch.get("then", branch), path)
        for name, child in part.get("properties", {}).items():
            walk(child, f"{path}/{name}" if path else name)
        for keyword in ("items", "additionalProperties"):
            if isinstance(part.get(keyword), dict):
                walk(part[keyword], f"{path}/*")

    walk(schema["properties"]["spec"], "")
    return found


@pytest.mark.parametrize("name", _KINDS)
def test_the_loader_looks_for_inserts_where_the_schema_allows_them(name: str) -> None:
    """Neither a file nor a secret nor a lookup is valid and yet left unread."""
    schema = _schema(name)
    lookups = _places(schema, "decisionModelRef") | _places(schema, "conditionTemplateRef")

    whole = {place.partition("/scripts/")[0] for place in _places(schema, "fromFile")}
    files = {
        next((listed for listed in FILES[name] if fnmatchcase(place, listed)), place)
        for place in whole
    }
    assert files == set(FILES[name])
    assert _places(schema, "fromSecret") == set(SECRETS.get(name, ()))
    assert lookups == set(LOOKUPS.get(name, ()))


@pytest.mark.parametrize(
    "word", ["DecisionModel", "decision-model", "decision_model", "DECISIONMODEL"]
)
def test_a_schema_is_found_by_any_spelling(word: str) -> None:
    """The kind as manifests write it, and as addresses do."""
    assert schema_text(word) == schema_text("decision-model")


def test_an_unknown_schema_suggests_a_known_one() -> None:
    """The command line says what could have been meant."""
    with pytest.raises(UsageError) as caught:
        schema_text("templat")

    assert caught.value.hint.endswith('Did you mean "template"?')
