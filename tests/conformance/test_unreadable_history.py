"""Trouble while an object's revisions are read must not make a conflict look like anything less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalize_sync.errors import TenantError
from personalize_sync.planning.change import Cause
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Instead, Reset, Status

if TYPE_CHECKING:
    from world import World

    from personalize_sync.sandbox.faults import Effect


def _contested(world: World) -> None:
    world.template()
    world.flow()
    world.apply()
    world.edit("template/strip", description="Hers")
    world.edit("experience/hero", name="Hers")
    world.template(description="Git's")


@pytest.mark.parametrize("effect", [Status(503), Status(500), Reset(), Instead(b"<html/>")])
def test_no_plan_is_made_without_the_documented_history(world: World, effect: Effect) -> None:
    """The plan would take Git's side in what both changed, and say nothing of it."""
    _contested(world)
    assert {f.cause for c in world.plan().changes for f in c.fields} >= {Cause.CONFLICT}
    fault = world.sandbox.faults.add(Fault(effect, "GET", "/v3/templates/*/revisions", times=0))

    with pytest.raises(TenantError):
        world.apply()

    assert fault.fired
    assert world.stored("template/strip")["description"] == "Hers"


@pytest.mark.parametrize("status", [404, 405, 500])
def test_a_history_that_nobody_promised_may_be_missing(world: World, status: int) -> None:
    """Flows link to revisions, and no page describes them: what differs is undetermined then."""
    _contested(world)
    world.forget("Template", "strip")
    fault = world.sandbox.faults.add(
        Fault(Status(status), "GET", "/v3/flowDefinitions/*/revisions", times=0)
    )

    (change,) = world.plan().changes

    assert fault.fired
    assert {f.cause for f in change.fields} == {Cause.UNDETERMINED}
