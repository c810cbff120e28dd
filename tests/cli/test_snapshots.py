"""A snapshot holds what a plan needs and no secret, and a plan against it needs no key."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from personalize_sync.manifests import schema_text
from personalize_sync.planning.saved import sealed

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Shop

_CANARY = "canary-Zm9vYmFy=="


@pytest.fixture
def offline(synced: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Takes a snapshot; afterwards there are no keys, and no request arrives unnoticed."""

    def take() -> dict[str, Any]:
        assert synced("snapshot", "-o", "snapshot.json").code == 0
        for name in list(synced.environ):
            monkeypatch.delenv(name, raising=False)
        synced.sandbox.forget_requests()
        taken: dict[str, Any] = json.loads((synced.root / "snapshot.json").read_text())
        return taken

    return take


def _fields(plan: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (change["address"], field["path"], field["cause"])
        for change in plan["changes"]
        for field in change["fields"]
    ]


def test_a_plan_against_a_snapshot_sends_nothing(
    synced: Shop, offline: Callable[..., dict[str, Any]]
) -> None:
    """Without any key it says what the same plan against the tenant says, causes included."""
    synced.edit("template/strip", name="Winter")
    synced.template(description="New")
    live = synced("plan", "--format", "json").document
    offline()
    said = synced("plan", "--against", "snapshot.json", "--format", "json")

    assert said.code == 0
    assert synced.sandbox.requests == []
    assert _fields(said.document) == _fields(live)
    assert ("template/strip", "/name", "drift") in _fields(live)
    assert said.document["summary"] == live["summary"]
    assert said.document["target"] == {**live["target"], "base_url": live["target"]["base_url"]}


def test_an_old_write_of_ours_is_still_the_base(
    synced: Shop, offline: Callable[..., dict[str, Any]]
) -> None:
    """The evidence is taken for every object, since nobody knows what a pull request will change."""
    synced.edit("template/strip", description="Hers")
    synced.template(description="Hers")  # nothing differs when the snapshot is taken
    offline()
    synced.template(description="Hers", name="Ours")
    said = synced("plan", "--against", "snapshot.json", "--format", "json")

    assert _fields(said.document) == [("template/strip", "/name", "pending")]


def test_the_snapshot_keeps_its_schema(offline: Callable[..., dict[str, Any]]) -> None:
    """What is written is what the published schema says."""
    schema = json.loads(schema_text("snapshot"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(offline())


def test_no_secret_is_in_a_snapshot(
    shops: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the client secret, though the tenant echoes it, no header's value, no unknown field of auth."""
    shop = shops(knobs=("secret_on_read=echoed",))
    monkeypatch.setenv("POINTS", _CANARY)
    monkeypatch.setenv("PERSONALIZE_SYNC_FINGERPRINT_KEY", "k" * 40)
    auth = {
        "authType": "OAUTH",
        "clientId": "points",
        "clientSecret": {"fromSecret": "POINTS", "version": "1"},
        "accessTokenUrl": "https://points.example.test/token",
    }
    shop.connection(
        "points",
        auth=auth,
        customHeaders=[{"name": "X-Key", "value": {"fromSecret": "POINTS"}}],
    )
    assert shop("apply", "--auto-approve").code == 0
    shop.edit("connection/Points", auth__password=_CANARY, auth__pin=_CANARY)
    stored = json.dumps(shop.stored("connection/Points"))
    assert _CANARY in stored
    assert " fp=" in stored
    said = shop("snapshot")
    (entry,) = said.document["objects"]

    assert _CANARY not in said.out
    assert " fp=" not in said.out
    assert set(entry["record"]["auth"]) == {
        "authType",
        "clientId",
        "accessTokenUrl",
        "useMutualTls",
    }
    assert "customHeaders" not in entry["record"]


def test_what_a_snapshot_leaves_out_is_no_difference(
    synced: Shop, offline: Callable[..., dict[str, Any]]
) -> None:
    """A header's value is not compared, and the plan says so instead of calling it equal."""
    synced.connection(customHeaders=[{"name": "X-Shop", "value": "harbour"}])
    assert synced("apply", "--auto-approve").code == 0
    offline()
    said = synced("plan", "--against", "snapshot.json", "--format", "json")
    (note,) = (d for d in said.document["diagnostics"] if d["id"] == "PS7020")

    assert said.document["changes"] == []
    assert "connection/weather" in note["message"]


def test_such_a_plan_says_so_and_cannot_be_applied(
    synced: Shop, offline: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It states its age, is not applicable, and apply refuses the file before any request."""
    offline()
    synced.template(name="Another")
    said = synced("plan", "--against", "snapshot.json", "--out", "plan.json")
    plan = json.loads((synced.root / "plan.json").read_text())

    assert re.search(r"planned against a snapshot of \S+Z \(less than a minute old\)", said.out)
    assert plan["applyable"] is False
    assert plan["against"]
    for name, value in synced.environ.items():
        monkeypatch.setenv(name, value)
    refused = synced("apply", "plan.json")
    assert refused.code == 13
    assert "snapshot" in refused.err
    assert synced.sandbox.requests == []
    assert "PS7020" in synced("show", "plan.json", "--format", "summary").out + said.out


@pytest.mark.parametrize(
    ("hours", "age"), [(0.5, "30 minutes"), (1, "1 hour"), (30, "1 day"), (72, "3 days")]
)
def test_the_age_is_said_in_words(
    synced: Shop, offline: Callable[..., dict[str, Any]], hours: float, age: str
) -> None:
    """A reader sees at once whether the view is fresh."""
    taken = offline()
    then = datetime.now(UTC) - timedelta(hours=hours, seconds=1)
    taken["created_at"] = f"{then:%Y-%m-%dT%H:%M:%SZ}"
    (synced.root / "snapshot.json").write_text(json.dumps(sealed(taken, "")))

    assert f"({age} old)" in synced("plan", "--against", "snapshot.json").out


def test_an_altered_snapshot_is_refused(
    synced: Shop, offline: Callable[..., dict[str, Any]]
) -> None:
    """The seal covers every part."""
    taken = offline()
    taken["objects"][0]["name"] = "Another"
    (synced.root / "snapshot.json").write_text(json.dumps(taken))

    assert synced("plan", "--against", "snapshot.json").code == 13


def test_with_a_key_only_its_seal_counts(
    synced: Shop, offline: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the key is, a seal without or with another one is refused; without a key that is said."""
    taken = offline()
    (synced.root / "snapshot.json").write_text(json.dumps(sealed(taken, "key")))
    unchecked = synced("plan", "--against", "snapshot.json")
    assert unchecked.code == 0
    assert "cannot be checked" in unchecked.err

    monkeypatch.setenv("PERSONALIZE_SYNC_PLAN_KEY", "key")
    assert synced("plan", "--against", "snapshot.json").code == 0
    monkeypatch.setenv("PERSONALIZE_SYNC_PLAN_KEY", "other")
    assert synced("plan", "--against", "snapshot.json").code == 13
    (synced.root / "snapshot.json").write_text(json.dumps(sealed(taken, "")))
    assert synced("plan", "--against", "snapshot.json").code == 13


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"kind": "Snapshot", "format_version": "1.0"}', "\x00", "[" * 9_999]
)
def test_what_is_no_snapshot_is_refused(synced: Shop, text: str) -> None:
    """Nothing that is read can make a traceback, whatever its seal."""
    (synced.root / "snapshot.json").write_text(text)
    assert synced("plan", "--against", "snapshot.json").code == 13
    if text.startswith("{"):
        (synced.root / "snapshot.json").write_text(json.dumps(sealed(json.loads(text), "")))
        assert synced("plan", "--against", "snapshot.json").code == 13


def test_a_snapshot_of_something_else_is_refused(
    synced: Shop, offline: Callable[..., dict[str, Any]]
) -> None:
    """Another environment, another tenant, or a kind that it does not hold."""
    taken = offline()
    assert synced("plan", "--against", "snapshot.json", "-e", "uat").code == 13

    synced.write("personalize-sync.yaml", synced.project("    clientKey: another\n"))
    assert synced("plan", "--against", "snapshot.json").code == 12
    synced.write("personalize-sync.yaml", synced.project())

    fewer = {**taken, "kinds": ["connection"]}
    (synced.root / "snapshot.json").write_text(json.dumps(sealed(fewer, "")))
    said = synced("plan", "--against", "snapshot.json")
    assert said.code == 13
    assert "templates" in said.err


def test_a_snapshot_reads_only(synced: Shop) -> None:
    """Taking one writes nothing to the tenant."""
    synced("snapshot")

    assert synced.writes() == []
