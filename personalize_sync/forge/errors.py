"""What can go wrong between us and a forge."""

from __future__ import annotations

from personalize_sync.errors import SyncError


class ForgeError(SyncError):
    """The forge failed, or something that is not its API answered."""


class NotAllowedError(ForgeError):
    """There is no token, or this one may not do this: in pull requests from forks it is so."""
