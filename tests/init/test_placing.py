"""New files appear all at once or not at all, and never over one that exists."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from personalize_sync.errors import UsageError
from personalize_sync.init import Stage, finish_interrupted

if TYPE_CHECKING:
    from pathlib import Path

_FILES = {"b/one.txt": "1\r\n", "a/two.txt": "zwei ü", "a/deep/three.txt": "", "x.yaml": "last"}
_SCRIPT = """
import os, signal
from pathlib import Path
from personalize_sync.init import Stage
left = {moves}
rename = Path.rename
def dying(self, target):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return rename(self, target)
Path.rename = dying
with Stage(Path({root!r})) as stage:
    stage.write({files!r})
    stage.place()
"""


def _seen(root: Path) -> dict[str, str]:
    """Every file that is not the tool's own."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes().decode()
        for path in root.rglob("*")
        if path.is_file() and ".personalize-sync" not in path.parts
    }


def test_files_appear_whole(tmp_path: Path) -> None:
    """All of them, byte for byte, and nothing that was needed on the way."""
    root = tmp_path / "new" / "project"
    with Stage(root) as stage:
        stage.write(_FILES)
        names = stage.place()

    assert _seen(root) == _FILES
    assert names == tuple(sorted(_FILES))
    assert not (root / ".personalize-sync").exists()


@pytest.mark.parametrize("moves", range(4))
def test_a_death_leaves_nothing_or_what_the_next_init_completes(tmp_path: Path, moves: int) -> None:
    """Before the first move nothing is there; between moves, whole entries are, the project file last."""
    script = _SCRIPT.format(moves=moves, root=str(tmp_path), files=_FILES)
    died = subprocess.run([sys.executable, "-c", script], check=False)
    assert died.returncode == -signal.SIGKILL

    seen = _seen(tmp_path)
    assert seen.items() <= _FILES.items()
    assert "x.yaml" not in seen
    assert len({name.partition("/")[0] for name in seen}) == max(0, moves - 1)
    moved = finish_interrupted(tmp_path)
    if moves:
        assert _seen(tmp_path) == _FILES
    else:
        assert (moved, seen) == ((), {})
    with Stage(tmp_path):
        pass
    assert not (tmp_path / ".personalize-sync").exists()


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_exists_is_not_overwritten(tmp_path: Path, kind: str) -> None:
    """Be it a file, a folder, or a link to nowhere: nothing at all is placed then."""
    match kind:
        case "file":
            (tmp_path / "b").write_text("mine")
        case "folder":
            (tmp_path / "b").mkdir()
        case "link":
            (tmp_path / "b").symlink_to("nowhere")
    before = set(tmp_path.iterdir())

    with Stage(tmp_path) as stage:
        stage.write(_FILES)
        with pytest.raises(UsageError, match="b exists already"):
            stage.place()

    assert set(tmp_path.iterdir()) == before


def test_a_stage_that_is_not_placed_leaves_nothing(tmp_path: Path) -> None:
    """A folder that was made for the project goes again."""
    with Stage(tmp_path / "new") as stage:
        stage.write(_FILES)

    assert set(tmp_path.iterdir()) == set()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the reason; nothing is left of it."""
    with Stage(tmp_path / "new") as stage, pytest.raises(UsageError) as refused:
        stage.write({"a/" + "x" * 300: ""})

    assert str(refused.value).startswith(f"cannot write {tmp_path / 'new/a/xxx'}")
    assert str(refused.value).endswith("x: File name too long")
    assert set(tmp_path.iterdir()) == set()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where the folder has to be."""
    (tmp_path / ".personalize-sync").write_text("mine")

    with pytest.raises(UsageError, match=r"cannot write .*personalize-sync: File exists"):
        Stage(tmp_path).__enter__()


def test_an_entry_that_cannot_be_moved_is_named(tmp_path: Path) -> None:
    """What is in place already is said, and the next init adds the rest."""
    ready = tmp_path / ".personalize-sync/init"
    for name in ("a", "b"):
        (ready / name).mkdir(parents=True)
    (tmp_path / "b").write_text("mine")

    with pytest.raises(UsageError, match="b exists already") as refused:
        finish_interrupted(tmp_path)

    (note,) = refused.value.__notes__
    assert note.startswith("In place: a.")
    (tmp_path / "b").unlink()
    assert finish_interrupted(tmp_path) == ("b",)
