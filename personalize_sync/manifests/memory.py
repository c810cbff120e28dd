"""What earlier runs made out of files without flaws, by the digest of their content.

Kept in the user's own cache folder and nowhere in the project, so that no commit can bring one
along; a folder inside of the repository, or a file that somebody else owns or may write, counts as
none. It is only ever a short cut: what is damaged, of another version, or not writable is as if it
were not there. It holds no secret, since manifests hold none: a plain-text secret is a flaw.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personalize_sync import __version__
from personalize_sync.manifests import schemas
from personalize_sync.manifests.files import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalize_sync.manifests.clean import Clean

FOLDER = "PERSONALIZE_SYNC_CACHE_DIR"
"""The variable that names another folder; empty, it turns the cache off."""


class Memory:
    """The files of one project as they were read before."""

    def __init__(self, root: Path) -> None:
        folder, real = _folder(), os.path.realpath(root)
        if folder and folder.is_relative_to(_repository(Path(real))):
            folder = None
        name = hashlib.sha256(os.fsencode(real)).hexdigest()[:32]
        self._path = folder / name if folder else None

    @property
    def is_kept(self) -> bool:
        """Whether there is a folder that remembers anything."""
        return self._path is not None

    @cached_property
    def clean(self) -> Clean:
        """What is known of files without flaws."""
        import orjson  # noqa: PLC0415 - for megabytes

        return self._recalled("clean", orjson.loads)

    def keep(self, clean: Clean) -> None:
        """Remember these files, and no others, for the next run."""
        if clean.keys() != self.clean.keys():
            import orjson  # noqa: PLC0415

            self._keep("clean", orjson.dumps, clean)

    def verdict(self) -> dict[str, Any]:
        """Return what `keep_verdict` was given last, nothing if that is not known."""
        return self._recalled("verdict", json.loads)

    def keep_verdict(self, verdict: dict[str, Any]) -> None:
        """Remember a verdict on the whole project."""
        self._keep("verdict", lambda content: json.dumps(content).encode(), verdict)

    def _recalled(self, what: str, read: Callable[[bytes], Any]) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            seal, _, raw = _own(self._path.with_suffix(f".{what}")).partition(b"\n")
            found = read(raw) if seal == _seal(raw) else {}
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _keep(
        self, what: str, write: Callable[[dict[str, Any]], bytes], content: dict[str, Any]
    ) -> None:
        if self._path is None:
            return
        import tempfile  # noqa: PLC0415 - not for looking

        with suppress(OSError, TypeError):  # TypeError: a number beyond 64 bits is not JSON here
            raw = write(content)
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A file that only its owner can read, and that is whole or not there.
            handle, part = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
            with os.fdopen(handle, "wb") as file:
                file.write(_seal(raw) + b"\n" + raw)
            Path(part).replace(self._path.with_suffix(f".{what}"))


def _folder() -> Path | None:
    named = os.environ.get(FOLDER)
    if named is not None:
        return Path(os.path.realpath(named)) if named else None
    places = (os.environ.get("XDG_CACHE_HOME"), os.environ.get("LOCALAPPDATA"))
    with suppress(RuntimeError):  # a user without a home
        place = next(filter(None, places), None) or Path.home() / ".cache"
        return Path(os.path.realpath(place)) / "personalize-sync"
    return None


def _repository(root: Path) -> Path:
    """Return the folder of everything that a commit can bring along with a manifest root."""
    folders = (root, *root.parents)
    return next((folder for folder in folders if os.path.lexists(folder / ".git")), root)


def _own(path: Path) -> bytes:
    """Return the bytes of a file that nobody else can have written."""
    with os.fdopen(os.open(path, OPEN), "rb") as file:
        state = os.fstat(file.fileno())
        # Windows keeps others out by the folder, which is the user's.
        if os.name == "posix" and (state.st_uid != os.geteuid() or state.st_mode & 0o022):
            raise PermissionError(f"{path} is not ours alone")
        return file.read()


def _seal(raw: bytes) -> bytes:
    """Return what tells a whole file of this version from anything else."""
    return hashlib.sha256(_made_by() + raw).hexdigest().encode()


@cache
def _made_by() -> bytes:
    """Identify the reader: two checkouts of one version, or two parsers, may read differently."""
    package = Path(__file__).parents[1]
    folders = (package, package / "manifests", package / "kinds", schemas.folder())
    states = sorted(state for folder in folders for state in _states(folder))
    # Whatever installs another version of a library leaves its trace in the folder it lies in.
    folders_of_libraries = (p for p in map(Path, sys.path) if p.name.endswith("-packages"))
    libraries = [(str(p), p.stat().st_mtime_ns) for p in folders_of_libraries if p.is_dir()]
    return hashlib.sha256(f"{__version__} {sys.version} {states} {libraries}".encode()).digest()


def _states(folder: Path) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".py", ".json")):
                state = entry.stat()
                yield entry.path, state.st_size, state.st_mtime_ns
