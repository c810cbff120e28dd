"""A connection's secret is sent with every write of it, as it is, or nothing is written at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from apply.runs import plan_then_apply
from apply.single_writes import CONNECTIONS

from personalize_sync.errors import CredentialError
from personalize_sync.planning.outcome import Result
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import LostAnswer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from world import World

_VALUE = "correct horse & battery=stäple"
_OAUTH = {
    "authType": "OAUTH",
    "clientId": "loyalty-client",
    "clientSecret": {"fromSecret": "LOYALTY"},
    "accessTokenUrl": "https://loyalty.example.test/oauth/token",
}
_HANDLINGS = [
    f"K09={shown} K10={left_out}"
    for shown in ("omitted", "masked", "null", "echoed")
    for left_out in ("wiped", "kept", "refused")
]


def _secrets_in_writes(world: World) -> list[object]:
    bodies: list[Any] = [r.body for r in world.writes() if r.path.startswith(CONNECTIONS)]
    return [body["auth"].get("clientSecret") for body in bodies]


@pytest.mark.parametrize(
    "value", [None, "", "  \t", "****", "${LOYALTY}", "$(LOYALTY)", "##LOYALTY##", "(secret)"]
)
def test_without_the_secret_nothing_at_all_is_written(world: World, value: str | None) -> None:
    """Missing, blank, masked or unfilled: exit code 11, naming the variable and who needs it."""
    world.connection(auth=_OAUTH)
    world.template()
    if value is not None:
        world.environ["LOYALTY"] = value

    with pytest.raises(CredentialError) as refused:
        world.apply()

    assert refused.value.exit_code == 11
    assert "LOYALTY" in refused.value.message
    assert "connection/weather" in refused.value.message
    assert world.writes() == []


def test_all_missing_secrets_are_named_at_once(world: World) -> None:
    """Two connections, two secrets, one message."""
    world.connection("one", auth=_OAUTH)
    world.connection("two", auth={**_OAUTH, "clientSecret": {"fromSecret": "OTHER"}})

    with pytest.raises(CredentialError, match=r"LOYALTY is not set.*OTHER is not set"):
        world.apply()


@pytest.mark.parametrize("knobs", _HANDLINGS)
def test_every_write_of_a_connection_carries_its_secret(
    worlds: Callable[..., World], knobs: str
) -> None:
    """Created, edited in the manifest, edited in the UI, left alone: never blank, never a mask."""
    world = worlds(knobs=tuple(knobs.split()), environ={"LOYALTY": _VALUE})
    world.connection(auth=_OAUTH)
    assert world.apply().exit_code == 0
    world.connection(auth=_OAUTH, description="New")
    assert world.apply().exit_code == 0
    world.edit("connection/Weather", request__requestType="POST")
    assert world.apply().exit_code == 0
    assert world.plan().is_empty

    assert _secrets_in_writes(world) == [_VALUE] * 3
    assert world.stored("connection/Weather")["auth"]["clientSecret"] == _VALUE


def test_a_repeated_write_carries_the_secret_too(world: World) -> None:
    """The answer was lost before the commit counted: what is sent again is the same."""
    world.environ["LOYALTY"] = _VALUE
    world.connection(auth=_OAUTH)
    world.apply()
    world.connection(auth=_OAUTH, description="New")
    fault = world.sandbox.faults.add(Fault(LostAnswer(), "PUT", f"{CONNECTIONS}/*"))

    assert world.apply().exit_code == 0

    assert fault.fired == 1
    assert set(_secrets_in_writes(world)) == {_VALUE}


def test_a_connection_whose_secret_no_manifest_names_is_not_written(world: World) -> None:
    """A PUT without the secret might wipe it: blocked, exit code 12, the secret stays."""
    world.environ["LOYALTY"] = _VALUE
    world.connection(auth=_OAUTH)
    world.apply()
    unstated = {name: value for name, value in _OAUTH.items() if name != "clientSecret"}
    world.connection(auth=unstated, description="New")
    world.template()

    report = world.apply(skip_blocked=True)

    assert {o.address.kind: o.result for o in report.outcomes} == {
        "connection": Result.SKIPPED,
        "template": Result.CREATED,
    }
    assert report.exit_code == 12
    assert world.stored("connection/Weather")["auth"]["clientSecret"] == _VALUE


@pytest.mark.parametrize("shown", ["omitted", "masked", "null", "echoed"])
def test_archiving_a_connection_sends_neither_mask_nor_blank(
    worlds: Callable[..., World], shown: str
) -> None:
    """The manifest is gone, and with it the secret: no stand-in for it is sent."""
    world = worlds(knobs=(f"K09={shown}",), environ={"LOYALTY": _VALUE})
    world.connection(auth=_OAUTH)
    world.apply()
    world.forget("Connection", "weather")
    world.template("kept")

    world.apply(prune=True)

    sent = _secrets_in_writes(world)
    assert all(value is None or value == _VALUE for value in sent)


def test_a_secret_may_come_from_a_file(world: World, tmp_path: Path) -> None:
    """The file's last newline is no part of it; the environment wins where both exist."""
    (tmp_path / "LOYALTY").write_text(f"{_VALUE}\n", encoding="utf-8")
    (tmp_path / "OTHER").write_text("from the file", encoding="utf-8")
    world.environ["OTHER"] = "from the environment"
    world.connection("one", auth=_OAUTH)
    world.connection("two", auth={**_OAUTH, "clientSecret": {"fromSecret": "OTHER"}})

    report = plan_then_apply(world, lambda: None, secrets_dir=tmp_path)

    assert report.exit_code == 0
    assert world.stored("connection/One")["auth"]["clientSecret"] == _VALUE
    assert world.stored("connection/Two")["auth"]["clientSecret"] == "from the environment"
