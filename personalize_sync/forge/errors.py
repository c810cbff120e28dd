"""What can go wrong between us and a forge."""

from __future__ import annotations

from personalize_sync.errors import SyncError


class ForgeError(SyncError):
    """The forge failed, or something that is not its API answered; `wrote` is about the forge."""


class NotAllowedError(ForgeError):
    """There is no token (status 0), or this one may not do this: in runs of forks it is so.

    404 is among them: forges answer it too where a token may not know that something exists.
    """

    def __init__(self, message: str, hint: str = "", *, status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status
