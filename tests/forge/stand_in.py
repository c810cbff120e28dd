"""Stand-ins for the APIs of GitHub, GitLab and Azure DevOps: real HTTP, with their limits and rights.

Each keeps its comments in memory and answers as the vendor's reference says: pages of at most 100,
bodies that are too long refused, tokens that may not write refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

TOKEN = "token-of-the-pipeline"
Reply = tuple[int, Any, dict[str, str]]


@dataclass
class Forge:
    """One forge. `may_write` is what the token may do; `answers` are sent first, whatever is asked."""

    may_write: bool = True
    answers: list[Reply] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    base_url: str = ""

    longest = 1_000_000
    me = "github-actions[bot]"
    token_variable = ""

    def __post_init__(self) -> None:
        """Begin with nothing but comments."""

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._serving = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._serving.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()

    def say(self, body: str) -> None:
        """A comment of ours that is already there."""
        raise NotImplementedError

    def answer(
        self, method: str, path: str, query: dict[str, str], body: Any, headers: Mapping[str, str]
    ) -> Reply:
        """Answer one request."""
        self.seen.append((method, path))
        if self.answers:
            return self.answers.pop(0)
        if not self.is_signed(headers):
            return 401, {"message": "Bad credentials"}, {}
        if method != "GET" and not self.may_write:
            return 403, {"message": "Resource not accessible by integration"}, {}
        return self.route(method, path, query, body)

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        """Whether the request carries the token."""
        return headers.get("Authorization") == f"Bearer {TOKEN}"

    def route(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        """Answer a request that may be made."""
        raise NotImplementedError

    def writes(self) -> list[tuple[str, str]]:
        """The requests that were no reads."""
        return [(method, path) for method, path in self.seen if method != "GET"]

    def texts(self) -> list[str]:
        """The texts of all comments."""
        return [item["body"] for item in self.items]

    def number(self) -> int:
        """A new id."""
        return max((item["id"] for item in self.items), default=100) + 1


def paged(items: list[Any], query: dict[str, str]) -> tuple[list[Any], bool]:
    """One page as GitHub and GitLab cut it, and whether another follows."""
    size = min(int(query.get("per_page", "30")), 100)
    start = (int(query.get("page", "1")) - 1) * size
    return items[start : start + size], start + size < len(items)


class GitHub(Forge):
    """Comments and issues of the repository octo/shop; a workflow's token may not ask who it is."""

    longest = 65_536
    token_variable = "GITHUB_TOKEN"
    knows_itself = False

    def __post_init__(self) -> None:
        """Begin empty."""
        self.issues: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.refs: dict[str, str] = {}
        self.commits: dict[str, dict[str, Any]] = {}
        self.trees: dict[str, list[dict[str, Any]]] = {}

    def open_issue(self, body: str, login: str = "github-actions[bot]", kind: str = "Bot") -> None:
        """An open issue with our label."""
        self._open({"title": "Drift", "body": body, "labels": ["personalize-sync"]}, login, kind)

    def _open(self, body: dict[str, Any], login: str, kind: str) -> dict[str, Any]:
        user = {"login": login, "type": kind}
        self.issues.append({**body, "number": len(self.issues) + 1, "state": "open", "user": user})
        return self.issues[-1]

    def commit(self, sha: str, message: str) -> None:
        """A commit that is already there."""
        self.commits[sha] = {"sha": sha, "message": message, "tree": {"sha": f"tree-{sha}"}}

    def say(self, body: str, login: str = "github-actions[bot]", kind: str = "Bot") -> None:
        """A comment that is already there."""
        self.items.append(
            {"id": self.number(), "body": body, "user": {"login": login, "type": kind}}
        )

    def route(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        """Answer."""
        text = (body or {}).get("body") or ""
        if len(text) > self.longest:
            return 422, {"message": "Validation Failed"}, {}
        match method, path:
            case "GET", "/user":
                if self.knows_itself:
                    return 200, {"login": self.me}, {}
                return 403, {"message": "Resource not accessible by integration"}, {}
            case "GET", "/repos/octo/shop/issues/7/comments":
                page, more = paged(self.items, query)
                link = {"Link": f'<{self.base_url}/x?page=2>; rel="next"'} if more else {}
                return 200, page, link
            case "POST", "/repos/octo/shop/issues/7/comments":
                kind = "User" if self.knows_itself else "Bot"
                self.say(text, self.me, kind)
                return 201, self.items[-1], {}
        if match := re.fullmatch(r"/repos/octo/shop/issues/comments/(\d+)", path):
            return self._one(int(match[1]), method, text)
        return self._issue(method, path.removeprefix("/repos/octo/shop"), query, body)

    def _issue(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        if (method, path) == ("GET", "/issues"):
            found = [
                i
                for i in self.issues
                if i["state"] == query["state"] and query["labels"] in i["labels"]
            ]
            page, more = paged(found, query)
            return 200, page, {"Link": '<x>; rel="next"'} if more else {}
        if (method, path) == ("POST", "/issues"):
            return 201, self._open(body, self.me, "Bot"), {}
        if match := re.fullmatch(r"/issues/(\d+)", path):
            self.issues[int(match[1]) - 1] |= body
            return 200, self.issues[int(match[1]) - 1], {}
        return self._git(method, path, query, body)

    def _git(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        match method, path.split("/")[1:]:
            case "GET", ["git", "commits", sha] if sha in self.commits:
                return 200, self.commits[sha], {}
            case "POST", ["git", "trees"]:
                sha = f"tree{len(self.trees)}"
                self.trees[sha] = body["tree"]
                return 201, {"sha": sha}, {}
            case "POST", ["git", "commits"]:
                sha = f"commit{len(self.commits)}"
                self.commits[sha] = {**body, "sha": sha, "tree": {"sha": body["tree"]}}
                return 201, self.commits[sha], {}
            case "GET", ["git", "ref", "heads", *name] if "/".join(name) in self.refs:
                return 200, {"object": {"sha": self.refs["/".join(name)]}}, {}
            case "POST", ["git", "refs"]:
                self.refs[body["ref"].removeprefix("refs/heads/")] = body["sha"]
                return 201, {}, {}
            case "PATCH", ["git", "refs", "heads", *name] if "/".join(name) in self.refs:
                self.refs["/".join(name)] = body["sha"]
                return 200, {}, {}
        return self._pulls(method, path, query, body)

    def _pulls(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        match method, path.split("/")[1:]:
            case "GET", ["pulls"]:
                head = query["head"].partition(":")[2]
                found = [
                    p for p in self.pulls if p["head"] == head and p["state"] == query["state"]
                ]
                return 200, found, {}
            case "POST", ["pulls"]:
                number = len(self.pulls) + 1
                url = f"https://github.test/octo/shop/pull/{number}"
                self.pulls.append({**body, "number": number, "state": "open", "html_url": url})
                return 201, self.pulls[-1], {}
            case "PATCH", ["pulls", number]:
                self.pulls[int(number) - 1] |= body
                return 200, self.pulls[int(number) - 1], {}
        return 404, {"message": "Not Found"}, {}

    def _one(self, number: int, method: str, text: str) -> Reply:
        item = next((each for each in self.items if each["id"] == number), None)
        if item is None:
            return 404, {"message": "Not Found"}, {}
        if method == "DELETE":
            self.items.remove(item)
            return 204, None, {}
        item["body"] = text
        return 200, item, {}


class GitLab(Forge):
    """Notes of merge request 7 of project 42."""

    token_variable = "GITLAB_TOKEN"

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        """GitLab takes a project's token in a header of its own."""
        return headers.get("PRIVATE-TOKEN") == TOKEN

    def __post_init__(self) -> None:
        """Begin empty."""
        self.issues: list[dict[str, Any]] = []

    def say(self, body: str, author: int = 5) -> None:
        """A note that is already there."""
        self.items.append({"id": self.number(), "body": body, "author": {"id": author}})

    def route(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        """Answer."""
        notes = "/projects/42/merge_requests/7/notes"
        if (method, path) == ("GET", "/user"):
            return 200, {"id": 5}, {}
        if path == notes and method == "GET":
            ordered = self.items if query.get("sort") == "asc" else self.items[::-1]
            page, more = paged(ordered, query)
            return 200, page, {"X-Next-Page": str(int(query["page"]) + 1) if more else ""}
        if path == notes and method == "POST":
            self.say(body["body"])
            return 201, self.items[-1], {}
        if path.startswith("/projects/42/issues"):
            return self._issue(method, path, query, body)
        for item in self.items:
            if path == f"{notes}/{item['id']}" and method == "PUT":
                item["body"] = body["body"]
                return 200, item, {}
            if path == f"{notes}/{item['id']}" and method == "DELETE":
                self.items.remove(item)
                return 204, None, {}
        return 404, {"message": "404 Not found"}, {}

    def _issue(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        if method == "GET":
            found = [i for i in self.issues if i["state"] == query["state"]]
            return 200, paged(found, query)[0], {}
        if method == "POST":
            made = {**body, "iid": len(self.issues) + 1, "state": "opened", "author": {"id": 5}}
            self.issues.append(made)
            return 201, made, {}
        issue = self.issues[int(path.rsplit("/", 1)[1]) - 1]
        issue |= {"description": body["description"]}
        if body.get("state_event") == "close":
            issue["state"] = "closed"
        return 200, issue, {}


class Chat(Forge):
    """A webhook; it keeps what it was told."""

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        """Whoever knows the address may write."""
        return "Authorization" not in headers

    def route(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        """Answer."""
        if (method, path, query) != ("POST", "/hook", {"sig": TOKEN}):
            return 404, None, {}
        self.items.append(body)
        return 202, None, {}


class Azure(Forge):
    """Threads of pull request 7 of the repository `repo-1` in the project `My Shop`."""

    token_variable = "SYSTEM_ACCESSTOKEN"

    def say(self, body: str, author: str = "me") -> None:
        """A thread that is already there."""
        self.items.append({"id": self.number(), "body": body, "author": {"id": author}})

    def route(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        """Answer; a request without a version is refused, as previews are there."""
        threads = "/My%20Shop/_apis/git/repositories/repo-1/pullRequests/7/threads"
        if "api-version" not in query:
            return 400, {"message": "No api-version was supplied"}, {}
        if path == "/_apis/connectionData":
            return 200, {"authenticatedUser": {"id": "me"}}, {}
        if (method, path) == ("GET", threads):
            return 200, {"value": [self._thread(item) for item in self.items]}, {}
        if (method, path) == ("POST", threads):
            self.say(body["comments"][0]["content"])
            return 200, self._thread(self.items[-1]), {}
        for item in self.items:
            if path == f"{threads}/{item['id']}/comments/1":
                if method == "PATCH":
                    item["body"] = body["content"]
                if method == "DELETE":
                    self.items.remove(item)
                return 200, {}, {}
        return 404, {"message": "not found"}, {}

    def _thread(self, item: dict[str, Any]) -> dict[str, Any]:
        comment = {"id": 1, "content": item["body"], "author": item["author"]}
        return {"id": item["id"], "comments": [comment], "status": "closed"}


def _handler(forge: Forge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = json.loads(raw) if raw else None
            status, content, headers = forge.answer(
                self.command, parts.path, query, body, dict(self.headers)
            )
            data = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    return Handler
