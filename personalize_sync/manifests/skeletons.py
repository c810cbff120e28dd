"""Skeletons: a first manifest of each kind, every field explained, valid as it stands.

They are made from the JSON Schemas, so that they cannot say anything else than those.
"""

from __future__ import annotations

import json
import re
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from personalize_sync.manifests.schemas import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Document

_WIDTH = 110
_MOST_FIELDS = 3  # of a nested sample; the schema has the rest
# What a beginner wants to see although the schema does not demand it.
_WEB_FLOW: Document = {
    "type": "INTERACTIVE_WEB_FLOW",
    "status": "DRAFT",
    "channels": ["WEB"],
    "schedule": {"type": "simpleSchedule", "startDate": "2030-01-01T00:00:00.000Z"},
}
_STATED: dict[str, Document] = {
    "template": {
        "type": "WEB",
        "status": "DRAFT",
        "templateElements": {"html": "<p>Hello</p>"},
    },
    "connection": {
        "systemType": "DATA_SYSTEM",
        "auth": {"authType": "NONE"},
        "request": {"requestType": "GET", "connectionUrl": "https://api.example.test/v1"},
    },
    "decision-model": {},
    "experience": _WEB_FLOW,
    "experiment": _WEB_FLOW,
}
# Another way to write a field that is stated.
_INSTEAD = {
    "auth": "{ authType: OAUTH, clientId: my-client, clientSecret: { fromSecret: MY_CLIENT_SECRET }, "
    "accessTokenUrl: https://api.example.test/token }",
    "html": "{ fromFile: hello.html } # the text of a file beside this one",
}
# Words that YAML 1.1 or 1.2 reads as something else than text.
_NO_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_PLAIN = re.compile(r"[A-Za-z_][\w /.-]*(?<! )", re.ASCII)


def skeleton(kind: Kind, key: str, schema_path: str) -> str:
    """Return the text of a new manifest; `schema_path` leads editors from it to its schema."""
    whole = schema(kind.name)
    metadata, spec = whole["$defs"]["metadata"], whole["properties"]["spec"]
    stated = {"name": _name(kind, key), **_STATED[kind.name]}
    lines = [
        f"# yaml-language-server: $schema={schema_path}",
        "#",
        f"# {whole['description']}",
        "# A field behind a # is optional; only what is stated here is compared and changed.",
        f"apiVersion: {whole['properties']['apiVersion']['const']}",
        f"kind: {kind.manifest}",
        "metadata:",
        *_fields(metadata, {"key": key}, whole, 2),
        "spec:",
        *_fields(spec, stated, whole, 2),
        "# overrides: # per environment, merged over spec; null removes a field",
        "#   uat: { name: In UAT }",
    ]
    return "\n".join(lines) + "\n"


def _name(kind: Kind, key: str) -> str:
    """Return a name to begin with; code in decision models calls a connection by its name."""
    words = [word for word in key.split("_") if word] or [key]
    if kind.name == "connection":
        return "".join(word[:1].upper() + word[1:] for word in words)
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _fields(part: Document, stated: Document, whole: Document, indent: int) -> Iterator[str]:
    for name, field in part["properties"].items():
        about = _about(field, whole)
        margin = " " * indent
        if name not in stated:
            yield from _explained(f"{margin}# {name}: {_flow(_sample(field, whole))}", about)
            continue
        value = stated[name]
        if isinstance(value, dict) and name != "auth":
            yield from _explained(f"{margin}{name}:", about)
            yield from _fields(_resolved(field, whole), value, whole, indent + 2)
        else:
            yield from _explained(f"{margin}{name}: {_flow(value)}", about)
        if name in _INSTEAD:
            yield f"{margin}# or {name}: {_INSTEAD[name]}"


def _explained(line: str, about: str) -> Iterator[str]:
    """Put what a field means behind it, or above it where the line would become too long."""
    whole = f"{line} # {about}" if about else line
    if len(whole) <= _WIDTH:
        yield whole
        return
    margin = " " * (len(line) - len(line.lstrip()))
    yield from wrap(about, _WIDTH, initial_indent=f"{margin}# ", subsequent_indent=f"{margin}# ")
    yield line


def _about(field: Document, whole: Document) -> str:
    target = _resolved(field, whole)
    text = str(field.get("description") or target.get("description") or "")
    choices = target.get("enum") or target.get("items", {}).get("enum") or ()
    if all(choice in text for choice in choices) or len(choices) == 1:
        return text
    return f"{text} {' | '.join(choices)}".strip()


def _resolved(field: Document, whole: Document) -> Document:
    reference = field.get("$ref")
    if not isinstance(reference, str):
        return field
    found: Document = whole["$defs"][reference.removeprefix("#/$defs/")]
    return found


def _sample(field: Document, whole: Document) -> Any:
    """Return a small value that the schema takes."""
    target = _resolved(field, whole)
    given = field.get("examples") or target.get("examples") or target.get("enum")
    if given:
        return given[0]
    if "anyOf" in target:
        return _sample(target["anyOf"][0], whole)
    types = target.get("type", "string")
    first = types[0] if isinstance(types, list) else types
    if first == "object":
        return _sample_object(target, whole)
    if first == "array":
        return [_sample(target["items"], whole)] if "items" in target else []
    whole_number = 50 if "maximum" in target else 1000
    return {"integer": whole_number, "number": 0.2, "boolean": False}.get(first, "text")


def _sample_object(target: Document, whole: Document) -> Document:
    properties = target.get("properties", {})
    names = target.get("required") or list(properties)[:_MOST_FIELDS]
    if properties:
        return {name: _sample(properties[name], whole) for name in names}
    children = target.get("additionalProperties")
    return {"main": _sample(children, whole)} if isinstance(children, dict) else {}


def _flow(value: Any) -> str:
    """Return a value on one line of YAML, in quotes only where it needs them."""
    match value:
        case dict():
            inside = ", ".join(f"{_flow(name)}: {_flow(child)}" for name, child in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list():
            return f"[{', '.join(map(_flow, value))}]"
        case str() if _PLAIN.fullmatch(value) and value.casefold() not in _NO_TEXT:
            return value
    return json.dumps(value)
