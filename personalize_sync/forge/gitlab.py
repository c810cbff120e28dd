"""GitLab: notes of merge requests, and issues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from personalize_sync.forge.answers import offered, stated
from personalize_sync.forge.issues import LABEL
from personalize_sync.forge.sticky import Posted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.forge.client import Client


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """One merge request of a project."""

    client: Client
    project: str
    number: int

    def comments(self) -> Iterator[Posted]:
        """Return every note, the oldest first."""
        me = stated(self.client.get("/user"), "id")
        for item in self.client.pages(self._notes, sort="asc", order_by="created_at"):
            is_ours = me is not None and offered(item, "author", "id") == me
            yield Posted(str(stated(item, "id")), str(stated(item, "body") or ""), is_ours)

    def post(self, body: str) -> None:
        """Add a note."""
        self.client.send("POST", self._notes, {"body": body})

    def edit(self, posted: Posted, body: str) -> None:
        """Replace a note's text."""
        self.client.send("PUT", f"{self._notes}/{posted.id}", {"body": body})

    def remove(self, posted: Posted) -> None:
        """Remove a note."""
        self.client.send("DELETE", f"{self._notes}/{posted.id}")

    @property
    def _notes(self) -> str:
        return f"/projects/{quote(self.project, safe='')}/merge_requests/{self.number}/notes"


@dataclass(frozen=True, slots=True)
class Issues:
    """The issues of a project that carry our label."""

    client: Client
    project: str

    def open_issues(self) -> Iterator[Posted]:
        """Return the open ones, the oldest first."""
        me = stated(self.client.get("/user"), "id")
        query = {"state": "opened", "labels": LABEL, "sort": "asc", "order_by": "created_at"}
        for item in self.client.pages(self._path, **query):
            is_ours = me is not None and offered(item, "author", "id") == me
            yield Posted(str(stated(item, "iid")), str(stated(item, "description") or ""), is_ours)

    def open(self, title: str, body: str) -> None:
        """Open an issue."""
        change = {"title": title, "description": body, "labels": LABEL}
        self.client.send("POST", self._path, change)

    def edit(self, issue: Posted, body: str) -> None:
        """Replace an issue's text."""
        self.client.send("PUT", f"{self._path}/{issue.id}", {"description": body})

    def close(self, issue: Posted, body: str) -> None:
        """Replace an issue's text and close it."""
        change = {"description": body, "state_event": "close"}
        self.client.send("PUT", f"{self._path}/{issue.id}", change)

    @property
    def _path(self) -> str:
        return f"/projects/{quote(self.project, safe='')}/issues"
