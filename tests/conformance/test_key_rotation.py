"""Rotating the API keys: while old and new are both valid, and after the old ones are gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalize_sync.errors import CredentialError
from personalize_sync.planning.change import Action, Cause
from personalize_sync.sandbox.keys import FEATURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

_STAMPS = ("K53=client-id", "K53=uuid-on-v2", "K53=uuid")
_KINDS = (("template", "strip"), ("connection", "weather"), ("decision-model", "banner"))


def _declare(world: World, **spec: str) -> None:
    world.template(**spec)
    world.connection(**spec)
    world.model(**spec)


def _new_keys(world: World) -> World:
    """The same project in a job that has new keys; the tenant knows old and new ones."""
    environ = dict(world.environ)
    for feature in FEATURES:
        world.sandbox.add_key(feature, f"new-{feature}", "new-secret")
        name = f"PERSONALIZE_SYNC_TEST_{feature.replace('-', '_').upper()}_CLIENT_"
        environ |= {name + "ID": f"new-{feature}", name + "SECRET": "new-secret"}
    rotated = replace(world, environ=environ)
    rotated.sandbox.close()
    rotated.sandbox = world.sandbox
    return rotated


def _old_ids() -> tuple[str, ...]:
    return tuple(f"sandbox-{feature}" for feature in FEATURES)


def _archived(world: World) -> set[str]:
    plan = world.plan(prune=True)
    return {str(c.address) for c in plan.changes if c.action is Action.ARCHIVE and not c.blocked}


@pytest.mark.parametrize("stamp", _STAMPS)
def test_a_rotation_is_no_drift_and_keeps_what_is_ours(
    worlds: Callable[..., World], stamp: str
) -> None:
    """Old key, both, new key alone: nothing drifts, edits are told, and prune still owns all."""
    old = worlds(knobs=(stamp,))
    _declare(old)
    report = old.apply()
    assert report.exit_code == 0
    writers = (*_old_ids(), *report.strangers)

    # The new keys exist, and the project file lists the old ids.
    new = _new_keys(old)
    new.rules = {"writers": writers}
    assert (new.plan().is_empty, new.plan().drift) == (True, ())

    # The new keys write; a job that still has the old ones sees its own hand in it.
    _declare(new, description="By the new keys")
    report = new.apply()
    assert (report.exit_code, len(report.outcomes)) == (0, 3)
    writers = (*writers, *(f"new-{feature}" for feature in FEATURES), *report.strangers)
    old.rules = new.rules = {"writers": writers}
    assert (old.plan().is_empty, old.plan().drift) == (True, ())
    assert (new.plan().is_empty, new.plan().drift) == (True, ())

    # The old keys are revoked.
    for client_id in _old_ids():
        assert new.sandbox.revoke_key(client_id)
    with pytest.raises(CredentialError, match="3 credentials"):
        old.plan()
    assert new.plan().is_empty

    # What a person does is drift, and is told from what we did.
    new.edit("template/strip", description="By Maria")
    (drifted,) = new.plan().drift
    assert [(f.path, f.cause) for f in drifted.fields] == [(("description",), Cause.DRIFT)]
    assert new.apply().exit_code == 0

    # All of it is ours, whichever key wrote it.
    for kind, key in _KINDS:
        new.forget({"decision-model": "DecisionModel"}.get(kind, kind.title()), key)
    new.template("kept")
    assert _archived(new) >= {"template/strip", "connection/weather", "decision-model/banner"}
    assert new.apply(prune=True).exit_code == 0
    assert new.stored("template/strip")["archived"] is True


@pytest.mark.parametrize("stamp", _STAMPS)
def test_objects_that_only_the_old_key_wrote_stay_ours(
    worlds: Callable[..., World], stamp: str
) -> None:
    """Prune needs a write of ours in the history: the old key's counts, if writers lists it."""
    old = worlds(knobs=(stamp,))
    old.template("gone")
    old.template("kept")
    report = old.apply()
    old.forget("Template", "gone")
    new = _new_keys(old)
    new.sandbox.revoke_key("sandbox-developer-templates")

    assert _archived(new) == set()
    new.rules = {"writers": (*_old_ids(), *report.strangers)}
    assert _archived(new) == {"template/gone"}


def test_without_writers_nothing_of_the_old_key_is_taken_for_ours(world: World) -> None:
    """An edit since the old key's write cannot be told from a change in Git: it is undetermined."""
    world.template()
    assert world.apply().exit_code == 0
    world.edit("template/strip", name="By Maria")
    new = _new_keys(world)

    assert [c.cause for c in new.plan().changes] == [Cause.UNDETERMINED]
    new.rules = {"writers": _old_ids()}
    assert [e.fields[0].cause for e in new.plan().drift] == [Cause.DRIFT]
