"""What guests receive is not disturbed: guards, publishing, pausing, and what follows from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from personalize_sync.errors import GuardError
from personalize_sync.planning.change import Action
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import LostAnswer, Reset, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from personalize_sync.planning.change import Change

_ADDRESS = "experiment/hero_ab"
ALLOWED = (("live-experiment", _ADDRESS),)
_GOALS = {"primary": {"name": "Bought"}}


def _running(world: World, **spec: Any) -> None:
    world.experiment(status="PRODUCTION", **spec)
    assert world.apply().exit_code == 0


def _only(world: World, **wishes: Any) -> Change:
    (change,) = world.plan(**wishes).changes
    return change


def _rules(change: Change) -> list[str]:
    return [block.rule for block in change.blocked]


@pytest.mark.parametrize(
    ("spec", "field", "risk"),
    [
        ({"splits": {"control": 90, "bold": 10}}, "/traffic/splits/bold", "statistical"),
        (
            {"traffic": {"type": "simpleTraffic", "allocation": 50}},
            "/traffic/allocation",
            "statistical",
        ),
        ({"goals": _GOALS}, "/goals/primary/name", "statistical"),
        ({"sampleSizeConfig": {"baseValue": 0.5}}, "/sampleSizeConfig/baseValue", "statistical"),
    ],
)
def test_what_spoils_the_numbers_is_blocked(
    world: World, spec: dict[str, Any], field: str, risk: str
) -> None:
    """Traffic, goals and sample size of a running flow: nothing is sent without the allowance."""
    _running(world)
    sent = len(world.writes())
    world.experiment(status="PRODUCTION", **spec)

    change = _only(world)
    assert (_rules(change), change.risk) == (["live-experiment"], risk)
    assert field in change.blocked[0].message
    assert change.blocked[0].override == f"--allow live-experiment={_ADDRESS}"
    with pytest.raises(GuardError):
        world.apply()
    assert len(world.writes()) == sent

    assert world.apply(allow=ALLOWED).exit_code == 0
    assert world.plan().is_empty


def test_a_variant_that_comes_or_goes_is_blocked(world: World) -> None:
    """Statistical where one is added, destructive where one is taken away."""
    _running(world)
    control = {"name": "Control", "isControl": True, "assets": {"html": "<p>a</p>"}}
    bold = {"name": "Bold", "isControl": False, "assets": {"html": "<b>b</b>"}}
    extra = {"name": "Extra", "isControl": False}
    traffic = {"type": "simpleTraffic", "allocation": 100}

    world.flow(
        "hero_ab",
        kind="Experiment",
        status="PRODUCTION",
        variants={"control": control, "bold": bold, "extra": extra},
        traffic=traffic,
    )
    added = _only(world)
    assert (added.risk, _rules(added)) == ("statistical", ["live-experiment"])

    world.flow(
        "hero_ab",
        kind="Experiment",
        status="PRODUCTION",
        variants={"control": control},
        traffic=traffic,
    )
    removed = _only(world)
    assert (removed.risk, _rules(removed)) == ("destructive", ["live-experiment"])


def test_content_and_looks_are_not_blocked(world: World) -> None:
    """New code reaches the guests, which the plan says; the numbers still compare."""
    _running(world)
    bold = {"name": "Bolder", "isControl": False, "assets": {"html": "<b>new</b>"}}
    control = {"name": "Control", "isControl": True, "assets": {"html": "<p>a</p>"}}
    world.experiment(status="PRODUCTION", variants={"control": control, "bold": bold})

    change = _only(world)

    assert (change.blocked, change.risk) == ((), "content")
    assert {f.pointer: f.risk for f in change.fields} == {
        "/variants/bold/assets/html": "content",
        "/variants/bold/name": "cosmetic",
    }
    assert change.standing is not None
    assert change.standing.is_running
    assert world.apply().exit_code == 0


def test_a_draft_may_change_in_every_way(world: World) -> None:
    """Nobody receives it yet."""
    world.experiment()
    world.apply()
    world.experiment(splits={"control": 90, "bold": 10}, goals=_GOALS)

    assert _only(world).blocked == ()


def test_stopping_a_flow_is_the_manifests_right(world: World) -> None:
    """A life cycle change that Git asks for is carried out, and starting it again, too."""
    _running(world)
    for status in ("PAUSED", "PRODUCTION"):
        world.experiment(status=status)
        change = _only(world)
        assert (change.blocked, change.risk) == ((), "lifecycle")
        assert world.apply().exit_code == 0
        assert world.plan().is_empty


def test_a_completed_flow_is_not_started_again_unasked(world: World) -> None:
    """It may have ended by its own schedule while the manifest still says PRODUCTION."""
    _running(world)
    world.edit(_ADDRESS, status="COMPLETED")

    change = _only(world)

    assert _rules(change) == ["live-experiment"]
    assert world.apply(allow=ALLOWED).exit_code == 0


def test_prune_does_not_archive_a_running_flow(world: World) -> None:
    """Its manifest is gone, and still somebody has to say that its guests may lose it."""
    world.template()
    _running(world)
    world.forget("Experiment", "hero_ab")

    change = _only(world, prune=True)
    assert (change.action, change.risk, _rules(change)) == (
        Action.ARCHIVE,
        "destructive",
        ["live-experiment"],
    )

    assert world.apply(prune=True, allow=ALLOWED).exit_code == 0
    stored = world.stored(_ADDRESS)
    assert (stored["archived"], stored["status"]) == (True, "PAUSED")


@pytest.mark.parametrize("setting", ["K13=included", "K13=excluded"])
@pytest.mark.parametrize("status", ["DRAFT", "PRODUCTION"])
def test_an_archived_flow_is_restored(
    worlds: Callable[..., World], setting: str, status: str
) -> None:
    """Its friendlyId stays taken: it is brought back in one PUT, with the wanted status."""
    world: World = worlds(knobs=(setting, "K31=production"))
    _running(world)
    world.edit(_ADDRESS, archived=True, status="PAUSED")
    ref = world.sandbox.stored(_ADDRESS).ref
    world.experiment(status=status)
    sent = len(world.writes())

    assert _only(world).action is Action.RESTORE
    assert world.apply().exit_code == 0

    (put,) = world.writes()[sent:]
    assert (put.method, world.sandbox.stored(_ADDRESS).ref) == ("PUT", ref)
    assert (world.stored(_ADDRESS)["archived"], world.stored(_ADDRESS)["status"]) == (False, status)
    assert world.plan().is_empty


def _bodies(world: World) -> list[dict[str, Any]]:
    """Return the flows that were sent."""
    return [w.body for w in world.writes() if isinstance(w.body, dict) and "subtype" in w.body]


def _statuses(world: World) -> list[str]:
    return [body["status"] for body in _bodies(world)]


@pytest.mark.parametrize("setting", ["K34=400", "K34=accepted"])
def test_a_flow_begins_as_a_draft(worlds: Callable[..., World], setting: str) -> None:
    """The wanted status follows in a write of its own, whatever the tenant would accept."""
    world: World = worlds(knobs=(setting,))
    _running(world)

    assert [w.method for w in world.writes()] == ["POST", "PUT"]
    assert _statuses(world) == ["DRAFT", "PRODUCTION"]


def test_a_start_whose_answer_is_lost_is_recognised(world: World) -> None:
    """By the keys of its variants, whatever they are called."""
    variants = {"only": {"name": "A name of its own", "assets": {"html": "x"}}}
    world.flow("hero", status="PRODUCTION", variants=variants)
    fault = world.sandbox.faults.add(Fault(LostAnswer(), "PUT", "/v3/flowDefinitions/*"))

    report = world.apply()

    assert (fault.fired, report.exit_code, report.leftovers) == (1, 0, ())
    assert world.sandbox.stored("experience/hero").revision == 2
    assert world.plan().is_empty


def test_a_create_that_breaks_off_is_finished_by_the_next_apply(world: World) -> None:
    """The draft is there, and what is left is an update: never a second flow."""
    world.experiment(status="PRODUCTION")
    world.sandbox.faults.add(Fault(Status(400), "PUT", "/v3/flowDefinitions/*"))

    broken = world.apply()
    assert broken.exit_code == 14
    assert broken.wrote

    assert [f.pointer for f in _only(world).fields] == ["/status"]
    assert world.apply().exit_code == 0
    assert len(world.sandbox.all("flow")) == 1


@pytest.mark.parametrize("setting", ["K32=400", "K32=409", "K32=accepted"])
def test_a_flow_is_not_written_while_it_is_published(
    worlds: Callable[..., World], setting: str
) -> None:
    """Apply waits until it is done, and does not send a status that somebody may not move."""
    world: World = worlds(knobs=(setting, "publishing_lasts=9r"))
    _running(world)
    assert world.stored(_ADDRESS)["status"] == "PUBLISHING"
    world.experiment(status="PRODUCTION", name="New")

    assert world.apply().exit_code == 0

    assert _statuses(world)[-1] == "LIVE"
    assert world.stored(_ADDRESS)["name"] == "New"


def test_a_flow_that_stays_in_publishing_is_reported(worlds: Callable[..., World]) -> None:
    """Patience has an end, and the message says what to do."""
    world: World = worlds(knobs=("publishing_lasts=9999r",))
    _running(world)
    world.experiment(status="PRODUCTION", name="New")

    (outcome,) = world.apply().outcomes

    assert outcome.exit_code == 14
    assert "being published, which takes minutes: apply again later" in outcome.error
    assert not outcome.wrote


def _edited(worlds: Callable[..., World], *knobs: str, **spec: Any) -> World:
    """Return a world with a running flow whose next edit is one of content."""
    world: World = worlds(knobs=("K31=production", *knobs))
    _running(world)
    world.experiment(status="PRODUCTION", **{"name": "New", **spec})
    return world


def test_a_running_flow_is_never_paused_unasked(worlds: Callable[..., World]) -> None:
    """Where the tenant refuses the edit, the message says how to have it made."""
    world = _edited(worlds, "K33=400")

    (outcome,) = world.apply().outcomes

    assert outcome.exit_code == 14
    assert f"--allow live-experiment={_ADDRESS}" in outcome.error
    assert world.stored(_ADDRESS)["status"] == "PRODUCTION"
    assert world.stored(_ADDRESS)["name"] == "Hero_Ab"


def test_an_allowed_pause_is_short(worlds: Callable[..., World]) -> None:
    """Paused as it was, edited and started again in one write."""
    world = _edited(worlds, "K33=400")

    (outcome,) = world.apply(allow=ALLOWED).outcomes

    assert (outcome.exit_code, len(outcome.notes)) == (0, 1)
    assert _statuses(world)[-2:] == ["PAUSED", "PRODUCTION"]
    assert _bodies(world)[-2]["name"] == "Hero_Ab"
    assert world.plan().is_empty


def test_a_flow_that_a_person_started_is_not_stopped_unasked(worlds: Callable[..., World]) -> None:
    """Git still says DRAFT; only a commit that says so, or an allowance, takes it from its guests."""
    world: World = worlds(knobs=("K31=production",))
    world.experiment(status="DRAFT")
    world.apply()
    world.edit(_ADDRESS, status="PRODUCTION")

    (change,) = world.plan().changes
    assert [block.rule for block in change.blocked] == ["live-experiment"]

    assert world.apply(allow=ALLOWED).exit_code == 0
    assert world.stored(_ADDRESS)["status"] == "DRAFT"


def test_no_pause_that_nobody_could_end_for_us(worlds: Callable[..., World]) -> None:
    """Killed in between, only a manifest that states the status has the next apply start it again."""
    world: World = worlds(knobs=("K31=production", "K33=400"))
    _running(world)
    world.experiment(name="New")
    document = json.loads((world.root / "Experiment-hero_ab.yaml").read_text())
    del document["spec"]["status"]
    world.write("Experiment-hero_ab.yaml", json.dumps(document))

    (outcome,) = world.apply(allow=ALLOWED).outcomes

    assert (outcome.exit_code, "State its status in the manifest" in outcome.error) == (14, True)
    assert "PAUSED" not in _statuses(world)


def test_no_pause_where_the_tenant_does_not_ask_for_it(worlds: Callable[..., World]) -> None:
    """An allowance is no wish."""
    world = _edited(worlds)

    world.apply(allow=ALLOWED)

    assert "PAUSED" not in _statuses(world)


def test_a_flow_whose_edit_fails_while_paused_is_started_again(
    worlds: Callable[..., World],
) -> None:
    """The edit was refused for another reason: its guests must not pay for it."""
    world = _edited(worlds, "K33=400")
    # The first write is refused by the tenant, the second one pauses, the third one edits.
    fault = Fault(Status(400), "PUT", "/v3/flowDefinitions/*", nth=3)
    world.sandbox.faults.add(fault)

    (outcome,) = world.apply(allow=ALLOWED).outcomes

    assert fault.fired
    assert (outcome.exit_code, outcome.wrote) == (14, True)
    assert "started again as it was" in outcome.error
    assert world.stored(_ADDRESS)["status"] == "PRODUCTION"
    assert world.stored(_ADDRESS)["name"] == "Hero_Ab"


def test_a_flow_that_is_stopped_and_edited_at_once_needs_no_allowance(
    worlds: Callable[..., World],
) -> None:
    """The manifest itself asks for the pause."""
    world = _edited(worlds, "K33=400")
    world.experiment(status="PAUSED", name="New")

    assert world.apply().exit_code == 0

    assert (world.stored(_ADDRESS)["status"], world.stored(_ADDRESS)["name"]) == ("PAUSED", "New")


@pytest.mark.parametrize("at", [1, 2])
def test_a_flow_that_is_gone_is_not_created_by_a_put(worlds: Callable[..., World], at: int) -> None:
    """Where a PUT to an unknown ref creates, the last look before it is what prevents that.

    Deleted before the look: nothing is sent. Deleted while the answer of a PUT that never arrived
    was waited for: it is not sent again.
    """
    world: World = worlds(knobs=("K20=creates", "K31=production"))
    _running(world)
    ref = world.sandbox.stored(_ADDRESS).ref
    world.experiment(status="PRODUCTION", name="New")
    lost = Fault(Reset(), "PUT", f"/v3/flowDefinitions/{ref}")
    if at > 1:
        world.sandbox.faults.add(lost)
    looks = 0

    def gone_before(request: httpx.Request) -> None:
        nonlocal looks
        looks += request.method == "GET" and request.url.path.endswith(ref)
        if looks == at:
            with world.sandbox.writing() as tenant:
                tenant.store.delete(ref)

    world.wire = lambda transport: _Watched(transport, gone_before)
    sent = len(world.writes())

    (outcome,) = world.apply().outcomes

    assert lost.fired == at - 1
    assert (outcome.exit_code, "it is gone from the tenant" in outcome.error) == (13, True)
    assert len(world.writes()) - sent == at - 1
    assert world.sandbox.all("flow") == ()


def test_a_put_that_creates_is_noticed_by_its_revision(worlds: Callable[..., World]) -> None:
    """Deleted between look and write: the answer is no next revision, and nobody calls it done."""
    world: World = worlds(knobs=("K20=creates",))
    world.experiment(status="DRAFT")
    world.apply()
    stored = world.sandbox.stored(_ADDRESS)
    world.experiment(status="DRAFT", name="New")

    def gone_before(request: httpx.Request) -> None:
        if request.method == "PUT":
            with world.sandbox.writing() as tenant:
                tenant.store.delete(stored.ref)

    world.wire = lambda transport: _Watched(transport, gone_before)

    (outcome,) = world.apply().outcomes

    assert stored.revision == 1
    assert (outcome.exit_code, outcome.wrote) == (13, True)
    assert "may have created it anew" in outcome.error


def test_a_start_says_that_it_is_not_over(worlds: Callable[..., World]) -> None:
    """Publishing takes minutes, and apply does not wait for its end."""
    world: World = worlds(knobs=("K31=publishing",))
    world.experiment(status="PRODUCTION")

    (outcome,) = world.apply().outcomes

    assert outcome.exit_code == 0
    assert any("being published" in note for note in outcome.notes)


class _Watched(httpx.BaseTransport):
    """Tells of each request before it goes on."""

    def __init__(
        self, transport: httpx.BaseTransport, tell: Callable[[httpx.Request], None]
    ) -> None:
        self._transport, self._tell = transport, tell

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Tell, then let it through."""
        self._tell(request)
        return self._transport.handle_request(request)
