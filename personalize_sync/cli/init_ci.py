"""`personalize-sync init ci github|gitlab|azure`: the pipeline of this repository."""

from __future__ import annotations

import os
from pathlib import Path

import click

from personalize_sync.cli.options import Common, option, speaking
from personalize_sync.cli.session import open_project
from personalize_sync.errors import UsageError
from personalize_sync.resources import SecretRef

_PACKAGE = "personalize-sync==VERSION, or git+https://github.com/OWNER/REPOSITORY@COMMIT"
_EXAMPLES = {
    "github": "OWNER/REPOSITORY@COMMIT, your copy of it and a commit of 40 hex digits",
    "gitlab": _PACKAGE,
    "azure": _PACKAGE,
}


@click.command("ci")
@click.argument("system", type=click.Choice(("github", "gitlab", "azure")))
@option("--tool", metavar="SOURCE", help="Where the pipeline gets this tool from; needed.")
@option("--branch", default="main", show_default=True, help="The branch that is applied.")
@option("--overwrite", is_flag=True, help="Replace the files of an earlier init ci.")
@speaking("terminal")
def ci(common: Common, *, system: str, tool: str | None, branch: str, overwrite: bool) -> None:
    """Write the pipeline of this repository: validate, plan, apply and drift for each tenant.

    SOURCE is owner/repository@commit for GitHub, for the others what pip installs. What exists is
    not overwritten unless asked.
    """
    from personalize_sync.init import Pipeline, next_steps, pipeline_files  # noqa: PLC0415 - YAML
    from personalize_sync.manifests import load_manifests  # noqa: PLC0415

    if not tool:
        raise UsageError(
            "where should the pipeline get this tool from? Name it with --tool",
            f"For example: --tool {_EXAMPLES[system]}",
        )
    project = open_project(common)
    top = _top(project.root)
    resources = load_manifests(project).resources
    secrets = {
        secret.name
        for resource in resources
        for secret in resource.secrets.values()
        if isinstance(secret, SecretRef)
    }
    pipeline = Pipeline(
        [e for _, e in sorted(project.environments.items()) if e.sandbox is None],
        Path(os.path.relpath(project.root.resolve(), top)).as_posix(),
        tool,
        branch,
        tuple(sorted(secrets)),
        tuple(sorted({resource.address.kind for resource in resources})),
    )
    for name, text in pipeline_files(system, pipeline).items():
        _write(top / name, text, common, overwrite=overwrite)
    for line in next_steps(system, pipeline):
        common.say(line)


def _top(root: Path) -> Path:
    """Return the top of the repository, where CI systems look; without Git, the working directory."""
    from personalize_sync.cli.planning import git  # noqa: PLC0415

    top = git(root, "rev-parse", "--show-toplevel")
    return Path(top or Path.cwd()).resolve()


def _write(path: Path, text: str, common: Common, *, overwrite: bool) -> None:
    from personalize_sync.rendering import plain  # noqa: PLC0415 - not for --help

    shown = os.path.relpath(path, Path.cwd())
    try:
        if os.path.lexists(path) and (path.is_symlink() or path.read_text("utf-8") != text):
            if path.is_symlink() or not overwrite:
                raise UsageError(
                    f"{shown} exists already, and says something else",
                    "Remove it, or replace it with --overwrite. Nothing was written.",
                )
            common.say(f"Replacing {shown}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot write {shown}: {error}") from None
    common.deliver(f"wrote {plain(shown)}\n")
