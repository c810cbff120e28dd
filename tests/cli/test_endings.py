"""Endings: one clear message, the right exit code, and a word on whether anything was written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import ConcurrentEdit, Instead, Redirect, Status

if TYPE_CHECKING:
    from cli.conftest import Said, Shop

_NOTHING = "othing was written"
_APPLY = ("apply", "--auto-approve")


def _is_one_message(said: Said) -> None:
    """A refusal is one error line with its remedies below it, and no document."""
    assert said.out == ""
    assert [line[:7] for line in said.err.splitlines() if line.startswith("error")] == ["error: "]
    assert said.err.count(_NOTHING) == 1


# 11: credentials


@pytest.mark.parametrize("command", [("plan",), ("drift",), _APPLY])
def test_a_missing_key_is_named_with_its_variables(shop: Shop, command: tuple[str, ...]) -> None:
    """The feature and both variables are named before anything is sent."""
    said = shop(*command, "-e", "production")

    assert said.code == 11
    _is_one_message(said)
    assert '"connections"' in said.err
    assert "PERSONALIZE_SYNC_PRODUCTION_CONNECTIONS_CLIENT_SECRET" in said.err
    assert shop.sandbox.requests == []


def test_half_a_key_is_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id without its secret is a mistake of its own."""
    monkeypatch.delenv("PERSONALIZE_SYNC_TEST_CONNECTIONS_CLIENT_SECRET")

    said = shop("plan")

    assert said.code == 11
    _is_one_message(said)
    assert "PERSONALIZE_SYNC_TEST_CONNECTIONS_CLIENT_SECRET is not set" in said.err


@pytest.mark.parametrize("command", [("plan",), _APPLY])
def test_a_wrong_secret_is_refused_by_name_of_the_feature(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """The key that was refused is named, its secret is not."""
    monkeypatch.setenv("PERSONALIZE_SYNC_TEST_CONNECTIONS_CLIENT_SECRET", "canary-7d1f")

    said = shop(*command)

    assert said.code == 11
    _is_one_message(said)
    assert "connections" in said.err
    assert "canary-7d1f" not in said.err
    assert shop.writes() == []


def test_keys_may_come_from_files(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """`…_FILE` names a file that holds the value."""
    name = "PERSONALIZE_SYNC_TEST_CONNECTIONS_CLIENT_SECRET"
    path = shop.write("secret.txt", os.environ[name] + "\n")
    monkeypatch.delenv(name)
    monkeypatch.setenv(name + "_FILE", str(path))

    assert shop("plan").code == 0


def test_a_missing_secret_stops_an_apply_before_its_first_write(shop: Shop) -> None:
    """All secrets are there, or nothing is written; with --secrets-dir they may be files."""
    auth = {"authType": "BASIC", "password": {"fromSecret": "POINTS_PASSWORD"}}
    shop.connection("points", auth=auth)

    said = shop(*_APPLY)

    assert said.code == 11
    _is_one_message(said)
    assert "POINTS_PASSWORD is not set (needed by connection/points)" in said.err
    assert shop.writes() == []
    shop.write("secrets/POINTS_PASSWORD", "hunter2\n")
    assert shop(*_APPLY, "--secrets-dir", "secrets").code == 0
    assert shop.stored("connection/Points")["auth"]["password"] == "hunter2"


# 1: something that is not the API answers, or nothing does


def test_an_unreachable_host_is_named(shop: Shop) -> None:
    """A host that does not answer ends in 1."""
    shop.server.stop()

    said = shop(*_APPLY)

    assert said.code == 1
    _is_one_message(said)


@pytest.mark.parametrize("path", ["/oauth/token", "/v*"])
@pytest.mark.parametrize(
    "effect",
    [Instead(), Redirect(), Instead(body=b'{"items": '), Instead(body=b"[1]")],
    ids=["html", "redirect", "cut", "wrong type"],
)
def test_something_that_is_not_the_api_is_recognised(
    shop: Shop, path: str, effect: Instead | Redirect
) -> None:
    """A sign-in page, a redirect or half an answer is never taken for an empty tenant."""
    fault = shop.sandbox.faults.add(Fault(effect, path=path, times=0))

    said = shop(*_APPLY)

    assert fault.fired
    assert said.code == 1
    _is_one_message(said)
    assert shop.writes() == []


def test_a_missing_list_is_no_empty_tenant(shop: Shop) -> None:
    """Another region, or a proxy: every path answers 404."""
    shop.sandbox.faults.add(Fault(Status(404), path="/v*", times=0))

    said = shop("plan")

    assert said.code == 1
    _is_one_message(said)


# 12: guards


def test_a_conflict_stops_the_whole_apply(synced: Shop) -> None:
    """One blocked change, and nothing is written; each format shows why."""
    synced.edit("template/strip", name="Theirs", author="Maria")
    synced.template("strip", name="Ours")
    synced.connection("weather", socketTimeout=1500)

    said = synced(*_APPLY)

    assert said.code == 12
    assert "--allow conflict=template/strip" in said.out
    assert said.err.count(_NOTHING) == 1
    assert synced.writes() == []


_MARKED = "<<<<<<< git\na\n=======\nb\n>>>>>>> tenant\n"


def test_an_override_is_advised_only_where_there_is_one(synced: Shop) -> None:
    """The way out of an unfinished merge is to finish it; no --allow would help."""
    synced.template("footer", templateElements={"html": _MARKED})
    marked = synced(*_APPLY)
    synced.edit("template/strip", name="Theirs", author="Maria")
    synced.template("strip", name="Ours")
    both = synced(*_APPLY)
    synced.template("footer")
    conflict = synced(*_APPLY)

    assert [said.code for said in (marked, both, conflict)] == [12, 12, 12]
    assert "finish the merge" in marked.out
    assert "Allow" not in marked.err
    assert "nothing can be allowed here" in marked.err
    assert "Allow by its address what can be allowed, mend the others" in both.err
    assert "Allow each by its address, or" in conflict.err


def test_skipping_what_is_blocked_carries_out_the_rest(synced: Shop) -> None:
    """The rest is written, and the exit code still says that something was refused."""
    synced.edit("template/strip", name="Theirs", author="Maria")
    synced.template("strip", name="Ours")
    synced.connection("weather", socketTimeout=1500)

    said = synced(*_APPLY, "--skip-blocked")

    assert said.code == 12
    assert "updated connection/weather" in said.out
    assert synced.stored("template/strip")["name"] == "Theirs"


def test_an_allowed_conflict_is_written(synced: Shop) -> None:
    """The override names the rule and the address."""
    synced.edit("template/strip", name="Theirs", author="Maria")
    synced.template("strip", name="Ours")

    assert synced(*_APPLY, "--allow", "conflict=template/other").code == 12
    assert synced(*_APPLY, "--allow", "conflict=template/strip").code == 0
    assert synced.stored("template/strip")["name"] == "Ours"


@pytest.mark.parametrize("command", [("plan",), ("drift",), _APPLY])
def test_a_wrong_tenant_is_refused(synced: Shop, command: tuple[str, ...]) -> None:
    """Another clientKey than the declared one ends in 12, with nothing written."""
    synced.write("personalize-sync.yaml", synced.project("    clientKey: anotherTenant\n"))
    synced.template("strip", name="New")

    said = synced(*command)

    assert said.code == 12
    assert "wrong tenant" in said.err
    assert said.err.count(_NOTHING) == 1
    assert synced.writes() == []


# 13 and 14: changes that fail


def test_a_raced_write_shows_what_it_swallowed(synced: Shop) -> None:
    """An edit between our look and our write ends in 13."""
    synced.template("strip", description="New")
    race = ConcurrentEdit("template/strip", {"name": "Theirs"})
    synced.sandbox.faults.add(Fault(race, method="PUT", path="/v3/templates/*"))

    said = synced(*_APPLY)

    assert said.code == 13
    assert "/name" in said.out


def test_a_failed_change_is_one_of_several(shop: Shop) -> None:
    """The other changes are carried out, and the report says which failed."""
    shop.sandbox.faults.add(Fault(Status(400), method="POST", path="/v3/templates"))

    said = shop(*_APPLY)

    assert said.code == 14
    assert "created connection/weather" in said.out
    assert "failed template/strip" in said.out
    assert "Written: 1 object" in said.out


def test_an_unfinished_run_is_resumed(shop: Shop) -> None:
    """`--resume` does what a failed run left open, and then there is nothing left."""
    shop.sandbox.faults.add(Fault(Status(400), method="POST", path="/v3/templates"))
    failed = shop(*_APPLY)
    shop.sandbox.forget_requests()

    said = shop(*_APPLY, "--resume", failed.run)

    assert said.code == 0
    assert [request.path for request in shop.writes()] == ["/v3/templates"]
    assert shop("plan").out.endswith("No changes. The tenant matches the manifests.\n")


# 17: the tenant stored something else


def test_what_does_not_stick_is_shown(synced: Shop) -> None:
    """A tenant that holds something else right after the write ends in 17, with both values."""
    synced.template("strip", name="Sent")
    edit = ConcurrentEdit("template/strip", {"name": "Stored"})
    fault = synced.sandbox.faults.add(Fault(edit, method="GET", path="/v3/templates", nth=4))

    said = synced(*_APPLY)

    assert fault.fired
    assert said.code == 17
    assert "Sent" in said.out
    assert "Stored" in said.out


# Whatever else goes wrong


def test_a_folder_that_cannot_hold_a_journal_is_named(shop: Shop) -> None:
    """Without a journal nothing is written."""
    shop.write(".personalize-sync", "a file where a folder should be")

    said = shop(*_APPLY)

    assert said.code != 0
    _is_one_message(said)
    assert "journal" in said.err
    assert shop.writes() == []
