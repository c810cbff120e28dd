"""`tests:` of a decision model: what the loader makes of them, and where it complains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from manifests.trees import HEAD, load, places

from personalize_sync.resources import Address

if TYPE_CHECKING:
    from pathlib import Path

_SPEC = "{name: A, variants: {one: {name: One, definition: x}, two: {name: Two, definition: x}}}"


def model(tests: str, rest: str = "") -> str:
    """Return the text of a model whose tests begin in its line 5, column 8."""
    head = f"{HEAD}kind: DecisionModel\nmetadata: {{key: a}}\nspec: {_SPEC}\n"
    return f"{head}tests: {tests}\n{rest}"


def test_a_test_is_read_with_its_files(tmp_path: Path) -> None:
    """A file holds the whole context or a part of it; numbers and text stay what they are."""
    tests = """
      b: {variant: two, context: {fromFile: all.json}, expect: {N: []}}
      a: {variant: one, context: {channel: WEB, guest: {fromFile: sub/g.json}}, expect: {N: [{x: 1}]}}
    """
    files = {
        "m.yaml": model(tests),
        "all.json": '{"guest": {"email": "a@example.test"}}',
        "sub/g.json": '{"orders": [{"total": 1.5}]}',
    }

    loaded = load(tmp_path, files)

    assert loaded.problems == ()
    assert [(t.model, t.name, t.variant, t.context, t.expect) for t in loaded.tests] == [
        (
            Address("decision-model", "a"),
            "a",
            "one",
            {"channel": "WEB", "guest": {"orders": [{"total": 1.5}]}},
            {"N": [{"x": 1}]},
        ),
        (
            Address("decision-model", "a"),
            "b",
            "two",
            {"guest": {"email": "a@example.test"}},
            {"N": []},
        ),
    ]


def test_tests_belong_to_no_spec(tmp_path: Path) -> None:
    """What is planned and sent is the same with them and without."""
    tests = "{a: {variant: one, expect: {N: []}}}"
    with_tests = load(tmp_path / "x", {"m.yaml": model(tests)})
    without = load(tmp_path / "y", {"m.yaml": model("{}")})

    assert with_tests.resources == without.resources
    assert with_tests.tree_digest != without.tree_digest


def test_a_context_file_counts_for_the_digest(tmp_path: Path) -> None:
    """Another guest is another state of the manifests."""
    tests = "{a: {variant: one, context: {fromFile: g.json}, expect: {N: []}}}"
    first = load(tmp_path, {"m.yaml": model(tests), "g.json": "{}"})
    second = load(tmp_path, {"g.json": '{"channel": "WEB"}'})

    assert first.tree_digest != second.tree_digest


def test_a_variant_that_an_environment_takes_away_takes_its_tests(tmp_path: Path) -> None:
    """There is nothing to test there, and nothing wrong."""
    tests = "{a: {variant: one, expect: {N: []}}, b: {variant: two, expect: {N: []}}}"
    text = model(tests, "overrides: {uat: {variants: {two: null}}}\n")
    environments = ("uat", "production")

    in_uat = load(tmp_path, {"m.yaml": text}, environments=environments, environment="uat")
    in_production = load(tmp_path, environments=environments, environment="production")

    assert (in_uat.problems, [test.name for test in in_uat.tests]) == ((), ["a"])
    assert [test.name for test in in_production.tests] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ('{"a": 1, "a": 2}', "a key stands twice"),
        ('{"a": NaN}', "NaN does not exist"),
        ('{"a": 1e999}', "is not JSON"),
        ('{"a": "\\ud800"}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "does not hold a JSON object"),
        ('"guest"', "does not hold a JSON object"),
    ],
)
def test_a_context_that_cannot_be_sent_is_a_problem_at_the_file_name(
    text: str, why: str, tmp_path: Path
) -> None:
    """The manifest names the file, so that is where to look first."""
    tests = "{a: {variant: one, context: {fromFile: g.json}, expect: {N: []}}}"

    loaded = load(tmp_path, {"m.yaml": model(tests), "g.json": text})

    assert places(loaded.problems) == ["5:47 PS2005"]
    assert why in loaded.problems[0].message
    assert (loaded.resources, loaded.tests) == ((), ())
