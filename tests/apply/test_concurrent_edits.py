"""Nobody's edit is lost in silence: not before our look, and not between look and write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from apply.runs import plan_then_apply
from apply.single_writes import WRITES, duplicates

from personalize_sync.planning.outcome import Result
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import ConcurrentEdit, Reset

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from personalize_sync.planning.outcome import Outcome
    from personalize_sync.sandbox.store import Kind

_REPLACING = {
    "update-template": "template/strip",
    "update-connection": "connection/Weather",
    "update-model": "decision-model/banner",
    "update-variant": "decision-variant/banner:Main",
    "pin-variant": "decision-model/banner",
    "restore-template": "template/strip",
    "archive-template": "template/strip",
    "archive-connection": "connection/Weather",
    "archive-model": "decision-model/banner",
    "start-experience": "experience/hero",
    "update-experiment": "experiment/hero_ab",
    "restore-experience": "experience/hero",
    "archive-experience": "experience/hero",
}

_TWINS: dict[str, tuple[Kind, dict[str, object]]] = {
    "create-template": ("template", {"name": "strip", "friendlyId": "strip", "type": "WEB"}),
    "create-connection": (
        "connection",
        {
            "name": "Weather",
            "systemType": "DATA_SYSTEM",
            "auth": {"authType": "NONE"},
            "request": {"requestType": "GET", "connectionUrl": "https://a.example.test"},
        },
    ),
    "create-experience": (
        "flow",
        {
            "name": "Hero",
            "friendlyId": "hero",
            "type": "INTERACTIVE_WEB_FLOW",
            "subtype": "EXPERIENCE",
            "status": "DRAFT",
            "channels": ["WEB"],
            "traffic": {"type": "simpleTraffic"},
            "schedule": {"type": "simpleSchedule", "startDate": "2026-02-03T00:00:00.000Z"},
        },
    ),
    "create-model": (
        "decision-model",
        {"name": "banner", "deploymentConfiguration": {"variants": []}},
    ),
}


def test_an_object_edited_after_the_plan_is_left_alone_and_the_others_are_written(
    world: World,
) -> None:
    """One of five is refused with revisions, field, author and time; four are updated."""
    keys = ("a", "b", "c", "d", "e")
    for key in keys:
        world.template(key)
    world.apply()
    for key in keys:
        world.template(key, name=f"New {key}")
    ref = world.sandbox.stored("template/c").ref
    edit = ConcurrentEdit("template/c", {"description": "By Maria"})
    fault = world.sandbox.faults.add(Fault(edit, "GET", f"/v3/templates/{ref}"))

    report = world.apply(allow=(("update-limit", "*"),))

    assert fault.fired == 1
    results = {o.address.key: o.result for o in report.outcomes}
    assert results == {**dict.fromkeys(keys, Result.UPDATED), "c": Result.FAILED}
    (refused,) = (o for o in report.outcomes if o.result is Result.FAILED)
    assert (refused.exit_code, refused.wrote, report.exit_code) == (13, False, 13)
    for told in ("revision 1 -> 2", "/description", "auth0|maria", "T"):
        assert told in refused.error
    assert (world.stored("template/c")["name"], world.stored("template/c")["description"]) == (
        "c",
        "By Maria",
    )


@pytest.mark.parametrize(
    ("write", "knob"),
    [
        *((write, "K38=present") for write in _REPLACING),
        *(("update-connection", knob) for knob in ("K37=absent", "K38=absent", "K40=409")),
        *(("update-template", knob) for knob in ("K37=absent", "K40=409")),
        *(("update-experiment", knob) for knob in ("K37=absent", "K40=409")),
        ("archive-connection", "K38=absent"),
    ],
)
def test_an_edit_between_look_and_write_is_refused_or_told(
    worlds: Callable[..., World], write: str, knob: str
) -> None:
    """The run ends with an error and a non-zero exit code that speaks of the other edit."""
    world = worlds(knobs=(knob,))
    WRITES[write].prepare(world)
    edit = ConcurrentEdit(_REPLACING[write], {"name": "By Maria"})
    fault = world.sandbox.faults.add(Fault(edit, "PUT", WRITES[write].path))

    report = WRITES[write].apply(world)

    assert fault.fired == 1
    assert report.exit_code in (13, 14)
    (hit,) = (o for o in report.outcomes if o.result is Result.FAILED)
    if knob == "K40=409":
        assert "409" in hit.error
    else:
        assert (hit.exit_code, hit.wrote) == (13, True)
        assert "went over revision" in hit.error
        if write == "update-template" and knob == "K38=present":
            assert "by auth0|maria (/name)" in hit.error


def test_an_edit_while_our_answer_is_lost_is_not_taken_for_ours(world: World) -> None:
    """The PUT never arrived and a person wrote: their revision is no proof of our write."""
    WRITES["update-template"].prepare(world)
    lost = world.sandbox.faults.add(Fault(Reset(), "PUT", "/v3/templates/*"))
    edit = ConcurrentEdit("template/strip", {"description": "By Maria"})
    # The first look before the write is the first GET of the object, the look after it the second.
    edited = world.sandbox.faults.add(Fault(edit, "GET", "/v3/templates/*-*", nth=2))

    report = world.apply()

    assert (lost.fired, edited.fired) == (1, 1)
    assert report.exit_code == 13
    assert world.stored("template/strip")["description"] == "By Maria"


@pytest.mark.parametrize("write", _TWINS)
def test_an_object_that_somebody_created_after_the_plan_is_not_created_again(
    world: World, write: str
) -> None:
    """The last look before the write finds the twin: nothing is sent, exit code 13."""
    WRITES[write].prepare(world)
    kind, twin = _TWINS[write]

    report = plan_then_apply(world, lambda: world.sandbox.create(kind, twin))

    assert report.exit_code == 13
    assert "auth0|maria" in report.outcomes[0].error
    assert (duplicates(world), world.writes()) == ([], [])


def test_an_apply_names_every_edit_that_it_goes_over(world: World) -> None:
    """Nobody may have seen the plan: drift, what may be drift, an archive, and what is only ours."""
    for key in ("drifted", "gone", "pending"):
        world.template(key)
    world.connection(description="Ours")
    world.apply()
    world.edit("template/drifted", name="Hers")
    world.edit("template/gone", name="Hers")
    world.edit("connection/Weather", description="Hers")
    world.forget("Template", "gone")
    world.template("pending", name="New")

    report = world.apply(prune=True, allow=(("archive", "*"),))

    assert report.exit_code == 0
    notes = {str(o.address): " ".join(o.notes) for o in report.outcomes}
    assert "went over an edit by auth0|maria at " in notes["template/drifted"]
    assert notes["template/drifted"].endswith("revision 2: /name")
    assert "went over the state by auth0|maria at " in notes["connection/weather"]
    assert notes["connection/weather"].endswith("/description")
    assert "edited since our last write, by auth0|maria at " in notes["template/gone"]
    assert notes["template/pending"] == ""


def test_a_name_that_is_taken_during_a_long_run_is_not_taken_twice(world: World) -> None:
    """The list that the first create looked at is too old for one that comes a minute later."""
    for key in ("a", "b", "c"):
        world.connection(key)
    world.parallelism = 1

    def a_minute_passes(outcome: Outcome) -> None:
        world.now += 60
        if outcome.address.key == "a":
            world.sandbox.create("connection", {**_TWINS["create-connection"][1], "name": "C"})

    report = world.apply(done=a_minute_passes)

    results = {o.address.key: o.result for o in report.outcomes}
    assert results == {"a": Result.CREATED, "b": Result.CREATED, "c": Result.FAILED}
    assert report.exit_code == 13
    assert duplicates(world) == []
