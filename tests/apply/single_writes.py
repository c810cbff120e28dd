"""Every kind of write that apply makes, each as a world in which it is the next thing to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from world import DMN

from personalize_sync.sandbox.store import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from personalize_sync.planning.outcome import Report

TEMPLATES = "/v3/templates"
CONNECTIONS = "/v2/connections"
MODELS = "/v2/decisionModelDefinitions"
VARIANTS = "/v2/decisionModelVariants"
FLOWS = "/v3/flowDefinitions"
_KINDS: tuple[Kind, ...] = (
    "template",
    "connection",
    "decision-model",
    "decision-variant",
    "flow",
)
_OTHER_DMN = DMN.replace('id="d"', 'id="e"')


@dataclass(frozen=True, slots=True)
class Write:
    """One write: the request it is, the apply that it needs before, and what the manifests say."""

    method: str
    path: str
    before: Callable[[World], None] | None
    then: Callable[[World], None]
    prune: bool = False

    def prepare(self, world: World) -> None:
        """Bring a world to where this write is the next thing to do."""
        if self.before:
            self.before(world)
            assert world.apply().exit_code == 0
        self.then(world)

    def apply(self, world: World) -> Report:
        """Let the world's tenant take part in it."""
        return world.apply(prune=self.prune)


def _two_variants(world: World, definition: str = DMN) -> None:
    halves = {"status": "PRODUCTION", "split": 50}
    world.model(
        variants={
            "main": {"name": "Main", "definition": definition, **halves},
            "other": {"name": "Other", "definition": DMN, **halves},
        }
    )


def _restorable(world: World) -> None:
    world.template()
    world.apply()
    world.edit("template/strip", archived=True)


def _restorable_flow(world: World) -> None:
    world.flow()
    world.apply()
    world.edit("experience/hero", archived=True, status="PAUSED")


def _only_another(world: World, kind: str, key: str) -> None:
    world.forget(kind, key)
    world.template("kept")


WRITES = {
    "create-template": Write("POST", TEMPLATES, None, lambda w: w.template()),
    "create-connection": Write("POST", CONNECTIONS, None, lambda w: w.connection()),
    "create-model": Write("POST", MODELS, None, lambda w: w.model()),
    "create-variant": Write("POST", f"{MODELS}/*/variants", None, lambda w: w.model()),
    "deploy-model": Write("PUT", f"{MODELS}/*", None, lambda w: w.model()),
    "update-template": Write(
        "PUT", f"{TEMPLATES}/*", lambda w: w.template(), lambda w: w.template(name="New")
    ),
    "update-connection": Write(
        "PUT",
        f"{CONNECTIONS}/*",
        lambda w: w.connection(),
        lambda w: w.connection(description="New"),
    ),
    "update-model": Write(
        "PUT", f"{MODELS}/*", lambda w: w.model(), lambda w: w.model(description="New")
    ),
    "update-variant": Write(
        "PUT", f"{VARIANTS}/*", _two_variants, lambda w: _two_variants(w, _OTHER_DMN)
    ),
    "pin-variant": Write(
        "PUT", f"{MODELS}/*", _two_variants, lambda w: _two_variants(w, _OTHER_DMN)
    ),
    "restore-template": Write("PUT", f"{TEMPLATES}/*", None, _restorable),
    "archive-template": Write(
        "PUT",
        f"{TEMPLATES}/*",
        lambda w: w.template(),
        lambda w: _only_another(w, "Template", "strip"),
        prune=True,
    ),
    "archive-connection": Write(
        "PUT",
        f"{CONNECTIONS}/*",
        lambda w: w.connection(),
        lambda w: _only_another(w, "Connection", "weather"),
        prune=True,
    ),
    "archive-model": Write(
        "PUT",
        f"{MODELS}/*",
        lambda w: w.model(),
        lambda w: _only_another(w, "DecisionModel", "banner"),
        prune=True,
    ),
    "create-experience": Write("POST", FLOWS, None, lambda w: w.flow()),
    "start-experience": Write("PUT", f"{FLOWS}/*", None, lambda w: w.flow(status="PRODUCTION")),
    "update-experiment": Write(
        "PUT",
        f"{FLOWS}/*",
        lambda w: w.experiment(status="PRODUCTION"),
        lambda w: w.experiment(status="PRODUCTION", name="New"),
    ),
    "restore-experience": Write("PUT", f"{FLOWS}/*", None, _restorable_flow),
    "archive-experience": Write(
        "PUT",
        f"{FLOWS}/*",
        lambda w: w.flow(),
        lambda w: _only_another(w, "Experience", "hero"),
        prune=True,
    ),
}
"""By name; the fault patterns `method` and `path` match nothing else of the same apply before it."""


def duplicates(world: World) -> list[tuple[str, str]]:
    """List the living objects that share kind, parent and name."""
    living = Counter(
        (kind, f"{record.parent or ''}{record.body['name']}")
        for kind in _KINDS
        for record in world.sandbox.all(kind)
        if not record.body.get("archived")
    )
    return [twice for twice, count in living.items() if count > 1]
