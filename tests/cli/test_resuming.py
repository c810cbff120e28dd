"""Resuming an apply that did not end well, and files that are no places for plans or keys."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Status

if TYPE_CHECKING:
    from cli.conftest import Shop

_MODELS = "/v2/decisionModelDefinitions/*"


def test_a_model_that_was_not_deployed_is_deployed_by_resume(shop: Shop) -> None:
    """The run knows what it meant to write; what of it is left, a fresh plan says."""
    shop.model("banner")
    refused = shop.sandbox.faults.add(Fault(Status(400), method="PUT", path=_MODELS))
    first = shop("apply", "--auto-approve")
    assert (first.code, refused.fired) == (14, 1)

    assert shop("apply", "--auto-approve", "--resume", first.run).code == 0

    deployment = shop.stored("decision-model/banner")["deploymentConfiguration"]["variants"]
    assert [entry["status"] for entry in deployment] == ["PRODUCTION"]
    assert shop("verify").code == 0


def test_a_run_that_ended_well_leaves_nothing_to_resume(shop: Shop) -> None:
    """Exit 64, with nothing sent."""
    done = shop("apply", "--auto-approve")
    assert shop("apply", "--auto-approve", "--resume", done.run).code == 64


def _interrupted_prune(shop: Shop) -> str:
    """A run with an update and an archive that both failed."""
    shop.template("gone")
    assert shop("apply", "--auto-approve").code == 0
    shop.forget("Template", "gone")
    shop.template(name="New")
    shop.sandbox.faults.add(Fault(Status(400), "PUT", "/v3/templates/*", times=0))
    run = shop("apply", "--auto-approve", "--prune")
    assert run.code == 14
    shop.sandbox.faults.clear()
    return run.run


def test_archives_are_resumed_like_all_else(shop: Shop) -> None:
    """They are proven anew, and nothing that the run did not plan is done besides."""
    run = _interrupted_prune(shop)
    shop.template("later")
    shop.connection(description="Later")

    said = shop("apply", "--auto-approve", "--resume", run)

    assert (said.code, "1 updated, 1 archived" in said.out) == (0, True)
    assert shop.stored("template/gone")["archived"] is True
    left = shop("plan", "--prune", "--format", "json").document["changes"]
    assert [c["address"] for c in left] == ["connection/weather", "template/later"]


def test_an_archive_that_can_no_longer_be_proven_is_named(shop: Shop) -> None:
    """Somebody else's keys own the object by now: the rest is done, and the run is not over."""
    run = _interrupted_prune(shop)
    project = (shop.root / "personalize-sync.yaml").read_text()
    shop.write(
        "personalize-sync.yaml", project.replace("    keys:", "    owns: [nothing]\n    keys:")
    )

    said = shop("apply", "--auto-approve", "--resume", run)

    assert (said.code, "1 updated, 0 archived" in said.out) == (14, True)
    assert "leaves open, since it cannot be proven: archive template/gone" in said.err
    assert shop.stored("template/gone").get("archived") is not True


def test_an_archive_that_somebody_did_meanwhile_is_done(shop: Shop) -> None:
    """So is one whose manifest came back."""
    run = _interrupted_prune(shop)
    shop.edit("template/gone", archived=True)

    assert shop("apply", "--auto-approve", "--resume", run).code == 0

    run = _interrupted_prune(shop)
    shop.template("gone")
    assert shop("apply", "--auto-approve", "--resume", run).code == 0


@pytest.mark.parametrize("extra", [(), ("--skip-blocked",)])
def test_an_apply_with_nothing_to_write_keeps_no_journal(
    shop: Shop, extra: tuple[str, ...]
) -> None:
    """Everything is blocked, so there is nothing to account for and nothing to resume."""
    shop("apply", "--auto-approve")
    shop.edit("template/strip", name="By Maria")
    shop.template(name="By Git")
    journals = set(shop.root.rglob("*.jsonl"))

    assert shop("apply", "--auto-approve", *extra).code == 12

    assert set(shop.root.rglob("*.jsonl")) == journals


def test_a_journal_from_elsewhere_is_passed_over(shop: Shop) -> None:
    """Not even a file that no version of this tool wrote stops an apply."""
    shop("apply", "--auto-approve")
    lines = ("[]", '{"event": "start"}', '{"event": "start", "planned": [{"address": 1}]}', "\0")
    for number, line in enumerate(lines):
        shop.write(f".personalize-sync/runs/9-{number}.jsonl", line)

    assert shop("apply", "--auto-approve").code == 0
    assert shop("undo", "9-2", "--auto-approve").code == 64


@pytest.mark.parametrize("name", ["strip.yaml", "pipe", "folder"])
def test_a_plan_is_never_written_over_what_is_no_plan(shop: Shop, name: str) -> None:
    """A manifest, a device or a folder stays what it is."""
    if name == "pipe":
        os.mkfifo(shop.root / name)
    elif name == "folder":
        (shop.root / name).mkdir()

    assert shop("plan", "--out", name).code == 64
    assert not (shop.root / name).is_file()


def test_a_key_file_without_an_end_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path to a device must not keep the tool reading for ever."""
    variable = "PERSONALIZE_SYNC_TEST_CONNECTIONS_CLIENT_SECRET"
    monkeypatch.delenv(variable)
    monkeypatch.setenv(variable + "_FILE", "/dev/zero")

    said = shop("plan")

    assert said.code == 11
    assert variable + "_FILE" in said.err


def test_only_known_guards_can_be_overridden(shop: Shop) -> None:
    """A mistyped rule is a usage error with a suggestion, not a wish granted to nobody."""
    said = shop("plan", "--allow", "conflit=template/strip")

    assert said.code == 64
    assert 'Did you mean "conflict"?' in said.err
