"""What a manifest has to say, and where in it, so that it says what the tenant has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME, Form, KeyedBy
from personalize_sync.planning.compare import align, canonical, shape_at
from personalize_sync.planning.lines import fitted
from personalize_sync.pull.edits import GONE
from personalize_sync.resources import ABSENT

if TYPE_CHECKING:
    from personalize_sync.kinds.kind import Shape
    from personalize_sync.planning.change import FieldChange
    from personalize_sync.resources import Document, Path

# What is left when somebody empties a field: the tenant may then leave it out of its answers.
_EMPTY: dict[type, Any] = {str: "", bool: False, list: []}


def target(kind: str, field: FieldChange) -> Any:
    """Return the value that a field gets from the tenant, in Git's own words where both agree."""
    shapes, path = BY_NAME[kind].shapes, field.path
    if field.before is ABSENT or field.before is None:
        if shape_at(shapes, path[:-1]) is Form.MAP:
            return GONE
        return _EMPTY.get(type(field.after), GONE)
    match field.after, field.before:
        case list(), list():
            return _list(field.after, field.before, shapes, path)
        case str(), str():
            return fitted(field.before, field.after)
    return field.before


def _list(git: list[Any], tenant: list[Any], shapes: Any, path: Path) -> list[Any]:
    """Return the tenant's items in Git's order where order means nothing, new ones last."""
    shape = shape_at(shapes, path)
    item = (*path, "*")
    if shape is None:
        pairs = zip(git, tenant, strict=True) if len(git) == len(tenant) else ()
        return [align(ours, theirs, shapes, item) for ours, theirs in pairs] or tenant
    left = list(tenant)
    result = []
    for ours in git:
        at = next((i for i, theirs in enumerate(left) if _is_same(ours, theirs, shape)), None)
        if at is not None:
            result.append(align(ours, left.pop(at), shapes, item))
    return [*result, *left]


def _is_same(one: Any, other: Any, shape: Shape) -> bool:
    if isinstance(shape, KeyedBy) and isinstance(one, dict) and isinstance(other, dict):
        return bool(one.get(shape.name) == other.get(shape.name))
    return canonical(one) == canonical(other)


def home(document: Document, environment: str, path: Path) -> Path:
    """Return where in a document the value of `path` below `spec` is written (RFC 7396)."""
    overrides = document.get("overrides")
    patch: Any = overrides.get(environment) if isinstance(overrides, dict) else None
    base: Any = document.get("spec")
    for part in path:
        if not isinstance(patch, dict) or part not in patch:
            return ("spec", *path)
        patch = patch[part]
        base = base.get(part, ABSENT) if isinstance(base, dict) else ABSENT
        if not isinstance(patch, dict) or not isinstance(base, dict):
            break  # nothing of the spec is left below here
    return ("overrides", environment, *path)


def stated(document: Any, path: Path) -> Any:
    """Return what is written at a path of a document, ABSENT where nothing is."""
    for part in path:
        if not isinstance(document, dict) or part not in document:
            return ABSENT
        document = document[part]
    return document
