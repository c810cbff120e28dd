"""Same input, same bytes: a plan does not depend on who read what first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalize_sync.rendering import Look, plan_document, render
from personalize_sync.sandbox import Knobs

if TYPE_CHECKING:
    from world import World


def _eventful(world: World) -> World:
    """Creates, updates, drift, archives, foreign objects, models with variants."""
    for number in range(15):
        world.template(f"strip_{number:02}")
    world.connection("weather")
    world.model("banner")
    world.apply()
    for number in range(4):
        world.edit(f"template/strip_{number:02}", name=f"By Maria {number}")
        world.sandbox.create("connection", {"name": f"Theirs {number}"})
    world.template("strip_01", name="By Git")
    world.forget("Template", "strip_09")
    world.template("later")
    world.model("basket")
    return world


@pytest.mark.parametrize("form", ["json", "terminal", "markdown", "github", "summary"])
def test_a_plan_is_the_same_under_any_parallelism_and_list_order(world: World, form: str) -> None:
    """One worker or eight, oldest first or newest first: not a byte differs."""
    _eventful(world)
    seen = set()
    for parallelism in (1, 8):
        for order in ("K14=by-creation", "K14=newest-first"):
            world.parallelism = parallelism
            world.sandbox.knobs = Knobs.parse([order])
            seen.add(render(world.plan(prune=True), form, Look(verbose=True)))
    assert len(seen) == 1


def test_the_digest_covers_the_content_and_not_the_moment(world: World) -> None:
    """Two plans of one state agree; one of another state does not."""
    _eventful(world)
    first = plan_document(world.plan(), Look(id="a", created_at="2026-01-01T00:00:00Z"))
    second = plan_document(world.plan(), Look(id="b", created_at="2026-01-02T00:00:00Z"))
    world.template("one_more")
    third = plan_document(world.plan(), Look())

    assert first["digest"] == second["digest"] != third["digest"]
