"""Every request of a whole life goes through the narrowest key that may be used for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalize_sync.errors import CredentialError

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    from personalize_sync.sandbox.exchange import Recorded

_WIDE = "multiple-resources"


def _declare(world: World) -> None:
    world.template()
    world.connection()
    world.model()


def _live_through_everything(world: World) -> None:
    """Create, edit, drift, revert, archive, restore."""
    _declare(world)
    assert world.apply().exit_code == 0
    world.template(name="New")
    world.connection(description="New")
    world.model(description="New")
    assert world.apply().exit_code == 0
    for target in ("template/strip", "connection/Weather", "decision-model/banner"):
        world.edit(target, description="By Maria")
    assert world.plan().drift
    assert world.apply().exit_code == 0
    for kind, key in (
        ("Template", "strip"),
        ("Connection", "weather"),
        ("DecisionModel", "banner"),
    ):
        world.forget(kind, key)
    world.template("kept")
    assert world.apply(prune=True).exit_code == 0
    _declare(world)
    assert world.apply().exit_code == 0
    assert world.plan().is_empty


def _expected(request: Recorded) -> set[str]:
    match request.path.split("/")[2]:
        case "templates":
            return {"developer-templates"}
        case "connections":
            return {"connections"}
        case "flowDefinitions":
            return {_WIDE}  # no narrower key exists
        case _ if request.method != "GET":
            return {_WIDE}
        case _ if request.query.get("limit") == "1":
            return {_WIDE}  # the proof, before the first write, that the writing key opens the kind
    return {"decision-model-testing"}


def _api_requests(world: World) -> list[Recorded]:
    return [r for r in world.sandbox.requests if r.path != "/oauth/token"]


def test_each_request_of_a_full_life_uses_the_narrowest_key(world: World) -> None:
    """Create, update, drift, archive and restore of every kind."""
    _live_through_everything(world)

    requests = _api_requests(world)
    assert {r.method for r in requests} == {"GET", "POST", "PUT"}
    assert {r.feature for r in requests if r.path.startswith("/v2/d")} == {
        "decision-model-testing",
        _WIDE,
    }
    astray = [(r.method, r.path, r.feature) for r in requests if r.feature not in _expected(r)]
    assert astray == []


def test_a_plan_never_holds_the_token_of_the_wide_key(world: World) -> None:
    """Reading needs three narrow keys."""
    _declare(world)
    world.plan()

    clients = {r.client_id for r in world.sandbox.requests if r.path != "/oauth/token"}
    assert clients == {
        "sandbox-connections",
        "sandbox-developer-templates",
        "sandbox-decision-model-testing",
    }
    tokens = [r.body for r in world.sandbox.requests if r.path == "/oauth/token"]
    assert _WIDE not in str(tokens)


def test_a_key_that_no_change_needs_is_never_used(world: World) -> None:
    """Only templates are declared: the other keys may be missing, and nobody notices."""
    world.template()
    world.environ = {n: v for n, v in world.environ.items() if "DEVELOPER_TEMPLATES" in n}

    assert world.apply().exit_code == 0

    tokens = [r.body for r in world.sandbox.requests if r.path == "/oauth/token"]
    assert {form["client_id"] for form in tokens if isinstance(form, dict)} == {
        "sandbox-developer-templates"
    }


@pytest.mark.parametrize("kind", ["template", "connection"])
def test_the_wide_key_is_not_used_where_a_narrow_kind_is_not_listed(
    worlds: Callable[..., World], kind: str
) -> None:
    """Exit code 11 that tells what to declare; no request leaves."""
    world = worlds(rules={"keys": {_WIDE: None}})
    getattr(world, kind)()

    with pytest.raises(CredentialError) as refused:
        world.apply()

    assert refused.value.exit_code == 11
    assert kind in refused.value.message
    assert f"for: [{kind}]" in refused.value.hint
    assert world.sandbox.requests == []


def test_the_wide_key_serves_what_is_listed_for_it(worlds: Callable[..., World]) -> None:
    """With `for:` one key does it all."""
    kinds = ("template", "connection", "decision-model", "decision-variant")
    world = worlds(rules={"keys": {_WIDE: kinds}})
    _live_through_everything(world)

    assert {r.feature for r in _api_requests(world)} == {_WIDE}


def test_a_narrow_key_wins_over_a_listed_wide_one(worlds: Callable[..., World]) -> None:
    """Both may be used for templates: the narrow one is."""
    keys = {"developer-templates": None, _WIDE: ("template",)}
    world = worlds(rules={"keys": keys})
    world.template()
    world.apply()

    assert {r.feature for r in _api_requests(world)} == {"developer-templates"}


def test_a_list_for_the_wide_key_excludes_what_it_leaves_out(
    worlds: Callable[..., World],
) -> None:
    """`for: [connection]` is no leave to write decision models."""
    keys = {"decision-model-testing": None, _WIDE: ("connection",)}
    world = worlds(rules={"keys": keys})
    world.model()

    with pytest.raises(CredentialError):
        world.apply()

    assert world.writes() == []


@pytest.mark.parametrize("code", [401, 403])
def test_a_key_of_another_feature_is_found_before_the_first_write(
    worlds: Callable[..., World], code: int
) -> None:
    """The writing key opens only connections: exit code 11 by its name, nothing is written."""
    world = worlds(knobs=(f"K03={code}",))
    world.sandbox.add_key(
        "connections", "sandbox-multiple-resources", "sandbox-multiple-resources-secret"
    )
    _declare(world)

    with pytest.raises(CredentialError, match=_WIDE):
        world.apply()

    assert world.writes() == []
