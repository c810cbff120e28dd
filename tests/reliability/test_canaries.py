"""Secrets go in; none comes out of the command line: not in any stream, file, argument or log."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from reliability.served import APPLY, intercept, served, start

from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Instead, LostAnswer, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reliability.prepared import Prepared
    from world import World

    from personalize_sync.sandbox.exchange import Request

_CONNECTION = "canary-in-a-connection/ü+=\"'7f3a"
_KEY = "canary-of-the-key-5d20=="
_FINGERPRINT = "canary-of-the-fingerprints-" + "k" * 32
_SEAL = "canary-of-the-seal-91bc"
_SECRETS = (_CONNECTION, _KEY, _FINGERPRINT, _SEAL)
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("plan", "-v", "--out", "plan.json", "--prune"),
    ("plan", "--format", "json", "--on-drift", "keep"),
    (*APPLY, "-v", "--format", "json"),
    ("plan", "--format", "markdown"),
    ("drift", "-v"),
    ("verify", "-v"),
    (*APPLY, "-v", "--send-secret", "connection/weather"),
    ("auth", "audit", "-v"),
)


def _disguises(secret: str) -> Iterator[bytes]:
    """What a secret may look like on its way through formats and logs."""
    raw = secret.encode()
    yield from (raw, secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode())
    yield from (repr(secret)[1:-1].encode(), quote(secret, safe="").encode(), raw.hex().encode())
    yield from (base64.b64encode(raw), base64.urlsafe_b64encode(raw), raw[:12], raw[-12:])


def _found(data: bytes) -> list[str]:
    return [s[:20] for s in _SECRETS if any(disguise in data for disguise in _disguises(s))]


class _Watch:
    """Runs commands and searches every byte that they leave behind."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scanned = 0
        self.runs = 0
        self.arguments: set[bytes] = set()
        self.pids: list[int] = []
        intercept(world, self._look_at_arguments)
        self.environ = {
            "WEATHER_SECRET": _CONNECTION,
            "PERSONALIZE_SYNC_FINGERPRINT_KEY": _FINGERPRINT,
            "PERSONALIZE_SYNC_PLAN_KEY": _SEAL,
        }
        for key in world.sandbox.keys:
            world.sandbox.add_key(key.feature, key.client_id, _KEY)

    def _look_at_arguments(self, _request: Request, _carried_out: bool) -> None:  # noqa: FBT001
        for pid in self.pids:
            path = Path(f"/proc/{pid}/cmdline")
            if path.exists():
                self.arguments.add(path.read_bytes())

    def run(self, *arguments: str) -> int:
        """Run one command line; answers its exit code."""
        process = start(self.world, *arguments, **self._with_keys())
        self.pids.append(process.pid)
        out, err = process.communicate(timeout=60)
        self.runs += 1
        for data in (out.encode(), err.encode()):
            self.scanned += len(data)
            assert _found(data) == [], arguments
        return process.returncode

    def _with_keys(self) -> dict[str, str]:
        names = [n for n in self.world.environ if n.endswith("_CLIENT_SECRET")]
        return {**self.environ, **dict.fromkeys(names, _KEY)}

    def assert_nothing_on_disk(self) -> None:
        """Search every file below the project, and the arguments of every process."""
        for path in self.world.root.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                self.scanned += len(data)
                assert _found(data) == [], path
        assert self.arguments
        assert _found(b"".join(self.arguments)) == []


def test_no_command_shows_a_secret(
    small: Prepared, record_property: Callable[[str, Any], None]
) -> None:
    """When all goes well, when answers are lost, and when the tenant sends our request back to us."""
    with served(small) as world:
        watch = _Watch(world)
        for arguments in _COMMANDS:
            assert watch.run(*arguments) in (0, 12, 17), arguments
        echo = json.dumps(
            {"message": f"bad: {_CONNECTION} {_KEY}", "developerMessage": _CONNECTION}
        )
        for effect in (
            Instead(echo.encode(), 400, (("Content-Type", "application/json"),)),
            Instead(f"<html>{_CONNECTION}{_KEY}</html>".encode()),
            LostAnswer(),
            Status(500, applied=True),
        ):
            world.sandbox.faults.clear()
            fault = world.sandbox.faults.add(Fault(effect, "PUT", "/v2/connections/*"))
            watch.run(*APPLY, "-v", "--send-secret", "connection/weather")
            assert fault.fired == 1, effect
        refused = world.sandbox.faults.add(Fault(Status(401), "POST", "/oauth/token", times=0))
        assert watch.run("plan", "-v") == 11
        assert refused.fired
        watch.assert_nothing_on_disk()
        assert world.stored("connection/Weather")["auth"]["clientSecret"] == _CONNECTION
        record_property(
            "canary sweep",
            f"{len(_SECRETS)} secrets x {len(list(_disguises('x' * 20)))} disguises in "
            f"{watch.runs} commands, {watch.scanned} bytes: 0 found",
        )


@pytest.mark.parametrize("secret", _SECRETS)
def test_the_search_would_find_each_disguise(secret: str) -> None:
    """A leak in any of these forms, anywhere in a text, is seen."""
    for disguise in _disguises(secret):
        assert _found(b"before " + disguise + b" after")
