"""`fromFile`, `fromSecret`, `lookup`: the places where a manifest may use them, and what they become.

Only listed places are looked at. Anywhere else such a mapping is data, and the schema, or
`misplaced` where the schema lets anything pass, refuses it: a secret must never end up in a field
that the API stores in the open.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize_sync.manifests.complaints import Complaint, quoted
from personalize_sync.problems import did_you_mean
from personalize_sync.resources import Lookup, SecretRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalize_sync.resources import Document, Path

_FLOW_FILES = (
    "variants/*/assets/*",
    "variants/*/templateVariables/*",
    "variants/*/tasks/*/input/template",
    "traffic/splits/*/template",
    "target/script",
)
_FLOW_LOOKUPS = (
    "variants/*/decisionModels/*",
    "variants/*/conditionTemplates/*",
    "traffic/splits/*/conditionGroups/*/conditions/*/templateId",
)
FILES = {
    "template": ("templateElements/*",),
    "connection": ("request/requestBody", "exampleValue"),
    "decision-model": ("variants/*/definition", "variants/*/templateVariables/*"),
    "experience": _FLOW_FILES,
    "experiment": _FLOW_FILES,
}
LOOKUPS = {"experience": _FLOW_LOOKUPS, "experiment": _FLOW_LOOKUPS}
SECRETS = {
    "connection": (
        "auth/clientSecret",
        "auth/password",
        "auth/apiKey",
        "auth/token",
        "auth/secret",
        "customHeaders/*/value",
        "auth/oauthCustomHeaders/*/value",
        "auth/formUrlEncodedItems/*/value",
    ),
}
# Where the schemas let anything pass.
OPEN = {
    "connection": ("auth", "urlParameters"),
    **dict.fromkeys(
        ("experience", "experiment"),
        ("variants", "traffic", "goals", "postTestAction", "dashboardLinks"),
    ),
}


# Variables that apply runs with anyway, and that a manifest could have sent to a host of its choice.
_OWN = ("PERSONALIZE_SYNC_", "ACTIONS_")
_TOKENS = frozenset(
    {"GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "SYSTEM_ACCESSTOKEN"}
)
# How a mapping that stands for something else begins.
INSERTS = ("fromFile", "fromSecret", "lookup")
# What the value of an insert stands under.
_NAMES = ("fromFile", "fromSecret")


def _places(kind: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    return tuple(
        (tuple(place.split("/")), insert)
        for insert, table in (("fromFile", FILES), ("fromSecret", SECRETS), ("lookup", LOOKUPS))
        for place in table.get(kind, ())
    )


_PLACES = {kind: _places(kind) for kind in FILES}


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A value whose insert could not be replaced, and what in it is wrong, and where."""

    path: Path
    at: Path
    complaint: Complaint
    at_key: bool = False


class _Unfit(Exception):  # noqa: N818 - becomes several Unfilled
    """Everything that is wrong with one insert, by the path below it."""

    def __init__(self, found: list[tuple[Path, Complaint]]) -> None:
        super().__init__(len(found))
        self.found = found


def spells(text: str, word: str) -> bool:
    """Whether a word can be in the data of a YAML text: only a backslash can hide its letters."""
    return word in text or "\\" in text


def fill(
    kind: str, spec: Document, read: Callable[[str], str], *, text: str
) -> tuple[Document, list[Unfilled]]:
    """Return a spec with its inserts replaced, and what could not be.

    `read` returns the text of a file by the path that the manifest names it with; `text` is the
    manifest's own, in which most inserts do not occur.
    """
    become = {
        "fromFile": lambda value: _text(value, read),
        "fromSecret": _secret,
        "lookup": _lookup,
    }
    complaints: list[Unfilled] = []
    filled: Any = spec
    spelled = {insert for insert in become if spells(text, insert)}
    for place, insert in _PLACES[kind]:
        if insert not in spelled:
            continue
        filled = _replace(filled, place, (), become[insert], complaints)
    return filled, complaints


def _text(value: Document, read: Callable[[str], str]) -> str | None:
    path = value.get("fromFile")
    if not isinstance(path, str):
        return None
    scripts = value.get("scripts")
    if not isinstance(scripts, dict):
        return read(path)
    texts: dict[str, str] = {}
    wrong: list[tuple[Path, Complaint]] = []
    for id_, script in scripts.items():
        try:
            texts[id_] = read(script["fromFile"])
        except Complaint as complaint:
            wrong.append((("scripts", id_, "fromFile"), complaint))
        except (KeyError, TypeError):
            continue  # the schema says what is wrong with it
    text = _with_scripts(read(path), texts, wrong)
    if wrong:
        raise _Unfit(wrong)
    return text


def _with_scripts(text: str, scripts: dict[str, str], wrong: list[tuple[Path, Complaint]]) -> str:
    """Return a canvas with its scripts put in, one after the other so that all mistakes are found."""
    from personalize_sync.kinds.canvas import Canvas, CanvasError  # noqa: PLC0415 - 4 ms, rarely needed

    try:
        canvas = Canvas(text)
    except CanvasError as error:
        remedy = "Correct the file, or remove scripts: only a canvas in XML can take them."
        wrong.append((("fromFile",), Complaint("PS2007", str(error), remedy)))
        return text
    fitting: dict[str, str] = {}
    for id_, script in scripts.items():
        try:
            canvas.holding({**fitting, id_: script})
        except CanvasError as error:
            known = ", ".join(quoted(word, marks="") for word in error.known[:10])
            remedy = f"Elements with a script: {known}.{did_you_mean(id_, error.known)}"
            remedy = remedy if known else "Name the id of an element that holds one script."
            wrong.append((("scripts", id_), Complaint("PS2007", str(error), remedy)))
        else:
            fitting[id_] = script
    return canvas.holding(fitting)


def _secret(value: Document) -> SecretRef | None:
    name = value.get("fromSecret")
    if isinstance(name, str) and _is_own(name):
        complaint = Complaint(
            "PS4003",
            f"{name} is a credential of this tool or of CI, and would be sent to the tenant",
            "Store the connection's own secret under a name of its own.",
        )
        raise _Unfit([(("fromSecret",), complaint)])
    return SecretRef(name, str(value.get("version", ""))) if isinstance(name, str) else None


def _is_own(name: str) -> bool:
    """Whether a variable holds what opens tenants or pipelines, whatever a manifest says it is."""
    known = name.upper()  # some systems do not tell letter case apart
    return known in _TOKENS or known.startswith(_OWN)


def _lookup(value: Document) -> Lookup | None:
    match value.get("lookup"):
        case {"kind": str(kind), "name": str(name)}:
            return Lookup(kind, name)
    return None


def _replace(
    value: Any,
    place: tuple[str, ...],
    path: Path,
    become: Callable[[Document], object],
    complaints: list[Unfilled],
) -> Any:
    """Return the value with what stands at `place` replaced; nothing is changed in place."""
    if not place:
        if not isinstance(value, dict):
            return value
        try:
            replaced = become(value)
        except Complaint as complaint:
            complaints.append(Unfilled(path, (*path, "fromFile"), complaint))
            return ""
        except _Unfit as unfit:
            complaints += (
                Unfilled(path, (*path, *below), complaint, at_key=below[-1] not in _NAMES)
                for below, complaint in unfit.found
            )
            return ""
        return value if replaced is None else replaced
    head, rest = place[0], place[1:]
    if isinstance(value, list) and head == "*":
        items = [
            _replace(child, rest, (*path, str(i)), become, complaints)
            for i, child in enumerate(value)
        ]
        same = all(map(operator.is_, items, value))
        return value if same else items
    if not isinstance(value, dict):
        return value
    changed = {}
    for key in value if head == "*" else (head,):
        before = value.get(key)
        if isinstance(before, (dict, list)):
            after = _replace(before, rest, (*path, key), become, complaints)
            if after is not before:
                changed[key] = after
    return {**value, **changed} if changed else value


def misplaced(kind: str, spec: Document) -> Iterator[Path]:
    """Yield the paths of what is still written as `fromSecret` after `fill`."""
    for name in OPEN.get(kind, ()):
        yield from _secrets_in(spec.get(name), (name,))


def _secrets_in(value: Any, path: Path) -> Iterator[Path]:
    children: Any = ()
    if isinstance(value, dict):
        if "fromSecret" in value:
            yield path
            return
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for name, child in children:
        yield from _secrets_in(child, (*path, str(name)))
