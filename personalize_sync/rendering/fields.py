"""One field of a change as people see it: a line, and what changed within a long value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Cause
from personalize_sync.planning.compare import matches
from personalize_sync.rendering.diffs import compare
from personalize_sync.rendering.values import as_text, shown
from personalize_sync.rendering.wording import counted

if TYPE_CHECKING:
    from personalize_sync.kinds.kind import Shape
    from personalize_sync.planning.change import FieldChange
    from personalize_sync.rendering.diffs import Diff
    from personalize_sync.resources import Path

# A longer value is described instead of shown when a field has to stay on one line.
_SHORT = 60


class Seen(NamedTuple):
    """What is said of one field: a line, and a diff where the line does not show both values."""

    line: str
    diff: Diff | None


def seen(field: FieldChange, kind: str, view: str, *, width: int) -> Seen:
    """Return a field of a kind as `path: before -> after`, long values described and compared."""
    old, new = sides(field, view)
    line = f"{field.pointer}: {shown(old)} -> {shown(new)}"
    if _fits(line, old, new, width):
        return Seen(line + _third(field, view), None)
    line = f"{field.pointer}: {brief(old)} -> {brief(new)}"
    diff = compare(old, new, width=width, shape=shape_of(kind, field.path))
    return Seen(line + _third(field, view), diff)


def shape_of(kind: str, path: Path) -> Shape | None:
    """Return how values at a path below the spec of a kind are compared, None for as they stand."""
    known = BY_NAME.get(kind)
    shapes = known.shapes.items() if known else ()
    return next((shape for pattern, shape in shapes if matches(pattern, path)), None)


def stated(field: FieldChange) -> str:
    """Return a field of an object that is new: only what it will be."""
    return f"{field.pointer}: {brief(field.after)}"


def sides(field: FieldChange, view: str) -> tuple[Any, Any]:
    """Return from what to what: a plan goes to what Git says, drift to what the tenant has."""
    if view != "drift":
        return field.before, field.after
    known = field.cause is not Cause.UNDETERMINED
    return (field.base if known else field.after), field.before


def brief(value: Any) -> str:
    """Return a value if it is short, else its size."""
    text = as_text(value)
    lines = text.removesuffix("\n").count("\n") + 1
    whole = shown(value)
    if isinstance(value, str) and lines > 1:
        return counted(lines, "line")
    if len(whole) <= _SHORT:
        return whole
    if isinstance(value, list):
        return counted(len(value), "item")
    return counted(len(value), "field") if isinstance(value, dict) else f"{len(text)} characters"


def _third(field: FieldChange, view: str) -> str:
    """Name the side of a conflict that the line does not show."""
    if field.cause is not Cause.CONFLICT:
        return ""
    if view == "drift":
        return f" (Git: {brief(field.after)})"
    return f" (our last write: {brief(field.base)})"


def _fits(line: str, old: Any, new: Any, width: int) -> bool:
    several = any(isinstance(value, str) and "\n" in value for value in (old, new))
    return len(line) <= width and not several
