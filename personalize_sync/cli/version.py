"""`personalize-sync version`: what a bug report needs."""

from __future__ import annotations

import platform
from importlib.metadata import version

import click

from personalize_sync import __version__

_LIBRARIES = ("click", "deepdiff", "httpx", "jsonschema", "jsonschema-rs", "pyyaml", "ruamel.yaml")


@click.command("version")
def command() -> None:
    """Print the version and the libraries in use."""
    click.echo(f"personalize-sync {__version__}")
    click.echo(f"python {platform.python_version()}")
    for library in _LIBRARIES:
        click.echo(f"{library} {version(library)}")
