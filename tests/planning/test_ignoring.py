"""Ignored fields: not compared, not changed, not lost."""

from __future__ import annotations

import pytest
from planning.builders import (
    actions,
    connection,
    fields,
    live_connection,
    live_model,
    live_template,
    live_variant,
    model,
    only_change,
    plan_for,
    template,
)

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Change
from personalize_sync.project import IgnoreRule


def ignoring(path: str, address: str = "*") -> dict[str, object]:
    """Return the environment's rules with one field ignored."""
    return {"ignore": (IgnoreRule(address, path, reason="marketers own it"),)}


def body(change: Change) -> dict[str, object]:
    """Return what apply would PUT or POST."""
    assert change.desired
    record = change.live.record if change.live else {}
    return BY_NAME[change.address.kind].overlay(record, change.desired, plan_for([]).refs)


def test_an_ignored_field_is_not_compared() -> None:
    """Whoever moved it."""
    plan = plan_for([template(name="Git's")], live_template(name="x"), rules=ignoring("/name"))

    assert plan.is_empty
    assert plan.drift == ()


def test_an_ignored_field_is_carried_through_a_write() -> None:
    """Another field changes; this one stays as it is live."""
    plan = plan_for(
        [template(name="Git's", status="PUBLISHED")],
        live_template(name="Maria's"),
        rules=ignoring("/name"),
    )

    assert list(fields(only_change(plan))) == ["/status"]
    assert body(only_change(plan))["name"] == "Maria's"


@pytest.mark.parametrize("stated", [{"html": "a"}, {"html": "a", "css": "from Git"}])
def test_an_ignored_element_of_a_collection_is_left_as_it_is(stated: dict[str, str]) -> None:
    """A collection is managed whole, but for what is ignored in it."""
    live = live_template(elements={"html": "a", "css": "Maria's"})
    rules = ignoring("/templateElements/css")

    assert plan_for([template(templateElements=stated)], live, rules=rules).is_empty

    change = only_change(
        plan_for([template(name="New", templateElements=stated)], live, rules=rules)
    )
    assert list(fields(change)) == ["/name"]
    assert body(change)["templateElements"] == [
        {"id": "html", "template": "a"},
        {"id": "css", "template": "Maria's"},
    ]


def test_an_ignored_element_that_is_gone_stays_gone() -> None:
    """The tenant's people own it, its absence too."""
    stated = {"html": "a", "css": "from Git"}
    live = live_template(elements={"html": "a"})

    assert plan_for(
        [template(templateElements=stated)], live, rules=ignoring("/templateElements/css")
    ).is_empty


def test_an_ignored_object_is_ignored_with_all_that_it_holds() -> None:
    """`/request` covers `/request/connectionUrl`."""
    moved = {"requestType": "GET", "connectionUrl": "https://weather.example.test/v2"}

    assert plan_for(
        [connection()], live_connection(request=moved), rules=ignoring("/request")
    ).is_empty


def test_a_field_below_a_stated_object_is_ignored_alone() -> None:
    """Its neighbours are managed on."""
    moved = {"requestType": "PUT", "connectionUrl": "https://weather.example.test/v2"}

    plan = plan_for(
        [connection()], live_connection(request=moved), rules=ignoring("/request/connectionUrl")
    )

    assert list(fields(only_change(plan))) == ["/request/requestType"]


def test_a_rule_speaks_of_its_addresses_only() -> None:
    """The address is a glob."""
    desired, live = [template(name="New")], live_template()

    assert plan_for(desired, live, rules=ignoring("/name", "template/str*")).is_empty
    assert not plan_for(desired, live, rules=ignoring("/name", "template/other")).is_empty


def test_a_new_object_is_created_with_what_is_ignored_later() -> None:
    """Somebody has to say how it begins, and the API may demand the field."""
    change = only_change(plan_for([template(name="First")], rules=ignoring("/name")))

    assert fields(change)["/name"].after == "First"
    assert body(change)["name"] == "First"


def test_a_restored_object_keeps_its_ignored_fields() -> None:
    """It exists: what is ignored is left as it is."""
    live = live_template(name="Maria's", archived=True)

    plan = plan_for([template(name="Git's")], live, rules=ignoring("/name"))

    assert actions(plan) == ["restore template/strip"]
    assert body(only_change(plan))["name"] == "Maria's"


def test_an_ignored_share_is_left_to_the_tenant() -> None:
    """The rest of the deployment is managed on."""
    entry = {"variantRef": "ref-of-Main", "status": "TEST", "split": 30, "variantRevision": 1}

    plan = plan_for(
        model(), live_model("Banner", entry), live_variant(), rules=ignoring("/variants/main/split")
    )

    assert list(fields(only_change(plan))) == ["/variants/main/status"]
