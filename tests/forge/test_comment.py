"""One comment per environment and manifest root, edited in place, that always fits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest
from forge.stand_in import TOKEN, Azure, Forge, GitHub, GitLab
from hypothesis import given
from hypothesis import strategies as st
from rendering import build
from rendering.hostile import TEXTS

from personalize_sync.cli.endings import run
from personalize_sync.forge import marker
from personalize_sync.planning.saved import sealed
from personalize_sync.rendering import plan_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalize_sync.planning.plan import Plan

_MARK = "<!-- personalize-sync:v1 kind=plan env=production root=. -->"


def _saved(plan: Plan) -> str:
    return json.dumps(sealed(plan_document(plan, build.LOOK), ""), indent=2) + "\n"


@dataclass
class Desk:
    """A pipeline's working directory, and the command that runs in it."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def save(self, plan: Plan) -> None:
        """Save a plan to comment."""
        (self.root / "plan.json").write_text(_saved(plan))

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Comment the saved plan; the exit code, and what was said."""
        self.capsys.readouterr()
        code = run(["comment", "plan.json", *arguments])
        out, err = self.capsys.readouterr()
        assert TOKEN not in out + err
        return code, out + err


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    """A project of which a plan was saved."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "personalize-sync.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path, capsys)
    made.save(build.mixed())
    return made


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A workflow run of pull request 7 of octo/shop."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    with GitHub() as forge:
        for name, value in {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": forge.base_url,
            "GITHUB_REPOSITORY": "octo/shop",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }.items():
            monkeypatch.setenv(name, value)
        yield forge


@pytest.fixture
def gitlab(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLab]:
    """A pipeline of merge request 7 of project 42."""
    with GitLab() as forge:
        for name, value in {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": forge.base_url,
            "CI_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_IID": "7",
            "GITLAB_TOKEN": TOKEN,
        }.items():
            monkeypatch.setenv(name, value)
        yield forge


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    """A build of pull request 7."""
    with Azure() as forge:
        for name, value in {
            "TF_BUILD": "True",
            "SYSTEM_COLLECTIONURI": forge.base_url + "/",
            "SYSTEM_TEAMPROJECT": "My Shop",
            "BUILD_REPOSITORY_ID": "repo-1",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "SYSTEM_ACCESSTOKEN": TOKEN,
        }.items():
            monkeypatch.setenv(name, value)
        yield forge


@pytest.fixture(params=["github", "gitlab", "azure"])
def forge(request: pytest.FixtureRequest) -> Forge:
    """Each forge in turn."""
    made: Forge = request.getfixturevalue(request.param)
    return made


def test_the_first_run_posts_and_the_next_edits(desk: Desk, forge: Forge) -> None:
    """However often a pull request is pushed to, there is one comment, with the newest plan."""
    assert desk() == (0, "Comment posted.\n")
    desk.save(build.plan(build.change("template/other", build.field())))
    assert desk() == (0, "Comment updated.\n")
    assert desk() == (0, "Comment unchanged.\n")

    (text,) = forge.texts()
    assert text.startswith(f"{_MARK}\n")
    assert "other" in text
    assert len(forge.writes()) == 2


def test_each_environment_and_root_has_its_own_comment(desk: Desk, forge: Forge) -> None:
    """A fleet, or several projects in one repository, do not overwrite each other."""
    desk()
    desk("-C", "manifests")
    desk.save(build.plan(target=type(build.mixed().target)("uat")))
    desk()

    assert [text.split("\n")[0] for text in forge.texts()] == [
        _MARK,
        _MARK.replace("root=.", "root=manifests"),
        _MARK.replace("production", "uat"),
    ]


def test_the_comment_is_found_behind_hundreds_of_others(desk: Desk, github: GitHub) -> None:
    """Every page is read before something new is posted."""
    for number in range(205):
        github.say(f"Remark {number}", "maria", "User")
    github.say(f"{_MARK}\nOld")
    for number in range(150):
        github.say(f"Answer {number}", "maria", "User")

    assert desk() == (0, "Comment updated.\n")
    assert len(github.items) == 356


def test_the_note_is_found_behind_hundreds_of_others(desk: Desk, gitlab: GitLab) -> None:
    """GitLab says the number of the next page in a header of its own."""
    for number in range(250):
        gitlab.say(f"Remark {number}", author=9)
    gitlab.say(f"{_MARK}\nOld")

    assert desk() == (0, "Comment updated.\n")


@cache
def _large_plan() -> str:
    html = "<p>Hello</p>\n" * 20
    changes = [
        build.change(f"template/t{n:04}", build.field("/templateElements/html", html, html + "x"))
        for n in range(5_000)
    ]
    return _saved(build.plan(*changes))


def test_a_plan_of_5000_changes_is_one_comment_that_fits(desk: Desk, forge: Forge) -> None:
    """The least risky details are left out, and it is said of how many."""
    (desk.root / "plan.json").write_text(_large_plan())
    desk()
    (text,) = forge.texts()

    assert len(text) <= 60_000
    assert "0 to create, 5000 to update" in text
    assert "more" in text


def test_a_stranger_cannot_lend_us_a_comment(desk: Desk, github: GitHub) -> None:
    """Who copies the mark could edit the comment afterwards, so it is never taken for ours."""
    github.say(f"{_MARK}\nNo changes.", "mallory", "User")

    assert desk() == (0, "Comment posted.\n")
    assert github.texts()[0] == f"{_MARK}\nNo changes."


def test_with_a_personal_token_only_its_own_comments_count(desk: Desk, github: GitHub) -> None:
    """A token that may say whose it is edits the comments of that login, not those of bots."""
    github.knows_itself, github.me = True, "sync-user"
    github.say(f"{_MARK}\nOf another bot", "other[bot]", "Bot")

    assert [desk()[1], desk()[1]] == ["Comment posted.\n", "Comment unchanged.\n"]
    assert len(github.items) == 2


def test_twins_are_made_one_again(desk: Desk, forge: Forge) -> None:
    """Two runs that began at once may both have posted; the next run leaves one."""
    forge.say(f"{_MARK}\nOne")
    forge.say(f"{_MARK}\nTwo")
    desk()

    assert len(forge.texts()) == 1


def test_a_mark_in_the_middle_is_no_mark(desk: Desk, forge: Forge) -> None:
    """Only the first line tells whose comment it is: people quote comments."""
    forge.say(f"> quoted\n{_MARK}")
    desk()

    assert len(forge.texts()) == 2


def test_from_a_fork_the_plan_goes_to_the_summary(desk: Desk, github: GitHub) -> None:
    """The token of a fork's run may only read; that is no failure of the run."""
    github.may_write = False
    code, said = desk()

    assert code == 0
    assert "The token may not" in said or "Not commented" in said
    assert "Alert bar" in (desk.root / "summary.md").read_text()
    assert github.items == []


def test_without_a_token_nobody_is_asked(
    desk: Desk, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token is like a token that may not comment."""
    monkeypatch.delenv(forge.token_variable)
    code, said = desk()

    assert (code, forge.seen) == (0, [])
    assert f"{forge.token_variable} is not set" in said


def test_a_redirect_takes_the_token_nowhere(desk: Desk, github: GitHub) -> None:
    """What answers with a redirect is an error, and the other place is never asked."""
    with GitHub() as elsewhere:
        github.answers = [(302, None, {"Location": f"{elsewhere.base_url}/user"})]
        code, said = desk()

        assert code == 1
        assert "302" in said
        assert "correct the address" in said
        assert "Nothing was written." in said
        assert elsewhere.seen == []


def test_a_bad_token_is_no_fork(desk: Desk, forge: Forge) -> None:
    """A token that expired would otherwise silence every comment, and nobody would notice."""
    forge.answers = [(401, {"message": "Bad credentials"}, {})] * 9
    code, said = desk()

    assert code == 1
    assert "401" in said
    assert "invalid or has expired" in said
    assert "Nothing was written." in said


@pytest.mark.parametrize(
    ("status", "headers", "remedy"),
    [
        (302, {"Location": "/elsewhere"}, "correct the address"),
        (401, {}, "invalid or has expired"),
        (409, {}, "run it again"),
        (410, {}, "Check the address"),
        (422, {}, "locked or closed"),
        (429, {"Retry-After": "0"}, "later"),
        (403, {"X-RateLimit-Remaining": "0", "Retry-After": "0"}, "later"),
    ],
)
def test_a_refused_comment_has_a_remedy(
    desk: Desk, github: GitHub, status: int, headers: dict[str, str], remedy: str
) -> None:
    """What failed, what to do, and that nothing was posted."""
    github.answers = [(403, None, {}), (200, [], {}), *[(status, {"message": TOKEN}, headers)] * 9]
    code, said = desk()

    assert code == 1
    assert f"POST /repos/octo/shop/issues/7/comments: the forge answered {status}" in said
    assert remedy in said
    assert "Nothing was written." in said
    assert github.items == []


def test_what_was_done_before_a_failure_is_said(desk: Desk, github: GitHub) -> None:
    """A twin was removed already; that is not nothing."""
    github.say(f"{_MARK}\nOne")
    github.say(f"{_MARK}\nTwo")
    page = [{**item} for item in github.items]
    github.answers = [(403, None, {}), (200, page, {}), (204, None, {}), (422, None, {})]
    code, said = desk()

    assert code == 1
    assert "before it is done" in said
    assert "Nothing was written" not in said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api.github.example", "not https"),
        ("https://user:pw@api.github.example", "user name"),
        ("ftp://127.0.0.1", "not https"),
        ("", "GITHUB_API_URL is not set"),
    ],
)
def test_a_token_is_sent_to_no_odd_place(
    desk: Desk, github: GitHub, monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    """The origin must be one that keeps a token secret."""
    assert github.base_url
    monkeypatch.setenv("GITHUB_API_URL", url)
    code, said = desk()

    assert code == 64
    assert reason in said


def test_a_lost_answer_is_not_posted_again(desk: Desk, github: GitHub) -> None:
    """After trouble nobody knows whether the comment is there; the next run looks."""
    github.answers = [(403, None, {}), (200, [], {}), (502, {"message": TOKEN}, {})]
    code, said = desk()

    assert code == 1
    assert "502" in said
    assert "may or may not have been carried out" in said
    assert "Nothing was written" not in said
    assert github.writes() == [("POST", "/repos/octo/shop/issues/7/comments")]


def test_reads_are_patient(desk: Desk, github: GitHub) -> None:
    """A forge that is briefly in trouble, or asks to slow down, is asked again."""
    slow = {"Retry-After": "0"}
    github.answers = [(503, None, slow), (403, None, slow), (429, None, slow)]

    assert desk() == (0, "Comment posted.\n")


@pytest.mark.parametrize("answer", [(200, {"html": 1}, {}), (200, "no list", {})])
def test_a_strange_answer_is_an_error_and_no_empty_list(
    desk: Desk, github: GitHub, answer: tuple[int, object, dict[str, str]]
) -> None:
    """What is not a list of comments must not lead to a second comment."""
    github.answers = [(403, None, {}), answer]

    assert desk()[0] == 1
    assert github.writes() == []


def test_outside_of_a_pull_request_there_is_nothing_to_comment(
    desk: Desk, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A push has no discussion; the command says so instead of commenting elsewhere."""
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(desk.root / "none.json"))
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")

    assert desk()[0] == 64
    assert github.seen == []


def test_the_number_is_found_in_the_ref_too(
    desk: Desk, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the event does not say it, the ref of a pull request does."""
    monkeypatch.delenv("GITHUB_EVENT_PATH")
    monkeypatch.setenv("GITHUB_REF", "refs/pull/7/merge")

    assert desk() == (0, "Comment posted.\n")
    assert len(github.items) == 1


def test_outside_of_ci_the_command_says_what_is_missing(desk: Desk) -> None:
    """On a desk there is no pull request."""
    code, said = desk()

    assert code == 64
    assert "--ci" in said


@pytest.mark.parametrize("key", ["", "known to two jobs"])
def test_an_altered_plan_is_not_commented(
    desk: Desk, github: GitHub, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Nobody is shown for review what apply would refuse: altered, or sealed without the key."""
    monkeypatch.setenv("PERSONALIZE_SYNC_PLAN_KEY", key)
    path = desk.root / "plan.json"
    if not key:
        path.write_text(path.read_text().replace("production", "uat"))
    code, said = desk()

    assert (code, github.seen) == (13, [])
    assert "was altered" in said


def test_a_keyed_plan_is_commented_by_who_has_the_key(
    desk: Desk, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key must be the one of the job that planned."""
    document = sealed(plan_document(build.mixed(), build.LOOK), "known to two jobs")
    (desk.root / "plan.json").write_text(json.dumps(document, indent=2) + "\n")
    assert desk()[0] == 13
    assert github.seen == []
    monkeypatch.setenv("PERSONALIZE_SYNC_PLAN_KEY", "known to two jobs")

    assert desk() == (0, "Comment posted.\n")


@given(TEXTS, TEXTS)
def test_no_name_ends_the_mark(environment: str, root: str) -> None:
    """The mark is one comment of HTML on one line, and different names give different marks."""
    mark = marker("plan", environment, root)

    assert mark.count("-->") == 1
    assert mark.endswith("-->")
    assert mark.isascii()
    assert mark.isprintable()


@given(st.tuples(TEXTS, TEXTS), st.tuples(TEXTS, TEXTS))
def test_different_places_have_different_marks(one: tuple[str, str], two: tuple[str, str]) -> None:
    """Two comments are the same one only for the same environment and root."""
    assert (marker("plan", *one) == marker("plan", *two)) == (one == two)
