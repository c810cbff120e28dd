"""GitHub: comments of pull requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize_sync.forge.errors import NotAllowedError
from personalize_sync.forge.sticky import Posted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.forge.client import Client


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request of a repository (`owner/name`)."""

    client: Client
    repository: str
    number: int

    def comments(self) -> Iterator[Posted]:
        """Return every comment."""
        login = login_of(self.client)
        path = f"/repos/{self.repository}/issues/{self.number}/comments"
        for item in self.client.pages(path):
            yield Posted(str(item["id"]), str(item["body"] or ""), is_by(item.get("user"), login))

    def post(self, body: str) -> None:
        """Add a comment."""
        path = f"/repos/{self.repository}/issues/{self.number}/comments"
        self.client.send("POST", path, {"body": body})

    def edit(self, posted: Posted, body: str) -> None:
        """Replace a comment's text."""
        self.client.send("PATCH", self._comment(posted), {"body": body})

    def remove(self, posted: Posted) -> None:
        """Remove a comment."""
        self.client.send("DELETE", self._comment(posted))

    def _comment(self, posted: Posted) -> str:
        return f"/repos/{self.repository}/issues/comments/{posted.id}"


def login_of(client: Client) -> str:
    """Return whose token this is; the token of a workflow may not ask, and is a bot's."""
    try:
        return str(client.get("/user").get("login", ""))
    except NotAllowedError:
        return ""


def is_by(user: Any, login: str) -> bool:
    """Whether we wrote it: our own login, or a bot where we cannot know it.

    A stranger can copy our mark but cannot write as a bot.
    """
    if not isinstance(user, dict):
        return False
    return user.get("login") == login if login else user.get("type") == "Bot"
