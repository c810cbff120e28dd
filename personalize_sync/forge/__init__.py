"""The forge: where the repository lives, and where people talk about its changes.

Its tokens go to the one origin that the CI system names, in a client that follows no redirect.
"""

from __future__ import annotations

from personalize_sync.forge.errors import ForgeError, NotAllowedError
from personalize_sync.forge.github import Proposal
from personalize_sync.forge.issues import Step, track
from personalize_sync.forge.places import discussion, proposals, tracker
from personalize_sync.forge.sticky import LIMIT, Discussion, Posted, keep, marker

__all__ = [
    "LIMIT",
    "Discussion",
    "ForgeError",
    "NotAllowedError",
    "Posted",
    "Proposal",
    "Step",
    "discussion",
    "keep",
    "marker",
    "proposals",
    "track",
    "tracker",
]
