"""`personalize-sync demo`: the whole story against the sandbox, without an account or a key."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from personalize_sync.cli.options import option
from personalize_sync.errors import SyncError, UsageError

_STORY = (
    ("The manifests are checked offline:", "validate", ""),
    ("An empty tenant: everything is still to be created.", "plan", "Plan: 13 to create"),
    ("Apply makes it so, each kind through its own API key:", "apply --auto-approve", "13 created"),
    ("Now Git and the tenant agree:", "plan", "No changes."),
    (
        "Maria from marketing edits a template in the UI:",
        "sandbox edit template/promo_strip 'name=Promo strip (Black Friday)' --as Maria",
        "",
    ),
    ("The scheduled drift report names the field and the author:", "drift", "maria"),
    ("The team decides that Git is right:", "apply --auto-approve", "1 updated"),
    ("And they agree again:", "plan", "No changes."),
)
_SECRET = "LOYALTY_CLIENT_SECRET"  # noqa: S105 - the name of a variable


@click.command("demo")
@option(
    "--keep", type=click.Path(), metavar="DIR", help="Copy the example project here and keep it."
)
def command(keep: str | None) -> None:
    """Tell the whole story on a copy of the example project: plan, apply, drift, reconcile."""
    # An interrupt unwinds, so that the temporary folder goes away.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault(_SECRET, "a made-up secret for a made-up service")
    if keep:
        _tell(_copied(Path(keep)))
        click.echo(f"\nThe project is yours: {keep}")
        return
    with tempfile.TemporaryDirectory(prefix="personalize-sync-") as folder:
        _tell(_copied(Path(folder) / "shop"))
    click.echo(
        "\nThat was a simulated tenant on this machine. The README says how to use a real one."
    )


def _copied(target: Path) -> Path:
    """Copy the example project, which ships in the wheel and lies beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    source = next(p for p in (package / "example", package.parent / "manifests") if p.is_dir())
    try:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".personalize-sync"))
    except OSError as error:
        raise UsageError(f"cannot copy the example to {target}: {error.strerror}") from None
    return target


def _tell(project: Path) -> None:
    for remark, line, expected in _STORY:
        click.echo(f"\n{click.style(remark, bold=True)}\n$ personalize-sync {line}")
        said = _run(shlex.split(line), project)
        if expected not in said:
            raise SyncError(f'the demo expected to see "{expected}" here', "Please report it.")


def _run(arguments: list[str], project: Path) -> str:
    """Run one command of the story in a process of its own, as a person would."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", "personalize_sync", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        cwd=project,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    click.echo(done.stdout.rstrip())
    if done.returncode:
        raise SyncError(f"this step of the demo ended with {done.returncode}", "Please report it.")
    return done.stdout
