"""Fixtures that every suite shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


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
