"""Files below the manifest root: which are manifests, and how any of them is read.

A pull request from a stranger can hold any tree: links to /proc, pipes, devices, endless files. So
nothing is opened that does not lie below the root once every link is resolved, nothing is read that
is no regular file, and nothing is read beyond the cap. Names that begin with a dot are never read:
`.git/config` may hold the token of the CI job.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from personalize_sync.manifests.complaints import Complaint, quoted
from personalize_sync.manifests.roots import PROJECT_FILE
from personalize_sync.problems import Location, Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 1024 * 1024
MAX_PATH = 500  # as in the schemas; each component costs a system call
_SUFFIXES = (".yaml", ".yml")
# A pipe without a writer must not stop us, a link that appeared meanwhile must not lead us away.
# And Windows must not translate line ends.
_FLAGS = ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")
OPEN = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in _FLAGS)


@dataclass(frozen=True)
class Tree:
    """The files below a manifest root."""

    root: Path
    links: list[str] = field(default_factory=list, repr=False, compare=False)
    """The links that were met, where they count: what they lead to may change without them."""
    opened: dict[str, os.stat_result] = field(default_factory=dict, repr=False, compare=False)
    """What the file system said of each file, by root-relative name, before it was read."""
    _real_folders: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def real_root(self) -> str:
        """The root with every link resolved."""
        return os.path.realpath(self.root)

    @cached_property
    def _prefix(self) -> str:
        return os.path.join(self.real_root, "")  # noqa: PTH118 - a string that ends in a separator

    def manifests(self) -> Iterator[str | Problem]:
        """Yield the root-relative name of each manifest in order, and what keeps us from some."""
        yield from self._below("")

    def _below(self, folder: str) -> Iterator[str | Problem]:
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:  # noqa: PTH118 - 5x slower
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield _unreadable(folder or ".", "folder", error)
            return
        for entry in found:
            name = folder + entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                yield from self._linked(entry, name)
            elif entry.is_dir(follow_symlinks=False):
                yield from self._below(name + "/")
            elif is_manifest(name):
                yield name

    def _linked(self, entry: os.DirEntry[str], name: str) -> Iterator[str | Problem]:
        """Follow no link: what it names inside the root is read at its own place."""
        folder = os.path.isdir(entry.path)  # noqa: PTH112 - False, not an error, for a loop
        if not (is_manifest(name) or folder):
            return
        self.links.append(name)
        inside = self._inside(os.path.realpath(entry.path))
        if inside is None:
            yield _problem("PS2004", name, f"{quoted(name)} is a link that leaves the root")
        elif not os.path.exists(entry.path):  # noqa: PTH110 - a string is at hand
            yield _problem("PS1001", name, f"{quoted(name)} is a link to nothing")
        elif not folder and not is_manifest(inside):
            yield name

    def _inside(self, real: str) -> str | None:
        """Return the root-relative name of a resolved path, None outside and for hidden names."""
        prefix = self.real_root.rstrip("/") + "/"
        if real == self.real_root:
            return ""
        name = real.removeprefix(prefix).replace(os.sep, "/")
        is_hidden = name.startswith(".") or "/." in name
        return name if real.startswith(prefix) and not is_hidden else None

    def read_manifest(self, name: str) -> bytes | Problem:
        """Return a manifest's bytes, or why there are none."""
        path = f"{self.root}{os.sep}{name}"  # five times as fast as Path
        try:
            try:
                self.opened[name], data = _read(path)
            except OSError as error:
                if error.errno != errno.ELOOP:  # a link: `manifests` saw that it stays inside
                    raise
                data = read_regular(os.path.realpath(path))
        except OSError as error:
            return _unreadable(name, "file", error)
        except Complaint as complaint:
            return complaint.problem(printable_name(name))
        return data

    def read_named(self, name: str, path: str) -> bytes:
        """Return the bytes of a file by its resolved name; `path` is what the manifest calls it."""
        try:
            self.opened[name], data = _read(self._prefix + name)
        except FileNotFoundError:
            raise self._not_found(name, path) from None
        except OSError as error:
            raise Complaint(
                "PS2005",
                f"the file {quoted(path)} cannot be read ({_reason(error)})",
                "Name a readable file beside the manifest.",
            ) from None
        return data

    def resolve(self, manifest: str, path: str) -> str:
        """Return the root-relative name, links resolved, of a file that a manifest names."""
        if len(path) > MAX_PATH:
            raise Complaint("PS2005", "the path is too long", f"At most {MAX_PATH} characters.")
        if path.startswith(("/", "~")) or "\\" in path or "\0" in path or ":" in path[:2]:
            raise _outside(path)
        parts: list[str] = manifest.split("/")[:-1]
        for part in path.split("/"):
            if part == "..":
                if not parts:
                    raise _outside(path)
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        inside = self._inside(self._real(parts))
        if not inside:
            raise _outside(path)
        if inside != "/".join(parts):
            self.links.append(path)
        return inside

    def _real(self, parts: list[str]) -> str:
        """Return a path with every link resolved; each folder costs its system calls once."""
        folder = "/".join(parts[:-1])
        real = self._real_folders.get(folder)
        if real is None:
            real = os.path.realpath(self._prefix + folder)
            self._real_folders[folder] = real
        path = f"{real}{os.sep}{parts[-1]}" if parts else real
        return os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114

    def _not_found(self, name: str, path: str) -> Complaint:
        folder = PurePosixPath(name).parent
        try:
            beside = os.listdir(os.path.join(self.real_root, folder))  # noqa: PTH118, PTH208
        except OSError:
            beside = []
        # Another manifest is never meant.
        hint = did_you_mean(
            PurePosixPath(name).name, (other for other in beside if not is_manifest(other))
        )
        return Complaint(
            "PS2003", f"there is no file {quoted(path)}", f"Add the file or correct the name.{hint}"
        )


def tree_digest(digests: Mapping[str, bytes]) -> str:
    """Return what identifies files by name and content, given the SHA-256 of each content."""
    whole = hashlib.sha256()
    for name in sorted(digests):
        encoded = name.encode("utf-8", "surrogateescape")
        whole.update(len(encoded).to_bytes(8, "big") + encoded + digests[name])
    return "sha256:" + whole.hexdigest()


def is_manifest(name: str) -> bool:
    """Whether a file below the root is a manifest; the project file is none."""
    return name.lower().endswith(_SUFFIXES) and name != PROJECT_FILE


def read_regular(path: str) -> bytes:
    """Return the bytes of a regular file within the cap."""
    return _read(path)[1]


def _read(path: str) -> tuple[os.stat_result, bytes]:
    descriptor = os.open(path, OPEN)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if state.st_size > MAX_BYTES:
            raise Complaint(
                "PS1006", f"the file is larger than {MAX_BYTES // 1024} KiB", "Make it smaller."
            )
        data = os.read(descriptor, state.st_size + 1)
    finally:
        os.close(descriptor)
    if len(data) == state.st_size:
        return state, data
    raise OSError(errno.EBUSY, "the file changed while it was read")


def printable_name(name: str) -> str:
    """Return a file name fit for output: undecodable bytes of it shown as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _outside(path: str) -> Complaint:
    return Complaint(
        "PS2004",
        f"the file {quoted(path)} is not below the manifest root",
        "Name a file beside the manifest, with a relative path and no hidden folders.",
    )


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _problem(rule: str, name: str, message: str) -> Problem:
    remedy = "Put the file itself there, or remove it: every manifest below the root is read."
    return Problem(rule, message, remedy, Location(printable_name(name), 1, 1, 1, 1))


def _unreadable(name: str, what: str, error: OSError) -> Problem:
    return _problem("PS1001", name, f"the {what} cannot be read ({_reason(error)})")
