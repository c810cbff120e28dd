"""One text that Git and the tenant see differently, and what it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from personalize_sync.planning.compare import canonical_xml
from personalize_sync.planning.lines import lines_of
from personalize_sync.pull.choice import Side
from personalize_sync.pull.merging import merge, resolved


@dataclass(frozen=True, slots=True)
class Piece:
    """A text in Git, the tenant's in the same line ends, and what both began from, if known.

    `file` is the one that holds it, empty for the manifest itself.
    """

    file: str
    git: str
    tenant: str
    base: str | None
    is_xml: bool = False


def settled(piece: Piece, side: Side) -> str:
    """Return the edits of both sides in one text, contested lines as the side that wins has them.

    Without a base, or where the lines make no document any more, every difference is contested.
    """
    git = resolved(piece.git, side)
    if piece.base is not None:
        merged = merge(piece.base, git, piece.tenant, winner=side)
        if merged.is_contested or not piece.is_xml or canonical_xml(merged.text) is not None:
            return merged.text
    match side:
        case Side.GIT:
            return git
        case Side.TENANT:
            return piece.tenant
        case Side.BOTH:
            return merge(None, git, piece.tenant).text


def remark(piece: Piece, side: Side, text: str) -> str:
    """Return a note on what the side that wins left to the other, empty where that is nothing."""
    match side:
        case Side.TENANT if lines_of(text) != lines_of(piece.tenant):
            return "lines that only Git changed stay"
        case Side.GIT if lines_of(text) != lines_of(resolved(piece.git, side)):
            return "with the lines that only the tenant changed"
    return ""
