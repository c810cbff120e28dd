"""Variants, tasks, traffic and goals of flows on the wire, as the reference and first-party code show."""

from __future__ import annotations

from typing import Any

import pytest
from contract.wire import BY_KIND
from planning.builders import stored, wanted

from personalize_sync.kinds import BY_NAME, Refs
from personalize_sync.kinds.flow_parts import derived_ref
from personalize_sync.planning.compare import align, differing
from personalize_sync.resources import Address

_KIND = BY_NAME["experiment"]
_HERO = Address("experiment", "hero")
_MODEL = "0b6f0c1e-1111-4aaa-8bbb-000000000001"
_FUTURE = {"futureField": {"deep": [1]}}
_RENDER = {
    "implementation": "templateRenderTask",
    "input": {"inputType": "templateRenderTaskInput", "type": "application/json", "template": "{}"},
}
_DECIDE = {
    "implementation": "decisionModelTask",
    "input": {"inputType": "decisionModelTaskInput", "decisionModelRefs": [_MODEL]},
}
_RULES = {
    "implementation": "conditionsTask",
    "input": {"inputType": "conditionsTaskInput", "rules": [{"id": "1", "name": "x"}]},
}


def _refs(live: dict[str, Any] | None = None, **spec: Any) -> Refs:
    resource = wanted("experiment", "hero", spec)
    there = stored("experiment", {"ref": "flow", **live}) if live else None
    inside = _KIND.inside(resource, there)
    known = {_HERO: "flow", Address("decision-model", "banner"): _MODEL, **inside.refs}
    return Refs({**known, Address("template", "is_german"): "ref-of-is-german"})


def _sent(live: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    resource = wanted("experiment", "hero", spec)
    return _KIND.overlay(live or {}, resource, _refs(live, **spec))


def _left(body: dict[str, Any], **spec: Any) -> tuple[tuple[str, ...], ...]:
    """What a tenant that stores a body as it came would still lack."""
    found = _KIND.normalise(stored("experiment", {**body, "ref": "flow"}), _refs(body, **spec))
    return differing(spec, align(spec, found, _KIND.shapes))


def _live(*variants: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**BY_KIND["experiment"].answer, "variants": list(variants), **more}


def test_a_variant_is_sent_as_the_api_has_it() -> None:
    """The key becomes a ref; decisions come before what uses their result."""
    variant = {
        "name": "Bold",
        "isControl": False,
        "assets": {"html": "<b/>"},
        "templateVariables": {"Text": "x"},
        "decisionModels": ["banner"],
        "tasks": [_RENDER],
    }

    body = _sent(variants={"bold": variant})

    assert body["variants"] == [
        {
            "ref": derived_ref("experiment", "hero", "bold"),
            "name": "Bold",
            "isControl": False,
            "assets": {"html": "<b/>"},
            "templateVariables": {"Text": "x"},
            "tasks": [_DECIDE, _RENDER],
        }
    ]
    assert _left(body, variants={"bold": variant}) == ()


def test_a_variant_keeps_what_nobody_manages() -> None:
    """Fields of tomorrow, tasks and assets that the manifest does not state, and the order."""
    bold = {
        "ref": "2",
        "name": "Bold",
        "assets": {"html": "x"},
        "tasks": [_RULES, _DECIDE],
        **_FUTURE,
    }
    control = {"ref": "1", "name": "Control", "image": "a.png", **_FUTURE}
    live = _live(bold, control)
    spec = {"control": {"name": "Control"}, "bold": {"name": "Bold", "description": "new"}}

    assert _sent(live, variants=spec)["variants"] == [{**bold, "description": "new"}, control]


def test_tasks_keep_their_places() -> None:
    """Of stated tasks each replaces its own, and a decision that stays is not touched."""
    live = _live({"ref": "1", "name": "A", "tasks": [_RULES, {**_DECIDE, **_FUTURE}, _RENDER]})
    new = {**_RENDER, "input": {"template": "{1}"}}
    spec = {"a": {"name": "A", "tasks": [_RULES, new], "decisionModels": ["banner"]}}

    (variant,) = _sent(live, variants=spec)["variants"]

    render = {**_RENDER, "input": {**_RENDER["input"], "template": "{1}"}}  # type: ignore[dict-item]
    assert variant["tasks"] == [_RULES, {**_DECIDE, **_FUTURE}, render]


def test_assets_are_managed_whole() -> None:
    """What the manifest does not list goes, and an empty asset is like none."""
    live = _live({"ref": "1", "name": "A", "assets": {"html": "x", "css": "y", "js": ""}})
    spec = {"a": {"name": "A", "assets": {"html": "x"}}}

    assert _left(live, variants=spec) == (("variants", "a", "assets", "css"),)
    (variant,) = _sent(live, variants=spec)["variants"]
    assert variant["assets"] == {"html": "x", "js": ""}


def test_a_variant_that_is_not_listed_goes() -> None:
    """The collection is managed whole."""
    live = _live({"ref": "1", "name": "A"}, {"ref": "2", "name": "B"})

    assert [v["ref"] for v in _sent(live, variants={"b": {"name": "B"}})["variants"]] == ["2"]


def test_shares_name_variants_by_ref() -> None:
    """Whole percentages of simple traffic, with what else an entry carries."""
    live = _live(
        {"ref": "1", "name": "A"},
        {"ref": "2", "name": "B"},
        traffic={
            "type": "simpleTraffic",
            "modifiedAt": "now",
            "splits": [{"ref": "2", "split": 50, **_FUTURE}, {"ref": "1", "split": 50}],
        },
    )
    variants = {"a": {"name": "A"}, "b": {"name": "B"}, "c": {"name": "C"}}
    traffic = {"type": "simpleTraffic", "splits": {"a": 10, "b": 70, "c": 20}}

    body = _sent(live, variants=variants, traffic=traffic)

    new = derived_ref("experiment", "hero", "c")
    assert body["traffic"] == {
        "type": "simpleTraffic",
        "splits": [
            {"ref": "2", "split": 70, **_FUTURE},
            {"ref": "1", "split": 10},
            {"ref": new, "split": 20},
        ],
    }
    assert _left(body, variants=variants, traffic=traffic) == ()


def test_shares_without_stated_variants_go_by_name() -> None:
    """Whoever leaves the variants to the tenant still knows what they are called."""
    live = _live(
        {"ref": "1", "name": "Blue One"},
        traffic={"type": "simpleTraffic", "splits": [{"ref": "1", "split": 100}]},
    )

    assert _left(live, traffic={"type": "simpleTraffic", "splits": {"blue_one": 100}}) == ()


def test_buckets_are_shares_too() -> None:
    """Advanced traffic says which buckets."""
    spec = {"type": "advancedTraffic", "splits": {"a": {"lowSplit": 1, "highSplit": 60}}}
    variants = {"a": {"name": "A"}}

    body = _sent(variants=variants, traffic=spec)

    ref = derived_ref("experiment", "hero", "a")
    assert body["traffic"]["splits"] == [{"ref": ref, "lowSplit": 1, "highSplit": 60}]
    assert "allocation" not in body["traffic"]
    assert _left(body, variants=variants, traffic=spec) == ()


@pytest.mark.parametrize("stored_as", ["is_german", "ref-of-is-german"])
def test_audiences_have_no_ref(stored_as: str) -> None:
    """They go by the name of their variant; conditions name templates by friendlyId."""
    condition = {"templateId": "is_german", "params": {"since": 3}}
    split = {
        "audienceName": "Germans",
        "template": "{}",
        "conditionGroups": [{"conditions": [condition]}],
    }
    traffic = {"type": "audienceTraffic", "splits": {"german": split}}

    body = _sent(traffic=traffic)

    assert body["traffic"]["splits"] == [{"variantName": "german", **split}]
    (sent,) = body["traffic"]["splits"]
    live_condition = {**condition, "templateId": stored_as, "templateRevision": 4}
    sent["conditionGroups"] = [{"conditions": [live_condition]}]
    assert _left(body, traffic=traffic) == ()
    again = _sent({**body, "ref": "flow"}, traffic=traffic)["traffic"]["splits"]
    expected = live_condition if stored_as == "is_german" else condition
    assert again[0]["conditionGroups"] == [{"conditions": [expected]}]


def test_shares_of_another_type_start_anew() -> None:
    """A share of the old kind of traffic means nothing in the new one."""
    live = _live(
        {"ref": "1", "name": "A"},
        traffic={"type": "simpleTraffic", "splits": [{"ref": "1", "split": 100}]},
    )
    traffic = {"type": "advancedTraffic", "splits": {"a": {"lowSplit": 1, "highSplit": 9}}}

    body = _sent(live, variants={"a": {"name": "A"}}, traffic=traffic)

    assert body["traffic"]["splits"] == [{"ref": "1", "lowSplit": 1, "highSplit": 9}]


@pytest.mark.parametrize("name", ["goal", "goals"])
def test_goals_go_back_under_the_name_they_came_with(name: str) -> None:
    """Clients and answers disagree on it; what a goal carries beside stays."""
    bought = {"name": "Bought", "ref": "g1", "type": "event"}
    live = _live(**{name: {"primary": bought, "secondary": [{"name": "Seen", "ref": "g2"}]}})
    goals = {"primary": {"name": "Bought", "type": "page"}, "secondary": [{"name": "Seen"}]}

    body = _sent(live, goals=goals)

    other = {"goal": "goals", "goals": "goal"}[name]
    assert other not in body
    assert body[name] == {
        "primary": {**bought, "type": "page"},
        "secondary": [{"name": "Seen", "ref": "g2"}],
    }
    assert _left(body, goals=goals) == ()


def test_another_goal_inherits_nothing() -> None:
    """A ref belongs to the goal of its name."""
    live = _live(goals={"primary": {"name": "Bought", "ref": "g1"}})

    assert _sent(live, goals={"primary": {"name": "Seen"}})["goals"] == {
        "primary": {"name": "Seen"}
    }


@pytest.mark.parametrize("status", ["PRODUCTION", "LIVE", "PUBLISHING", "SCHEDULED"])
def test_a_started_flow_is_a_started_flow(status: str) -> None:
    """Whatever it reads as, and however the manifest calls it, nothing is moved."""
    live = _live(status=status)
    for wish in ("PRODUCTION", "LIVE", "SCHEDULED"):
        spec = _KIND.settle({"status": wish}, {})
        assert _left(live, **spec) == ()
        assert _sent(live, status=wish)["status"] == status
    assert _sent(live, status="PAUSED")["status"] == "PAUSED"
    assert _sent(_live(status="PAUSED"), status="LIVE")["status"] == "PRODUCTION"


@pytest.mark.parametrize("date", ["2026-12-01T00:00:00Z", "2026-12-01T01:00:00.000+01:00"])
def test_a_date_is_a_moment(date: str) -> None:
    """A server may write it with other digits."""
    schedule = {"type": "simpleSchedule", "startDate": "2026-12-01T00:00:00.000Z"}

    assert _left(_live(schedule={**schedule, "startDate": date}), schedule=schedule) == ()
    assert _left(_live(schedule={**schedule, "startDate": "x"}), schedule=schedule) != ()


@pytest.mark.parametrize("strange", [None, [], {"a": 1}])
def test_a_strange_status_or_traffic_is_no_reason_to_fail(strange: object) -> None:
    """It is shown as it is, and gives way to what the manifest states."""
    live = _live(status=strange, traffic=strange, schedule=strange, goals=strange)
    traffic = {"type": "simpleTraffic", "allocation": 50}

    standing = _KIND.standing(stored("experiment", live))
    assert standing is not None
    assert not standing.is_running
    body = _sent(live, traffic=traffic, status="DRAFT", goals={"primary": {"name": "x"}})

    assert body["traffic"].items() >= traffic.items()
    assert body["status"] == "DRAFT"
    assert _left(body, traffic=traffic, status="DRAFT") == ()


def test_traffic_that_the_tenant_does_not_show_is_sent() -> None:
    """What the manifest states is not lost because an answer is short."""
    live = {name: value for name, value in _live().items() if name != "traffic"}
    traffic = {"type": "simpleTraffic", "allocation": 50}

    assert _sent(live, traffic=traffic)["traffic"] == traffic


@pytest.mark.parametrize("strange", [None, "x", {}, [None, "x"], [{"name": 1, "tasks": "y"}]])
def test_a_lenient_reader_does_not_fail_on_strange_parts(strange: object) -> None:
    """What cannot be named is passed over."""
    live = _live(traffic={"type": "simpleTraffic", "splits": strange}, variants=strange)

    _KIND.normalise(stored("experiment", live), Refs())
    _sent(live, variants={"a": {"name": "A"}})
