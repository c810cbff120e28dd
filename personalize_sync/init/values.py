"""Values of a live object on their way into a manifest: nulls go, secrets become names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize_sync.init.cutting import Cut, cut_at
from personalize_sync.kinds import Form
from personalize_sync.manifests.inserts import SECRETS
from personalize_sync.planning.compare import matches
from personalize_sync.resources import SecretRef, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalize_sync.kinds import Kind
    from personalize_sync.kinds.kind import Shape
    from personalize_sync.resources import Document, Path


@dataclass(frozen=True, slots=True)
class Needed:
    """A secret that the manifest names: the variable to set, and where it stands."""

    variable: str
    path: Path


def without_nulls(spec: Document, shapes: Mapping[str, Shape], at: Path = ()) -> Document:
    """Return a spec without nulls, which mean the same as leaving the field out.

    In a collection that is managed whole, leaving out would mean to remove: there it is "".
    """
    is_map = shapes.get(pointer(at)) is Form.MAP
    result: Document = {}
    for name, value in spec.items():
        if value is None:
            if is_map:
                result[name] = ""
        else:
            inner = (*at, name)
            is_object = isinstance(value, dict)
            result[name] = without_nulls(value, shapes, inner) if is_object else value
    return result


def secrets_named(
    kind: Kind, key: str, spec: Document, secrets: Iterable[tuple[Path, str]]
) -> tuple[Document, tuple[Needed, ...], list[Cut]]:
    """Return a spec with secrets as names; where a manifest can name none, the field goes."""
    needed: list[Needed] = []
    cuts: list[Cut] = []
    places = [f"/{place}" for place in SECRETS.get(kind.name, ())]
    for path, what in secrets:
        if any(matches(place, path) for place in places):
            word = path[-1] if path[-1] != "value" else what
            variable = _variable(f"{key}_{word}", [n.variable for n in needed])
            needed.append(Needed(variable, path))
            spec = with_value(spec, path, SecretRef(variable))
        else:
            spec, gone = cut_at(spec, path, kind.shapes)
            cuts.append(Cut(gone, f"{what} may be a secret, and no manifest can hold one there"))
    return spec, tuple(needed), cuts


def _variable(words: str, taken: Iterable[str]) -> str:
    """Return a name for an environment variable: loyalty_clientSecret gives LOYALTY_CLIENT_SECRET."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words)
    name = re.sub(r"[^A-Z0-9]+", "_", apart.upper()).strip("_")
    name = f"_{name}" if name[:1].isdigit() else name
    number, plain = 1, name
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def with_value(value: Any, path: Path, leaf: object) -> Any:
    """Return a document with another value at a path; nothing is changed in place."""
    if not path:
        return leaf
    if isinstance(value, list):
        at = int(path[0])
        return [*value[:at], with_value(value[at], path[1:], leaf), *value[at + 1 :]]
    return {**value, path[0]: with_value(value.get(path[0], {}), path[1:], leaf)}
