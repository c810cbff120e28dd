"""Dying of signal 9 at any step that a process takes in the file system.

Run as a program of its own, since it forks: no other thread may hold a lock then.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Reading changes nothing, so a death at it is like one at the write before.
_WRITES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree"}


def _is_step(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in _WRITES


def deaths(
    action: Callable[[], object], root: Path, scene: Path, *, every: bool, stride: int = 1
) -> Iterator[int]:
    """Carry `action` out on a copy of `scene` at `root`, killed at one step after the other.

    Yields the number of the step once the process is dead, and ends when it lives to the end.
    `every` takes each file that is opened for a step, and not only what a project is changed by.
    """
    step = 1
    while True:
        shutil.rmtree(root)
        shutil.copytree(scene, root, symlinks=True)
        child = os.fork()
        if not child:
            _live(action, step, every=every)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        yield step
        step += stride


def _live(action: Callable[[], object], step: int, *, every: bool) -> None:
    left = step

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if every or _is_step(event, arguments):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    code = 1
    try:
        action()
        code = 0
    finally:
        os._exit(code)
