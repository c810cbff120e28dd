"""Which directory holds the manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT_FILE = "personalize-sync.yaml"


def find_root(chdir: Path | None, start: Path) -> Path:
    """Return the manifest root: `-C`, else the nearest project file upwards, else `./manifests`."""
    if chdir is not None:
        root = start / chdir
        if not root.is_dir():
            raise UsageError(f"{chdir} is not a directory", "Name the directory of the manifests.")
        return root
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    if (start / "manifests").is_dir():
        return start / "manifests"
    raise UsageError(
        f"there is no {PROJECT_FILE} here or above, and no folder manifests",
        "Begin a project with personalize-sync init, or name the directory of the manifests with -C.",
    )
