"""kill -9 at any step of a pull: each file is the old or the new one, and nothing else is left.

`make sweep` kills at every file that is opened, and not only at those that are written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pull.dying import deaths
from pull.ground import STRIP, pull, tree
from world import World

from personalize_sync.project import STATE

if TYPE_CHECKING:
    from collections.abc import Callable

_SCRIPT = "".join(f"line({n});\n" for n in range(1, 11))
_FILES = {"strip.yaml", "deep/strip.html", "twin.yaml", "twin.html"}


def _edited(root: Path) -> World:
    """Return a project in which a pull has four files to write, one of them with a conflict."""
    world = World(root)
    world.write("strip.yaml", STRIP.replace("strip.html", "deep/strip.html").encode())
    world.write("deep/strip.html", _SCRIPT.encode())
    twin = STRIP.replace("key: strip", "key: twin").replace("strip.html", "twin.html")
    world.write("twin.yaml", twin.encode())
    world.write("twin.html", _SCRIPT.encode())
    world.apply()
    world.write("deep/strip.html", _SCRIPT.replace("line(2)", "git(2)").encode())
    world.write("twin.html", _SCRIPT.replace("line(2)", "git(2)").encode())
    hers = _SCRIPT.replace("line(8)", "maria(8)")
    world.edit("template/strip", name="Hers", templateElements__html=hers)
    world.edit("template/twin", name="Hers", templateElements__html=hers.replace("(2)", "(22)"))
    return world


def _sweep(root: Path, *, every: bool) -> int:
    """Kill a pull at each step, and return how many times one died."""
    project, scene = root / "project", root / "scene"
    project.mkdir()
    world = _edited(project)
    shutil.copytree(project, scene)
    old = tree(world)
    pull(world)
    new = tree(world)
    assert {name for name in new if new[name] != old[name]} == _FILES
    died, mixed = 0, 0
    for _ in deaths(lambda: pull(world), project, scene, every=every):
        died += 1
        seen = tree(world)
        state = {name for name in seen if name.startswith(STATE)}
        assert seen.keys() - state == old.keys()
        assert all(seen[name] in (old[name], new[name]) for name in old)
        mixed += any(seen[name] != old[name] for name in old) and any(
            seen[name] != new[name] for name in old
        )
        pull(world)
        assert tree(world) == new
    assert tree(world) == new
    assert mixed, "no pull died between two files"
    return died


@pytest.mark.timeout(3600)
def test_a_killed_pull_leaves_whole_files(
    tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    """The next pull writes what is missing and clears away what the dead one had begun."""
    here = Path(__file__)
    done = subprocess.run(
        [sys.executable, "-m", f"pull.{here.stem}", str(tmp_path)],
        cwd=here.parents[1],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    died = int(done.stdout)
    assert died >= 4 * len(_FILES)
    record_property("SIGKILL in pull", f"{died} pulls killed, every file old or new, no litter")


if __name__ == "__main__":
    died = _sweep(Path(sys.argv[1]), every=bool(os.environ.get("SWEEP")))
    sys.stdout.write(str(died))
