"""Objects, lists and JSON texts, compared place by place."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from personalize_sync.kinds.kind import Form, KeyedBy
from personalize_sync.planning.compare import canonical
from personalize_sync.rendering.diffs import EntriesDiff, TextDiff, compare


def rows(before: Any, after: Any, **more: Any) -> list[str]:
    """The lines of a structural diff."""
    found = compare(before, after, width=100, **more)
    assert isinstance(found, EntriesDiff)
    return list(found.rows())


def test_a_keyed_list_is_compared_by_key() -> None:
    """A header that moved is the same header; one that changed shows only what changed."""
    before = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    after = [{"name": "B", "value": "3"}, {"name": "A", "value": "1"}, {"name": "C", "value": "4"}]
    assert rows(before, after, shape=KeyedBy("name")) == [
        '-/[B]/value: "2"',
        '+/[B]/value: "3"',
        "+/[C]: {",
        '+    "name": "C",',
        '+    "value": "4"',
        "+  }",
    ]


def test_a_list_of_named_objects_needs_no_declaration() -> None:
    """What carries a key, id, ref or name is told apart by it."""
    before = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]
    assert rows(before, [{"id": "b", "n": 2}, {"id": "a", "n": 5}]) == ["-/[a]/n: 1", "+/[a]/n: 5"]


def test_a_list_whose_keys_repeat_is_compared_by_place() -> None:
    """A key that two items share tells nothing apart."""
    before = [{"name": "A", "v": 1}, {"name": "A", "v": 2}]
    after = [{"name": "A", "v": 1}, {"name": "A", "v": 3}]
    assert rows(before, after, shape=KeyedBy("name")) == ["-/1/v: 2", "+/1/v: 3"]


def test_a_set_shows_what_came_and_went() -> None:
    """The order of tags means nothing."""
    assert rows(["a", "b"], ["c", "b"], shape=Form.SET) == ['-/: "a"', '+/: "c"']


def test_an_order_that_counts_is_mentioned() -> None:
    """Where nothing but the order changed, that is what is said."""
    before = [{"id": "a"}, {"id": "b"}]
    assert rows(before, before[::-1]) == ["@@ the order changed @@"]


def test_json_inside_a_text_is_compared_as_json() -> None:
    """A request body shows the place that changed, not a line of two hundred characters."""
    before = json.dumps({"guest": {"email": "${email}", "tier": 1}, "pad": "x" * 200})
    assert rows(before, before.replace('"tier": 1', '"tier": 2')) == [
        "-/guest/tier: 1",
        "+/guest/tier: 2",
    ]


def test_json_written_differently_is_a_matter_of_lines() -> None:
    """Where only the spelling changed, the lines are what there is to see."""
    found = compare('{"a": 1,\n "b": 2}', '{"a":1,\n"b":2}', width=100)
    assert isinstance(found, TextDiff)
    assert found.hunks


def test_json_that_would_hide_a_value_is_compared_as_text() -> None:
    """An object with one key twice loses a value when it is read."""
    assert isinstance(compare('{"a": 1, "a": 2}\n', '{"a": 3, "a": 2}\n', width=100), TextDiff)
    assert isinstance(compare("[" * 5000 + "\n", "[1]\n", width=100), TextDiff)


def test_a_long_text_inside_an_object_shows_its_lines() -> None:
    """HTML within JSON within YAML is still read line by line."""
    before = {"html": "".join(f"<p>{n}</p>\n" for n in range(20)), "n": 1}
    after = {**before, "html": before["html"].replace("<p>7</p>", "<p>seven</p>")}  # type: ignore[attr-defined]
    found = rows(before, after)
    assert found[0] == "@@ /html @@"
    assert {"-<p>7</p>", "+<p>seven</p>"} < set(found)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from([1.0, "a", "b", "x\ny"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "name", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_LISTS = st.lists(_JSON, max_size=5)


@given(_LISTS, _LISTS, st.sampled_from([None, KeyedBy("name"), KeyedBy("id"), Form.SET]))
def test_values_that_differ_never_show_as_equal(before: Any, after: Any, shape: Any) -> None:
    """A diff of lists is empty exactly when they mean the same."""
    found = compare(before, after, width=100, shape=shape)
    assert isinstance(found, EntriesDiff)
    if shape is Form.SET:
        same = sorted(map(canonical, before)) == sorted(map(canonical, after))
        assert bool(found.entries) != same
    else:
        assert bool(list(found.rows())) == (canonical(before) != canonical(after))


@given(st.dictionaries(st.text("ab"), _JSON, max_size=4), st.dictionaries(st.text("ab"), _JSON))
def test_json_texts_that_differ_never_show_as_equal(before: Any, after: Any) -> None:
    """The same holds when the objects are written down."""
    old, new = json.dumps(before) + "\n", json.dumps(after) + "\n"
    found = compare(old, new, width=100)
    assert found is not None
    assert not isinstance(found, EntriesDiff) or list(found.rows())
    assert old == new or not isinstance(found, TextDiff) or found.hunks
