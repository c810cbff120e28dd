"""Adoption: one write that changes nothing, after which the object is ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from world import by_a_stranger

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Shop

_OAUTH = {
    "authType": "OAUTH",
    "clientId": "shop",
    "clientSecret": {"fromSecret": "WEATHER_SECRET", "version": "1"},
    "accessTokenUrl": "https://weather.example.test/token",
}


@pytest.fixture
def inherited(shops: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose tenant is as Git says, written by a key that is not ours."""
    shop = shops(environ={"WEATHER_SECRET": "hush-hush"})
    monkeypatch.setenv("WEATHER_SECRET", "hush-hush")
    shop.template()
    shop.connection(auth=_OAUTH)
    shop.model()
    by_a_stranger(shop)
    shop.sandbox.forget_requests()
    return shop


def test_a_plan_counts_what_could_be_adopted(inherited: Shop) -> None:
    """Equal and never ours is no change; -v lists it, and the summary counts it."""
    inherited.connection()  # without a secret, nothing of it has to be sent
    said = inherited("plan", "-v", "--select", "template/*")

    assert "= template/strip" in said.out
    assert said.out.endswith("No changes. The tenant matches the selected manifests.\n")
    document = inherited("plan", "--select", "template/*", "--format", "json").document
    assert (document["summary"]["adopt"], document["adoptable"]) == (1, ["template/strip"])


def test_adoption_is_one_write_without_a_change(inherited: Shop) -> None:
    """The content stays as it was, the author becomes ours, and a second time nothing is sent."""
    before = inherited.stored("template/strip")

    said = inherited("adopt", "template/strip", "--auto-approve")

    assert said.code == 0
    assert "updated template/strip   revision 2" in said.out
    assert [w.method for w in inherited.writes()] == ["PUT"]
    assert inherited.stored("template/strip") == before
    record = inherited.sandbox.history("template/strip")[-1]
    assert record.modified_by == "sandbox-developer-templates@clients"
    again = inherited("adopt", "template/strip", "--auto-approve")
    assert again.code == 0
    assert "template/strip is not adopted: it is ours already" in again.out
    assert len(inherited.writes()) == 1


def test_the_base_is_known_from_then_on(inherited: Shop) -> None:
    """An edit after an adoption is drift; before it, nobody could have told."""
    inherited("adopt", "connection/weather", "--auto-approve")
    inherited.edit("connection/Weather", description="Hers")
    inherited.connection(auth=_OAUTH, description="Ours")
    inherited.edit("template/strip", name="Hers")

    changes = inherited("plan", "--format", "json").document["changes"]

    causes = {c["address"]: c["cause"] for c in changes}
    assert causes["template/strip"] == "undetermined"


def test_a_connection_is_adopted_with_its_secret(inherited: Shop) -> None:
    """The write carries the secret, lest the tenant wipe it; it is shown nowhere."""
    said = inherited("adopt", "connection/weather", "--auto-approve")

    assert said.code == 0
    assert "hush-hush" not in said.out + said.err
    sent = json.loads(json.dumps(inherited.writes()[0].body))
    assert sent["auth"]["clientSecret"] == "hush-hush"
    assert inherited("plan", "--select", "connection/*", "--detailed-exitcode").code == 0


def test_a_connection_whose_secret_is_missing_is_not_touched(
    inherited: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All secrets are there before the first write, or there is none."""
    monkeypatch.delenv("WEATHER_SECRET")

    said = inherited("adopt", "template/strip", "connection/weather", "--auto-approve")

    assert said.code == 11
    assert "WEATHER_SECRET is not set" in said.err
    assert not inherited.writes()


def test_a_connection_whose_secret_nobody_states_is_refused(inherited: Shop) -> None:
    """Writing without the secret might wipe it."""
    auth = {name: value for name, value in _OAUTH.items() if name != "clientSecret"}
    inherited.connection(auth=auth)

    said = inherited("adopt", "connection/weather", "--auto-approve")

    assert said.code == 12
    assert "blocked (secret-unstated)" in said.out
    assert not inherited.writes()


def test_a_model_is_adopted_with_its_variants(inherited: Shop) -> None:
    """The deployment pins the revision that the adoption of its variant makes."""
    said = inherited("adopt", "decision-model/banner", "--auto-approve")

    assert said.code == 0, said
    assert [w.method for w in inherited.writes()] == ["PUT", "PUT"]
    assert inherited("plan", "--select", "decision-*", "--detailed-exitcode").code == 0
    assert inherited("plan", "--format", "json").document["adoptable"] == [
        "connection/weather",
        "template/strip",
    ]
    alone = inherited("adopt", "decision-variant/banner:main", "--auto-approve")
    assert alone.code == 64
    assert "adopt decision-model/banner" in alone.err


@pytest.mark.parametrize("which", ["differs", "missing", "archived"])
def test_only_what_is_equal_can_be_adopted(inherited: Shop, which: str) -> None:
    """A difference, a missing object and an archived one are for plan and apply, or for pull."""
    words = {
        "differs": "here something differs: apply or pull first",
        "missing": "the tenant has no such object to adopt",
        "archived": "it is archived in the tenant",
    }
    match which:
        case "differs":
            inherited.template(name="Another name")
        case "missing":
            inherited.template("other")
        case "archived":
            inherited.edit("template/strip", archived=True)
    address = "template/other" if which == "missing" else "template/strip"

    said = inherited("adopt", address, "--auto-approve")

    assert said.code == 12
    assert "blocked (adopt): " in said.out
    assert words[which] in said.out
    assert "nothing was written" in said.err
    assert not inherited.writes()


def test_what_can_be_adopted_is_with_skip_blocked(inherited: Shop) -> None:
    """--skip-blocked adopts the rest, and still exits 12."""
    inherited.template("other")
    said = inherited("adopt", "template/*", "--auto-approve", "--skip-blocked")

    assert said.code == 12
    assert [w.method for w in inherited.writes()] == ["PUT"]


def test_adoption_archives_nothing(inherited: Shop) -> None:
    """Not even where the project file asks for prune."""
    inherited.write("personalize-sync.yaml", inherited.project("    prune: true\n"))
    inherited("adopt", "template/strip", "--auto-approve")
    inherited.template("other")
    inherited.forget("Template", "strip")

    said = inherited("adopt", "connection/weather", "--auto-approve")

    assert said.code == 0
    assert inherited.stored("template/strip").get("archived") is not True


def test_adoption_waits_for_approval(inherited: Shop) -> None:
    """Without a terminal nobody can be asked; --what-if only shows, with a client that only reads."""
    said = inherited("adopt", "template/strip")
    shown = inherited("adopt", "template/strip", "--what-if")

    assert (said.code, shown.code) == (64, 0)
    assert "adopt without a terminal needs --auto-approve" in said.err
    assert "= template/strip" in shown.out
    assert "1 to adopt." in shown.out
    assert not inherited.writes()


def test_what_is_not_managed_fully_is_not_adopted(inherited: Shop) -> None:
    """A manifest that only creates, or only observes, wants no ownership."""
    spec = {"name": "strip", "type": "WEB"}
    inherited.manifest("Template", "strip", spec, manage="createOnly")

    said = inherited("adopt", "template/strip", "--auto-approve")

    assert said.code == 0
    assert "manage is createOnly" in said.out
    assert not inherited.writes()


def test_every_address_must_be_a_manifest(inherited: Shop) -> None:
    """A slip of the pen is no silent nothing."""
    said = inherited("adopt", "template/strip", "template/stripp", "--auto-approve")
    assert said.code == 64
    assert 'Did you mean "template/strip"?' in said.err
    assert not inherited.writes()
