"""Selecting: what is left out is neither changed nor archived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalize_sync.cli.planning import Wishes, policy_of
from personalize_sync.errors import UsageError

if TYPE_CHECKING:
    from world import World


def _addresses(world: World, **wishes: object) -> list[str]:
    return [str(change.address) for change in world.plan(**wishes).changes]


def test_a_glob_selects_addresses(world: World) -> None:
    """Only what a glob names is planned."""
    world.template("one")
    world.template("two")
    world.connection("weather")

    assert _addresses(world, select=("template/o*",)) == ["template/one"]
    assert _addresses(world, exclude=("template/*",)) == ["connection/weather"]


def test_a_tag_of_the_manifest_selects_it(world: World) -> None:
    """`tag:` speaks of metadata.tags, for every kind."""
    world.template("plain")
    world.manifest("Template", "tagged", {"name": "Tagged", "type": "WEB"}, tags=["sale"])

    assert _addresses(world, select=("tag:sale",)) == ["template/tagged"]
    assert _addresses(world, exclude=("tag:sale",)) == ["template/plain"]


def test_a_selected_model_brings_its_variants(world: World) -> None:
    """A model without its variants could not be deployed."""
    world.model("banner")
    world.template("other")

    planned = _addresses(world, select=("decision-model/banner",))

    assert planned == ["decision-model/banner", "decision-variant/banner:main"]


def test_prune_needs_the_whole_view(world: World) -> None:
    """Asked for beside a selection prune is a mistake; as a habit of the environment it rests."""
    with pytest.raises(UsageError):
        policy_of(world.environment, Wishes(prune=True, select=("template/*",)))
    world.rules["prune"] = True
    assert policy_of(world.environment, Wishes(select=("template/*",))).prune is False
    assert policy_of(world.environment, Wishes()).prune is True


def test_a_variant_without_its_new_model_is_blocked(world: World) -> None:
    """What needs something that was left out is not begun."""
    world.model("banner")

    (change,) = world.plan(select=("decision-variant/*",)).changes

    assert [block.rule for block in change.blocked] == ["not-selected"]


def test_what_is_only_observed_is_still_reported(world: World) -> None:
    """A difference in an observed object is said as drift and never written, whoever wrote last."""
    world.template("strip")
    world.apply()
    spec = {"name": "Other", "type": "WEB"}
    world.manifest("Template", "strip", spec, manage="observe")

    plan = world.plan()

    assert plan.is_empty
    assert [[field.pointer for field in drift.fields] for drift in plan.drift] == [["/name"]]
