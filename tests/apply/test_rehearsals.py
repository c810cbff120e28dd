"""`apply --test`: a model's traffic moves only when its tests pass."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from world import World

from personalize_sync.errors import CredentialError
from personalize_sync.sandbox import starred_settings
from personalize_sync.sandbox.faults import Fault, Status

if TYPE_CHECKING:
    from pathlib import Path

    from personalize_sync.planning.outcome import Outcome, Report

GOOD, BAD = "CUSTOMER", "NOBODY"


def variant(
    answer: str = GOOD, *, name: str = "Main", also: str = "", **more: Any
) -> dict[str, Any]:
    """Return a variant that gives this answer, and something else, to everybody."""
    definition = (
        '<definitions><decision id="d" name="Guest type"><literalExpression><text>'
        f"return {{guestType: '{answer}', also: '{also}'}};"
        "</text></literalExpression></decision></definitions>"
    )
    return {"name": name, "definition": definition, "status": "PRODUCTION", "split": 100, **more}


def declare(world: World, **variants: dict[str, Any]) -> None:
    """Declare a model with these variants, each of which must answer well."""
    document = {
        "apiVersion": "personalize-sync/v1",
        "kind": "DecisionModel",
        "metadata": {"key": "banner"},
        "spec": {"name": "Banner", "variants": variants},
        "tests": {
            f"{key}_is_good": {"variant": key, "expect": {"Guest type": [{"guestType": GOOD}]}}
            for key in variants
        },
    }
    world.write("banner.yaml", json.dumps(document))


def deployed(world: World) -> list[tuple[str, int, int]]:
    """Return status, split and pinned revision of each entry of the deployment."""
    entries = world.stored("decision-model/Banner")["deploymentConfiguration"]["variants"]
    return [(e["status"], e["split"], e["variantRevision"]) for e in entries]


def sent(world: World) -> list[str]:
    """Return what was sent, in order."""
    words = {
        "/v2/testDecisionModel": "test",
        "/v2/decisionModelDefinitions": "model",
        "/v2/decisionModelVariants": "variant",
        "/v3/templates": "template",
    }
    return [
        f"{r.method} {next((word for start, word in words.items() if r.path.startswith(start)))}"
        for r in world.writes()
    ]


def outcomes(report: Report) -> dict[str, Outcome]:
    """Return the outcomes by address."""
    return {str(outcome.address): outcome for outcome in report.outcomes}


def test_a_new_variant_is_tested_before_guests_get_it(tmp_path: Path) -> None:
    """As TEST first, which serves nobody; then it takes its share."""
    world = World(tmp_path)
    declare(world, main=variant())

    report = world.apply(test=True)

    assert sent(world) == ["POST model", "POST model", "PUT model", "POST test", "PUT model"]
    staged = world.writes()[2].body
    assert isinstance(staged, dict)
    (entry,) = staged["deploymentConfiguration"]["variants"]
    assert (entry["status"], entry["split"]) == ("TEST", 0)
    assert (report.exit_code, deployed(world)) == (0, [("PRODUCTION", 100, 1)])
    assert outcomes(report)["decision-model/banner"].notes == (
        "deployed as TEST first: main",
        "1 test passed",
    )
    assert world.plan().is_empty


def test_a_new_variant_that_fails_gets_no_guests(tmp_path: Path) -> None:
    """The model is reported as failed, with what was wrong and what was left."""
    world = World(tmp_path)
    declare(world, main=variant(BAD))

    report = world.apply(test=True)

    outcome = outcomes(report)["decision-model/banner"]
    assert (report.exit_code, deployed(world)) == (14, [("TEST", 0, 1)])
    assert (outcome.result, outcome.wrote) == ("failed", True)
    assert "1 of 1 test did not pass, so traffic stays where it was" in outcome.error
    assert "deployed as TEST first: main" in outcome.error


def test_a_failing_edit_of_what_guests_get_is_not_pinned(tmp_path: Path) -> None:
    """The variant is written, which moves nothing; the deployment keeps the old revision."""
    world = World(tmp_path)
    declare(world, main=variant())
    world.apply(test=True)
    world.sandbox.forget_requests()
    declare(world, main=variant(BAD))

    report = world.apply(test=True)

    assert sent(world) == ["PUT variant", "POST test"]
    assert deployed(world) == [("PRODUCTION", 100, 1)]
    assert [(str(o.address), o.result, o.wrote) for o in report.outcomes] == [
        ("decision-variant/banner:main", "updated", True),
        ("decision-model/banner", "failed", False),
    ]
    assert report.exit_code == 14


def test_a_good_edit_of_what_guests_get_is_pinned(tmp_path: Path) -> None:
    """It never leaves production on the way."""
    world = World(tmp_path)
    declare(world, main=variant())
    world.apply()
    world.sandbox.forget_requests()
    declare(world, main=variant(also="again"))

    report = world.apply(test=True)

    assert sent(world) == ["PUT variant", "POST test", "PUT model"]
    assert (report.exit_code, deployed(world)) == (0, [("PRODUCTION", 100, 2)])


def test_a_failing_newcomer_leaves_the_others_their_guests(tmp_path: Path) -> None:
    """The shares are those from before, to the last percent."""
    world = World(tmp_path)
    declare(world, main=variant())
    world.apply()
    declare(world, main=variant(split=40), other=variant(BAD, name="Other", split=60))

    report = world.apply(test=True)

    assert report.exit_code == 14
    assert sorted(deployed(world)) == [("PRODUCTION", 100, 1), ("TEST", 0, 1)]


def test_mending_what_failed_converges(tmp_path: Path) -> None:
    """A variant that was left in TEST is tested again and takes its share."""
    world = World(tmp_path)
    declare(world, main=variant(BAD))
    world.apply(test=True)
    declare(world, main=variant())

    report = world.apply(test=True)

    assert (report.exit_code, deployed(world)) == (0, [("PRODUCTION", 100, 2)])
    assert world.plan().is_empty


def test_a_draft_that_fails_is_reported_though_nothing_is_deployed(tmp_path: Path) -> None:
    """The variant alone is touched, so its own tests are what counts."""
    world = World(tmp_path)
    declare(world, main=variant(), later=variant(name="Next", status="DRAFT", split=0))
    world.apply(test=True)
    declare(world, main=variant(), later=variant(BAD, name="Next", status="DRAFT", split=0))

    report = world.apply(test=True)

    (outcome,) = report.outcomes
    assert (str(outcome.address), outcome.result) == ("decision-variant/banner:later", "failed")
    assert (outcome.wrote, report.exit_code) == (True, 14)


def test_untouched_models_are_not_tested(tmp_path: Path) -> None:
    """And without being asked for, nothing is."""
    world = World(tmp_path)
    declare(world, main=variant(BAD))
    world.apply()
    world.template()

    report = world.apply(test=True)

    assert report.exit_code == 0
    assert "POST test" not in sent(world)


def test_a_test_without_an_answer_moves_no_traffic(tmp_path: Path) -> None:
    """What nobody could judge has not passed."""
    refusal = Fault(Status(400), "POST", "/v2/testDecisionModel")
    world = World(tmp_path, faults=(refusal,))
    declare(world, main=variant())

    report = world.apply(test=True)

    assert (report.exit_code, deployed(world)) == (14, [("TEST", 0, 1)])
    assert refusal.fired


class _Answers(httpx.BaseTransport):
    """Changes what the tenant answers to a test."""

    def __init__(self, inner: httpx.BaseTransport, **changes: Any) -> None:
        self._inner, self._changes = inner, changes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if not request.url.path.endswith("/testDecisionModel"):
            return answer
        return httpx.Response(200, json={**json.loads(answer.read()), **self._changes})


@pytest.mark.parametrize(
    "changes",
    [{"decisionModelVariantRevision": 1}, {"decisionModelVariantRef": "of-another"}],
    ids=["revision", "variant"],
)
def test_an_answer_about_something_else_moves_no_traffic(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    """A tenant that lags tests what guests have already, and that passes."""
    world = World(tmp_path)
    declare(world, main=variant())
    world.apply()
    declare(world, main=variant(also="again"))
    world.wire = lambda inner: _Answers(inner, **changes)

    report = world.apply(test=True)

    assert (report.exit_code, deployed(world)) == (14, [("PRODUCTION", 100, 1)])


@pytest.mark.parametrize("setting", starred_settings())
def test_it_holds_whatever_the_tenant_does(setting: str, tmp_path: Path) -> None:
    """Good tests end in production, bad ones never reach it."""
    world = World(tmp_path, knobs=(setting,))
    declare(world, main=variant(), other=variant(name="Other", split=0))
    assert world.apply(test=True).exit_code == 0
    assert {status for status, _, _ in deployed(world)} == {"PRODUCTION"}
    before = deployed(world)
    declare(world, main=variant(BAD), other=variant(BAD, name="Other", split=0))

    assert world.apply(test=True).exit_code == 14
    assert deployed(world) == before


def test_a_key_that_may_test_is_asked_for_before_the_first_write(tmp_path: Path) -> None:
    """Without one nothing is written at all."""
    world = World(tmp_path)
    declare(world, main=variant())
    world.environ["PERSONALIZE_SYNC_TEST_DECISION_MODEL_TESTING_CLIENT_SECRET"] = "wrong"

    with pytest.raises(CredentialError):
        world.apply(test=True)
    assert world.writes() == []
