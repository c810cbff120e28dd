"""Many files are read by two processes, and nobody can tell from what comes out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from manifests.trees import connection, template, write

from personalize_sync.manifests.memory import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="one processor has nobody to share with",
)
_LOAD = """\
import json, os, resource, signal, sys
from pathlib import Path
from personalize_sync.manifests import load_manifests
from personalize_sync.project import Project

if sys.argv[2] == "alone":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
if sys.argv[2] == "killed":
    os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGKILL))
loaded = load_manifests(Project(Path(sys.argv[1])))
found = {
    "resources": [[str(r.address), repr(r.spec), str(r.source.start)] for r in loaded.resources],
    "problems": [f"{p.location} {p.id} {p.message}" for p in loaded.problems],
    "digest": loaded.tree_digest,
    "files": [loaded.files, loaded.manifests],
}
print(json.dumps([resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0, found]))
"""


def _loaded(root: Path, how: str) -> tuple[bool, dict[str, Any]]:
    """Load in a process of its own, and return whether that had a child, and what was loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, str(root), how],
        env={**os.environ, FOLDER: ""},
        capture_output=True,
        text=True,
        check=True,
    )
    has_child, found = json.loads(done.stdout)
    return has_child, found


def _tree(root: Path) -> Path:
    files = {
        f"t{n:03}.yaml": template(f"t{n:03}", f"{{name: T{n}, type: WEB}}") for n in range(350)
    }
    files["a_first.yaml"] = connection("first") + "---\n" + connection("again")
    files["b_broken.yaml"] = "kind: [\n"
    files["c_twin.yaml"] = files["w_twin.yaml"] = template("twin")
    files["x_broken.yaml"] = template("wrong", "{name: 7}")
    return write(root, files)


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    """Manifests, problems, order and digest, whichever half a file is in."""
    _tree(tmp_path)

    had_child, both = _loaded(tmp_path, "together")
    was_helped, one = _loaded(tmp_path, "alone")

    assert (had_child, was_helped) == (True, False)
    assert both == one
    assert len(both["resources"]) == 350 + 4
    assert [problem.split()[1] for problem in both["problems"]] == [
        "PS1003",
        "PS1020",
        "PS1011",
        "PS1012",
    ]


def test_a_second_process_that_is_killed_is_no_loss(tmp_path: Path) -> None:
    """Its half is read once more."""
    _tree(tmp_path)

    had_child, both = _loaded(tmp_path, "killed")

    assert had_child
    assert both == _loaded(tmp_path, "alone")[1]
