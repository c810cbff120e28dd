"""kill -9 at any step of an import: nothing is there, or the next init has it all there.

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
from init.ground import bring_in, fill
from pull.dying import deaths
from pull.ground import tree
from world import World

from personalize_sync.init import finish_interrupted
from personalize_sync.project import STATE

if TYPE_CHECKING:
    from collections.abc import Callable


def _sweep(root: Path, *, every: bool) -> int:
    """Kill an import at each step, and return how many times one died."""
    project, scene = root / "project", root / "scene"
    project.mkdir()
    world = World(project)
    fill(world.sandbox)
    shutil.copytree(project, scene)
    bring_in(world)
    new = tree(world)
    died, completed = 0, 0
    stride = 1 if every else 3
    for _ in deaths(lambda: bring_in(world), project, scene, every=every, stride=stride):
        died += 1
        seen = {name: data for name, data in tree(world).items() if not name.startswith(STATE)}
        assert seen.items() <= new.items()
        completed += bool(finish_interrupted(project))
        if tree(world) != new:
            bring_in(world)
        assert tree(world) == new
    assert completed, "no import died between two moves"
    return died


@pytest.mark.timeout(3600)
def test_a_killed_import_is_completed_or_begun_again(
    tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    """What lies in the project is whole at any time, and the next run leaves nothing else there."""
    here = Path(__file__)
    done = subprocess.run(
        [sys.executable, "-m", f"init.{here.stem}", str(tmp_path)],
        cwd=here.parents[1],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    died = int(done.stdout)
    record_property("SIGKILL in init", f"{died} imports killed, all completed or begun again")


if __name__ == "__main__":
    died = _sweep(Path(sys.argv[1]), every=bool(os.environ.get("SWEEP")))
    sys.stdout.write(str(died))
