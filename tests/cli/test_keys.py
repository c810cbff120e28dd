"""The keys of a run as people meet them: where they come from, and what is said of missing ones."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Shop

_FEATURES = (
    "CONNECTIONS",
    "DEVELOPER_TEMPLATES",
    "DECISION_MODEL_TESTING",
    "MULTIPLE_RESOURCES",
)


def _pair(feature: str) -> tuple[str, str]:
    return (
        f"PERSONALIZE_SYNC_TEST_{feature}_CLIENT_ID",
        f"PERSONALIZE_SYNC_TEST_{feature}_CLIENT_SECRET",
    )


@pytest.fixture
def forget(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Unsets the variables of features."""

    def unset(*features: str) -> None:
        for feature in features:
            for name in _pair(feature):
                monkeypatch.delenv(name)

    return unset


@pytest.mark.parametrize("command", [("plan",), ("drift",), ("verify",), ("apply", "-v")])
def test_all_missing_keys_are_named_before_anything_is_sent(
    shop: Shop, forget: Callable[..., None], command: tuple[str, ...]
) -> None:
    """Three kinds, three keys, one message: features, variables, what for."""
    shop.model()
    forget(*_FEATURES)

    said = shop(*command, *(["--auto-approve"] if command[0] == "apply" else []))

    assert said.code == 11
    assert "3 credentials are missing" in said.err
    for feature in _FEATURES[:3]:
        assert all(name in said.err for name in _pair(feature))
    assert "needed to read decision models, decision variants" in said.err
    assert "Nothing was written." in said.err
    assert shop.sandbox.requests == []


def test_all_that_writing_lacks_is_named_before_the_first_write(
    shop: Shop, forget: Callable[..., None]
) -> None:
    """The key for writing models and a connection's secret in one message; nothing was sent but GET."""
    shop.model()
    auth = {
        "authType": "OAUTH",
        "clientId": "c",
        "clientSecret": {"fromSecret": "NOT_SET_ANYWHERE"},
        "accessTokenUrl": "https://example.test/token",
    }
    shop.connection(auth=auth)
    forget("MULTIPLE_RESOURCES")

    assert shop("plan").code == 0
    said = shop("apply", "--auto-approve")

    assert said.code == 11
    assert all(name in said.err for name in _pair("MULTIPLE_RESOURCES"))
    assert "needed to write decision models, decision variants" in said.err
    assert "NOT_SET_ANYWHERE" in said.err
    assert "connection/weather" in said.err
    assert shop.writes() == []


def test_all_refused_keys_are_named_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """One secret is wrong, one key is of another feature: one message, and nothing but reads."""
    monkeypatch.setenv(_pair("CONNECTIONS")[1], "wrong")
    shop.sandbox.add_key(
        "connections", "sandbox-developer-templates", "sandbox-developer-templates-secret"
    )

    said = shop("apply", "--auto-approve")

    assert said.code == 11
    assert 'the API key for the feature "connections" was refused' in said.err
    assert 'GET /v3/templates: the key for the feature "developer-templates"' in said.err
    assert shop.writes() == []


def test_a_key_that_cannot_write_is_found_before_the_first_write(shop: Shop) -> None:
    """Models are read with one key and written with another, which was revoked."""
    shop.model()
    shop.sandbox.revoke_key("sandbox-multiple-resources")

    said = shop("apply", "--auto-approve")

    assert said.code == 11
    assert '"multiple-resources" was refused' in said.err
    assert shop.writes() == []


def test_a_plan_names_the_keys_of_its_apply(synced: Shop) -> None:
    """Per change in JSON and with -v, and all together below the plan."""
    synced.template(name="New")
    synced.model()

    said = synced("plan", "-v")
    document = synced("plan", "--format", "json").document

    assert said.out.count("    key: developer-templates\n") == 1
    assert said.out.count("    key: multiple-resources\n") == 2
    assert (
        "keys this apply needs: developer-templates, multiple-resources; "
        "to read: connections, decision-model-testing\n"
    ) in said.out
    assert "key: " not in synced("plan").out
    assert {c["address"]: c["credential"] for c in document["changes"]} == {
        "template/strip": "developer-templates",
        "decision-model/banner": "multiple-resources",
        "decision-variant/banner:main": "multiple-resources",
    }
    assert document["keys"] == {
        "read": ["connections", "decision-model-testing", "developer-templates"],
        "write": ["developer-templates", "multiple-resources"],
    }
    for form in ("terminal", "markdown"):
        synced("plan", "--out", "plan.json")
        shown = synced("show", "plan.json", "--format", form).out
        assert "; to read: connections" in html.unescape(shown)


def test_keys_may_lie_in_a_mounted_directory(
    shop: Shop, forget: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--secrets-dir` serves reading commands too, and by its variable."""
    forget(*_FEATURES)
    for feature in _FEATURES:
        word = feature.lower().replace("_", "-")
        for name, value in zip(
            _pair(feature), (f"sandbox-{word}", f"sandbox-{word}-secret"), strict=True
        ):
            (tmp_path / name).write_text(value + "\n", encoding="utf-8")

    assert shop("plan").code == 11
    assert shop("plan", "--secrets-dir", str(tmp_path)).code == 0
    assert shop("apply", "--auto-approve", "--secrets-dir", str(tmp_path)).code == 0
    monkeypatch.setenv("PERSONALIZE_SYNC_SECRETS_DIR", str(tmp_path))
    assert shop("auth", "audit").code == 0


def test_a_process_that_holds_secrets_leaves_no_core(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once keys are loaded, a crash may not write memory to a file."""
    resource = pytest.importorskip("resource", reason="Windows has no core files")
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    set_to: list[object] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *given: set_to.append(given))

    assert shop("validate").code == 0
    assert set_to == []
    assert shop("plan").code == 0
    assert set_to == [(resource.RLIMIT_CORE, (0, most))]
