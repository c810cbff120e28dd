"""Imports point one way, and each big library has one home."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

_PACKAGE = Path(__file__).resolve().parents[1] / "personalize_sync"

# A row may import the rows above it, never a neighbour or a row below.
_LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"__init__"}),
    frozenset({"problems"}),
    frozenset({"errors", "resources", "project"}),
    frozenset({"kinds"}),
    frozenset({"manifests", "tenant", "planning"}),
    frozenset({"apply", "fetching", "forge", "init", "pull", "rendering"}),
    frozenset({"reconcile"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
# The simulated tenant shares nothing with the client, so that the two can disagree.
_APART = "sandbox"
_SANDBOX_USERS = frozenset({"cli"})
_HOMES = {
    "click": {"cli"},
    "deepdiff": {"planning"},
    "httpx": {"forge", "tenant", "sandbox"},
    "jsonschema": {"manifests"},
    "keyring": {"tenant"},
    "jsonschema_rs": {"manifests"},
    "rich": {"rendering", "cli"},
    "tenacity": {"tenant"},
    "yaml": {"manifests"},
}


def _room(path: Path) -> str:
    return path.relative_to(_PACKAGE).with_suffix("").parts[0]


def _imported(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


_FILES = sorted(_PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", _FILES, ids=lambda p: str(p.relative_to(_PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    """A module imports only its own room and the rows above it."""
    room = _room(path)
    rank = {name: row for row, names in enumerate(_LAYERS) for name in names}
    for module in _imported(path):
        parts = module.split(".")
        if parts[0] != "personalize_sync":
            continue
        # `from personalize_sync import __version__` names no room.
        other = parts[1] if len(parts) > 1 and parts[1] in (*rank, _APART) else "__init__"
        if other == room:
            continue
        if _APART in (room, other):
            assert room in _SANDBOX_USERS, f"{path} imports {module}"
            continue
        assert rank[other] < rank[room], f"{path} imports {module}"


@pytest.mark.parametrize("path", _FILES, ids=lambda p: str(p.relative_to(_PACKAGE)))
def test_each_big_library_has_one_home(path: Path) -> None:
    """A library that shapes the code around it is imported in its own room only."""
    for module in _imported(path):
        homes = _HOMES.get(module.split(".", maxsplit=1)[0])
        assert homes is None or _room(path) in homes, f"{path} imports {module}"


def test_every_room_has_its_place_in_the_table() -> None:
    """No module escapes the rule by being new."""
    known = {name for row in _LAYERS for name in row} | {_APART}
    assert {_room(path) for path in _FILES} <= known
