"""Diffs that know what they compare: texts by line, objects and JSON by place, canvases by node.

A diff is one plain value; terminal, Markdown and HTML only show it in their own ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from personalize_sync.kinds.kind import Form
from personalize_sync.rendering.diffs.decisions import DecisionDiff, decision_diff, new_decisions
from personalize_sync.rendering.diffs.entries import EntriesDiff, entries_diff, json_diff
from personalize_sync.rendering.diffs.text import TextDiff, text_diff
from personalize_sync.rendering.values import as_text
from personalize_sync.resources import ABSENT, Unset

if TYPE_CHECKING:
    from personalize_sync.kinds.kind import Shape

Diff: TypeAlias = TextDiff | EntriesDiff | DecisionDiff


def compare(before: Any, after: Any, *, width: int, shape: Shape | None = None) -> Diff | None:
    """Return what changed between two values, None where either side is unknown or masked."""
    if not (_is_known(before) and _is_known(after)):
        return None
    if isinstance(before, str) and isinstance(after, str):
        return _of_texts(before, after, width, shape)
    if before is ABSENT and isinstance(after, str) and (drawn := new_decisions(after, width=width)):
        return drawn
    found = entries_diff(before, after, width=width, shape=shape)
    return found or text_diff(_text(before), _text(after), width=width)


def _of_texts(before: str, after: str, width: int, shape: Shape | None) -> Diff:
    found: Diff | None = None
    if shape is Form.XML or "<definitions" in before[:2000]:
        found = decision_diff(before, after, width=width)
    found = found or json_diff(before, after, width=width)
    return found or text_diff(before, after, width=width)


def _is_known(value: Any) -> bool:
    return not isinstance(value, Unset) or value is ABSENT


def _text(value: Any) -> str:
    return "" if value is ABSENT else as_text(value)


__all__ = ["DecisionDiff", "Diff", "EntriesDiff", "TextDiff", "compare"]
