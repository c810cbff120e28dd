"""Two applies that create one name within milliseconds: one of them yields, and one object is left."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from threading import Barrier, Condition, Lock
from typing import TYPE_CHECKING, Any

import pytest
from reliability.prepared import living
from reliability.served import intercept, second_client
from world import DMN, World

from personalize_sync.sandbox import Fault, Knobs, ManualClock, Sandbox
from personalize_sync.sandbox.faults import LostAnswer, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from personalize_sync.planning.outcome import Report
    from personalize_sync.sandbox.exchange import Request
    from personalize_sync.sandbox.store import Record

_CONNECTIONS, _MODELS = "/v2/connections", "/v2/decisionModelDefinitions"
_HALF = {"status": "PRODUCTION", "split": 50, "definition": DMN}


class _Ticking(ManualClock):
    """A clock that is a millisecond later each time somebody looks."""

    def __call__(self) -> datetime:
        self.advance(0.001)
        return self.now


def _connection(world: World) -> str:
    world.connection("stock")
    return _CONNECTIONS


def _model(world: World) -> str:
    world.model("basket")
    shown = {"only": {"name": "Only", "assets": {"html": "<p/>"}, "decisionModels": ["basket"]}}
    world.flow("hero", variants=shown)
    return _MODELS


def _variant(world: World) -> str:
    world.model("basket")
    assert world.apply().exit_code == 0
    world.model("basket", variants={k: {"name": k.title(), **_HALF} for k in ("main", "second")})
    return f"{_MODELS}/*/variants"


_NAMED = (_connection, _model, _variant)


class _Gate:
    """Holds each of two runs at its first POST to a path until the other one is there as well.

    It opens twice: before the two are carried out, so that both have looked before either wrote,
    and before they are answered, so that both wrote before either looks again.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.passed = 0
        self._lock = Lock()
        self._seen = Counter[bool]()
        self._barriers = {carried_out: Barrier(2, timeout=60) for carried_out in (False, True)}

    def __call__(self, request: Request, carried_out: bool) -> None:  # noqa: FBT001 - a callback
        if request.method != "POST" or not fnmatchcase(request.path, self.path):
            return
        with self._lock:
            self._seen[carried_out] += 1
            if self._seen[carried_out] > 2:
                return
        self._barriers[carried_out].wait()
        with self._lock:
            self.passed += 1


class _Turns:
    """Waiting without time: who sleeps goes on when the other one sleeps, too, or has finished."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._changed = Condition()
        self._asleep = self._round = self._finished = 0

    def sleep(self, seconds: float) -> None:
        with self._changed:
            self._clock.advance(seconds)
            self._asleep += 1
            if self._asleep == 2:
                self._asleep = 0
                self._round += 1
                self._changed.notify_all()
            now = self._round
            self._changed.wait_for(
                lambda: self._asleep == 0 or self._round > now or self._finished, timeout=60
            )

    def apply(self, world: World) -> Report:
        try:
            return world.apply()
        finally:
            with self._changed:
                self._finished += 1
                self._changed.notify_all()


def _race(world: World, path: str, clock: ManualClock) -> list[Report]:
    """Apply twice at once; the reports come with the better one first."""
    gate, turns = _Gate(path), _Turns(clock)
    world.sleep = turns.sleep
    intercept(world, gate)
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(turns.apply, (world, second_client(world))))
    assert gate.passed == 4
    return sorted(reports, key=lambda report: report.exit_code)


def _nothing() -> None:
    """Let nothing happen."""


def _inside(
    world: World,
    path: str,
    *,
    before: Callable[[], object],
    after: Callable[[], object],
    method: str = "POST",
) -> None:
    """Let something happen right before, and after, the next request to a path is carried out."""
    left = {False: before, True: after}
    meanwhile: list[bool] = []

    def seen(request: Request, carried_out: bool) -> None:  # noqa: FBT001 - a callback
        is_meant = request.method == method and fnmatchcase(request.path, path)
        if is_meant and carried_out in left and not meanwhile:
            meanwhile.append(True)
            left.pop(carried_out)()
            meanwhile.clear()

    intercept(world, seen)


def _world(tmp_path: Path, clock: ManualClock | None = None, **settings: Any) -> World:
    """A world with a tenant whose clock tells one create from the next."""
    world = World(tmp_path, parallelism=1, **settings)
    world.sandbox.close()
    world.sandbox = Sandbox(clock=clock or _Ticking(), faults=world.faults)
    return world


def _errors(report: Report) -> str:
    return " ".join(outcome.error for outcome in report.outcomes)


def _named(world: World, name: str) -> list[Record]:
    """All that ever bore a name, the oldest first."""
    return [r for r in world.sandbox.all() if str(r.body["name"]).partition(" - ")[0] == name]


def _assert_one_of_each(world: World) -> None:
    """Nothing lives twice, and all is as Git says without another write."""
    assert [name for name, count in Counter(living(world)).items() if count > 1] == []
    world.sandbox.forget_requests()
    assert world.apply().exit_code == 0
    assert world.writes() == []


@pytest.mark.parametrize("named", _NAMED)
@pytest.mark.parametrize("times", [_Ticking, ManualClock], ids=["apart", "the same moment"])
def test_one_of_two_runs_takes_its_own_back(
    tmp_path: Path, named: Callable[[World], str], times: Callable[[], ManualClock]
) -> None:
    """Both looked, both wrote: one goes on and finishes, one archives what it made and says so."""
    clock = times()
    world = _world(tmp_path, clock)
    path = named(world)

    winner, loser = _race(world, path, clock)

    assert (winner.exit_code, loser.exit_code) == (0, 13)
    assert _errors(loser).count("ours was archived again") == 1
    assert "Plan again and compare" in _errors(loser)
    archived = [record for record in world.sandbox.all() if record.body.get("archived")]
    assert [(r.revision, len(world.sandbox.history(r.ref))) for r in archived] == [(2, 2)]
    _assert_one_of_each(world)


@pytest.mark.parametrize("named", _NAMED)
def test_the_later_run_yields_to_one_that_has_finished(
    tmp_path: Path, named: Callable[[World], str]
) -> None:
    """The other run created, built and deployed between our look and our POST: it keeps all of it."""
    world = _world(tmp_path)
    path = named(world)
    other = second_client(world)
    codes: list[int] = []
    _inside(world, path, before=lambda: codes.append(other.apply().exit_code), after=_nothing)

    report = world.apply()

    assert (codes, report.exit_code) == ([0], 13)
    assert "ours was archived again" in _errors(report)
    _assert_one_of_each(world)


@pytest.mark.parametrize("named", _NAMED)
def test_the_earlier_run_goes_on_and_the_later_one_yields(
    tmp_path: Path, named: Callable[[World], str]
) -> None:
    """A whole other run between our POST and its answer finds our object, and leaves it to us."""
    world = _world(tmp_path)
    path = named(world)
    other = second_client(world)
    codes: list[int] = []
    _inside(world, path, before=_nothing, after=lambda: codes.append(other.apply().exit_code))

    report = world.apply()

    assert len(codes) == 1
    assert set(codes) | {report.exit_code} <= {0, 13}
    _assert_one_of_each(world)


def _late_twin(world: World, after: Callable[[], object] = _nothing) -> None:
    """Let another run create the connection just before our own POST of it."""
    world.connection("stock")
    other = second_client(world)
    _inside(world, _CONNECTIONS, before=other.apply, after=after)


@pytest.mark.parametrize(
    ("looked", "code", "told"),
    [
        (False, 17, "2 objects of this name"),
        (True, 13, "it is not as it was created (revision 2, by auth0|maria"),
    ],
    ids=["before the second look", "after it"],
)
def test_what_somebody_edited_meanwhile_is_not_taken_back(
    tmp_path: Path, *, looked: bool, code: int, told: str
) -> None:
    """Maria was quicker than our archive: her edit stays, and that there are two is told."""
    world = _world(tmp_path)

    def edit() -> None:
        with world.sandbox.writing() as tenant:
            ours = world.sandbox.all("connection")[-1]
            tenant.amend(ours, {**ours.body, "description": "Hers"}, "auth0|maria")

    _late_twin(world, _nothing if looked else edit)
    if looked:
        _inside(world, f"{_CONNECTIONS}/*", before=_nothing, after=edit, method="GET")

    report = world.apply()

    theirs, ours = _named(world, "Stock")
    assert (report.exit_code, ours.body["description"]) == (code, "Hers")
    assert [theirs.body["archived"], ours.body["archived"]] == [False, False]
    assert told in f"{_errors(report)} {report.leftovers}"


def test_an_archive_that_is_refused_is_told_with_both_refs(tmp_path: Path) -> None:
    """Nobody knows whether this tenant lets a connection be archived: then a person has to."""
    refused = Fault(Status(403), method="PUT", path=f"{_CONNECTIONS}/*")
    world = _world(tmp_path, faults=(refused,))
    _late_twin(world)

    report = world.apply()

    theirs, ours = _named(world, "Stock")
    assert (refused.fired, report.exit_code) == (1, 13)
    assert f"Theirs is {theirs.ref}, ours {ours.ref}, which was not archived" in _errors(report)
    assert "Archive or rename one of them in the tenant" in _errors(report)
    blocked = world.plan().blocked
    assert [block.rule for change in blocked for block in change.blocked] == ["duplicate-name"]


def test_what_no_answer_proves_to_be_ours_is_not_archived(tmp_path: Path) -> None:
    """The answer to our POST was lost, and there are two objects with our stamp: both stay."""
    lost = Fault(LostAnswer(), method="POST", path=_CONNECTIONS, nth=2)
    world = _world(tmp_path, faults=(lost,))
    _late_twin(world)

    report = world.apply()

    assert (lost.fired, report.exit_code) == (1, 13)
    assert "nobody knows which is ours" in _errors(report)
    assert [r.body.get("archived") for r in _named(world, "Stock")] == [False, False]


def test_a_person_who_was_first_keeps_the_name(tmp_path: Path) -> None:
    """Maria created a connection of our name a moment before us: hers stays as it is."""
    world = _world(tmp_path)
    world.connection("stock")
    hers = {
        "name": "Stock",
        "systemType": "DATA_SYSTEM",
        "auth": {"authType": "NONE"},
        "request": {"requestType": "GET", "connectionUrl": "https://hers.example.test"},
    }
    _inside(
        world,
        _CONNECTIONS,
        before=lambda: world.sandbox.create("connection", hers),
        after=_nothing,
    )

    report = world.apply()

    theirs, ours = _named(world, "Stock")
    assert report.exit_code == 13
    assert "auth0|maria" in _errors(report)
    assert (theirs.revision, theirs.body["request"]) == (1, hers["request"])
    assert ours.body["archived"] is True


@pytest.mark.parametrize("named", _NAMED)
def test_lists_that_lag_are_waited_for(tmp_path: Path, named: Callable[[World], str]) -> None:
    """A list that does not show even our own object proves nothing: it is read until it does."""
    clock = _Ticking()
    world = _world(tmp_path, clock)
    path = named(world)
    world.sandbox.knobs = Knobs.parse(("K43=lagging", "list_lag=2s"))

    winner, loser = _race(world, path, clock)

    assert (winner.exit_code, loser.exit_code) == (0, 13)
    assert _errors(loser).count("ours was archived again") == 1
    clock.advance(60)
    _assert_one_of_each(world)


def test_many_creates_are_settled_by_one_list(tmp_path: Path) -> None:
    """How often lists are read does not depend on how many names are created."""
    reads = {}
    for count in (2, 12):
        (tmp_path / str(count)).mkdir()
        world = World(tmp_path / str(count), parallelism=1)
        for number in range(count):
            world.connection(f"stock_{number}")
            world.model(f"basket_{number}")
        assert world.apply().exit_code == 0
        reads[count] = Counter(
            r.path
            for r in world.sandbox.requests
            if (r.method, r.query.get("limit"), r.query.get("offset")) == ("GET", "100", "0")
        )
        variants = [times for path, times in reads[count].items() if path.endswith("/variants")]
        assert variants == [2] * count

    # To plan, to look before the first create, and after the last: that proves convergence, too.
    assert reads[2][_CONNECTIONS] == reads[12][_CONNECTIONS] == 3
    # Once more, since models are deployed after that.
    assert reads[2][_MODELS] == reads[12][_MODELS] == 4
