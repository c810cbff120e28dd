"""Fixtures that every suite shares."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# A busy machine is no reason to fail: no test asserts on seconds.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that sweeps recorded, a line each."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, figures in getattr(report, "user_properties", ()):
            terminalreporter.write_line(f"{name}: {figures}")


@pytest.fixture(autouse=True)
def _no_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's CI system is told of what a test does, not even of the one that runs the tests."""
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what manifests said apart from what the developer's own runs remember."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty project and an empty tenant."""
    made = World(tmp_path)
    yield made
    made.sandbox.close()


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds with knobs, faults or rules of their own."""
    made: list[World] = []

    def make(**settings: object) -> World:
        root = tmp_path / f"world{len(made)}"
        root.mkdir()
        made.append(World(root, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for world in made:
        world.sandbox.close()
