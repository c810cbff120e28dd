"""Manifest trees for tests: written from texts, read back as short lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.manifests import load_manifests
from personalize_sync.project import Environment, Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from personalize_sync.manifests import Loaded
    from personalize_sync.problems import Problem

HEAD = "apiVersion: personalize-sync/v1\n"


def template(key: str = "a", spec: str = "{name: A, type: WEB}", metadata: str = "") -> str:
    """Return the text of a template manifest whose spec begins in its line 4, column 7."""
    return f"{HEAD}kind: Template\nmetadata: {{key: {key}{metadata}}}\nspec: {spec}\n"


def connection(key: str = "a", spec: str = "", metadata: str = "") -> str:
    """Return the text of a connection manifest whose spec begins in its line 4, column 7."""
    rest = spec or f"{{name: {key}, systemType: X, auth: {{authType: NONE}}, request: {{}}}}"
    return f"{HEAD}kind: Connection\nmetadata: {{key: {key}{metadata}}}\nspec: {rest}\n"


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a root and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def load(
    root: Path,
    files: Mapping[str, str | bytes] | None = None,
    *,
    environments: Iterable[str] = (),
    environment: str | None = None,
) -> Loaded:
    """Write files, then load the tree as a project with these environments."""
    declared = {name: Environment(name) for name in environments}
    project = Project(write(root, files or {}), environments=declared)
    return load_manifests(project, environment=environment)


def places(problems: Iterable[Problem]) -> list[str]:
    """Return each problem as `line:column id`, in order."""
    return [f"{at.line}:{at.column} {p.id}" for p in problems if (at := p.location)]


def places_by_file(problems: Iterable[Problem]) -> list[str]:
    """Return each problem as `file:line:column id`, in order."""
    return [f"{problem.location} {problem.id}" for problem in problems]
