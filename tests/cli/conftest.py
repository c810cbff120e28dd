"""A project whose tenant is a sandbox behind a real socket, and the command line to work on it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import pytest
from world import PROJECT, World

from personalize_sync.cli.endings import run
from personalize_sync.cli.session import sandbox_keys
from personalize_sync.sandbox import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_SLEEP = time.sleep


@dataclass(frozen=True, slots=True)
class Said:
    """How one command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """stdout, which must be one JSON document."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def run(self) -> str:
        """The id of the run, as apply announces it."""
        found = re.search(r"^Run (\S+)$", self.err, re.MULTILINE)
        assert found, self.err
        return found[1]


@dataclass
class Shop(World):
    """A world whose tenant answers on loopback; calling it runs a command line in this process."""

    server: Server = field(init=False)
    capsys: pytest.CaptureFixture[str] = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.server = Server(self.sandbox).start()
        self.write("personalize-sync.yaml", self.project())

    def project(self, extra: str = "") -> str:
        """The text of the project file; `extra` lines belong to every environment."""
        text = PROJECT.replace("http://127.0.0.1:9", self.server.base_url)
        return text.replace("    keys:\n", f"{extra}    keys:\n")

    def __call__(self, *arguments: str) -> Said:
        """Run one command line."""
        self.capsys.readouterr()
        code = run([*arguments])
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    def start(
        self,
        *arguments: str,
        environ: Mapping[str, str] = {},
        out: int | IO[str] = subprocess.PIPE,
    ) -> subprocess.Popen[str]:
        """Start a command line in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "personalize_sync", *arguments],
            cwd=self.root,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def finished(self, process: subprocess.Popen[str]) -> Said:
        """Wait for a process."""
        out, err = process.communicate(timeout=100)
        return Said(process.returncode, out, err)

    def until(self, ready: Callable[[], object]) -> None:
        """Wait until something is so, with patience for a busy machine."""
        ends = time.monotonic() + 60
        while not ready():
            assert time.monotonic() < ends, "waited in vain"
            _SLEEP(0.005)


@pytest.fixture
def shops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Shop]]:
    """Makes shops with knobs and faults of their own; the last one is the working directory."""
    made: list[Shop] = []
    for name in [n for n in os.environ if n.startswith("PERSONALIZE_SYNC_")]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    # How long to wait for a tenant in trouble is proven where time is a parameter.
    monkeypatch.setattr(time, "sleep", lambda _seconds: _SLEEP(0.001))

    def make(**settings: Any) -> Shop:
        root = tmp_path / f"shop{len(made)}"
        root.mkdir()
        shop = Shop(root, **settings)
        shop.capsys = capsys
        made.append(shop)
        for name, value in {**sandbox_keys("test"), **sandbox_keys("uat")}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(root)
        return shop

    yield make
    for shop in made:
        shop.server.stop()
        shop.sandbox.close()


@pytest.fixture
def shop(shops: Callable[..., Shop]) -> Shop:
    """A shop with one template and one connection in Git, and nothing in the tenant."""
    made = shops()
    made.template()
    made.connection()
    return made


@pytest.fixture
def synced(shop: Shop) -> Shop:
    """A shop whose tenant is as Git says."""
    assert shop("apply", "--auto-approve").code == 0
    shop.sandbox.forget_requests()
    return shop
