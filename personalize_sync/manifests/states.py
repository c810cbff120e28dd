"""What the file system says of files without opening them: whether any of them can have changed.

This is how git's index knows what was not edited. A file whose inode, size and times are what they
were has the content it had, since nobody can set the time of its last change of state (ctime). It
proves nothing about a file that changed while, or just before, it was read: two changes within one
tick of the clock look alike. And Windows keeps no such time.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from personalize_sync.manifests.roots import PROJECT_FILE
from personalize_sync.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.manifests.files import Tree

_IS_KEPT = os.name == "posix"
_TICK = 3_000_000_000  # nanoseconds; the coarsest file systems in use count in two seconds


def states(tree: Tree, named: Iterable[str], *, before: int | None = None) -> str:
    """Return what identifies the state of every file that counts, empty where that proves nothing.

    Of a file that the tree has opened, that is its state at that time. `before` is when the first of
    them was read, in nanoseconds since 1970: one that is younger is no proof that what was read is
    what it holds.
    """
    names = [PROJECT_FILE, *tree.manifests(), *named]
    if tree.links or not _IS_KEPT:
        return ""
    digest = hashlib.sha256()
    root = f"{tree.root}/"
    for name in names:
        if isinstance(name, Problem):
            return ""
        found = tree.opened.get(name) or _found(root + name)
        if found is None:
            return ""
        changed, modified = found.st_ctime_ns, found.st_mtime_ns
        if before is not None and max(changed, modified) > before - _TICK:
            return ""
        state = f"{found.st_dev} {found.st_ino} {found.st_size} {changed} {modified} {name}\0"
        digest.update(state.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _found(path: str) -> os.stat_result | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None
