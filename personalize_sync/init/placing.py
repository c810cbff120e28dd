"""Putting new files into a project: all of them or none, and never over one that exists.

Everything is written below `.personalize-sync/` first. Once it is complete, the folder gets the
name `init`, and its entries are moved to the root. A death before that leaves nothing beside it;
after a death within the few moves, the next `init` makes the rest of them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from personalize_sync.errors import UsageError
from personalize_sync.project import STATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

_READY = "init"
_PART = "init-"


class Stage:
    """A folder beside the project where its files are made ready; leaving it removes it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: list[Path] = []

    def __enter__(self) -> Self:
        state = self._root / STATE
        self._made = [state, *(path for path in state.parents if not path.exists())]
        try:
            with _writing(state):
                state.mkdir(parents=True, exist_ok=True)
                for left in state.glob(_PART + "*"):  # of a run that died
                    shutil.rmtree(left, ignore_errors=True)
                self.folder = Path(tempfile.mkdtemp(prefix=_PART, dir=state))
        except UsageError:
            self._unmake()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._unmake()

    def _unmake(self) -> None:
        """Remove the folders that were made for nothing, while they are empty."""
        for folder in self._made:
            with suppress(OSError):
                folder.rmdir()

    def write(self, files: Mapping[str, str]) -> None:
        """Write files by their name below the root to be, in place of those of the same name."""
        for name, text in files.items():
            path = self.folder / name
            with _writing(self._root / name):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())

    def remove(self, names: Iterable[str]) -> None:
        """Take files away again, and the folders that held nothing else."""
        for name in names:
            path = self.folder / name
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()

    def place(self) -> tuple[str, ...]:
        """Move everything to the root and return its names; raises UsageError if one is taken."""
        names = sorted(
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file()
        )
        for entry in _entries(self.folder):
            _refuse_taken(self._root / entry)
        with _writing(self._root):
            self.folder.rename(self._root / STATE / _READY)
        _move(self._root)
        return tuple(names)


def finish_interrupted(root: Path) -> tuple[str, ...]:
    """Make the moves that an earlier run was kept from, and return what was moved."""
    return _move(root) if (root / STATE / _READY).is_dir() else ()


def _entries(folder: Path) -> list[str]:
    """Return the entries in the order of the moves: the project file makes it a project, so last."""
    return sorted(os.listdir(folder), key=lambda name: (name.endswith(".yaml"), name))  # noqa: PTH208 - names


def _move(root: Path) -> tuple[str, ...]:
    ready = root / STATE / _READY
    entries = _entries(ready)
    for number, entry in enumerate(entries):
        try:
            _refuse_taken(root / entry)
            with _writing(root / entry):
                (ready / entry).rename(root / entry)
        except UsageError as error:
            done = ", ".join(entries[:number]) or "nothing yet"
            error.add_note(f"In place: {done}. Once that is mended, the next init adds the rest.")
            raise
    ready.rmdir()
    return tuple(entries)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say of a failing file system what could not be written, and why; raises UsageError."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror or type(error).__name__}",
            "Make room or get the permission for it, or name another directory with -C.",
        ) from None


def _refuse_taken(path: Path) -> None:
    if os.path.lexists(path):
        raise UsageError(
            f"{path.name} exists already, and init overwrites nothing",
            "Move it away, or name an empty directory with -C.",
        )
