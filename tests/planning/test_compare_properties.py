"""Comparing, against the simplest program that could say the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from planning.strategies import json_objects, json_values, thorough

from personalize_sync.planning.compare import align, canonical, differing, value_at
from personalize_sync.resources import ABSENT


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; true is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return every value that is no object, and every empty object, by its path."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    found: dict[tuple[str, ...], Any] = {}
    for name, child in value.items():
        found |= leaves(child, (*path, name))
    return found


def states(wanted: Any, found: Any) -> bool:
    """Whether a live value says what is wanted, without any shapes."""
    if found is None and (wanted in ("", [], {}) or wanted is False):
        return True
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            states(child, found.get(name)) for name, child in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(wanted) == len(found)
            and all(map(states, wanted, found))
        )
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted == found
    return equal(wanted, found)


@thorough
@given(json_values, json_values)
def test_canonical_bytes_are_equal_exactly_if_the_values_are(one: Any, other: Any) -> None:
    """Bytes can stand for values."""
    assert (canonical(one) == canonical(other)) is equal(one, other)


@thorough
@given(json_objects)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    """However it is aligned."""
    assert differing(document, document) == ()
    assert align(document, document, {}) == document


@thorough
@given(json_objects, json_objects)
def test_differing_agrees_with_the_oracle(one: dict[str, Any], other: dict[str, Any]) -> None:
    """There is a difference exactly if there is one, and it is at the named places."""
    paths = differing(one, other)

    assert bool(paths) is not equal(one, other)
    assert list(paths) == sorted(set(paths))
    for path in paths:
        assert not equal(value_at(one, path), value_at(other, path))
    here, there = leaves(one), leaves(other)
    for path, value in here.items():
        if path and not equal(value, there.get(path, ABSENT)):
            assert any(path[: len(p)] == p or p[: len(path)] == path for p in paths)


@thorough
@given(json_objects, json_objects)
def test_align_agrees_with_the_oracle(desired: dict[str, Any], live: dict[str, Any]) -> None:
    """Nothing differs exactly if every stated value is live."""
    assert (differing(desired, align(desired, live, {})) == ()) is states(desired, live)


@thorough
@given(json_objects, json_objects)
def test_aligning_again_changes_nothing(desired: dict[str, Any], live: dict[str, Any]) -> None:
    """What was put into the manifest's words stays in them."""
    once = align(desired, live, {})

    assert canonical(align(desired, once, {})) == canonical(once)
