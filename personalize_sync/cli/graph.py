"""`personalize-sync graph`: which manifests name which, offline."""

from __future__ import annotations

import click

from personalize_sync.cli.options import Common, speaking
from personalize_sync.cli.session import demand_valid, environment_of, open_project
from personalize_sync.errors import UsageError
from personalize_sync.problems import did_you_mean


@click.command("graph")
@click.argument("address", required=False)
@speaking("dot", "mermaid", "json")
def command(common: Common, address: str | None) -> None:
    """Draw which manifests name which; with an ADDRESS, only what it needs and what needs it.

    With -e as that environment sees it. Objects that manifests look up in the tenant are dashed.
    """
    from personalize_sync.manifests import load_manifests  # noqa: PLC0415 - YAML and schemas
    from personalize_sync.planning.references import graph_of  # noqa: PLC0415 - kinds
    from personalize_sync.rendering.diagrams import DIAGRAMS  # noqa: PLC0415 - not for --help

    project = open_project(common)
    environment = environment_of(project, common).name if common.env else None
    loaded = load_manifests(project, environment=environment)
    demand_valid(common, project, loaded)
    graph = graph_of(loaded.resources)
    if address is not None:
        known = {str(resource.address): resource.address for resource in loaded.resources}
        if address not in known:
            hint = did_you_mean(address, known)
            raise UsageError(f"no manifest is called {address}", f"Addresses are KIND/KEY.{hint}")
        graph = graph.around(known[address])
    common.deliver(DIAGRAMS[common.format](graph, common.look(project.root)))
