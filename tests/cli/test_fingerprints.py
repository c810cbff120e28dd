"""A keyed fingerprint in the marker notices that a secret's value changed, and gives nothing away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from personalize_sync.apply.fingerprints import fingerprinted
from personalize_sync.resources import Address, Resource, SecretRef

if TYPE_CHECKING:
    from cli.conftest import Shop

_KEY = "PERSONALIZE_SYNC_FINGERPRINT_KEY"
_APPLY = ("apply", "--auto-approve")
_LONG = "a-common-beginning-" * 5


def _oauth(version: str = "1") -> dict[str, object]:
    return {
        "authType": "OAUTH",
        "clientId": "shop",
        "clientSecret": {"fromSecret": "WEATHER_SECRET", "version": version},
        "accessTokenUrl": "https://weather.example.test/token",
    }


@pytest.fixture
def keyed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose connection was applied with a fingerprint key."""
    monkeypatch.setenv(_KEY, "k" * 32)
    monkeypatch.setenv("WEATHER_SECRET", _LONG + "1")
    shop.connection(auth=_oauth(), description="Rain")
    assert shop(*_APPLY).code == 0
    return shop


def _marker(shop: Shop) -> str:
    text: str = shop.stored("connection/Weather")["description"]
    return text.splitlines()[-1]


def _sent(shop: Shop) -> list[object]:
    return [r.body for r in shop.writes() if r.method == "PUT" and "connections" in r.path]


def test_the_marker_holds_version_fingerprint_and_revision(keyed: Shop) -> None:
    """Key id and ten digits; with nothing changed nothing is sent."""
    pattern = r"\[personalize-sync secret=1 fp=[0-9a-f]{4}\.[0-9a-f]{10} rv=1\]"
    assert re.fullmatch(pattern, _marker(keyed))
    assert "No changes." in keyed("plan").out
    assert keyed("verify").code == 0


def test_a_changed_value_is_sent_again_and_the_plan_says_why(
    keyed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the version is the same, and the two values share their first 95 characters."""
    monkeypatch.setenv("WEATHER_SECRET", _LONG + "2")

    planned = keyed("plan")
    assert "the value of the secret is another one than was sent last" in planned.out
    assert _LONG not in planned.out + planned.err
    assert keyed(*_APPLY).code == 0

    assert keyed.stored("connection/Weather")["auth"]["clientSecret"] == _LONG + "2"
    assert "No changes." in keyed("plan").out


def test_another_key_cannot_tell_and_sends_again(
    keyed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once; then the new key's fingerprint is in the marker."""
    monkeypatch.setenv(_KEY, "n" * 32)

    assert "the fingerprint key is new" in keyed("plan").out
    assert keyed(*_APPLY).code == 0
    assert "No changes." in keyed("plan").out


@pytest.mark.parametrize("missing", [_KEY, "WEATHER_SECRET"])
def test_without_key_or_value_nothing_is_checked(
    keyed: Shop, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """A pull request's plan has neither, and is quiet; a new version is noticed all the same."""
    monkeypatch.delenv(missing)

    assert "No changes." in keyed("plan").out
    keyed.connection(auth=_oauth("2"), description="Rain")
    assert "secret version 1 -> 2" in keyed("plan").out


def test_an_approved_plan_that_did_not_see_the_new_value_is_not_stretched(
    keyed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job that planned had no secret: what it approved is not what apply would send."""
    digest = keyed("plan", "--format", "json").document["digest"]
    monkeypatch.setenv("WEATHER_SECRET", "another")

    refused = keyed(*_APPLY, "--expect-digest", digest)

    assert (refused.code, _sent(keyed)) == (13, [])


def test_a_short_key_is_refused(keyed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be guessed, and with it the secret."""
    monkeypatch.setenv(_KEY, "short")

    said = keyed("plan")

    assert said.code == 11
    assert f"{_KEY} has fewer than 32 characters" in said.err


def _fingerprint(value: str, key: str = "connection/one", environment: str = "uat") -> str:
    kind, _, name = key.partition("/")
    spec = {"auth": {"clientSecret": SecretRef("S", "1")}}
    resource = Resource(Address(kind, name), spec, source=None)  # type: ignore[arg-type]
    environ = {_KEY: "k" * 40, "S": value}
    (known,) = fingerprinted([resource], environ, environment=environment)
    return known.fingerprint


def test_equal_secrets_of_two_objects_do_not_look_alike() -> None:
    """Nor those of one object in two environments; the same everywhere is the same."""
    seen = {_fingerprint("x"), _fingerprint("x", "connection/two"), _fingerprint("x", "a/one", "b")}
    assert len(seen) == 3
    assert _fingerprint("x") == _fingerprint("x")
    assert _fingerprint("x", environment="prod") not in seen
