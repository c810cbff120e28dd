"""`test`: what the tenant's decision models decide, with no key that can write."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest
from world import World

from personalize_sync.sandbox.faults import Fault, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Shop

CANVAS = """<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd">
  <decision id="d1" name="Guest type">
    <literalExpression><text>return {guestType: 'CUSTOMER', visits: 3};</text></literalExpression>
  </decision>
</definitions>"""
TESTS = {
    "customer": {"variant": "main", "expect": {"Guest type": [{"guestType": "CUSTOMER"}]}},
    "visitor": {"variant": "main", "expect": {"Guest type": [{"guestType": "VISITOR"}]}},
}


def declare(world: World, tests: dict[str, Any], definition: str = CANVAS, **variant: Any) -> None:
    """Declare a model with one variant and these tests."""
    main = {"name": "Main", "definition": definition, "status": "PRODUCTION", "split": 100}
    document = {
        "apiVersion": "personalize-sync/v1",
        "kind": "DecisionModel",
        "metadata": {"key": "banner"},
        "spec": {"name": "Banner", "variants": {"main": {**main, **variant}}},
        "tests": tests,
    }
    world.write("banner.yaml", json.dumps(document))


@pytest.fixture
def tested(shop: Shop) -> Shop:
    """A shop whose tenant has a model, one test of which passes and one fails."""
    declare(shop, TESTS)
    assert shop("apply", "--auto-approve").code == 0
    shop.sandbox.forget_requests()
    return shop


def test_a_failing_test_ends_in_1(tested: Shop) -> None:
    """Each test is a line, each complaint has its place, and the last line is stable."""
    said = tested("test")

    assert (said.code, said.err) == (1, "")
    lines = said.out.splitlines()
    assert lines[2:4] == [
        "passed decision-model/banner customer   main, revision 1",
        "failed decision-model/banner visitor   main, revision 1",
    ]
    assert lines[4].startswith('    Guest type: {"guestType": "VISITOR"} is not among its outputs')
    assert lines[4].endswith("   banner.yaml:1")
    assert lines[-1] == "Tests: 1 passed, 1 failed, 0 without an answer."


def test_tests_that_pass_end_in_0(tested: Shop) -> None:
    """Only what was asked of the tenant was sent, and only by the key for testing."""
    declare(tested, {"customer": TESTS["customer"]})

    said = tested("test")

    asked = [r for r in tested.sandbox.requests if r.path != "/oauth/token"]
    assert said.code == 0
    assert {r.method for r in asked[:-1]} == {"GET"}
    assert (asked[-1].method, asked[-1].path) == ("POST", "/v2/testDecisionModel")
    assert {r.client_id for r in asked} == {"sandbox-decision-model-testing"}


def test_without_the_narrow_key_the_wider_one_is_named(shop: Shop) -> None:
    """The router falls back as for reading, and says so."""
    declare(shop, {"customer": TESTS["customer"]})
    assert shop("apply", "--auto-approve").code == 0
    text = shop.project().replace("      decision-model-testing: {}\n", "")
    shop.write("personalize-sync.yaml", text)

    said = shop("test")

    assert said.code == 0
    assert 'used the key for "multiple-resources", which can write' in said.err


@pytest.mark.parametrize(
    ("addresses", "names"),
    [
        (["decision-model/banner"], ["customer", "visitor"]),
        (["decision-variant/banner:main"], ["customer", "visitor"]),
        (["decision-*"], ["customer", "visitor"]),
    ],
)
def test_models_are_chosen_by_address(tested: Shop, addresses: list[str], names: list[str]) -> None:
    """A model, one of its variants, or a pattern."""
    document = tested("test", *addresses, "--format", "json").document

    assert [test["name"] for test in document["tests"]] == names


@pytest.mark.parametrize("address", ["decision-model/baner", "template/strip"])
def test_what_has_no_tests_cannot_be_tested(tested: Shop, address: str) -> None:
    """A slip of the pen must not look like success."""
    said = tested("test", "decision-model/banner", address)

    assert said.code == 64
    assert address in said.err


def test_no_tests_are_no_success_in_disguise(synced: Shop) -> None:
    """The last line says that there are none."""
    said = synced("test")

    assert (said.code, said.out.splitlines()[-1]) == (
        0,
        "No tests of decision models are declared.",
    )


def test_json_and_junit_say_the_same(tested: Shop) -> None:
    """Counts, names, places."""
    document = tested("test", "--format", "json").document
    suites = ET.fromstring(tested("test", "--format", "junit").out)
    cases = list(suites.iter("testcase"))

    assert document["summary"] == {"passed": 1, "failed": 1, "error": 0}
    assert {k: suites.attrib[k] for k in ("tests", "failures", "errors")} == {
        "tests": "2",
        "failures": "1",
        "errors": "0",
    }
    assert [(c.get("classname"), c.get("name")) for c in cases] == [
        (test["address"], test["name"]) for test in document["tests"]
    ]
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"]]
    assert "VISITOR" in (cases[1][0].text or "")


def test_github_gets_an_annotation_for_each_failure(tested: Shop) -> None:
    """At the node of the test."""
    lines = tested("test", "--format", "github").out.splitlines()

    assert [line.partition(" ")[0] for line in lines] == ["::error", "::notice"]
    assert "file=banner.yaml,line=1" in lines[0]


@pytest.mark.parametrize("form", ["terminal", "github", "junit", "json"])
def test_hostile_answers_stay_harmless(shops: Callable[..., Shop], form: str) -> None:
    """Neither control characters nor commands nor markup of a node get out."""
    shop = shops()
    text = r"\u001b[2J\u0000]]&gt;\n::error::x\n##[error]&lt;b&gt;"
    declare(shop, TESTS, CANVAS.replace("CUSTOMER", text))
    assert shop("apply", "--auto-approve").code == 0

    out = shop("test", "--format", form).out

    assert not set("\x1b\x00") & set(out)
    assert not [line for line in out.splitlines() if line.lstrip().startswith("::error::")]
    assert "##[error]" not in out
    if form == "junit":
        assert len(list(ET.fromstring(out).iter("failure"))) == 2


def test_a_variant_that_differs_from_git_is_tested_as_it_is(tmp_path: Path) -> None:
    """What was tested is the tenant's, and the test says so."""
    world = World(tmp_path)
    declare(world, TESTS)
    world.apply()
    declare(world, TESTS, CANVAS.replace("CUSTOMER", "VISITOR"))

    report = world.test()

    assert [tested.verdict for tested in report.tests] == ["passed", "failed"]
    assert "not as Git says" in report.tests[0].notes[0]


def test_a_model_that_is_not_there_cannot_be_judged(tmp_path: Path) -> None:
    """That is an error, not a failure of the model."""
    world = World(tmp_path)
    declare(world, TESTS)

    report = world.test()

    assert [tested.verdict for tested in report.tests] == ["error", "error"]
    assert "no single decision-model/banner" in report.tests[0].complaints[0][0]


def test_a_tenant_in_trouble_is_asked_again(tmp_path: Path) -> None:
    """A test changes nothing, so it may be repeated."""
    fault = Fault(Status(503), "POST", "/v2/testDecisionModel")
    world = World(tmp_path, faults=(fault,))
    declare(world, {"customer": TESTS["customer"]})
    world.apply()

    report = world.test()

    runs = [r for r in world.sandbox.requests if r.path == "/v2/testDecisionModel"]
    assert [tested.verdict for tested in report.tests] == ["passed"]
    assert (len(runs), fault.fired) == (2, 1)


def test_a_refused_test_does_not_hide_the_others(tmp_path: Path) -> None:
    """One that the tenant does not take is an error of its own."""
    refusal = Fault(Status(400), "POST", "/v2/testDecisionModel")
    world = World(tmp_path, faults=(refusal,), parallelism=1)
    declare(world, {"a": TESTS["customer"], "b": TESTS["customer"]})
    world.apply()

    assert [tested.verdict for tested in world.test().tests] == ["error", "passed"]
    assert refusal.fired


def test_apply_moves_traffic_only_to_what_passes(shop: Shop) -> None:
    """Exit 14, and the report says why and what was left."""
    declare(shop, TESTS)

    said = shop("apply", "--auto-approve", "--test")

    lines = [line.strip() for line in said.out.splitlines()]
    assert said.code == 14
    assert "failed decision-model/banner" in lines
    assert any("1 of 2 tests did not pass" in line and "VISITOR" in line for line in lines)
    assert "1 failed" in lines[-1]


def test_asking_for_tests_where_there_are_none_is_mentioned(shop: Shop) -> None:
    """The flag alone proves nothing."""
    said = shop("apply", "--auto-approve", "--test")

    assert said.code == 0
    assert "--test proves nothing" in said.err
