"""`auth login` and `auth logout`: keys in the system's keyring, typed unseen or read from stdin."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from personalize_sync.tenant import vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.conftest import Said, Shop

_ID, _SECRET = "sandbox-connections", "sandbox-connections-secret"
_BACKEND = """
import json, pathlib
from keyring.backend import KeyringBackend
class InAFile(KeyringBackend):
    priority = 1
    path = pathlib.Path(__file__).with_suffix(".json")
    def get_password(self, service, username):
        return None
    def set_password(self, service, username, password):
        self.path.write_text(json.dumps([service, username, password]))
"""


class _InMemory(KeyringBackend):
    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked(f"{_SECRET} is locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise KeyringLocked(f"{password} is locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.is_locked:
            raise PasswordDeleteError("locked")
        del self.kept[service, username]


@pytest.fixture
def system() -> Iterator[_InMemory]:
    """A keyring of the system that lives as long as the test."""
    before, made = keyring.get_keyring(), _InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def bare(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop without a template, and without any key in the environment."""
    for name in [n for n in os.environ if n.startswith("PERSONALIZE_SYNC_")]:
        monkeypatch.delenv(name)
    shop.forget("Template", "strip")
    return shop


@pytest.fixture
def login(bare: Shop, system: _InMemory, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Runs `auth login` with a text on stdin."""
    del system

    def run(text: str = f"{_ID}\n{_SECRET}\n", *features: str) -> Said:
        with monkeypatch.context() as typed:
            typed.setattr(sys, "stdin", io.StringIO(text))
            return bare("auth", "login", *(features or ("connections",)))

    return run


def test_a_key_that_was_kept_is_found_and_forgotten(
    bare: Shop, system: _InMemory, login: Callable[..., Said]
) -> None:
    """Login, plan, logout, and plan again; the secret is shown nowhere."""
    assert bare("plan").code == 11

    said = login()
    assert said.code == 0
    assert "personalize.external_webservices:manage" in said.err
    assert bare("plan").code == 0
    assert "found in the system's keyring" in bare("auth", "audit").out
    assert bare("auth", "logout").err == "Forgot the keys for connections.\n"
    assert bare("auth", "logout").err == "No key was kept.\n"
    assert (bare("plan").code, system.kept) == (11, {})
    assert _SECRET not in said.out + said.err


def test_a_locked_keyring_is_not_an_empty_one(
    bare: Shop, system: _InMemory, login: Callable[..., Said]
) -> None:
    """Logout says that it could not forget the key, and it is still kept."""
    assert login().code == 0
    system.is_locked = True

    said = bare("auth", "logout")

    assert (said.code, len(system.kept)) == (11, 1)
    assert "does not let go of the key (KeyringLocked)" in said.err
    assert _SECRET not in said.out + said.err


def test_what_the_environment_says_wins(
    bare: Shop, login: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable is looked at first; the keyring is not even asked."""
    assert login().code == 0
    for half in ("ID", "SECRET"):
        monkeypatch.setenv(f"PERSONALIZE_SYNC_CONNECTIONS_CLIENT_{half}", "another")

    said = bare("plan")

    assert said.code == 11
    assert "PERSONALIZE_SYNC_CONNECTIONS_CLIENT_ID" in said.err


def test_a_key_that_does_not_work_is_not_kept(
    system: _InMemory, login: Callable[..., Said]
) -> None:
    """The token endpoint refuses it: exit 11, and nothing is kept."""
    said = login(f"{_ID}\nwrong-secret\n")

    assert (said.code, system.kept) == (11, {})
    assert "wrong-secret" not in said.out + said.err


def test_a_kept_key_is_sent_to_no_other_address(bare: Shop, login: Callable[..., Said]) -> None:
    """A project file that names another token endpoint, or another environment, finds nothing."""
    assert login().code == 0
    file = bare.root / "personalize-sync.yaml"
    text = file.read_text(encoding="utf-8")

    assert bare("plan", "-e", "uat").code == 11
    file.write_text(text.replace("/oauth/token", "/elsewhere/token"), encoding="utf-8")
    bare.sandbox.forget_requests()
    assert bare("plan").code == 11
    assert bare.sandbox.requests == []


def test_another_directory_finds_nothing(bare: Shop, login: Callable[..., Said]) -> None:
    """A clone of somebody's project does not get the keys of ours."""
    assert login().code == 0
    for name in ("personalize-sync.yaml", "Connection-weather.yaml"):
        bare.write(f"../clone/{name}", (bare.root / name).read_bytes())

    assert bare("plan").code == 0
    assert bare("plan", "-C", "../clone").code == 11


def test_a_keyring_that_does_not_open_is_no_keyring(
    bare: Shop, system: _InMemory, login: Callable[..., Said]
) -> None:
    """Reading: the key is missing. Keeping: refused, without the words of foreign code."""
    system.is_locked = True

    said = login()
    assert said.code == 11
    assert "KeyringLocked" in said.err
    assert _SECRET not in said.err
    assert bare("plan").code == 11


@pytest.mark.parametrize(
    ("text", "arguments", "told"),
    [
        ("", (), "does not hold two lines"),
        (f"{_ID}\n", (), "does not hold two lines"),
        (f"{_ID}\n{_SECRET}\nmore\n", (), "does not hold two lines"),
        (f"\n{_SECRET}\n", (), "is empty"),
        (f"{_ID}\n{_SECRET}\n", ("connections", "developer-templates"), "one key at a time"),
        (f"{_ID}\n{_SECRET}\n", ("connection",), 'Did you mean "connections"?'),
    ],
)
def test_what_cannot_be_kept_is_a_usage_error(
    bare: Shop, login: Callable[..., Said], text: str, arguments: tuple[str, ...], told: str
) -> None:
    """Exit 64 and no request."""
    said = login(text, *arguments)

    assert said.code == 64
    assert told in said.err
    assert bare.sandbox.requests == []


def test_without_the_extra_it_says_what_to_install(
    bare: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library is optional: without it, a run looks everywhere else."""
    monkeypatch.setattr(vault, "find_spec", lambda _name: None)

    said = bare("auth", "login", "connections")

    assert said.code == 64
    assert "personalize-sync[keyring]" in said.err
    assert bare("plan").code == 11


def test_a_sandbox_needs_no_keys(bare: Shop) -> None:
    """Its keys are known to everybody."""
    bare.write(
        "personalize-sync.yaml",
        "apiVersion: personalize-sync/v1\nkind: Project\ndefaultEnvironment: sandbox\n"
        "environments: {sandbox: {sandbox: {}}}\n",
    )

    assert bare("auth", "login").code == 64


def test_a_secret_is_typed_unseen(bare: Shop) -> None:
    """On a terminal it is asked for, and not shown; an empty id leaves the other features out."""
    backend = bare.write("in_a_file.py", _BACKEND)
    answers = {b"client id: ": f"{_ID}\n", b"client secret: ": f"{_SECRET}\n"}
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "personalize_sync", "auth", "login", "connections"],
        env={
            **os.environ,
            "PYTHON_KEYRING_BACKEND": "in_a_file.InAFile",
            "PYTHONPATH": os.pathsep.join([str(bare.root), *sys.path]),
        },
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    with os.fdopen(master, "rb+", buffering=0) as screen, suppress(OSError):
        while piece := screen.read(1024):  # a terminal whose process ended is an error
            shown += piece
            for question in [q for q in answers if shown.endswith(q)]:
                screen.write(answers.pop(question).encode())

    assert process.wait(30) == 0, shown
    assert b"Kept the key for connections" in shown
    assert _ID.encode() in shown
    assert _SECRET.encode() not in shown
    assert _SECRET in backend.with_suffix(".json").read_text(encoding="utf-8")
