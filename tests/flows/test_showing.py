"""What a plan says of flows: where they are in life, and whom a change reaches."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest
from rendering.build import LOOK

from personalize_sync.rendering import plan_document, render
from personalize_sync.rendering.reading import plan_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from personalize_sync.planning.plan import Plan


def _plan(world: World) -> Plan:
    world.template("strip")
    variants = {"only": {"name": "Only", "fromTemplate": "strip"}}
    world.flow("api", type="INTERACTIVE_API_FLOW", status="PRODUCTION", variants=variants)
    world.flow("web", variants=variants)
    world.apply()
    world.template("strip", templateElements={"html": "<p>New</p>"})
    return world.plan()


@pytest.mark.parametrize("view", ["terminal", "markdown"])
def test_people_read_the_life_of_a_flow_and_the_reach_of_a_change(world: World, view: str) -> None:
    """Days count to the day the plan is made."""
    said = unescape(render(_plan(world), view, LOOK))

    assert "used by 2 experiences, 1 running" in said
    assert "it is running since 2026-02-03T00:00:00.000Z (26 days)" in said
    assert "its status is DRAFT" in said


def test_a_scheduled_flow_says_from_when_on(world: World) -> None:
    """It is started, and nobody receives it yet."""
    schedule = {"type": "simpleSchedule", "startDate": "2026-04-01T00:00:00.000Z"}
    world.flow("web", status="PRODUCTION", schedule=schedule)
    world.apply()
    world.flow("web", status="PRODUCTION", schedule=schedule, name="New")

    said = render(world.plan(), "terminal", LOOK)

    assert "it is started, and runs from 2026-04-01T00:00:00.000Z" in said


def test_the_document_says_the_same_on_every_day(worlds: Callable[..., World]) -> None:
    """Its digest is what a later apply compares, so neither days nor the very state are in it."""
    plan = _plan(worlds())
    (template, *flows) = plan_document(plan, LOOK)["changes"]

    assert template["standing"] is None
    assert [flow["standing"] for flow in flows] == [
        {"status": "PRODUCTION", "running": True, "since": "2026-02-03T00:00:00.000Z"},
        {"status": "DRAFT", "running": False, "since": "2026-02-03T00:00:00.000Z"},
    ]
    tomorrow = replace(LOOK, created_at="2026-03-02T10:00:00Z")
    assert plan_document(plan, tomorrow)["digest"] == plan_document(plan, LOOK)["digest"]


def test_a_saved_plan_shows_the_same(world: World) -> None:
    """Through its document and back."""
    plan = _plan(world)
    document = json.loads(json.dumps(plan_document(plan, LOOK)))

    assert render(plan_from(document), "terminal", LOOK) == render(plan, "terminal", LOOK)
