"""The order of apply: what is named before what names it, archives last and in reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.kinds import KINDS
from personalize_sync.planning.change import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.planning.change import Change

RANK = {kind.name: rank for rank, kind in enumerate(KINDS)}
"""By kind: what can be named before what can name it."""


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes in the one order that every reader and apply share."""
    return tuple(sorted(changes, key=_position))


def _position(change: Change) -> tuple[bool, int, str]:
    rank = RANK[change.address.kind]
    if change.action is Action.ARCHIVE:
        return (True, -rank, change.address.key)
    # A model that exists is deployed after its variants changed; a new one comes before them.
    if change.address.kind == "decision-model" and change.action is not Action.CREATE:
        rank = RANK["decision-variant"]
        return (False, rank, change.address.key + "~")
    return (False, rank, change.address.key)
