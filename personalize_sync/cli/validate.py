"""`personalize-sync validate`: check the manifests, offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, common
from personalize_sync.cli.pipeline import detected, tell
from personalize_sync.errors import UsageError
from personalize_sync.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Collection

    from personalize_sync.manifests.checking import Checked
    from personalize_sync.problems import Problem


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path())
@common
def command(common: Common, paths: tuple[str, ...]) -> int:
    """Check the manifests, offline. PATHs narrow what is reported, not what is read.

    A warning is ignored where its line ends with "# personalize-sync: ignore PS3003 - the reason".
    """
    from personalize_sync.manifests import find_root, remembered  # noqa: PLC0415

    root = find_root(common.chdir, Path.cwd())
    checked = remembered(root, environment=common.env or None) or _checked(common)
    wanted = [_inside(Path(path), root.resolve()) for path in paths]
    shown = tuple(problem for problem in checked.problems if _is_below(problem, wanted))
    ignored = tuple(one for one in checked.ignored if _is_below(one.problem, wanted))
    is_plain = common.format == "terminal" and not common.color and detected(common.ci) == "none"
    if is_plain and not shown and checked.manifests and not (ignored and common.verbose):
        common.deliver(all_valid(checked.manifests, len(ignored)))
        return 0
    from personalize_sync.rendering import Problems, render  # noqa: PLC0415

    document = Problems(shown, files=checked.files, manifests=checked.manifests, ignored=ignored)
    look = common.look(root)
    common.deliver(render(document, common.format, look))
    code = 10 if any(problem.severity is Severity.ERROR for problem in shown) else 0
    tell(document, common, look, code)
    return code


def _checked(common: Common) -> Checked:
    from personalize_sync.cli.session import environment_of, open_project  # noqa: PLC0415
    from personalize_sync.manifests import check_manifests  # noqa: PLC0415 - YAML and schemas

    project = open_project(common)
    environment = environment_of(project, common).name if common.env else None
    return check_manifests(project, environment=environment)


def all_valid(manifests: int, ignored: int) -> str:
    """Return what the renderer would say, which takes longer to import than all else here."""
    also = f" Ignored by comments: {ignored}." if ignored else ""
    return f"{manifests} manifest{' is' if manifests == 1 else 's are'} valid.{also}\n"


def _is_below(problem: Problem, wanted: Collection[Path]) -> bool:
    """Whether a problem is one of the named files and folders, or nothing is named."""
    if not wanted or problem.location is None:
        return True
    return any(Path(problem.location.file).is_relative_to(path) for path in wanted)


def _inside(path: Path, root: Path) -> Path:
    """Return a path relative to the root, whether given from here or from the root."""
    for candidate in (path, root / path):
        full = candidate.resolve()
        if full.exists() and full.is_relative_to(root):
            return full.relative_to(root)
    raise UsageError(f"{path} is not below {root}", "Name a file or folder of the project.")
