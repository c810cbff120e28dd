"""Objects that take several writes: nobody's edit between two of them is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from world import DMN

from personalize_sync.planning.outcome import Result
from personalize_sync.sandbox import Fault, Knobs
from personalize_sync.sandbox.faults import ConcurrentEdit

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from personalize_sync.planning.outcome import Outcome

_NEW = DMN.replace('id="d"', 'id="e"')


def _edited(
    world: World, address: str, changes: dict[str, object], *, at: str, nth: int
) -> Outcome:
    """Apply while a person edits right before our n-th request of one sort; return what failed."""
    method, path = at.split()
    fault = world.sandbox.faults.add(Fault(ConcurrentEdit(address, changes), method, path, nth=nth))
    report = world.apply(allow=(("live-experiment", "*"),))
    assert fault.fired == 1
    assert report.exit_code in (13, 14)
    failed = [o for o in report.outcomes if o.result is Result.FAILED]
    return failed[0]


def _firm(world: World, knob: str) -> None:
    world.sandbox.knobs = Knobs.parse([knob])


def test_an_edit_while_a_template_is_a_draft_is_kept(world: World) -> None:
    """It is published again by the next apply, once the edit was seen."""
    world.template(status="PUBLISHED")
    world.apply()
    _firm(world, "K28=400")
    world.template(status="PUBLISHED", name="New")

    failed = _edited(
        world, "template/strip", {"description": "Hers"}, at="GET /v3/templates/*-*", nth=3
    )

    assert (failed.exit_code, failed.wrote) == (13, True)
    assert "auth0|maria" in failed.error
    assert "/description" in failed.error
    assert "left in DRAFT" in failed.error
    stored = world.stored("template/strip")
    assert (stored["description"], stored["status"]) == ("Hers", "DRAFT")


def test_an_edit_while_a_flow_is_paused_is_kept(world: World) -> None:
    """The flow goes on as she left it."""
    world.flow(type="INTERACTIVE_API_FLOW", status="PRODUCTION")
    world.apply()
    _firm(world, "K33=400")
    world.flow(type="INTERACTIVE_API_FLOW", status="PRODUCTION", name="New")

    failed = _edited(
        world, "experience/hero", {"description": "Hers"}, at="GET /v3/flowDefinitions/*-*", nth=2
    )

    assert (failed.exit_code, failed.wrote) == (13, True)
    assert "auth0|maria" in failed.error
    stored = world.stored("experience/hero")
    assert (stored["description"], stored["status"], stored["name"]) == (
        "Hers",
        "PRODUCTION",
        "Hero",
    )


@pytest.mark.parametrize(
    ("address", "at"),
    [
        ("decision-variant/banner:Main", "GET /v2/decisionModelVariants/*-*"),
        ("decision-model/banner", "PUT /v2/decisionModelVariants/*-*"),
    ],
)
def test_an_edit_while_a_variant_is_undeployed_is_kept(
    worlds: Callable[..., World], address: str, at: str
) -> None:
    """The deployment is put back around it."""
    world = worlds(knobs=("K24=400",))
    _change_a_deployed_variant(world)

    failed = _edited(world, address, {"description": "Hers"}, at=at, nth=2)

    assert failed.exit_code == 13
    assert "/description" in failed.error
    assert world.stored(address)["description"] == "Hers"
    (entry,) = world.stored("decision-model/banner")["deploymentConfiguration"]["variants"]
    assert entry["status"] == "PRODUCTION"


def test_a_deployment_that_somebody_changed_meanwhile_is_left_as_it_is(
    worlds: Callable[..., World],
) -> None:
    """What was deployed before is not put over what she deployed."""
    world = worlds(knobs=("K24=400", "K22=unchecked"))
    _change_a_deployed_variant(world)

    failed = _edited(
        world,
        "decision-model/banner",
        {"variants/main/status": "TEST"},
        at="PUT /v2/decisionModelVariants/*-*",
        nth=2,
    )

    assert failed.wrote
    assert "somebody else changed the deployment of banner" in failed.error
    assert "auth0|maria" in failed.error
    (entry,) = world.stored("decision-model/banner")["deploymentConfiguration"]["variants"]
    assert entry["status"] == "TEST"


def _change_a_deployed_variant(world: World) -> None:
    world.model()
    world.apply()
    changed = {"name": "Main", "definition": _NEW, "status": "PRODUCTION", "split": 100}
    world.model(variants={"main": changed})


def test_an_edit_of_a_new_flow_before_it_is_started_is_kept(world: World) -> None:
    """It was made as a draft, and is not started over what she did to it."""
    world.flow(type="INTERACTIVE_API_FLOW", status="PRODUCTION")

    failed = _edited(
        world, "experience/hero", {"name": "Hers"}, at="GET /v3/flowDefinitions/*-*", nth=1
    )

    assert (failed.exit_code, failed.wrote) == (13, True)
    assert "auth0|maria" in failed.error
    stored = world.stored("experience/hero")
    assert (stored["name"], stored["status"]) == ("Hers", "DRAFT")
