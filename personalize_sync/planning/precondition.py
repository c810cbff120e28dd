"""The precondition of a change: the live object must still be what the plan was made against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Expect
from personalize_sync.planning.compare import digest

if TYPE_CHECKING:
    from personalize_sync.kinds import Refs
    from personalize_sync.resources import Document, Live, Resource


def expect(live: Live, refs: Refs) -> Expect:
    """Return what a later look at a live object must find."""
    return Expect(live.ref, live.revision, content_digest(live, refs))


def content_digest(live: Live, refs: Refs) -> str:
    """Return a digest of all that people could have changed in a live object."""
    return digest(stored(live, refs))


def stored(live: Live, refs: Refs) -> Document:
    """Return all that people could have changed in a live object, in the manifest's shape.

    Beside what its kind normalises that is whether it is archived, and its friendlyId.
    """
    named = {} if live.friendly_id is None else {"friendlyId": live.friendly_id}
    return {**BY_NAME[live.kind].normalise(live, refs), "archived": live.archived, **named}


def alive(resource: Resource) -> Document:
    """Return what an object that exists must be, beside what its manifest's spec states."""
    by_friendly_id = BY_NAME[resource.address.kind].identity == "friendlyId"
    name = {"friendlyId": resource.address.key} if by_friendly_id else {}
    return {**resource.spec, "archived": False, **name}
