"""`personalize-sync version`: what a bug report needs."""

from __future__ import annotations

import platform

import click

from personalize_sync import __version__

_LIBRARIES = ("click", "deepdiff", "httpx", "jsonschema", "jsonschema-rs", "pyyaml")


@click.command("version")
@click.option("-v", "--verbose", is_flag=True, help="Python and the libraries in use, too.")
def command(verbose: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Print the version; with -v what a bug report needs."""
    click.echo(f"personalize-sync {__version__}")
    if not verbose:
        return
    from importlib.metadata import version  # noqa: PLC0415 - 17 ms

    click.echo(f"python {platform.python_version()}")
    for library in _LIBRARIES:
        click.echo(f"{library} {version(library)}")
