"""Where a key may come from, which place wins, and what is said of a place that is no good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tenant.access import SECRET, environment

from personalize_sync.errors import CredentialError
from personalize_sync.kinds import BY_NAME
from personalize_sync.resources import Secret
from personalize_sync.tenant.credentials import Sources
from personalize_sync.tenant.keyring import Keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_OWN, _GENERAL = "PERSONALIZE_SYNC_TEST_CONNECTIONS", "PERSONALIZE_SYNC_CONNECTIONS"


def _pair(prefix: str, value: str) -> dict[str, str]:
    return {f"{prefix}_CLIENT_ID": value, f"{prefix}_CLIENT_SECRET": SECRET}


def _directory(folder: Path, content: Mapping[str, str]) -> Path:
    folder.mkdir()
    for name, value in content.items():
        (folder / name).write_text(value + "\n", encoding="utf-8")
    return folder


def _found(sources: Sources) -> str:
    return Keyring(environment("connections"), sources).key("connections").client_id


def test_the_order_of_places_is_the_documented_one(tmp_path: Path) -> None:
    """Own name before general name; variable, file of a variable, directory; the system's last."""
    directory = _directory(tmp_path / "all", {**_pair(_OWN, "own"), **_pair(_GENERAL, "general")})
    general = _directory(tmp_path / "general", _pair(_GENERAL, "general"))
    id_file = tmp_path / "id"
    id_file.write_text("named", encoding="utf-8")
    named = {**_pair(_OWN, ""), f"{_OWN}_CLIENT_ID_FILE": str(id_file)}
    named[f"{_OWN}_CLIENT_SECRET"] = SECRET

    kept = ("kept", Secret(SECRET))

    assert _found(Sources({**named, **_pair(_OWN, "said")}, directory)) == "said"
    assert _found(Sources(named, directory)) == "named"
    assert _found(Sources(_pair(_GENERAL, "said"), directory)) == "own"
    assert _found(Sources(_pair(_GENERAL, "said"), general)) == "said"
    assert _found(Sources({}, general, lambda _: kept)) == "general"
    assert _found(Sources({}, tmp_path / "nothing", lambda _: kept)) == "kept"


def test_a_mounted_directory_is_read_like_docker_and_kubernetes_lay_it_out(tmp_path: Path) -> None:
    """Kubernetes names a link to a link; the file's last line break is no part of the secret."""
    data = _directory(tmp_path / "..2026", _pair(_OWN, "mounted"))
    (tmp_path / "..data").symlink_to(data.name)
    for name in _pair(_OWN, ""):
        (tmp_path / name).symlink_to(f"..data/{name}")

    key = Keyring(environment("connections"), Sources({}, tmp_path)).key("connections")

    assert (key.client_id, key.secret.reveal()) == ("mounted", SECRET)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.mkdir(),
        lambda file: file.symlink_to("/nonexistent/target"),
        lambda file: file.write_bytes(b"\xff\xfe"),
        lambda file: file.write_bytes(b"x" * 70_000),
        lambda file: file.symlink_to("/dev/zero"),
    ],
    ids=["directory", "dangling", "not UTF-8", "too long", "endless"],
)
def test_a_file_that_is_no_credential_is_named(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """It is an error of the run that needs it, by the name of the variable."""
    spoil(tmp_path / f"{_OWN}_CLIENT_SECRET")
    ring = Keyring(environment(), Sources(_pair(_GENERAL, "general"), tmp_path))

    with pytest.raises(CredentialError, match=f"{_OWN}_CLIENT_SECRET in --secrets-dir"):
        ring.key("connections")


def test_what_is_wrong_with_a_key_that_nobody_needs_stops_nothing() -> None:
    """Half a key for connections is no matter for templates."""
    environ = {
        f"{_OWN}_CLIENT_ID": "half",
        **_pair("PERSONALIZE_SYNC_DEVELOPER_TEMPLATES", "templates"),
    }
    ring = Keyring(environment(), environ)

    assert ring.missing(read=[BY_NAME["template"]]) == []
    assert ring.key("developer-templates").client_id == "templates"


def test_all_that_is_missing_is_said_with_what_it_is_for() -> None:
    """Absent, half and undeclared keys, each once, for all kinds that need it."""
    ring = Keyring(
        environment("connections", "developer-templates", "decision-model-testing"),
        {"PERSONALIZE_SYNC_DEVELOPER_TEMPLATES_CLIENT_ID": "half"},
    )
    kinds = [BY_NAME[k] for k in ("template", "connection", "decision-model", "decision-variant")]

    said = [error.message + " " + error.hint for error in ring.missing(read=kinds, write=kinds)]

    assert [sum(word in text for text in said) for word in (_OWN, _GENERAL)] == [1, 1]
    text = "\n".join(said)
    assert "needed to read connections; write connections" in text
    assert "needed to read decision models, decision variants" in text
    assert "half an API key" in text
    assert "declares no API key that may be used for decision-model" in text
    assert len(said) == 5


def test_a_variable_that_azure_does_not_know_is_not_set() -> None:
    """Azure Pipelines hands `$(NAME)` on as it stands; that is no half of a key."""
    own = {name: f"$({name})" for name in _pair(_OWN, "")}

    assert _found(Sources({**own, **_pair(_GENERAL, "general")})) == "general"
