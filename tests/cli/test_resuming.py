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
