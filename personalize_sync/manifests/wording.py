"""Sentences about documents that do not fit: rule, message, remedy. No value of a secret is in any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from personalize_sync.manifests.complaints import listed, quoted
from personalize_sync.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from personalize_sync.resources import Path

Words: TypeAlias = tuple[str, str, str]

_MANY = 30
_KEEP_OUT = (
    "Write {fromSecret: NAME} and set the environment variable NAME where apply runs. "
    "A secret that was ever committed must be replaced."
)
_STRANGERS = {
    "friendlyId": "Remove it: metadata.key is the friendlyId.",
    "subtype": "Remove it: kind says whether it is an experience or an experiment.",
    "archived": "Remove it: what no manifest declares is archived by --prune.",
    "deploymentConfiguration": "Remove it: write status and split into the variants.",
    "defaultTemplate": "Remove it: built-in templates are never touched.",
    "customTemplate": "Remove it: templates from manifests are always custom.",
    **dict.fromkeys(
        (
            "ref",
            "href",
            "clientKey",
            "revision",
            "revisions",
            "modifiedAt",
            "modifiedByRef",
            "modifiedByUserRef",
            "transpiledVariants",
            "transpiledDefinition",
        ),
        "Remove it: the server sets it.",
    ),
}
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def of_unknown_key(key: str, known: Iterable[str], path: Path) -> Words:
    """Return the words for a key that the schema does not know."""
    if key == "fromSecret":
        return secret_misplaced(path)
    if key == "fromFile":
        return (
            "PS1012",
            "no file can be named here",
            "Write the value itself; files hold the texts of elements, assets and definitions.",
        )
    names = list(known)
    remedy = _STRANGERS.get(key, "")
    if not remedy:
        remedy = f"Known keys: {listed(names, limit=_MANY)}." if names else "Nothing goes here."
        remedy += did_you_mean(key, names)
    return "PS1010", f"unknown key {quoted(key)}", remedy


def secret_misplaced(path: Path) -> Words:
    """Return the words for a fromSecret where the API would store it in the open."""
    return (
        "PS4003",
        f"{_name(path)} cannot hold a secret",
        "Secrets belong into the auth of a connection, and into the values of its headers.",
    )


def of_bad_key(key: str) -> Words:
    """Return the words for a key that has not the form of a name."""
    return (
        "PS1014",
        f"{quoted(key)} cannot be a name here",
        "Use lower-case letters, digits and underscores (hyphens in names of environments).",
    )


def of_missing(name: str, described: Mapping[str, Any]) -> Words:
    """Return the words for a field that is not there; `described` is its schema."""
    choices = described.get("enum") or [described[key] for key in ("const",) if key in described]
    meaning = f": {' | '.join(map(str, choices))}." if choices else "."
    if not choices and described.get("description"):
        meaning = f": {_lower(described['description'])}"
    return "PS1011", f"missing field {quoted(name)}", f"Add {name}{meaning}"


def of_repeated(item: object) -> Words:
    """Return the words for an item that a list holds twice."""
    what = quoted(item) if isinstance(item, str) else "this item"
    return "PS1013", f"{what} stands in the list twice", "Keep one of the two."


def of_no_choice(choices: Sequence[str]) -> Words:
    """Return the words for none of several fields, one of which must be there."""
    return "PS1011", f"missing field: one of {', '.join(choices)}", "Add one of them."


def of_two_choices(first: str, second: str) -> Words:
    """Return the words for two fields that exclude each other."""
    return "PS1013", f"{first} and {second} exclude each other", "Keep one of the two."


def of_no_alternative(
    value: object, branches: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], path: Path
) -> Words:
    """Return the words for a value that is none of several forms."""
    if isinstance(value, dict) and "fromSecret" in value:
        return secret_misplaced(path)
    forms = []
    for branch in branches:
        required = branch.get("required")
        forms += [f"{{{required[0]}: …}}"] if required else [_expected(branch.get("type"))]
    wanted = " or ".join(forms)
    return "PS1012", f"{_name(path)} is {_kind_of(value)}, not {wanted}", _hint(schema, value)


@dataclass(frozen=True, slots=True)
class Broken:
    """A value that breaks one rule of its schema."""

    keyword: str
    limit: Any
    value: Any
    schema: Mapping[str, Any]
    path: Path

    @property
    def name(self) -> str:
        """What the value is called."""
        return _name(self.path)


def of_value(broken: Broken) -> Words:
    """Return the words for a value that breaks one rule of its schema."""
    if broken.schema.get("writeOnly"):
        return _of_secret(broken)
    words = _WORDS.get(broken.keyword)
    if words is None:
        message = f"{broken.name} does not fit the schema ({broken.keyword})"
        return "PS1013", message, _hint(broken.schema, None)
    return words(broken)


def _of_type(broken: Broken) -> Words:
    if isinstance(broken.value, dict) and "fromSecret" in broken.value:
        return secret_misplaced(broken.path)
    message = f"{broken.name} is {_kind_of(broken.value)}, not {_expected(broken.limit)}"
    return "PS1012", message, _hint(broken.schema, broken.value)


def _of_enum(broken: Broken) -> Words:
    allowed = f"Allowed: {listed(map(str, broken.limit), limit=_MANY)}."
    hint = did_you_mean(broken.value, broken.limit) if isinstance(broken.value, str) else ""
    return "PS1013", f"{broken.name} is {_shown(broken.value)}", allowed + hint


def _of_const(broken: Broken) -> Words:
    rule = "PS1015" if broken.path in {("kind",), ("apiVersion",)} else "PS1013"
    return rule, f"{broken.name} is {_shown(broken.value)}", f"Write {broken.limit}."


def _of_pattern(broken: Broken) -> Words:
    message = f"{broken.name} is {_shown(broken.value)}, which has not the form it needs"
    if broken.path == ("metadata", "key"):
        return "PS3002", message, "Use lower-case letters, digits and underscores."
    return "PS1014", message, _hint(broken.schema, None)


def _of_size(broken: Broken) -> Words:
    what = "too long" if broken.keyword.startswith("max") else "empty"
    return "PS1016", f"{broken.name} is {what}", _hint(broken.schema, None)


def _of_range(broken: Broken) -> Words:
    bound = {"minimum": "The least is", "maximum": "The most is"}.get(broken.keyword, "More than")
    return "PS1016", f"{broken.name} is {_shown(broken.value)}", f"{bound} {broken.limit}."


_WORDS: dict[str, Callable[[Broken], Words]] = {
    "type": _of_type,
    "enum": _of_enum,
    "const": _of_const,
    "pattern": _of_pattern,
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "minProperties", "maxProperties"), _of_size
    ),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum"), _of_range),
}


def _of_secret(broken: Broken) -> Words:
    is_text = isinstance(broken.value, (str, int, float))
    if broken.path[-1:] == ("fromSecret",):
        message = "fromSecret does not hold the name of an environment variable"
        remedy = "Use letters, digits and underscores; never write the secret itself."
        return "PS1012" if broken.keyword == "type" else "PS1014", message, remedy
    if broken.keyword == "type" and is_text:
        return "PS4001", f"{broken.name} is a secret, written in plain text", _KEEP_OUT
    message = f"{broken.name} is {_kind_of(broken.value)}, not {{fromSecret: …}}"
    return "PS1012", message, _KEEP_OUT


def _name(path: Path) -> str:
    """Return what a value is called in a sentence: its key, with the index of a list item."""
    if not path:
        return "the document"
    last = next((i for i in range(len(path) - 1, -1, -1) if not path[i].isdecimal()), 0)
    return quoted(path[last], marks="") + "".join(f"[{index}]" for index in path[last + 1 :])


def _kind_of(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _expected(types: str | Sequence[str] | None) -> str:
    every = [types] if isinstance(types, str) else list(types or ())
    return " or ".join(_TYPES.get(one, one) for one in every) or "what is expected"


def _shown(value: object) -> str:
    match value:
        case str():
            return quoted(value)
        case bool() | int() | float():
            return quoted(str(value).lower(), marks="")
    return _kind_of(value)


def _hint(schema: Mapping[str, Any], value: object) -> str:
    takes_text = "string" in str(schema.get("type", schema.get("anyOf", "")))
    if takes_text and isinstance(value, (bool, int, float)):
        return "Put it in quotes if it is meant as text."
    if isinstance(value, str) and schema.get("type") == "boolean":
        return "Write true or false, without quotes; yes, no, on and off are text."
    if isinstance(value, str) and schema.get("type") in ("integer", "number"):
        return "Write the number without quotes."
    return str(schema.get("description") or "Correct the value.") + _example(schema)


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples")
    return f" Example: {examples[0]}" if examples and isinstance(examples[0], str) else ""


def _lower(text: str) -> str:
    """Return a description as the end of a sentence."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
