"""The parameters of a template: `[[ Name | type | default | {option: value} ]]` in any element.

API reference: template-rest-api. A lone `[[ Name ]]` stands for a parameter that is declared
elsewhere in the same template. What is neither of the two is code that happens to have two square
brackets (a nested list, a condition's `[[IF|{…}]]`) and stays as it is, byte for byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from personalize_sync.kinds.kind import Finding
from personalize_sync.problems import Severity, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalize_sync.resources import Path

    Elements: TypeAlias = Mapping[str, str]
    Values: TypeAlias = Mapping[str, object]

# No pattern reads a text twice: a hostile one, of a mebibyte, costs no more than any other.
_MARK = re.compile(r"\[\[(?!\[)((?:(?!\[\[|\]\]).)*)\]\]", re.DOTALL)
_NOT_IN_NAMES = frozenset('[]{}"\n')
# The list of types is not documented: any word is one, with choices in brackets or without.
_TYPE = re.compile(r"([A-Za-z]\w*)(?:\s*\((.*)\))?", re.DOTALL)
_OPTIONS = re.compile(r"\|\s*\{")
_OPTION = re.compile(r"(?<!\w)([A-Za-z]\w*)\s*:\s*(\[[^\[\]]*\]|[^,]*)")
_NUMBER = re.compile(r"[-+]?\d{1,300}(\.\d{1,300})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter; `type` in small letters, `choices` those of an enumeration."""

    name: str
    type: str
    default: str = ""
    choices: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        """Whether the marketer's form insists on a value; a default is one."""
        return self.options.get("required", "").casefold() == "true"


def declared(elements: Elements) -> dict[str, Parameter]:
    """Return the parameters that the texts declare, by name; the first declaration counts."""
    found: dict[str, Parameter] = {}
    for text in elements.values():
        for mark in _MARK.finditer(text):
            parameter = _declaration(mark[1])
            if parameter:
                found.setdefault(parameter.name, parameter)
    return found


def rendered(elements: Elements, values: Values) -> dict[str, str]:
    """Return the texts as the UI copies them: each parameter replaced by its value or default.

    Values go in as they are: nothing is escaped, and nothing in a value is replaced again.
    """
    known = {name: parameter.default for name, parameter in declared(elements).items()}
    known |= {name: as_text(value) for name, value in values.items()}

    def fill(mark: re.Match[str]) -> str:
        parameter = _declaration(mark[1])
        return known.get(parameter.name if parameter else mark[1].strip(), mark[0])

    return {name: _MARK.sub(fill, text) for name, text in elements.items()}


def complaints(elements: Elements, values: Values, place: Path) -> Iterator[Finding]:
    """Return what is wrong with the values that a manifest states in the map at `place`."""
    parameters = declared(elements)
    mentioned = {mark[1].strip() for text in elements.values() for mark in _MARK.finditer(text)}
    for name in values:
        if name not in parameters and name not in mentioned:
            yield Finding(
                (*place, name),
                "PS1010",
                f'the template has no parameter "{name}"',
                f"{_listed(parameters)}{did_you_mean(name, parameters)}",
                at_key=True,
            )
    for name, parameter in parameters.items():
        if name in values:
            yield from _complaints_of(parameter, values[name], (*place, name))
        elif parameter.required and not parameter.default:
            yield Finding(
                place,
                "PS1011",
                f'the template demands a value for its parameter "{name}"',
                f"State {name} in templateVariables, or give it a default in the template.",
                at_key=True,
            )


def as_text(value: object) -> str:
    """Return a value as it stands in the rendered text: `true`, `3` and not `3.0`."""
    match value:
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case None:
            return ""
    return str(value)


def _declaration(body: str) -> Parameter | None:
    name, bar, rest = body.partition("|")
    name = name.strip()
    if not bar or not name or _NOT_IN_NAMES.intersection(name):
        return None
    kind, _, rest = rest.partition("|")
    typed = _TYPE.fullmatch(kind.strip())
    if typed is None:
        return None
    default, options = _default_and_options(rest)
    return Parameter(name, typed[1].casefold(), default, _items(typed[2] or ""), options)


def _default_and_options(rest: str) -> tuple[str, dict[str, str]]:
    # A default, and a value among the options, may hold a bar of its own.
    begin = _OPTIONS.search(rest)
    if begin is None or not rest.rstrip().endswith("}"):
        return rest.strip(), {}
    inside = rest[begin.end() :].rstrip().removesuffix("}")
    return rest[: begin.start()].strip(), {
        option[1]: option[2].strip().strip("'\"") for option in _OPTION.finditer(inside)
    }


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _complaints_of(parameter: Parameter, value: object, at: Path) -> Iterator[Finding]:
    text = as_text(value)
    if not text.strip():
        if parameter.required:
            message = f'the template demands a value for its parameter "{parameter.name}"'
            yield Finding(at, "PS1011", message, "Write one.")
        return
    match parameter.type:
        case "number":
            yield from _number_complaints(parameter, value, at)
        case "enum" | "multienum" if parameter.choices:
            stated = _items(text) if parameter.type == "multienum" else (text,)
            for item in stated:
                if item not in parameter.choices:
                    message = f'"{item}" is no choice of the parameter "{parameter.name}"'
                    choices = ", ".join(parameter.choices)
                    remedy = f"Choices: {choices}.{did_you_mean(item, parameter.choices)}"
                    yield Finding(at, "PS1013", message, remedy)
        case "string" | "text" | "colour" | "color":
            yield from _text_complaints(parameter, value, at)


def _text_complaints(parameter: Parameter, value: object, at: Path) -> Iterator[Finding]:
    if not isinstance(value, str):
        message = f'the parameter "{parameter.name}" is text, and this is not'
        yield Finding(at, "PS1012", message, "Put the value in quotes.")
        return
    limit = _number(parameter.options.get("max"))
    if limit is not None and len(value) > limit:
        message = f"{len(value)} characters, and the template's form takes {limit:g}"
        remedy = "Shorten the text, or raise max in the template."
        yield Finding(at, "PS1016", message, remedy, Severity.WARNING)


def _number_complaints(parameter: Parameter, value: object, at: Path) -> Iterator[Finding]:
    number = None if isinstance(value, bool) else _number(value)
    if number is None:
        message = f'the parameter "{parameter.name}" is a number, and this is not'
        yield Finding(at, "PS1012", message, "Write a number.")
        return
    low, high = _number(parameter.options.get("min")), _number(parameter.options.get("max"))
    if (low is not None and number < low) or (high is not None and number > high):
        bounds = " ".join(
            f"{name} {bound:g}"
            for name, bound in (("min", low), ("max", high))
            if bound is not None
        )
        message = f'{as_text(value)} is out of the range of "{parameter.name}"'
        yield Finding(at, "PS1016", message, f"The template says {bounds}.")


def _number(value: object) -> float | None:
    text = as_text(value).strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _listed(parameters: Iterable[str]) -> str:
    names = ", ".join(sorted(parameters))
    return f"Its parameters: {names}." if names else "It has none: remove the value."
