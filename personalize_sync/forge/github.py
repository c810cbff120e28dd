"""GitHub: comments of pull requests, issues, and commits on a branch of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize_sync.forge.answers import offered, stated
from personalize_sync.forge.errors import ForgeError, NotAllowedError
from personalize_sync.forge.issues import LABEL
from personalize_sync.forge.sticky import Posted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.forge.client import Client

_NOT_FOUND = 404


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
            yield Posted(
                str(stated(item, "id")),
                str(stated(item, "body") or ""),
                is_by(offered(item, "user"), login),
            )

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


@dataclass(frozen=True, slots=True)
class Issues:
    """The issues of a repository that carry our label."""

    client: Client
    repository: str

    def open_issues(self) -> Iterator[Posted]:
        """Return the open ones, the oldest first."""
        login = login_of(self.client)
        query = {"state": "open", "labels": LABEL, "sort": "created", "direction": "asc"}
        for item in self.client.pages(f"/repos/{self.repository}/issues", **query):
            yield Posted(
                str(stated(item, "number")),
                str(stated(item, "body") or ""),
                is_by(offered(item, "user"), login),
            )

    def open(self, title: str, body: str) -> None:
        """Open an issue; the label is made where it does not exist."""
        path = f"/repos/{self.repository}/issues"
        self.client.send("POST", path, {"title": title, "body": body, "labels": [LABEL]})

    def edit(self, issue: Posted, body: str) -> None:
        """Replace an issue's text."""
        self._patch(issue, {"body": body})

    def close(self, issue: Posted, body: str) -> None:
        """Replace an issue's text and close it."""
        self._patch(issue, {"body": body, "state": "closed", "state_reason": "completed"})

    def _patch(self, issue: Posted, change: dict[str, str]) -> None:
        self.client.send("PATCH", f"/repos/{self.repository}/issues/{issue.id}", change)


@dataclass(frozen=True, slots=True)
class Proposals:
    """Pull requests from branches of our own, committed through the API: no checkout is touched."""

    client: Client
    repository: str

    def propose(self, proposal: Proposal) -> str:
        """Let there be an open pull request with exactly these files changed; return its address.

        Raises ForgeError where somebody else committed to the branch.
        """
        commit = self._commit(proposal)
        reference = f"/repos/{self.repository}/git/ref/heads/{proposal.branch}"
        tip = self._maybe(reference)
        if tip is None:
            body = {"ref": f"refs/heads/{proposal.branch}", "sha": commit}
            self.client.send("POST", f"/repos/{self.repository}/git/refs", body)
        else:
            self._demand_ours(str(stated(tip, "object", "sha")), proposal)
            path = f"/repos/{self.repository}/git/refs/heads/{proposal.branch}"
            self.client.send("PATCH", path, {"sha": commit, "force": True})
        return self._pull_request(proposal)

    def _commit(self, proposal: Proposal) -> str:
        base = self.client.get(f"/repos/{self.repository}/git/commits/{proposal.parent}")
        tree = self.client.send(
            "POST",
            f"/repos/{self.repository}/git/trees",
            {
                "base_tree": stated(base, "tree", "sha"),
                "tree": [
                    {"path": path, "mode": "100644", "type": "blob", "content": text}
                    for path, text in sorted(proposal.files.items())
                ],
            },
        )
        made = self.client.send(
            "POST",
            f"/repos/{self.repository}/git/commits",
            {
                "message": f"{proposal.title}\n\n{_seal(proposal.branch, stated(tree, 'sha'))}",
                "tree": stated(tree, "sha"),
                "parents": [proposal.parent],
            },
        )
        return str(stated(made, "sha"))

    def _demand_ours(self, tip: str, proposal: Proposal) -> None:
        found = self.client.get(f"/repos/{self.repository}/git/commits/{tip}")
        seal = _seal(proposal.branch, stated(found, "tree", "sha"))
        if not str(stated(found, "message")).rstrip().endswith(seal):
            raise ForgeError(
                f"somebody committed to the branch {proposal.branch}",
                "Merge or close its pull request, then delete the branch.",
            )

    def _pull_request(self, proposal: Proposal) -> str:
        owner = self.repository.partition("/")[0]
        path = f"/repos/{self.repository}/pulls"
        query = {"state": "open", "head": f"{owner}:{proposal.branch}", "base": proposal.base}
        known = next(iter(self.client.pages(path, **query)), None)
        if known:
            body = {"title": proposal.title, "body": proposal.text}
            self.client.send("PATCH", f"{path}/{stated(known, 'number')}", body)
            return str(offered(known, "html_url") or "")
        opened = self.client.send(
            "POST",
            path,
            {
                "title": proposal.title,
                "head": proposal.branch,
                "base": proposal.base,
                "body": proposal.text,
            },
        )
        return str(offered(opened, "html_url") or "")

    def _maybe(self, path: str) -> Any:
        try:
            return self.client.get(path)
        except NotAllowedError as error:
            if error.status == _NOT_FOUND:
                return None
            raise


@dataclass(frozen=True, slots=True)
class Proposal:
    """Files to change on a branch on top of one commit, to be merged into another branch."""

    branch: str
    base: str
    parent: str
    title: str
    text: str
    files: Mapping[str, str]


def _seal(branch: str, tree: Any) -> str:
    """Return the last line of our commits, which are ours to replace.

    It names the files, so that a commit which somebody amended is no longer ours.
    """
    return f"Personalize-Sync-Branch: {branch} {tree}"


def login_of(client: Client) -> str:
    """Return whose token this is; the token of a workflow may not ask, and is a bot's."""
    try:
        return str(offered(client.get("/user"), "login") or "")
    except NotAllowedError:
        return ""


def is_by(user: Any, login: str) -> bool:
    """Whether we wrote it: our own login, or a bot where we cannot know it.

    A stranger can copy our mark but cannot write as a bot.
    """
    if not isinstance(user, dict):
        return False
    return user.get("login") == login if login else user.get("type") == "Bot"
