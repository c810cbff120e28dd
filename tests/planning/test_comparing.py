"""When a live value counts as what the manifest states."""

from __future__ import annotations

from typing import Any

import pytest

from personalize_sync.kinds import Form, KeyedBy
from personalize_sync.kinds.kind import Shape
from personalize_sync.planning.compare import align, canonical, differing, digest, value_at
from personalize_sync.resources import ABSENT, AFTER_APPLY, SecretRef

SHAPES: dict[str, Shape] = {
    "/map": Form.MAP,
    "/set": Form.SET,
    "/keyed": KeyedBy("name"),
    "/groups/*/set": Form.SET,
}


def different(desired: dict[str, Any], live: dict[str, Any]) -> list[str]:
    """Return the differing paths, joined by slashes."""
    return ["/".join(path) for path in differing(desired, align(desired, live, SHAPES))]


SAME: tuple[tuple[str, Any, Any], ...] = (
    ("an integer and the same as a float", 1, 1.0),
    ("a float and the same as an integer", 0.0, 0),
    ("line ends that the server rewrote", "a\r\nb\r\n", "a\nb\n"),
    ("white space that the server trimmed", "\n a \n", "a"),
    ("line ends and white space", "a\r\nb\r\n", "a\nb"),
    ("nothing and null", None, None),
    ("an object of which more is live", {"x": 1}, {"x": 1, "y": 2}),
    ("an object about which nothing is stated", {}, {"y": 2}),
)


@pytest.mark.parametrize(("why", "desired", "live"), SAME, ids=[row[0] for row in SAME])
def test_values_that_mean_the_same(why: str, desired: object, live: object) -> None:
    """They are no difference, alone or in a list."""
    assert different({"field": desired}, {"field": live}) == [], why
    assert different({"field": [desired]}, {"field": [live]}) == [], why


OTHER: tuple[tuple[str, Any, Any], ...] = (
    ("one and true", 1, True),
    ("false and zero", False, 0),
    ("a number and its text", 1, "1"),
    ("line ends that are only live", "a\nb", "a\r\nb"),
    ("white space that is only live", "a", "a\n"),
    ("trimmed white space within", "a  b", "a b"),
    ("null and a value", None, "a"),
    ("an empty text and white space", "", " "),
    ("a word and another case", "Draft", "DRAFT"),
    ("an object and a list of it", {"x": 1}, [{"x": 1}]),
)


@pytest.mark.parametrize(("why", "desired", "live"), OTHER, ids=[row[0] for row in OTHER])
def test_values_that_do_not_mean_the_same(why: str, desired: object, live: object) -> None:
    """They are a difference, alone or in a list."""
    assert different({"field": desired}, {"field": live}) == ["field"], why
    assert different({"field": [2, desired]}, {"field": [2, live]}) == ["field"], why


@pytest.mark.parametrize("empty", ["", [], {}, False, None], ids=repr)
@pytest.mark.parametrize("live", [{}, {"field": None}], ids=["left out", "null"])
def test_an_empty_value_may_be_left_out_of_an_answer(empty: object, live: dict[str, Any]) -> None:
    """A server need not store what says nothing."""
    assert different({"field": empty}, live) == []


@pytest.mark.parametrize("value", ["a", 0, 0.0, True, ["a"], {"x": 1}], ids=repr)
@pytest.mark.parametrize("live", [{}, {"field": None}], ids=["left out", "null"])
def test_a_value_that_says_something_is_missed(value: object, live: dict[str, Any]) -> None:
    """Zero says something: a timeout of 0 is not the default timeout."""
    found = different({"field": value}, live)

    assert found == (["field/x"] if value == {"x": 1} and not live else ["field"])


def test_what_the_manifest_leaves_out_is_not_compared() -> None:
    """Only stated fields are managed, at every depth."""
    assert different({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}) == []


def test_a_collection_by_key_is_managed_whole() -> None:
    """An element that is only live is a difference, one that is only wanted too."""
    assert different({"map": {"a": 1, "b": 1}}, {"map": {"b": 1, "c": {"d": 1}}}) == [
        "map/a",
        "map/c/d",
    ]
    assert different({"map": {}}, {"map": {"c": 1}}) == ["map/c"]
    assert different({}, {"map": {"c": 1}}) == []


def test_in_a_set_only_the_order_means_nothing() -> None:
    """How often an item stands there means something."""
    assert different({"set": ["a", "b"]}, {"set": ["b", "a"]}) == []
    assert different({"set": ["a", "a", "b"]}, {"set": ["a", "b", "b"]}) == ["set"]
    assert different({"set": ["a"]}, {"set": ["a", "a"]}) == ["set"]
    assert different({"other": ["a", "b"]}, {"other": ["b", "a"]}) == ["other"]


def test_a_pattern_names_the_place_of_a_set_below_any_key() -> None:
    """`*` stands for one name."""
    assert different({"groups": {"g": {"set": [1, 2]}}}, {"groups": {"g": {"set": [2, 1]}}}) == []


def test_items_with_a_key_are_compared_by_it() -> None:
    """Their order means nothing, what an item leaves out is not compared."""
    wanted = {"keyed": [{"name": "a", "value": 1}, {"name": "b", "value": 2}]}
    more = {"name": "b", "value": 2, "note": "x"}

    assert different(wanted, {"keyed": [more, {"name": "a", "value": 1}]}) == []
    assert different(wanted, {"keyed": [more, {"name": "c", "value": 1}]}) == ["keyed"]
    assert different(wanted, {"keyed": [more]}) == ["keyed"]


def test_items_with_one_key_keep_their_own_order() -> None:
    """Two headers of one name are sent in turn."""
    first, second = {"name": "a", "value": 1}, {"name": "a", "value": 2}

    assert different({"keyed": [first, second]}, {"keyed": [first, second]}) == []
    assert different({"keyed": [first, second]}, {"keyed": [second, first]}) == ["keyed"]


@pytest.mark.parametrize("live", ["****", None, "hush", ABSENT])
def test_a_secret_is_never_compared(live: object) -> None:
    """Whatever the tenant shows in its place."""
    auth = {} if live is ABSENT else {"secret": live}

    assert different({"auth": {"secret": SecretRef("A")}}, {"auth": auth}) == []


@pytest.mark.parametrize("name", ["__init", "", "a/b", "a~b", "a.b", "root['a']", 'say "x"', "0"])
def test_a_field_may_have_any_name(name: str) -> None:
    """No name is taken for something private, a path, or an index."""
    desired, live = {"map": {name: 1}}, {"map": {name: 2}}

    assert differing(desired, live) == (("map", name),)


def test_an_object_that_comes_or_goes_is_told_field_by_field() -> None:
    """An empty object is a field of its own."""
    assert differing({"a": {"b": {"c": 1}, "d": {}}}, {}) == (("a", "b", "c"), ("a", "d"))
    assert differing({}, {"a": {"b": 1}}) == (("a", "b"),)
    assert differing({"a": {"b": 1}}, {"a": "b"}) == (("a",),)


def test_values_that_json_has_no_word_for_equal_only_themselves() -> None:
    """A text that spells one is a text."""
    assert canonical(ABSENT) != canonical("absent")
    assert canonical(AFTER_APPLY) != canonical("known after apply")
    assert canonical(SecretRef("A")) != canonical({"name": "A", "version": ""})
    assert canonical(ABSENT) == canonical(ABSENT)


def test_a_digest_does_not_depend_on_the_order_of_names() -> None:
    """Same value, same bytes; integers of any size."""
    assert digest({"a": 1, "b": [2**80]}) == digest({"b": [2**80], "a": 1})
    assert digest({"a": 2**80}) != digest({"a": 2**80 + 1})
    assert digest({}) == ("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")


def test_a_value_is_found_through_objects_only() -> None:
    """A path into a list or a text leads nowhere."""
    assert value_at({"a": {"b": 1}}, ("a", "b")) == 1
    assert value_at({"a": [1]}, ("a", "0")) is ABSENT
    assert value_at({"a": None}, ("a",)) is None
