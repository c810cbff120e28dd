"""A tenant that is prepared once and copied for each run, so that a sweep can afford hundreds of them.

Two commits wait to be applied to it: one that touches thirty objects of all kinds, and a small one
with each kind of write once. Others work in the tenant, too, and what is theirs must stay.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from world import DMN, World

from personalize_sync.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalize_sync.planning.outcome import Report

SECRET = "hush-and-hush"
OAUTH = {
    "authType": "OAUTH",
    "clientId": "shop",
    "clientSecret": {"fromSecret": "WEATHER_SECRET", "version": "1"},
    "accessTokenUrl": "https://weather.example.test/token",
}
_DEPLOYED = {"status": "PRODUCTION", "split": 100}
_OTHER = {"main": {"name": "Main", "definition": DMN.replace('id="d"', 'id="e"'), **_DEPLOYED}}
ALLOWED = (("archive", "*"), ("update", "*"))


def _shown(model: str) -> dict[str, Any]:
    return {"only": {"name": "Only", "assets": {"html": "<p/>"}, "decisionModels": [model]}}


def small_before(world: World) -> None:
    """One or two objects of each kind."""
    for key in ("kept", "changed", "gone", "away"):
        world.template(key)
    world.connection("weather", auth=OAUTH)
    world.model("banner")
    world.flow("hero", variants=_shown("banner"))


def small_commit(world: World) -> None:
    """A create, an update and an archive or restore of each kind, as far as there is one."""
    world.template("changed", name="Changed")
    world.template("new")
    world.forget("Template", "gone")
    world.connection("weather", auth=OAUTH, description="Now described")
    world.connection("stock")
    world.model("banner", variants=_OTHER)
    world.model("basket")
    world.flow("hero", variants=_shown("basket"))
    world.experiment("test_a")


def big_before(world: World) -> None:
    """Fifteen objects."""
    small_before(world)
    for key in ("gone_a", "gone_b"):
        world.template(key)
    world.connection("radar", auth=OAUTH)
    world.connection("plain")
    for key in ("second", "leaving"):
        world.model(key)
    world.flow("going")
    world.experiment("test_b")


def big_commit(world: World) -> None:
    """Creates, updates, archives and a restore: more than thirty objects in all."""
    small_commit(world)
    for number in range(4):
        world.template(f"new_{number}")
    for kind, key in (
        ("Template", "gone_a"),
        ("Template", "gone_b"),
        ("DecisionModel", "leaving"),
        ("Experience", "going"),
    ):
        world.forget(kind, key)
    world.connection("radar", auth=OAUTH, description="Now described")
    world.connection("plain", description="Now described")
    for key in ("points", "mail"):
        world.connection(key)
    world.model("second", variants=_OTHER)
    world.model("fresh")
    world.flow("autumn", variants=_shown("fresh"))
    world.flow("winter")
    world.experiment("test_b", splits={"control": 40, "bold": 60})


@dataclass
class Prepared:
    """The prepared tenant and manifests; calling it makes a copy to work on."""

    folder: Path
    before: Callable[[World], None]
    commit: Callable[[World], None]
    count: int = 0
    wanted: list[tuple[str, str, str]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    changes: int = 0

    def __post_init__(self) -> None:
        root = self.folder / "prepared"
        root.mkdir()
        world = World(root, environ={"WEATHER_SECRET": SECRET}, parallelism=1)
        _serve(world, self.folder / "prepared.db")
        self.before(world)
        assert world.apply().exit_code == 0
        world.edit("template/away", archived=True)
        world.sandbox.create("template", {"name": "Theirs", "friendlyId": "theirs", "type": "WEB"})
        world.sandbox.plant("template/changed", {"futureFlag": {"beta": True}})
        self.commit(world)
        world.sandbox.close()
        clean = self()
        report = apply(clean)
        assert (report.exit_code, report.leftovers) == (0, ()), report
        self.changes = len(report.outcomes)
        self.requests = [(r.method, r.path) for r in clean.sandbox.requests]
        self.wanted = living(clean)
        self.done(clean)

    def __call__(self, **settings: Any) -> World:
        """Make a world in which the commit is yet to be applied."""
        self.count += 1
        root = self.folder / f"copy{self.count}"
        shutil.copytree(self.folder / "prepared", root)
        world = World(root, **{"environ": {"WEATHER_SECRET": SECRET}, "parallelism": 1, **settings})
        tenant = self.folder / f"copy{self.count}.db"
        shutil.copy(self.folder / "prepared.db", tenant)
        _serve(world, tenant)
        return world

    def done(self, world: World) -> None:
        """Let go of a copy."""
        world.sandbox.close()
        shutil.rmtree(world.root)
        world.root.with_suffix(".db").unlink()

    def assert_finished(self, world: World) -> None:
        """One plain apply later all is as Git says, once, and what is foreign is untouched."""
        report = apply(world)
        assert report.exit_code == 0, [
            (str(o.address), o.error) for o in report.outcomes if o.error
        ]
        self.assert_converged(world)

    def assert_converged(self, world: World) -> None:
        """All is as Git says, nothing exists twice, and nothing of others or secret was lost."""
        assert world.plan(prune=True, allow=ALLOWED).is_empty
        assert living(world) == self.wanted
        assert world.stored("template/theirs")["name"] == "Theirs"
        assert world.stored("template/changed")["futureFlag"] == {"beta": True}
        assert world.stored("connection/Weather")["auth"]["clientSecret"] == SECRET


def apply(world: World) -> Report:
    """Apply the commit, archives included."""
    return world.apply(prune=True, allow=ALLOWED)


def living(world: World) -> list[tuple[str, str, str]]:
    """List everything that is not archived: kind, name of the model around it, name."""
    records = world.sandbox.all()
    # An archived model was renamed, and its new name holds the minute.
    names = {record.ref: str(record.body["name"]).partition(" - archived")[0] for record in records}
    return sorted(
        (record.kind, names.get(record.parent or "", ""), names[record.ref])
        for record in records
        if not record.body.get("archived")
    )


def _serve(world: World, path: Path) -> None:
    world.sandbox.close()
    world.sandbox = Sandbox(path, knobs=world.sandbox.knobs, faults=world.faults)
