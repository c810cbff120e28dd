"""Tests of decision models: what passes, what fails, and what cannot be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning.strategies import json_objects, json_values, thorough

from personalize_sync.kinds.model_tests import Judged, ModelTest, judge, request_body
from personalize_sync.problems import Location
from personalize_sync.resources import Address


@dataclass(frozen=True)
class Anywhere:
    """A source that knows no places."""

    start = Location("m.yaml", 1, 1)

    def locate(self, path: tuple[str, ...], *, key: bool = False) -> Location:
        """Return the one place there is."""
        del path, key
        return self.start


def expecting(**expect: Any) -> ModelTest:
    """Return a test with these expectations."""
    model = Address("decision-model", "banner")
    return ModelTest(model, "t", "main", {"guest": {"email": "a"}}, expect, Anywhere())


def answer(outputs: Any = (), **node: Any) -> dict[str, Any]:
    """Return an answer with one node."""
    found = {"id": "n1", "name": "Node", "error": False, "outputs": outputs, **node}
    return {"error": False, "decisionModelVariantRevision": 3, "decisionModelResultNodes": [found]}


def said(tested: Judged) -> list[str]:
    """Return what was wrong."""
    return [text for text, _ in tested.complaints]


@pytest.mark.parametrize(
    ("expected", "outputs"),
    [
        ([{"a": 1}], [{"a": 1, "b": 2}]),
        ([{"a": 1}], [{"b": 2}, {"a": 1}]),
        ([{"a": 1}, {"b": 2}], [{"b": 2, "a": 1}]),
        ([{"a": {"b": [1, {"c": None}]}}], [{"a": {"b": [1, {"c": None, "d": 1}], "x": 1}}]),
        ([{"a": 1}], [{"a": 1.0}]),
        (["text", 3, None, True], ["text", 3, None, True]),
        ([], []),
        ([], None),
        ([{"a": 1}], {"a": 1}),
        ([7], 7),
    ],
)
def test_what_is_stated_is_found(expected: list[Any], outputs: Any) -> None:
    """Objects may have more fields, outputs any order; a single output needs no list."""
    tested = judge(expecting(Node=expected), answer(outputs))

    assert (tested.verdict, tested.complaints, tested.revision) == ("passed", (), 3)


@pytest.mark.parametrize(
    ("expected", "outputs"),
    [
        ([{"a": 1}], [{"a": 2}]),
        ([{"a": 1}], []),
        ([{"a": 1, "b": 2}], [{"a": 1}, {"b": 2}]),
        ([{"a": None}], [{}]),
        ([{"a": 1}], [{"a": True}]),
        ([{"a": False}], [{"a": 0}]),
        ([{"a": "1"}], [{"a": 1}]),
        ([{"a": [1]}], [{"a": [1, 2]}]),
        ([{"a": [2, 1]}], [{"a": [1, 2]}]),
        ([[]], [{}]),
        ([], [{"a": 1}]),
    ],
)
def test_what_is_otherwise_fails(expected: list[Any], outputs: Any) -> None:
    """Types count, list items stand in order, and no output means none."""
    tested = judge(expecting(Node=expected), answer(outputs))

    assert tested.verdict == "failed"
    assert len(tested.complaints) == 1


def test_a_failure_says_what_was_expected_and_what_came() -> None:
    """One complaint an output, at the node's place."""
    tested = judge(expecting(Node=[{"a": 1}, {"a": 2}, {"a": 3}]), answer([{"a": 2}]))

    assert said(tested) == [
        'Node: {"a": 1} is not among its outputs [{"a": 2}]',
        'Node: {"a": 3} is not among its outputs [{"a": 2}]',
    ]


def test_a_node_is_found_by_name_or_id() -> None:
    """A missing one is told which there are."""
    outputs = [{"a": 1}]

    assert judge(expecting(n1=outputs), answer(outputs)).verdict == "passed"
    assert said(judge(expecting(Nude=outputs), answer(outputs))) == [
        'no result node is called "Nude"; there are: Node. Did you mean "Node"?'
    ]


def test_a_node_in_error_fails_with_its_cause() -> None:
    """Whatever outputs it has."""
    broken = answer([{"a": 1}], error=True, errorCause="guest is undefined")

    assert said(judge(expecting(Node=[{"a": 1}]), broken)) == [
        "Node: the node ended in an error: guest is undefined"
    ]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ({**answer([{"a": 1}]), "error": True, "errorCause": "no"}, "ended in an error: no"),
        ({**answer([{"a": 1}]), "error": "broken"}, "ended in an error"),
        ({}, "the answer has no decisionModelResultNodes"),
    ],
)
def test_a_model_in_error_is_not_judged(reply: dict[str, Any], why: str) -> None:
    """Not even if the node has what is expected: all may be half done."""
    tested = judge(expecting(Node=[{"a": 1}]), reply)

    assert tested.verdict == "error"
    assert why in said(tested)[0]


def test_the_request_is_the_documented_one() -> None:
    """Model, variant, and the context as it was stated."""
    assert request_body(expecting(), "m", "v") == {
        "decisionModelRef": "m",
        "decisionModelVariantRef": "v",
        "context": {"guest": {"email": "a"}},
    }


@thorough
@given(json_values, st.dictionaries(st.sampled_from(["Node", "n1", "x"]), st.lists(json_values)))
def test_any_answer_is_judged(nodes: object, expect: dict[str, list[Any]]) -> None:
    """However strange; nodes and outputs of any shape."""
    for reply in ({"decisionModelResultNodes": nodes}, answer(nodes), answer(error=nodes)):
        assert judge(expecting(**expect), reply).verdict in ("passed", "failed", "error")


@thorough
@given(json_objects, json_objects)
def test_a_part_of_an_output_is_among_it(stated: dict[str, Any], more: dict[str, Any]) -> None:
    """Any object passes against itself, with more fields beside."""
    outputs = [{**more, **stated}]

    assert judge(expecting(Node=[stated]), answer(outputs)).verdict == "passed"
