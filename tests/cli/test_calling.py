"""`verify --test-connections`: whether outside systems answer, asked for and never otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from personalize_sync.kinds.connection_tests import judge, request_body
from personalize_sync.sandbox import starred_settings
from personalize_sync.sandbox.faults import Fault, Instead, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Shop
    from world import World

_PATH = "/v2/connections/testConnection"


def calls(world: World) -> list[Any]:
    """Return the bodies of the tests that arrived."""
    return [r.body for r in world.sandbox.requests if r.path == _PATH]


def test_each_connection_is_called_once(synced: Shop) -> None:
    """And its status and time are told, beside the document."""
    said = synced("verify", "--test-connections")

    assert said.code == 0
    assert said.err == "connection/weather answered 200 in 12 ms.\n"
    assert len(calls(synced)) == 1


def test_nothing_is_called_unasked(synced: Shop) -> None:
    """Neither by verify nor by plan or drift."""
    for command in ("verify", "plan", "drift"):
        assert synced(command).code == 0
    assert calls(synced) == []


def test_only_selected_connections_are_called(synced: Shop) -> None:
    """A selection counts for calls, too; and what is not in the tenant has nobody to call."""
    synced.connection("other")

    synced("verify", "--test-connections", "--select", "connection/other")
    assert calls(synced) == []


@pytest.mark.parametrize(
    ("effect", "complaint"),
    [
        (Instead(b'{"statusCode": 401}'), "the outside system answered 401"),
        (Instead(b'{"statusCode": "503"}'), "the outside system answered 503"),
        (Instead(b"{}"), "the tenant's report names no status"),
        (Instead(b'{"message": "hush-hush"}', status=400), "the tenant refused it (400)"),
        (Status(502), "the tenant answered 502"),
    ],
)
def test_what_does_not_answer_ends_in_17(synced: Shop, effect: Any, complaint: str) -> None:
    """With the manifest's place; a call that failed is not repeated, and nothing is quoted."""
    fault = synced.sandbox.faults.add(Fault(effect, "POST", _PATH, times=0))

    said = synced("verify", "--test-connections")

    assert said.code == 17
    assert "error[PS7005]: connection/weather: " in said.out
    assert complaint in said.out
    assert "hush-hush" not in said.out + said.err
    assert fault.fired == 1


@pytest.mark.parametrize(
    "setting", [s for s in starred_settings() if s[:3] in ("K07", "K09", "K38")]
)
def test_an_oauth_connection_is_tested_without_its_secret(
    shops: Callable[..., Shop], setting: str
) -> None:
    """The tenant knows it; neither a value nor a mask is sent or printed."""
    shop = shops(knobs=(setting,), environ={"POINTS_SECRET": "hush-hush"})
    auth = {
        "authType": "OAUTH",
        "clientId": "a",
        "clientSecret": {"fromSecret": "POINTS_SECRET"},
        "accessTokenUrl": "https://points.example.test/token",
    }
    shop.connection("points", auth=auth)
    shop.apply()

    said = shop("verify", "--test-connections")

    (sent,) = calls(shop)
    assert "connection/points answered 200" in said.err
    assert "clientSecret" not in sent["connection"]["auth"]
    assert "hush-hush" not in said.out + said.err


@pytest.mark.parametrize("strange", [None, True, "ok", [], {}, 1e300, float("inf"), "9" * 400])
def test_a_strange_report_is_no_answer(strange: object) -> None:
    """Whatever it is."""
    assert judge({"statusCode": strange}).complaint == "the tenant's report names no status"


def test_what_has_no_auth_is_sent_as_it_came() -> None:
    """Nothing is invented."""
    assert request_body({"ref": "a"}) == {"connection": {"ref": "a"}}
