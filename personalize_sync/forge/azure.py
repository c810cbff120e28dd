"""Azure DevOps: threads of pull requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from personalize_sync.forge.answers import offered, stated
from personalize_sync.forge.errors import ForgeError
from personalize_sync.forge.sticky import Posted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.forge.client import Client

_VERSION: Mapping[str, Any] = {"api-version": "7.1"}
_ONLY_TEXT = 1
_CLOSED = 4  # a thread that is open would have to be resolved before the merge


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request of a repository in a project. Each of our comments has its own thread."""

    client: Client
    project: str
    repository: str
    number: int

    def comments(self) -> Iterator[Posted]:
        """Return the first comment of every thread."""
        # This resource never left its preview, and is how a token learns whose it is.
        about = self.client.get("/_apis/connectionData", **{"api-version": "7.1-preview"})
        me = offered(about, "authenticatedUser", "id")
        listed = self.client.get(self._threads, **_VERSION)
        threads = stated(listed, "value")
        if not isinstance(threads, list):
            raise ForgeError("the forge answered without a list of threads")
        for thread in sorted(threads, key=lambda thread: str(stated(thread, "id")).zfill(20)):
            said = offered(thread, "comments")
            first = said[0] if isinstance(said, list) and said else None
            if first and not offered(first, "isDeleted"):
                is_ours = me is not None and offered(first, "author", "id") == me
                place = f"{stated(thread, 'id')}/comments/{stated(first, 'id')}"
                yield Posted(place, str(offered(first, "content") or ""), is_ours)

    def post(self, body: str) -> None:
        """Add a thread with one comment."""
        comment = {"parentCommentId": 0, "content": body, "commentType": _ONLY_TEXT}
        thread = {"comments": [comment], "status": _CLOSED}
        self.client.send("POST", self._threads, thread, **_VERSION)

    def edit(self, posted: Posted, body: str) -> None:
        """Replace a comment's text."""
        path = f"{self._threads}/{posted.id}"
        self.client.send("PATCH", path, {"content": body}, **_VERSION)

    def remove(self, posted: Posted) -> None:
        """Remove a comment."""
        self.client.send("DELETE", f"{self._threads}/{posted.id}", **_VERSION)

    @property
    def _threads(self) -> str:
        project, repository = quote(self.project, safe=""), quote(self.repository, safe="")
        return f"/{project}/_apis/git/repositories/{repository}/pullRequests/{self.number}/threads"
