"""Conflict marks: comments in YAML, the usual markers in code. Git's value stays in force.

A mark that is there already is never written a second time, so pulling again changes nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.scalars import flow
from personalize_sync.planning.compare import canonical
from personalize_sync.pull.edits import meaning
from personalize_sync.pull.spots import Spot, Unwritable, eol_of, line_start, trail
from personalize_sync.resources import Unset, pointer

if TYPE_CHECKING:
    from personalize_sync.resources import Path

GIT, BETWEEN, TENANT = "<<<<<<< git", "=======", ">>>>>>> tenant"
_COMMENT = "# CONFLICT tenant:"
_MARKER = re.compile(r"^(?:<<<<<<< git|>>>>>>> tenant)\r?$", re.MULTILINE)
_LONGEST = 500


def has_markers(text: str) -> bool:
    """Whether a code file holds a conflict that nobody has resolved yet."""
    return bool(_MARKER.search(text))


def marked(text: str, document: int, path: Path, value: Any) -> str:
    """Return the text with the tenant's value in a comment above the value at `path`."""
    data = canonical(meaning(text, document))
    text = unmarked(text, document, path)
    for spot in reversed(_spots(text, document, path)):
        at = line_start(text, spot.start)
        margin = " " * (len(text[at : spot.start]) - len(text[at : spot.start].lstrip(" ")))
        comment = f"{margin}{_begins(text, spot, path)} {_shown(value)}{eol_of(text)}"
        candidate = text[:at] + comment + text[at:]
        if _still_means(candidate, document, data):
            return candidate
    raise Unwritable("there is no room for a comment")


def unmarked(text: str, document: int, path: Path) -> str:
    """Return the text without an earlier mark of the value at `path`."""
    data = canonical(meaning(text, document))
    for spot in reversed(_spots(text, document, path)):
        wanted = _begins(text, spot, path)
        low = line_start(text, spot.start)
        while low:
            above = line_start(text, low - 1)
            line = text[above:low].strip()
            if not line.startswith(_COMMENT):
                break
            if line.startswith(wanted):
                candidate = text[:above] + text[low:]
                if _still_means(candidate, document, data):
                    return candidate
            low = above
    return text


def _spots(text: str, document: int, path: Path) -> list[Spot]:
    """Return the spots down to a value, or as far as there are any."""
    for length in range(len(path), -1, -1):
        try:
            return trail(text, document, path[:length])
        except Unwritable:
            continue
    return []


def _begins(text: str, spot: Spot, path: Path) -> str:
    """Return how a mark at this spot begins: only above the value's own line it needs no name."""
    depth, above = 0, spot.parent
    while above is not None:
        depth, above = depth + 1, above.parent
    is_alone = not text[line_start(text, spot.start) : spot.start].strip()
    if depth == len(path) and is_alone and spot.key is not None:
        return _COMMENT
    return f"{_COMMENT} {pointer(path)}:"


def _still_means(text: str, document: int, data: bytes) -> bool:
    try:
        return canonical(meaning(text, document)) == data
    except (Complaint, IndexError):
        return False


def _shown(value: Any) -> str:
    if isinstance(value, Unset):
        return "(removed)"
    written = flow(value, like_json=True)
    if len(written) > _LONGEST:
        return f"{written[:_LONGEST]}… ({len(written)} characters; pull --theirs takes them)"
    return written
