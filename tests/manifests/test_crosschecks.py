"""What all manifests together must hold: one address each, references that lead somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from manifests.trees import HEAD, connection, load, places, places_by_file, template

from personalize_sync.manifests.crosschecks import circles
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from pathlib import Path

_FLOW = "name: F, type: INTERACTIVE_WEB_FLOW, channels: [WEB], schedule: {type: simpleSchedule, startDate: 2026-12-01T00:00:00Z}"


def _flow(key: str, kind: str = "Experience", more: str = "", metadata: str = "") -> str:
    return f"{HEAD}kind: {kind}\nmetadata: {{key: {key}{metadata}}}\nspec: {{{_FLOW}{more}}}\n"


def _using(template_key: str, metadata: str = "") -> str:
    more = f", variants: {{v: {{name: V, fromTemplate: {template_key}}}}}"
    return _flow("f", more=more, metadata=metadata)


def test_two_manifests_with_one_address(tmp_path: Path) -> None:
    """The second is reported and names the place of the first."""
    problems = load(tmp_path, {"a.yaml": template(), "b.yaml": template()}).problems

    assert places_by_file(problems) == ["b.yaml:3:17 PS1020"]
    assert "a.yaml:1:1" in problems[0].message


def test_keys_that_differ_only_in_form_are_twins(tmp_path: Path) -> None:
    """Case and composition of characters make no second key, whatever else is wrong with it."""
    files = {"a.yaml": template("promo"), "b.yaml": template("Promo")}

    assert places(load(tmp_path, files).problems) == ["3:17 PS1020", "3:17 PS3002"]


def test_a_key_may_be_used_in_two_kinds(tmp_path: Path) -> None:
    """An address is kind and key."""
    assert load(tmp_path, {"a.yaml": template(), "b.yaml": connection()}).problems == ()


def test_flows_share_their_friendly_ids(tmp_path: Path) -> None:
    """An experience and an experiment with one key would be one object of the tenant."""
    files = {"a.yaml": _flow("f"), "b.yaml": _flow("f", "Experiment")}

    assert places_by_file(load(tmp_path, files).problems) == ["b.yaml:3:17 PS1021"]


def test_a_name_may_be_used_once_in_an_environment(tmp_path: Path) -> None:
    """Connections are known by name, but only one tenant at a time."""
    spec = "{name: Same, systemType: X, auth: {authType: NONE}, request: {}}"
    apart = {
        "a.yaml": connection("a", spec, ", environments: [uat]"),
        "b.yaml": connection("b", spec, ", environments: [production]"),
    }
    environments = ("production", "uat")

    assert load(tmp_path, apart, environments=environments).problems == ()
    problems = load(tmp_path, {"b.yaml": connection("b", spec)}, environments=environments).problems
    assert places_by_file(problems) == ["b.yaml:4:14 PS1021"]


def test_an_override_can_make_a_twin(tmp_path: Path) -> None:
    """The place is the name in the override."""
    files = {"a.yaml": connection("a"), "b.yaml": connection("b") + "overrides: {uat: {name: a}}\n"}

    problems = load(tmp_path, files, environments=("production", "uat")).problems

    assert places_by_file(problems) == ["b.yaml:5:25 PS1021"]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (", renamedFrom: [old]", []),
        (", renamedFrom: [old, other]", ["3:39 PS1021"]),
        (", renamedFrom: [a]", ["3:34 PS1021"]),
    ],
)
def test_a_former_key_must_be_free(metadata: str, expected: list[str], tmp_path: Path) -> None:
    """A key that a manifest bears now cannot be a former one."""
    files = {"a.yaml": template(metadata=metadata), "other.yaml": template("other")}

    assert places(load(tmp_path, files).problems) == expected


def test_two_manifests_cannot_claim_one_former_name(tmp_path: Path) -> None:
    """An object can be renamed only once."""
    files = {
        "a.yaml": connection("a", metadata=", renamedFrom: [Old]"),
        "b.yaml": connection("b", metadata=", renamedFrom: [Old]"),
    }

    assert places_by_file(load(tmp_path, files).problems) == ["b.yaml:3:34 PS1021"]


def test_a_dangling_reference_lists_what_is_declared(tmp_path: Path) -> None:
    """The remedy says what could have been meant."""
    files = {"a.yaml": template("promo_strip"), "f.yaml": _using("promo_stripe")}

    (problem,) = load(tmp_path, files).problems

    assert problem.id == "PS2001"
    assert problem.address == "experience/f"
    assert "Declared templates: promo_strip." in problem.remedy
    assert problem.remedy.endswith('Did you mean "promo_strip"?')


def test_a_reference_must_lead_somewhere_in_each_environment(tmp_path: Path) -> None:
    """What is declared for production only is missing in the other tenant."""
    files = {
        "a.yaml": template("t", metadata=", environments: [production]"),
        "f.yaml": _using("t"),
    }
    environments = ("production", "uat")

    whole = load(tmp_path, files, environments=environments)

    assert [p.message for p in whole.problems] == ["template/t is not declared for uat"]
    assert load(tmp_path, environments=environments, environment="production").problems == ()
    narrow = {"f.yaml": _using("t", ", environments: [production]")}
    assert load(tmp_path, narrow, environments=environments).problems == ()


@pytest.mark.parametrize(
    "broken",
    [
        template("t", "{name: 5, type: WEB}"),
        template("t", "{name: A, type: WEB, name: B}"),
        template("t", "5"),
        template("t") + "overrides: 5\n",
        "{" + template("t"),
    ],
)
def test_one_mistake_makes_no_others(broken: str, tmp_path: Path) -> None:
    """A manifest with a mistake of its own still counts as declared."""
    problems = load(tmp_path, {"a.yaml": broken, "f.yaml": _using("t")}).problems

    assert len(problems) == 1
    assert problems[0].location
    assert problems[0].location.file == "a.yaml"


def test_every_reference_of_a_broken_manifest_is_followed(tmp_path: Path) -> None:
    """A wrong type elsewhere in the document hides no dangling reference."""
    text = _flow("f", more=", status: X, channels: 5, variants: {v: {name: V, fromTemplate: none}}")
    text = text.replace("channels: [WEB], ", "")

    assert [p.id for p in load(tmp_path, {"f.yaml": text}).problems] == [
        "PS1013",
        "PS1012",
        "PS2001",
    ]


def _edges(text: str) -> dict[Address, tuple[Address, ...]]:
    pairs = [line.split(" -> ") for line in text.split(", ") if line]
    starts = {start for start, _ in pairs}
    return {
        Address("x", start): tuple(Address("x", end) for s, end in pairs if s == start)
        for start in starts
    }


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ("", []),
        ("a -> b, b -> c, a -> c", []),
        ("a -> a", ["a"]),
        ("a -> b, b -> a", ["ab"]),
        ("a -> b, b -> c, c -> b", ["bc"]),
        ("a -> b, b -> a, c -> d, d -> c", ["ab", "cd"]),
    ],
)
def test_circles_are_found_with_their_path(edges: str, expected: list[str]) -> None:
    """Each circle is told once, from where it is entered."""
    found = ["".join(a.key for a in path) for path in circles(_edges(edges))]

    assert found == expected


def test_a_long_chain_is_no_problem() -> None:
    """The walk does not recurse."""
    chain = {Address("x", f"{i:05}"): (Address("x", f"{i + 1:05}"),) for i in range(20_000)}

    assert list(circles(chain)) == []
