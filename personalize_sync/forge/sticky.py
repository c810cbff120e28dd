"""One comment per plan that is edited in place, told apart by a hidden mark in its first line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 60_000
"""Characters; GitHub takes 65,536, GitLab and Azure DevOps more."""


class Posted(NamedTuple):
    """A comment that is there. `is_ours` is false for what others wrote, whatever it says."""

    id: str
    body: str
    is_ours: bool


class Discussion(Protocol):
    """The comments of one pull request."""

    def comments(self) -> Iterable[Posted]:
        """Return every comment, the oldest first."""
        ...

    def post(self, body: str) -> None:
        """Add a comment."""
        ...

    def edit(self, posted: Posted, body: str) -> None:
        """Replace the text of a comment."""
        ...

    def remove(self, posted: Posted) -> None:
        """Remove a comment."""
        ...


def marker(kind: str, environment: str, root: str) -> str:
    """Return the line that tells our comments on different environments and folders apart.

    It is a comment of HTML, so nothing in it may end one.
    """
    env, folder = (quote(text, safe="/", errors="surrogatepass") for text in (environment, root))
    return f"<!-- personalize-sync:v1 kind={kind} env={env} root={folder} -->"


def keep(discussion: Discussion, mark: str, text: str) -> str:
    """Let a discussion hold this text once, behind the mark; return what was done, in a word.

    Only a comment of our own is edited: whoever copies the mark keeps a comment to themselves.
    """
    body = f"{mark}\n{text}"
    ours = [
        c for c in discussion.comments() if c.is_ours and c.body.split("\n", 1)[0].strip() == mark
    ]
    for twin in ours[1:]:  # two runs may have begun at the same moment
        discussion.remove(twin)
    if not ours:
        discussion.post(body)
        return "posted"
    if is_same(ours[0].body, body):
        return "unchanged"
    discussion.edit(ours[0], body)
    return "updated"


def is_same(stored: str, body: str) -> bool:
    """Whether a forge holds this text already; forges rewrite line ends and trim."""
    return stored.replace("\r\n", "\n").strip() == body.replace("\r\n", "\n").strip()
