"""Replacing a file in one step: whoever looks, and whatever dies, sees the old or the new text.

The new text is made beside the project's own files, in `.personalize-sync/`, where nothing is read
as a manifest and nothing is committed. What a death leaves there, the next pull removes.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX, _SUFFIX = ".pull-", ".part"


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """Yield a folder to make files in; it is gone again if nothing else is in it."""
    folder.mkdir(exist_ok=True)
    _clear(folder)
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


def replace(path: Path, data: bytes, folder: Path) -> None:
    """Replace a file that exists and keep its mode; raises OSError, the old text in place."""
    try:
        _replace(path, data, folder)
    except OSError as error:
        if error.errno != errno.EXDEV:  # the file lies on another file system
            raise
        _clear(path.parent)
        _replace(path, data, path.parent)
    with suppress(OSError):  # a folder cannot be opened everywhere
        holder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(holder)
        finally:
            os.close(holder)


def _replace(path: Path, data: bytes, folder: Path) -> None:
    descriptor, part = tempfile.mkstemp(dir=folder, prefix=_PREFIX, suffix=_SUFFIX)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(stat.S_IMODE(path.stat().st_mode))
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _clear(folder: Path) -> None:
    """Remove what a pull that died has left."""
    for left in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        left.unlink(missing_ok=True)
