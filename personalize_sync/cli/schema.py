"""`personalize-sync schema KIND`: the JSON Schema that editors and other tools can use."""

from __future__ import annotations

import click

from personalize_sync.cli.options import Common, common


@click.command("schema")
@click.argument("kind")
@common
def command(common: Common, kind: str) -> None:
    """Print the JSON Schema of a KIND: template, connection, decision-model, …, project, plan."""
    from personalize_sync.manifests import schema_text  # noqa: PLC0415 - YAML and schemas

    common.deliver(schema_text(kind))
