"""One failed change costs what depends on it, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from apply.single_writes import CONNECTIONS, MODELS, TEMPLATES, WRITES

from personalize_sync.planning.outcome import Result
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Instead, Reset, Status

if TYPE_CHECKING:
    from world import World

    from personalize_sync.planning.outcome import Report
    from personalize_sync.sandbox.faults import Effect

_MODEL, _VARIANT = "decision-model/banner", "decision-variant/banner:main"


def _results(report: Report) -> dict[str, Result]:
    return {str(outcome.address): outcome.result for outcome in report.outcomes}


def _errors(report: Report) -> dict[str, str]:
    return {str(outcome.address): outcome.error for outcome in report.outcomes}


def test_what_depends_on_a_failed_create_is_skipped_with_the_reason(world: World) -> None:
    """The model is refused: its variant is skipped, template and connection are created."""
    world.model()
    world.template()
    world.connection()
    fault = world.sandbox.faults.add(Fault(Status(400), "POST", MODELS))

    report = world.apply()

    assert fault.fired == 1
    assert _results(report) == {
        "connection/weather": Result.CREATED,
        "template/strip": Result.CREATED,
        _MODEL: Result.FAILED,
        _VARIANT: Result.SKIPPED,
    }
    assert _errors(report)[_VARIANT] == f"needs {_MODEL}, which was not written"
    assert report.exit_code == 14
    assert [o.wrote for o in report.outcomes if o.result is not Result.CREATED] == [False, False]


def test_a_model_whose_variant_failed_says_that_it_is_not_deployed(world: World) -> None:
    """The model exists, was written, and counts as failed; the next apply completes it."""
    world.model()
    fault = world.sandbox.faults.add(Fault(Status(400), "POST", f"{MODELS}/*/variants"))

    report = world.apply()

    assert fault.fired == 1
    assert _results(report) == {_MODEL: Result.FAILED, _VARIANT: Result.FAILED}
    assert "created, but not deployed" in _errors(report)[_MODEL]
    assert [str(o.address) for o in report.wrote] == [_MODEL]
    assert world.apply().exit_code == 0
    assert len(world.sandbox.all("decision-model")) == 1
    assert world.plan().is_empty


def test_a_variant_that_was_not_updated_is_not_pinned(world: World) -> None:
    """The deployment keeps the old revision when the edit of the variant was refused."""
    WRITES["update-variant"].prepare(world)
    before = world.stored("decision-model/banner")
    # Both the direct edit and the one behind a moment out of the deployment are refused.
    fault = world.sandbox.faults.add(
        Fault(Status(400), "PUT", "/v2/decisionModelVariants/*", times=2)
    )

    report = world.apply()

    assert fault.fired == 2
    assert _results(report)[_MODEL] is Result.SKIPPED
    assert report.exit_code == 14
    assert (
        world.stored("decision-model/banner")["deploymentConfiguration"]
        == (before["deploymentConfiguration"])
    )


def test_independent_changes_go_on_unless_asked_to_stop(world: World) -> None:
    """An archive comes last: it takes place after another change failed, but not with fail-fast."""
    world.template("old")
    world.template("strip")
    world.apply()
    world.forget("Template", "old")
    world.template("strip", name="New")
    path = f"{TEMPLATES}/{world.sandbox.stored('template/strip').ref}"
    fault = world.sandbox.faults.add(Fault(Status(400), "PUT", path, times=0))

    cautious = world.apply(prune=True, fail_fast=True)

    assert fault.fired
    assert _results(cautious) == {
        "template/strip": Result.FAILED,
        "template/old": Result.SKIPPED,
    }
    assert _errors(cautious)["template/old"] == "stopped after template/strip failed"
    assert cautious.exit_code == 14
    going_on = world.apply(prune=True)
    assert _results(going_on)["template/old"] is Result.ARCHIVED
    assert going_on.exit_code == 14


def test_a_second_apply_writes_only_what_is_left(world: World) -> None:
    """Of three creates one failed; the next run makes exactly that one."""
    for key in ("a", "b"):
        world.template(key)
    world.connection()
    fault = world.sandbox.faults.add(Fault(Status(400), "POST", CONNECTIONS))
    assert world.apply().exit_code == 14
    assert fault.fired == 1
    before = len(world.writes())

    assert world.apply().exit_code == 0

    assert [(r.method, r.path) for r in world.writes()[before:]] == [("POST", CONNECTIONS)]


def test_a_template_left_in_draft_is_named_as_written(world: World) -> None:
    """The first of two steps succeeded, so the report does not claim that nothing was written."""
    world.template(status="PUBLISHED")
    assert world.apply().exit_code == 0
    world.sandbox.knobs = type(world.sandbox.knobs).parse(["K28=400"])
    world.template(status="PUBLISHED", name="New")
    back = world.sandbox.faults.add(Fault(Status(400), "PUT", f"{TEMPLATES}/*", nth=3))

    report = world.apply()

    assert back.fired == 1
    assert (report.exit_code, [o.wrote for o in report.outcomes]) == (14, [True])
    assert "left in DRAFT" in report.outcomes[0].error
    assert world.stored("template/strip")["status"] == "DRAFT"
    assert world.apply().exit_code == 0
    assert world.stored("template/strip")["status"] == "PUBLISHED"


def test_a_tenant_that_falls_silent_ends_the_run_after_one_change(world: World) -> None:
    """The others are not even begun: each would wait as long as the first one did."""
    for key in ("a", "b", "c", "d"):
        world.template(key)
    world.parallelism = 1
    silent = world.sandbox.faults.add(Fault(Reset(), path=f"{TEMPLATES}*", nth=9, times=0))

    report = world.apply()

    assert silent.fired
    results = list(_results(report).values())
    assert results.count(Result.CREATED) == 1
    assert results.count(Result.FAILED) == 1
    assert results.count(Result.SKIPPED) == 2
    assert "stopped answering" in _errors(report)["template/d"]
    assert (report.exit_code, "stopped answering" in report.unproven) == (14, True)


@pytest.mark.parametrize("effect", [Status(503), Status(403), Reset(), Instead()])
def test_what_was_written_is_told_even_if_it_cannot_be_read_again(
    world: World, effect: Effect
) -> None:
    """All was written, the proof fails: exit 1, an honest count, and no word of nothing written."""
    world.template()
    fault = world.sandbox.faults.add(Fault(effect, "GET", f"{TEMPLATES}*", nth=5, times=0))

    report = world.apply()

    assert fault.fired
    assert _results(report) == {"template/strip": Result.CREATED}
    assert (report.exit_code, bool(report.unproven)) == (1, True)
