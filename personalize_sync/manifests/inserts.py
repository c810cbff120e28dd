"""`fromFile`, `fromSecret`, `lookup`: the places where a manifest may use them, and what they become.

Only listed places are looked at. Anywhere else such a mapping is data, and the schema, or
`misplaced` where the schema lets anything pass, refuses it: a secret must never end up in a field
that the API stores in the open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.manifests.complaints import Complaint
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


class Inserts:
    """Replaces the inserts of one kind's specs; `read` gives the text of a named file."""

    def __init__(self, kind: str, read: Callable[[str], str]) -> None:
        self._read = read
        self._places = (
            *((place.split("/"), self._file) for place in FILES.get(kind, ())),
            *((place.split("/"), _secret) for place in SECRETS.get(kind, ())),
            *((place.split("/"), _lookup) for place in LOOKUPS.get(kind, ())),
        )

    def fill(self, spec: Document) -> tuple[Document, list[tuple[Path, Complaint]]]:
        """Return the spec with its inserts replaced, and what could not be, by path."""
        complaints: list[tuple[Path, Complaint]] = []
        filled: Any = spec
        for place, become in self._places:
            filled = _replace(filled, place, (), become, complaints)
        return filled, complaints

    def _file(self, value: Document) -> str | None:
        path = value.get("fromFile")
        return self._read(path) if isinstance(path, str) else None


def _secret(value: Document) -> SecretRef | None:
    name = value.get("fromSecret")
    return SecretRef(name, str(value.get("version", ""))) if isinstance(name, str) else None


def _lookup(value: Document) -> Lookup | None:
    match value.get("lookup"):
        case {"kind": str(kind), "name": str(name)}:
            return Lookup(kind, name)
    return None


def _replace(
    value: Any,
    place: list[str],
    path: Path,
    become: Callable[[Document], object],
    complaints: list[tuple[Path, Complaint]],
) -> Any:
    """Return the value with what stands at `place` replaced; nothing is changed in place."""
    if not place:
        if not isinstance(value, dict):
            return value
        try:
            replaced = become(value)
        except Complaint as complaint:
            complaints.append((path, complaint))
            return ""
        return value if replaced is None else replaced
    head, rest = place[0], place[1:]
    if isinstance(value, list) and head == "*":
        return [
            _replace(child, rest, (*path, str(i)), become, complaints)
            for i, child in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    changed = {
        key: _replace(value[key], rest, (*path, key), become, complaints)
        for key in (value if head == "*" else (head,))
        if key in value
    }
    return {**value, **changed}


def misplaced(spec: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of what is still written as `fromSecret` after `fill`."""
    children: Any = ()
    if isinstance(spec, dict):
        if "fromSecret" in spec:
            yield path
            return
        children = spec.items()
    elif isinstance(spec, list):
        children = enumerate(spec)
    for name, child in children:
        yield from misplaced(child, (*path, str(name)))
