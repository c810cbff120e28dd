"""`personalize-sync environments`: which tenants the project knows, for people and for CI."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, speaking
from personalize_sync.cli.session import open_project
from personalize_sync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.project import Environment, Project


@click.command("environments")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@speaking("terminal", "json", "matrix")
def command(common: Common, names: tuple[str, ...]) -> None:
    """List the environments of the project, all of them or those called NAME (`*` is anything).

    A matrix is one line of JSON for a CI system; without names it leaves sandboxes out.
    """
    project = open_project(common)
    chosen = _called(names, project, real_only=common.format == "matrix")
    match common.format:
        case "json":
            common.deliver(json.dumps(_document(chosen, project), indent=2) + "\n")
        case "matrix":
            common.deliver(json.dumps(_matrix(chosen)) + "\n")
        case _:
            common.deliver("".join(_line(each, project) for each in chosen))


def _called(names: Iterable[str], project: Project, *, real_only: bool) -> list[Environment]:
    known = [project.environments[name] for name in sorted(project.environments)]
    for name in names:
        if not any(fnmatchcase(each.name, name) for each in known):
            listed = ", ".join(each.name for each in known) or "none"
            raise UsageError(f'no environment is called "{name}"', f"Known: {listed}.")
    if not names:
        return [each for each in known if not (real_only and each.sandbox is not None)]
    return [each for each in known if any(fnmatchcase(each.name, name) for name in names)]


def _document(chosen: Iterable[Environment], project: Project) -> dict[str, object]:
    return {
        "default": project.default_environment,
        "environments": [
            {
                "name": each.name,
                "sandbox": each.sandbox is not None,
                "base_url": each.base_url,
                "client_key": each.client_key,
                "keys": sorted(each.keys),
                "prune": each.prune,
                "on_drift": each.on_drift.value,
            }
            for each in chosen
        ],
    }


def _matrix(chosen: Iterable[Environment]) -> dict[str, object]:
    """Return a matrix; two environments of one tenant share `tenant`, so runs can take turns."""
    return {
        "include": [
            {"environment": each.name, "tenant": each.client_key or each.name} for each in chosen
        ]
    }


def _line(environment: Environment, project: Project) -> str:
    from personalize_sync.rendering import plain  # noqa: PLC0415 - not for --help

    where = "sandbox" if environment.sandbox is not None else plain(environment.base_url)
    mark = "  (default)" if environment.name == project.default_environment else ""
    return f"{environment.name}  {where}{mark}\n"
