"""The precondition of a change: the live object must still be what the plan was made against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Expect
from personalize_sync.planning.compare import digest

if TYPE_CHECKING:
    from personalize_sync.kinds import Refs
    from personalize_sync.resources import Live


def expect(live: Live, refs: Refs) -> Expect:
    """Return what a later look at a live object must find."""
    return Expect(live.ref, live.revision, content_digest(live, refs))


def content_digest(live: Live, refs: Refs) -> str:
    """Return a digest of all that people could have changed in a live object."""
    return digest([live.archived, BY_NAME[live.kind].normalise(live, refs)])
