"""The files of a pull: read once, changed in memory, written whole and only below the root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from personalize_sync.errors import StaleError, UsageError
from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.files import Tree, is_manifest, read_regular
from personalize_sync.project import STATE
from personalize_sync.pull.documents import Documents, cut
from personalize_sync.pull.replacing import making, replace
from personalize_sync.pull.spots import Unwritable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalize_sync.manifests.sources import ManifestSource

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file as it was and as it is to be; `name` is relative to the root."""

    name: str
    before: bytes
    after: bytes

    def diff(self) -> list[str]:
        """Return the unified diff, each line with its line end."""
        old, new = (_lines(data.decode("utf-8", "replace")) for data in (self.before, self.after))
        return list(unified_diff(old, new, f"a/{self.name}", f"b/{self.name}"))


@dataclass(frozen=True, slots=True)
class Page:
    """One document on the desk; `index` counts within the part of the file that holds it."""

    documents: Documents
    part: int
    index: int

    @property
    def text(self) -> str:
        """The text around the document, as it stands now."""
        return self.documents.parts[self.part]

    def rewrite(self, text: str) -> None:
        """Give it another text."""
        self.documents.parts[self.part] = text

    def line(self, index: int) -> int:
        """Return the line in the file of a character of the text."""
        return self.documents.line(self.part, index)


class Desk:
    """Where the files of one pull are worked on."""

    def __init__(self, root: Path) -> None:
        self._tree = Tree(root)
        self._before: dict[str, bytes] = {}
        self._now: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        self._cut: dict[str, Documents] = {}

    def page(self, source: ManifestSource) -> Page:
        """Return the document of a manifest to work on; its file must be the one that was planned."""
        name = source.file.name
        if name not in self._cut:
            data = self._read(name)
            if data.decode("utf-8", "replace").removeprefix(_BOM) != source.file.text:
                raise StaleError(f"{name} changed while the tenant was read", "Pull again.")
            self._before[name] = data
            self._cut[name] = cut(source.file.text)
        return Page(self._cut[name], *self._cut[name].places[source.index])

    def code(self, manifest: str, path: str) -> tuple[str, str]:
        """Return the name below the root and the text of a file that a manifest names."""
        self._refuse_links((*PurePosixPath(manifest).parent.parts, *path.split("/")))
        try:
            name = self._tree.resolve(manifest, path)
        except Complaint as complaint:
            raise Unwritable(str(complaint)) from None
        if is_manifest(name):
            raise Unwritable(f"{name} is a manifest itself")
        if name not in self._now:
            self._keep(name, self._read(name))
        return name, self._now[name]

    def now(self, name: str) -> str:
        """Return the text of a file that was asked for before."""
        return self._now[name]

    def rewrite_code(self, name: str, text: str) -> None:
        """Give a code file another text; two fields that share it must agree."""
        if self._taken.setdefault(name, text) != text:
            raise Unwritable(f"{name} is shared, and another field needs another text in it")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Unwritable("the text is not Unicode") from None
        self._now[name] = text

    def rewrites(self) -> tuple[Rewrite, ...]:
        """Return the files whose bytes change, code before the manifests that name it."""
        for name, documents in self._cut.items():
            mark = _BOM if self._before[name].startswith(_BOM.encode()) else ""
            self._now[name] = mark + documents.text
        after = {name: text.encode() for name, text in self._now.items()}
        changed = (
            Rewrite(name, before, after[name])
            for name, before in self._before.items()
            if after[name] != before
        )
        return tuple(sorted(changed, key=lambda r: (r.name.endswith((".yaml", ".yml")), r.name)))

    def path(self, name: str) -> Path:
        """Return where a file below the root really is; no link leads there."""
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or PurePosixPath(name).is_absolute():
            raise Unwritable(f"{name} is not below the root")
        self._refuse_links(parts)
        return Path(self._tree.real_root, *parts)

    def _read(self, name: str) -> bytes:
        try:
            return read_regular(str(self.path(name)))
        except Complaint as complaint:
            raise Unwritable(str(complaint)) from None
        except OSError as error:
            raise Unwritable(f"{name} cannot be read ({error.strerror})") from None

    def _keep(self, name: str, data: bytes) -> None:
        try:
            self._now[name] = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Unwritable(f"{name} is not UTF-8") from None
        self._before[name] = data

    def _refuse_links(self, parts: Sequence[str]) -> None:
        """A link could lead out of the root, or to a file that is not ours to write."""
        here: list[str] = []
        for part in parts:
            if part == "..":
                here = here[:-1]
                continue
            here.append(part)
            if os.path.islink(os.path.join(self._tree.real_root, *here)):  # noqa: PTH114, PTH118 - as Tree does
                raise Unwritable(f"{'/'.join(here)} is a link, and links are not written through")


def write(desk: Desk, rewrites: Sequence[Rewrite]) -> None:
    """Write each file whole; if that fails, every file is put back as it was."""
    try:
        with making(desk.path(STATE)) as folder:
            _write(desk, rewrites, folder)
    except (OSError, Unwritable) as error:
        raise UsageError(f"nothing can be written: {error}") from None


def _write(desk: Desk, rewrites: Sequence[Rewrite], folder: Path) -> None:
    begun: list[Rewrite] = []
    try:
        for rewrite in rewrites:
            path = _unchanged(desk, rewrite)
            begun.append(rewrite)
            replace(path, rewrite.after, folder)
    except BaseException as error:
        for earlier in begun:
            path = desk.path(earlier.name)
            if path.read_bytes() != earlier.before:
                replace(path, earlier.before, folder)
        if isinstance(error, (OSError, Unwritable)):
            raise UsageError(f"{rewrite.name} cannot be written: {error}") from None
        raise


def _unchanged(desk: Desk, rewrite: Rewrite) -> Path:
    path = desk.path(rewrite.name)
    if read_regular(str(path)) != rewrite.before:
        raise StaleError(f"{rewrite.name} changed meanwhile", "Pull again.")
    return path


def _lines(text: str) -> list[str]:
    """Return lines with their ends, for `patch`; a last one without is said to be so."""
    lines = text.split("\n")
    whole = [line + "\n" for line in lines[:-1]]
    return [*whole, f"{lines[-1]}\n\\ No newline at end of file\n"] if lines[-1] else whole
