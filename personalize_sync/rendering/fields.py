"""One field of a change as people see it: a line, and for long texts a small diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from personalize_sync.planning.change import Cause
from personalize_sync.rendering.textdiff import text_diff
from personalize_sync.rendering.values import as_text, shown
from personalize_sync.rendering.wording import counted
from personalize_sync.resources import Unset

if TYPE_CHECKING:
    from personalize_sync.planning.change import FieldChange

# A longer value is described instead of shown when a field has to stay on one line.
_SHORT = 60


class Seen(NamedTuple):
    """What is said of one field."""

    line: str
    diff: list[str]


def seen(field: FieldChange, view: str, *, width: int, most: int) -> Seen:
    """Return a field as `path: before -> after`, long values as a diff of at most `most` lines."""
    old, new = sides(field, view)
    line = f"{field.pointer}: {shown(old)} -> {shown(new)}"
    if _fits(line, old, new, width):
        return Seen(line + _third(field, view), [])
    comparable = _is_text(old) and _is_text(new)
    diff = text_diff(_text(old), _text(new), width=width, most=most) if comparable else []
    line = f"{field.pointer}: {brief(old)} -> {brief(new)}"
    return Seen(line + _third(field, view), diff)


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


def _is_text(value: Any) -> bool:
    """Whether a value can be a side of a diff; what is unknown or masked cannot."""
    return not isinstance(value, Unset) or value is Unset.ABSENT


def _text(value: Any) -> str:
    return "" if value is Unset.ABSENT else as_text(value)
