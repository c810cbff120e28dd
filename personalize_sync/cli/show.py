"""`personalize-sync show plan.json`: a saved plan in any format, without any network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, common
from personalize_sync.cli.plan_file import read

if TYPE_CHECKING:
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering import Look
    from personalize_sync.resources import Document


@click.command("show")
@click.argument("plan_file", type=click.Path())
@common
def command(common: Common, plan_file: str) -> None:
    """Show a saved plan, without any network. Whether it still holds is for apply to say."""
    from personalize_sync.rendering import render  # noqa: PLC0415

    plan, look = shown(read(plan_file), common)
    common.deliver(render(plan, common.format, look))


def shown(document: Document, common: Common) -> tuple[Plan, Look]:
    """Return the plan of a document, and how it looked when it was made."""
    from personalize_sync.rendering import plan_from  # noqa: PLC0415

    look = replace(
        common.look(),
        view=str(document.get("view", "plan")),
        id=str(document.get("id", "")),
        created_at=str(document.get("created_at", "")),
        expires_at=str(document.get("expires_at", "")),
        tool_version=str((document.get("tool") or {}).get("version", "")),
    )
    return plan_from(document), look
