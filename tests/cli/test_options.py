"""Options: before and after the command, as variables, and refused where they mean nothing."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING

import click
import pytest

if TYPE_CHECKING:
    from cli.conftest import Shop


def test_shared_options_count_before_and_after_the_command(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every shared option may stand on either side of the command."""
    monkeypatch.chdir(shop.root.parent)
    flags = ["-C", str(shop.root), "-e", "uat", "--format", "json", "-q", "--no-color"]

    before, after = shop(*flags, "plan"), shop("plan", *flags)

    assert before.document["target"]["env"] == after.document["target"]["env"] == "uat"
    assert (before.code, before.err) == (after.code, after.err) == (0, "")


def test_what_stands_nearest_to_the_command_wins(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the command beats before it, and either beats the variable."""
    monkeypatch.setenv("PERSONALIZE_SYNC_ENV", "production")

    assert shop("-e", "uat", "plan").out.startswith("Environment: uat")
    assert shop("-e", "uat", "plan", "-e", "test").out.startswith("Environment: test")


def test_flags_are_variables_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """PERSONALIZE_SYNC_<FLAG> sets what the flag sets."""
    monkeypatch.setenv("PERSONALIZE_SYNC_DETAILED_EXITCODE", "1")
    monkeypatch.setenv("PERSONALIZE_SYNC_FORMAT", "summary")
    monkeypatch.setenv("PERSONALIZE_SYNC_SELECT", "template/*")

    said = shop("plan")

    assert said.code == 2
    assert said.out.splitlines()[0].startswith("+ template/strip: create")
    assert said.out.splitlines()[1].startswith("Plan: 1 to create")


def test_the_document_goes_to_a_file(shop: Shop) -> None:
    """With --output stdout stays empty."""
    said = shop("plan", "--format", "json", "-o", "report.json")

    document = json.loads((shop.root / "report.json").read_text(encoding="utf-8"))
    assert said.out == ""
    assert document["summary"]["create"] == 2


def test_a_file_that_cannot_be_written_is_noticed_before_anything_else(shop: Shop) -> None:
    """An apply does not find out afterwards that its report has no place."""
    said = shop("apply", "--auto-approve", "-o", "no/such/folder/report.txt")

    assert said.code == 64
    assert "Nothing was written." in said.err
    assert shop.sandbox.requests == []


@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_a_selection_of_nothing_is_refused(shop: Shop, command: str) -> None:
    """A misspelt address must not look like a tenant that matches."""
    flags = ("--auto-approve",) if command == "apply" else ()

    said = shop(command, *flags, "--select", "tempalte/strip")

    assert (said.code, said.out) == (64, "")
    assert "no manifest is selected by tempalte/strip" in said.err
    assert shop.sandbox.requests == []


@pytest.mark.parametrize(
    "text", ["connection/nope", "template/strip", "connection/points#/auth/nope"]
)
def test_a_secret_that_no_manifest_states_cannot_be_sent(shop: Shop, text: str) -> None:
    """A misspelt --send-secret must not look like a secret that was sent."""
    shop.connection("points", auth={"authType": "BASIC", "password": {"fromSecret": "POINTS"}})

    said = shop("plan", "--send-secret", text)

    assert said.code == 64
    assert "There are: connection/points#/auth/password." in said.err


@pytest.mark.parametrize(
    "condition", [("--expect-digest", ""), ("--require-tip", ""), ("--resume", ""), ("",)]
)
def test_an_empty_condition_is_refused(shop: Shop, condition: tuple[str, ...]) -> None:
    """A variable without a value in a script must not turn a check off."""
    said = shop("apply", "--auto-approve", *condition)

    assert (said.code, said.out) == (64, "")
    assert "is empty" in said.err


@pytest.mark.parametrize("name", ["EXPECT_DIGEST", "REQUIRE_TIP", "RESUME"])
def test_an_empty_condition_in_a_variable_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A pipeline whose earlier job gave no digest must not apply without one."""
    monkeypatch.setenv(f"PERSONALIZE_SYNC_{name}", "")
    said = shop("apply", "--auto-approve")

    assert said.code == 64
    assert "is empty" in said.err
    assert shop.writes() == []
    assert shop.sandbox.requests == []


@pytest.mark.parametrize("narrowing", [("--select", "template/nope"), ("--exclude", "*")])
def test_a_view_of_nothing_is_refused(shop: Shop, narrowing: tuple[str, str]) -> None:
    """After a slip of the pen it would look like all is well."""
    said = shop("plan", *narrowing)

    assert (said.code, said.out) == (64, "")
    assert shop.sandbox.requests == []


def test_prune_and_select_contradict_each_other(shop: Shop) -> None:
    """A narrowed view proves nothing about what is missing."""
    assert shop("plan", "--prune", "--select", "template/*").code == 64


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("plan", "--nope"),
        ("plan", "--parallelism", "0"),
        ("plan", "--format", "yaml"),
        ("plan", "--allow", "conflict"),
        ("plan", "surplus"),
        ("plan", "-e", "nowhere"),
        ("plan", "-C", "nowhere"),
        ("schema", "nothing"),
        ("apply", "--resume", "nothing", "--auto-approve"),
        ("validate", ".."),
    ],
)
def test_a_command_line_that_means_nothing_ends_in_64(
    shop: Shop, arguments: tuple[str, ...]
) -> None:
    """Never in 2, which means that there are changes."""
    said = shop(*arguments)

    assert (said.code, said.out) == (64, "")
    assert "error: " in said.err
    assert shop.sandbox.requests == []


def test_a_document_that_has_no_place_is_refused_first(shop: Shop) -> None:
    """It is said why nothing can be written there, before the tenant is asked for anything."""
    (shop.root / "folder").mkdir()

    assert "it is a folder" in shop("plan", "-o", "folder").err
    assert "there is no folder nowhere" in shop("plan", "-o", "nowhere/plan.txt").err
    assert "Write --format json" in shop("plan", "-o", "json").err
    assert not (shop.root / "json").exists()
    assert shop.sandbox.requests == []


def test_each_option_says_what_it_does(shop: Shop) -> None:
    """The help of a command leaves none without a word."""
    for name in ("plan", "apply", "pull", "undo"):
        parameters = import_module(f"personalize_sync.cli.{name}").command.params
        mute = [p.opts for p in parameters if isinstance(p, click.Option) and not p.help]
        assert (name, mute) == (name, [])
    assert "-o, --output FILE" in shop("plan", "--help").out


def test_a_misspelt_command_gets_a_suggestion(shop: Shop) -> None:
    """The nearest command is named."""
    assert 'Did you mean "plan"?' in shop("plna").err


def test_no_command_shows_the_commands(shop: Shop) -> None:
    """Without any command the help goes to stderr, and nothing is called an error."""
    said = shop()

    assert (said.code, said.out) == (64, "")
    assert said.err.startswith("Usage: personalize-sync")
    assert "  validate " in said.err
