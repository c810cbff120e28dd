"""Drift is told once when it appears and once when it is gone, and can come back as a pull request."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from forge.stand_in import TOKEN, Chat, GitHub, GitLab, Reply
from hypothesis import given
from hypothesis import strategies as st

from personalize_sync.forge.webhook import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.conftest import Shop

_MARK = "<!-- personalize-sync:v1 kind=drift env=test root=. -->"


def _git(shop: Shop, *arguments: str) -> str:
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.test")
    command = ["git", *author, *arguments]
    done = subprocess.run(command, cwd=shop.root, capture_output=True, encoding="utf-8", check=True)
    return done.stdout.strip()


@pytest.fixture
def github(synced: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A scheduled run in octo/shop, on the branch main."""
    _git(synced, "init", "--quiet", "--initial-branch=main")
    _git(synced, "add", "*.yaml")
    _git(synced, "commit", "--quiet", "--message", "Begin")
    with GitHub() as forge:
        forge.commit(_git(synced, "rev-parse", "HEAD"), "Begin")
        for name, value in {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": forge.base_url,
            "GITHUB_REPOSITORY": "octo/shop",
            "GITHUB_REF_NAME": "main",
            "GITHUB_SERVER_URL": "https://github.test",
            "GITHUB_RUN_ID": "99",
            "GITHUB_TOKEN": TOKEN,
        }.items():
            monkeypatch.setenv(name, value)
        yield forge


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    """A webhook whose address is in the environment."""
    with Chat() as made:
        url = f"{made.base_url}/hook?sig={TOKEN}"
        monkeypatch.setenv("PERSONALIZE_SYNC_WEBHOOK_URL", url)
        yield made


def test_an_issue_lives_as_long_as_the_drift(synced: Shop, github: GitHub) -> None:
    """Opened when drift appears, updated in place when it changes, closed when it is gone."""
    assert "Issue: none." in synced("drift", "--issue").err
    synced.edit("template/strip", name="Winter")
    assert "Issue: opened." in synced("drift", "--issue").err
    assert "Issue: unchanged." in synced("drift", "--issue").err
    synced.edit("template/strip", name="Spring")
    assert "Issue: updated." in synced("drift", "--issue").err

    (issue,) = github.issues
    assert (issue["title"], issue["state"]) == ("Drift in test", "open")
    assert issue["body"].startswith(_MARK + "\n")
    assert "Spring" in issue["body"]

    assert synced("apply", "--auto-approve").code == 0
    assert "Issue: closed." in synced("drift", "--issue").err
    assert (github.issues[0]["state"], len(github.issues)) == ("closed", 1)
    assert "Issue: none." in synced("drift", "--issue").err

    synced.edit("template/strip", name="Autumn")
    synced("drift", "--issue")
    assert [issue["state"] for issue in github.issues] == ["closed", "open"]


def test_an_issue_of_a_stranger_is_not_ours(synced: Shop, github: GitHub) -> None:
    """Whoever copies the mark cannot keep the drift from being told, nor have their text closed."""
    github.open_issue(f"{_MARK}\nAll is well.", "mallory", "User")
    synced.edit("template/strip", name="Winter")
    synced("drift", "--issue")

    assert [issue["state"] for issue in github.issues] == ["open", "open"]


def test_twins_are_closed(synced: Shop, github: GitHub) -> None:
    """Of two issues that two runs opened at once, one stays."""
    github.open_issue(f"{_MARK}\nOne")
    github.open_issue(f"{_MARK}\nTwo")
    synced.edit("template/strip", name="Winter")
    synced("drift", "--issue")

    assert [issue["state"] for issue in github.issues] == ["open", "closed"]


def test_gitlab_has_issues_too(synced: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same life in GitLab's words."""
    with GitLab() as forge:
        for name, value in {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": forge.base_url,
            "CI_PROJECT_ID": "42",
            "GITLAB_TOKEN": TOKEN,
        }.items():
            monkeypatch.setenv(name, value)
        synced.edit("template/strip", name="Winter")
        assert "Issue: opened." in synced("drift", "--issue").err
        assert "Issue: unchanged." in synced("drift", "--issue").err
        synced("apply", "--auto-approve")
        assert "Issue: closed." in synced("drift", "--issue").err
        assert [issue["state"] for issue in forge.issues] == ["closed"]


@pytest.mark.parametrize("form", ["slack", "teams", "generic"])
def test_a_chat_is_told_of_transitions_only(
    synced: Shop, github: GitHub, chat: Chat, form: str
) -> None:
    """Once when drift appears, once when it is gone, and its address is shown nowhere."""
    said = [synced("drift", "--issue", "--webhook", form)]
    synced.edit("template/strip", name="Winter")
    said += [synced("drift", "--issue", "--webhook", form) for _ in range(2)]
    assert len(chat.items) == 1
    assert "template/strip" in json.dumps(chat.items[0])
    assert "https://github.test/octo/shop/actions/runs/99" in json.dumps(chat.items[0])

    synced("apply", "--auto-approve")
    said += [synced("drift", "--issue", "--webhook", form) for _ in range(2)]
    assert len(chat.items) == 2
    assert "template/strip" not in json.dumps(chat.items[1])
    assert not [s for s in said if s.code or TOKEN in s.out + s.err]
    assert TOKEN not in json.dumps([*chat.items, *github.issues])


def test_a_chat_that_was_not_reached_is_told_by_the_next_run(
    synced: Shop, github: GitHub, chat: Chat
) -> None:
    """The issue is the memory, so it is written only after the chat was told."""
    synced.edit("template/strip", name="Winter")
    chat.answers = [(500, None, {}), (302, None, {"Location": chat.base_url})]
    for _ in range(2):
        said = synced("drift", "--issue", "--webhook", "slack")
        assert said.code == 1
        assert TOKEN not in said.err
    assert github.issues == []

    assert synced("drift", "--issue", "--webhook", "slack").code == 0
    assert (len(github.issues), len(chat.items)) == (1, 1)


def test_edits_come_back_as_a_pull_request(synced: Shop, github: GitHub) -> None:
    """What pull would write stands on a branch of our own; the checkout is not touched."""
    synced.edit("template/strip", name="Winter")
    before = synced.root.joinpath("Template-strip.yaml").read_text()
    said = synced("drift", "--open-pr")

    assert "Pull request: https://github.test/octo/shop/pull/1" in said.err
    (pull,) = github.pulls
    assert (pull["head"], pull["base"]) == ("personalize-sync/drift-test", "main")
    commit = github.commits[github.refs["personalize-sync/drift-test"]]
    assert commit["parents"] == [_git(synced, "rev-parse", "HEAD")]
    (entry,) = github.trees[commit["tree"]["sha"]]
    assert entry["path"] == "Template-strip.yaml"
    assert entry["content"] == before.replace('"name": "strip"', '"name": "Winter"')
    assert synced.root.joinpath("Template-strip.yaml").read_text() == before
    assert _git(synced, "status", "--porcelain", "--untracked-files=no") == ""


def test_a_second_look_renews_the_same_pull_request(synced: Shop, github: GitHub) -> None:
    """The branch is moved, not piled up."""
    for name in ("Winter", "Spring"):
        synced.edit("template/strip", name=name)
        assert synced("drift", "--open-pr").code == 0
    commit = github.commits[github.refs["personalize-sync/drift-test"]]

    assert len(github.pulls) == 1
    assert "Spring" in github.trees[commit["tree"]["sha"]][0]["content"]


def test_work_of_others_on_the_branch_is_not_overwritten(synced: Shop, github: GitHub) -> None:
    """Somebody who improved the pull request keeps what they did."""
    synced.edit("template/strip", name="Winter")
    synced("drift", "--open-pr")
    github.commit("theirs", "Mend the name")
    github.refs["personalize-sync/drift-test"] = "theirs"
    said = synced("drift", "--open-pr")

    assert said.code == 1
    assert "somebody committed" in said.err
    assert github.refs["personalize-sync/drift-test"] == "theirs"


def test_a_commit_that_somebody_amended_is_not_overwritten(synced: Shop, github: GitHub) -> None:
    """Its message is ours still, but its files are not."""
    synced.edit("template/strip", name="Winter")
    synced("drift", "--open-pr")
    ours = github.refs["personalize-sync/drift-test"]
    github.commit("amended", github.commits[ours]["message"])
    github.refs["personalize-sync/drift-test"] = "amended"
    said = synced("drift", "--open-pr")

    assert said.code == 1
    assert "somebody committed" in said.err
    assert github.refs["personalize-sync/drift-test"] == "amended"


def test_what_is_not_committed_is_not_proposed(synced: Shop, github: GitHub) -> None:
    """The pull request would show it as if the tenant had it."""
    synced.edit("template/strip", name="Winter")
    path = synced.root / "Template-strip.yaml"
    path.write_text(path.read_text() + "# a thought\n")
    said = synced("drift", "--open-pr")

    assert said.code == 64
    assert "not committed: M Template-strip.yaml" in said.err
    assert github.writes() == []


@pytest.mark.parametrize("strange", [{}, [], None])
@pytest.mark.parametrize("at", range(6))
def test_a_strange_answer_is_an_error_of_the_forge(
    synced: Shop, github: GitHub, at: int, strange: object
) -> None:
    """Whichever request is answered with something else: no bug of ours, and no made-up address."""
    synced.edit("template/strip", name="Winter")
    asked = github.route

    def route(method: str, path: str, query: dict[str, str], body: object) -> Reply:
        answer = asked(method, path, query, body)
        return (200, strange, {}) if len(github.seen) == at + 1 else answer

    github.route = route  # type: ignore[method-assign]  # one answer of this forge differs
    said = synced("drift", "--open-pr")

    assert len(github.seen) > at
    assert said.code in (0, 1)
    assert "bug" not in said.err
    assert ("error: " in said.err) is (said.code == 1)


def test_without_drift_there_is_nothing_to_propose(synced: Shop, github: GitHub) -> None:
    """Pending changes in Git are no edits of the tenant."""
    synced.template(name="Ours")
    synced("drift", "--open-pr")

    assert github.writes() == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--issue", "--select", "template/*"), "whole environment"),
        (("--open-pr", "--exclude", "template/*"), "whole environment"),
        (("--webhook", "slack"), "Give --issue too"),
        (("--issue", "--webhook", "slack"), "PERSONALIZE_SYNC_WEBHOOK_URL is not set"),
        (("--issue",), "issue tracker"),
    ],
)
def test_what_could_not_be_kept_up_is_refused(
    synced: Shop, arguments: tuple[str, ...], reason: str
) -> None:
    """A narrowed view must not close an issue, and a chat needs something that remembers."""
    said = synced("drift", *arguments)

    assert said.code == 64
    assert reason in said.err


@given(st.sampled_from(["slack", "teams", "generic"]), st.lists(st.text(max_size=20), max_size=60))
def test_a_message_stays_small_and_mentions_nobody(form: str, objects: list[str]) -> None:
    """Slack takes angle brackets for mentions and links; a long list is cut."""
    content = message(form, environment="prod", appeared=True, objects=objects, url="")
    text = str(content.get("text", ""))

    assert json.dumps(content)
    assert "<" not in text
    assert form == "generic" or len(json.dumps(content)) < 8_000
