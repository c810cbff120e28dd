"""The examples: every valid one has no problem, every invalid one exactly those it lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests.trees import places, write

from personalize_sync.manifests import load_manifests
from personalize_sync.project import Project

_EXAMPLES = Path(__file__).parent / "examples"
_MARK = "# expect: "


def _examples(folder: str) -> list[str]:
    return sorted(str(p.relative_to(_EXAMPLES)) for p in (_EXAMPLES / folder).rglob("*.yaml"))


def _alone(example: Path, root: Path) -> Path:
    """Copy an example, and what it names, into a root of its own."""
    beside = [p for p in example.parent.iterdir() if p.suffix != ".yaml"]
    return write(root, {p.name: p.read_bytes() for p in (example, *beside)})


@pytest.mark.parametrize("name", _examples("valid"))
def test_a_valid_example_has_no_problems(name: str, tmp_path: Path) -> None:
    """A valid manifest loads, and gives at least one resource."""
    loaded = load_manifests(Project(_alone(_EXAMPLES / name, tmp_path)))

    assert loaded.problems == ()
    assert loaded.resources


@pytest.mark.parametrize("name", _examples("invalid"))
def test_an_invalid_example_has_the_problems_it_lists(name: str, tmp_path: Path) -> None:
    """Each mistake is one problem, at its place, with its id; nothing else is reported."""
    example = _EXAMPLES / name
    lines = example.read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix(_MARK) for line in lines if line.startswith(_MARK)]

    problems = load_manifests(Project(_alone(example, tmp_path))).problems

    assert places(problems) == expected
    assert all(problem.message and problem.remedy for problem in problems)


@pytest.mark.parametrize("name", _examples("invalid/connection"))
def test_no_problem_shows_a_secret(name: str, tmp_path: Path) -> None:
    """A secret in the wrong place is reported without its value."""
    problems = load_manifests(Project(_alone(_EXAMPLES / name, tmp_path))).problems

    assert "hunter2" not in "".join(p.message + p.remedy for p in problems)
