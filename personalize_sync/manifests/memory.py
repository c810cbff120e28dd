"""What earlier runs made out of files without flaws, by the digest of their content.

Kept in the user's own cache folder and nowhere in the project, so that no commit can bring one
along. It is only ever a short cut: what is damaged, of another version, or not writable is as if it
were not there. It holds no secret, since manifests hold none: a plain-text secret is a flaw.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from personalize_sync import __version__
from personalize_sync.manifests.schemas import names, schema_text

if TYPE_CHECKING:
    from personalize_sync.manifests.clean import Clean

FOLDER = "PERSONALIZE_SYNC_CACHE_DIR"
"""The variable that names another folder; empty, it turns the cache off."""


class Memory:
    """The files of one project as they were read before."""

    def __init__(self, root: Path) -> None:
        folder = _folder()
        name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
        self._path = folder / name if folder else None

    @cached_property
    def clean(self) -> Clean:
        """What is known of files without flaws."""
        return self._recalled("clean")

    def keep(self, clean: Clean) -> None:
        """Remember these files, and no others, for the next run."""
        if clean.keys() != self.clean.keys():
            self._keep("clean", clean)

    def verdict(self) -> dict[str, Any]:
        """Return what `keep_verdict` was given last, nothing if that is not known."""
        return self._recalled("verdict")

    def keep_verdict(self, verdict: dict[str, Any]) -> None:
        """Remember a verdict on the whole project."""
        self._keep("verdict", verdict)

    def _recalled(self, what: str) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            seal, _, raw = self._path.with_suffix(f".{what}").read_bytes().partition(b"\n")
            found = orjson.loads(raw) if seal == _seal(raw) else {}
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _keep(self, what: str, content: dict[str, Any]) -> None:
        if self._path is None:
            return
        with suppress(OSError, TypeError):  # TypeError: a number beyond 64 bits is not JSON here
            raw = orjson.dumps(content)
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A file that only its owner can read, and that is whole or not there.
            handle, part = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
            with os.fdopen(handle, "wb") as file:
                file.write(_seal(raw) + b"\n" + raw)
            Path(part).replace(self._path.with_suffix(f".{what}"))


def _folder() -> Path | None:
    named = os.environ.get(FOLDER)
    if named is not None:
        return Path(named) if named else None
    places = (os.environ.get("XDG_CACHE_HOME"), os.environ.get("LOCALAPPDATA"))
    with suppress(RuntimeError):  # a user without a home
        return Path(next(filter(None, places), None) or Path.home() / ".cache") / "personalize-sync"
    return None


def _seal(raw: bytes) -> bytes:
    """Return what tells a whole file of this version from anything else."""
    return hashlib.sha256(_made_by() + raw).hexdigest().encode()


@cache
def _made_by() -> bytes:
    """Identify the reader: two checkouts of one version may read differently."""
    package = Path(__file__).parents[1]
    code = sorted([*package.glob("manifests/*.py"), *package.glob("kinds/*.py")])
    states = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in code]
    schemas = "".join(map(schema_text, names()))
    return hashlib.sha256(f"{__version__} {states} {schemas}".encode()).digest()
