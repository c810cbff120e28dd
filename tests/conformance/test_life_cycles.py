"""Objects that are renamed, archived, or moved in and out of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from world import DMN

from personalize_sync.planning.change import Action, Cause
from personalize_sync.project import OnDrift

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World


def _causes(world: World, **wishes: object) -> dict[str, Cause]:
    (change,) = world.plan(**wishes).changes
    return {field.pointer: field.cause for field in change.fields}


def test_a_renamed_template_shows_its_new_friendly_id(world: World) -> None:
    """The key is the friendlyId, so a new key is a change of the live object, and is planned."""
    world.template("old")
    world.apply()
    world.forget("Template", "old")
    spec = {"name": "old", "type": "WEB", "status": "DRAFT"}
    world.manifest("Template", "new", spec, renamedFrom=["old"])

    assert _causes(world) == {"/friendlyId": Cause.PENDING}
    assert world.apply().exit_code == 0
    assert world.stored("template/new")["friendlyId"] == "new"
    assert world.plan().is_empty


def test_a_template_that_a_person_archived_is_drift(world: World) -> None:
    """What we keep alive and somebody archived has moved in the tenant, and onDrift decides."""
    world.template("strip")
    world.apply()
    world.edit("template/strip", archived=True)

    plan = world.plan()
    assert [(d.author, [f.pointer for f in d.fields]) for d in plan.drift] == [
        ("auth0|maria", ["/archived"])
    ]
    assert [(c.action, c.cause) for c in plan.changes] == [(Action.RESTORE, Cause.DRIFT)]

    assert world.apply(on_drift=OnDrift.KEEP).plan.is_empty
    assert world.stored("template/strip")["archived"] is True
    (blocked,) = world.plan(on_drift=OnDrift.BLOCK).changes
    assert [block.rule for block in blocked.blocked] == ["drift"]

    assert world.apply().exit_code == 0
    assert world.stored("template/strip")["archived"] is False


def test_what_is_only_created_stays_archived(world: World) -> None:
    """createOnly leaves alone what exists, archived or not."""
    spec = {"name": "strip", "type": "WEB"}
    world.manifest("Template", "strip", spec, manage="createOnly")
    world.apply()
    world.edit("template/strip", archived=True)

    assert world.plan().is_empty


def test_a_restore_shows_what_it_overwrites(world: World) -> None:
    """The archived object has values of its own; only those that differ are listed."""
    world.template("strip")
    world.apply()
    world.edit("template/strip", name="By Maria", archived=True)

    assert _causes(world) == {"/archived": Cause.DRIFT, "/name": Cause.DRIFT}


def test_variants_that_are_only_edited_as_drafts_take_turns(worlds: Callable[..., World]) -> None:
    """Each leaves its model's deployment for a moment; none undoes what another one needs."""
    world = worlds(knobs=("K24=400",))
    _variants(world, a=25, b=25, c=25, d=25)
    world.apply()
    _variants(world, canvas=DMN.replace('id="d"', 'id="e"'), a=25, b=25, c=25, d=25)

    report = world.apply()

    assert [outcome.error for outcome in report.outcomes if outcome.error] == []
    assert world.plan().is_empty


def _variants(world: World, canvas: str = DMN, **splits: int) -> None:
    variants = {
        key: {"name": key.title(), "definition": canvas, "status": "PRODUCTION", "split": split}
        for key, split in splits.items()
    }
    world.model("banner", variants=variants)


def test_a_variant_that_leaves_the_deployment_converges(world: World) -> None:
    """The variant stays in the tenant, out of the deployment, and that is all there was to do."""
    _variants(world, a=50, b=50)
    world.apply()
    _variants(world, a=100)

    report = world.apply()

    assert (report.exit_code, report.leftovers) == (0, ())
    assert world.plan().is_empty


@pytest.mark.parametrize("status", ["TEST", "PRODUCTION"])
def test_a_variant_that_a_person_deploys_is_drift(world: World, status: str) -> None:
    """Git has not moved, so it is no conflict."""
    world.model("banner")
    world.apply()
    body = {"name": "Hum", "definition": DMN}
    world.sandbox.create("decision-variant", body, parent="decision-model/banner")
    world.edit("decision-model/banner", variants__hum__status=status)

    assert set(_causes(world).values()) == {Cause.DRIFT}
    assert world.apply().exit_code == 0
    assert world.plan().is_empty


def test_a_likely_rename_is_suggested_and_not_guessed(world: World) -> None:
    """The plan names the line to add; without it, a create stays a create."""
    request = {"requestType": "GET", "connectionUrl": "https://weather.example.test/v1"}
    world.connection("weather", name="Weather", request=request)
    world.apply()
    world.connection("weather", name="Climate", request=request)

    plan = world.plan()

    assert [c.action for c in plan.changes] == [Action.CREATE]
    (hint,) = plan.diagnostics
    assert hint.id == "PS7002"
    assert hint.remedy.endswith('renamedFrom: ["Weather"]')


def test_a_different_object_is_no_lookalike(world: World) -> None:
    """Another connection of the tenant's people is nobody's former self."""
    world.sandbox.create("connection", {"name": "Theirs"})
    world.connection("weather")

    assert world.plan().diagnostics == ()


def test_the_marks_of_a_conflict_never_reach_the_tenant(world: World) -> None:
    """A code file that nobody finished merging is blocked, and nothing overrides that."""
    text = "<<<<<<< git\na\n=======\nb\n>>>>>>> tenant\n"
    world.template("strip", templateElements={"js": text})

    (change,) = world.plan(allow=(("conflict-marks", "*"),)).changes

    assert [block.rule for block in change.blocked] == ["conflict-marks"]


@pytest.mark.parametrize("setting", ["K15=decision-models", "K15=none", "K15=all"])
@pytest.mark.parametrize("address", ["connection/weather", "decision-model/banner"])
def test_a_create_names_who_archived_its_namesake(
    worlds: Callable[..., World], setting: str, address: str
) -> None:
    """Known by name only, an archived object is not taken up again, but neither passed over."""
    world = worlds(knobs=(setting,))
    world.connection("weather", name="weather")
    world.model("banner")
    world.apply()
    world.edit(address, archived=True)

    (warning,) = world.plan().diagnostics

    assert (warning.id, warning.address) == ("PS7003", address)
    assert "archived by auth0|maria" in warning.message
