"""Prune archives only what is proven: each hole in the view leaves everything standing, aloud."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from personalize_sync.errors import InvalidInput, TenantError
from personalize_sync.planning.change import Action
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Instead, PageShift, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from personalize_sync.planning.plan import Plan


def _applied(world: World, count: int = 12) -> World:
    """Twelve templates of ours; the manifest of the first is gone."""
    for number in range(count):
        world.template(f"strip_{number:03}")
    assert world.apply().exit_code == 0
    world.forget("Template", "strip_000")
    return world


def _archives(plan: Plan) -> list[str]:
    return [str(c.address) for c in plan.changes if c.action is Action.ARCHIVE and not c.blocked]


def test_what_is_ours_and_declared_by_nobody_is_archived(world: World) -> None:
    """With the whole view and a write of ours the archive is planned, carried out, and final."""
    _applied(world)

    assert _archives(world.plan(prune=True)) == ["template/strip_000"]
    assert world.plan().is_empty
    assert world.apply(prune=True).exit_code == 0
    assert world.stored("template/strip_000")["archived"] is True
    assert world.plan(prune=True).is_empty


def test_an_edit_by_a_person_does_not_make_it_theirs(world: World) -> None:
    """A revision of ours in the history still proves that we own it."""
    _applied(world)
    world.edit("template/strip_000", name="Maria's")

    assert _archives(world.plan(prune=True)) == ["template/strip_000"]


@pytest.mark.parametrize("text", ["a: [", "apiVersion: personalize-sync/v1\nkind: Template\n"])
def test_a_file_that_cannot_be_read_is_no_deletion(world: World, text: str) -> None:
    """Unparsable or invalid: the run ends before the tenant is asked anything."""
    _applied(world)
    world.sandbox.forget_requests()
    world.write("broken.yaml", text)

    with pytest.raises(InvalidInput):
        world.plan(prune=True)
    assert world.sandbox.requests == []


def test_a_file_that_is_no_file_is_no_deletion(world: World) -> None:
    """A pipe in place of a manifest ends the run, too."""
    _applied(world)
    os.mkfifo(world.root / "Template-strip_000.yaml")

    with pytest.raises(InvalidInput):
        world.plan(prune=True)


def test_no_manifest_at_all_is_no_order_to_archive_everything(world: World) -> None:
    """An empty checkout blocks every archive and says so."""
    _applied(world, count=1)

    plan = world.plan(prune=True)

    assert _archives(plan) == []
    assert plan.scope.failed == ("no manifest was found",)


def test_a_failing_page_is_no_short_list(world: World) -> None:
    """A list that cannot be read whole ends the plan."""
    _applied(world, count=120)
    failing = Fault(Status(500), method="GET", path="/v3/templates", nth=2, times=0)
    world.sandbox.faults.add(failing)

    with pytest.raises(TenantError):
        world.plan(prune=True)
    assert failing.fired


def test_a_list_that_shifts_while_it_is_read_proves_nothing(world: World) -> None:
    """The archives are blocked, and the plan names the list."""
    _applied(world, count=120)
    shift = Fault(PageShift(by=-1), method="GET", path="/v3/templates", nth=1)
    world.sandbox.faults.add(shift)

    plan = world.plan(prune=True, allow=(("archive", "*"),))

    assert shift.fired
    assert _archives(plan) == []
    assert [block.rule for c in plan.blocked for block in c.blocked] == ["incomplete-view"]
    assert "/v3/templates shifted" in plan.scope.failed[0]


def test_what_was_never_ours_is_only_counted(world: World) -> None:
    """Objects of other people are no candidates."""
    _applied(world)
    foreign = {"name": "Theirs", "friendlyId": "theirs", "type": "WEB"}
    world.sandbox.create("template", foreign)

    plan = world.plan(prune=True)

    assert _archives(plan) == ["template/strip_000"]
    assert plan.unmanaged == 1
    assert "templates: 1 without a manifest and without a write of ours" in plan.scope.failed[0]


def test_keys_that_were_rotated_without_a_word_prove_nothing(world: World) -> None:
    """Until `writers` names the former id, its writes are a stranger's."""
    _applied(world)
    former = world.environ["PERSONALIZE_SYNC_TEST_DEVELOPER_TEMPLATES_CLIENT_ID"]
    world.sandbox.add_key("developer-templates", "rotated", "new")
    world.environ["PERSONALIZE_SYNC_TEST_DEVELOPER_TEMPLATES_CLIENT_ID"] = "rotated"
    world.environ["PERSONALIZE_SYNC_TEST_DEVELOPER_TEMPLATES_CLIENT_SECRET"] = "new"

    plan = world.plan(prune=True)
    assert _archives(plan) == []
    assert "name it under writers:" in plan.scope.failed[0]

    world.rules["writers"] = (former,)
    assert _archives(world.plan(prune=True)) == ["template/strip_000"]


def test_without_authorship_nothing_is_proven(worlds: Callable[..., World]) -> None:
    """Where the tenant does not say who wrote, nothing is archived."""
    world = _applied(worlds(knobs=("K37=absent",)))

    plan = world.plan(prune=True)

    assert _archives(plan) == []
    assert "does not say who wrote" in plan.scope.failed[0]


def test_an_archived_twin_is_not_archived_again(world: World) -> None:
    """What is archived already is no candidate, and its return is a restore."""
    _applied(world)
    world.apply(prune=True)
    world.template("strip_000")

    (change,) = world.plan(prune=True).changes

    assert change.action is Action.RESTORE
    assert world.apply(prune=True).exit_code == 0
    assert world.stored("template/strip_000")["archived"] is False


def test_protection_and_thresholds_outlive_the_manifest(world: World) -> None:
    """A protected address and too many archives at once are blocked by name."""
    _applied(world)
    world.rules["protected"] = ("template/strip_*",)
    (change,) = world.plan(prune=True).changes
    assert [block.rule for block in change.blocked] == ["protected"]

    world.rules.clear()
    for number in range(1, 7):
        world.forget("Template", f"strip_{number:03}")
    plan = world.plan(prune=True)
    assert {block.rule for c in plan.changes for block in c.blocked} == {"archive"}
    assert plan.changes[0].blocked[0].override == "--allow 'archive=template/*'"
    assert len(_archives(world.plan(prune=True, allow=(("archive", "template/*"),)))) == 7


@pytest.mark.parametrize("count", [3, 230])
def test_an_undrifted_tenant_costs_list_requests_only(world: World, count: int) -> None:
    """No object is fetched by itself when a list gave it whole and we wrote it last."""
    for number in range(count):
        world.template(f"strip_{number:03}")
    world.connection("weather")
    world.model("banner")
    world.apply()
    world.sandbox.forget_requests()

    assert world.plan().is_empty

    gets = [r for r in world.sandbox.requests if r.method == "GET"]
    assert all("limit" in request.query for request in gets)


def test_a_list_that_lacks_what_is_deployed_is_not_whole(world: World) -> None:
    """The variant is neither made a second time nor taken for gone, and nothing is archived."""
    world.model()
    _applied(world)
    short = Fault(
        Instead(b'{"items": []}'), "GET", "/v2/decisionModelDefinitions/*/variants", times=0
    )
    fault = world.sandbox.faults.add(short)

    plan = world.plan(prune=True)

    assert fault.fired
    assert [(str(c.address), [b.rule for b in c.blocked]) for c in plan.changes] == [
        ("template/strip_000", ["incomplete-view"])
    ]
    assert any("lacks some that it deploys" in reason for reason in plan.scope.failed)
