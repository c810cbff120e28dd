"""`personalize-sync show plan.json`: a saved plan in any format, without any network."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, common
from personalize_sync.cli.plan_file import KEY, read

if TYPE_CHECKING:
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering import Look
    from personalize_sync.resources import Document


@click.command("show")
@click.argument("plan_file", type=click.Path())
@common
def command(common: Common, plan_file: str) -> None:
    """Show a saved plan, without any network. Whether it still holds is for apply to say.

    One that was altered is refused.
    """
    from personalize_sync.planning.saved import demand_seal, needs_key  # noqa: PLC0415
    from personalize_sync.rendering import render  # noqa: PLC0415

    document, key = read(plan_file), os.environ.get(KEY, "")
    if needs_key(document) and not key:
        # Apply refuses it; a reader without the key can only be misled about what to review.
        common.say(f"note: without {KEY} the seal cannot be checked: this plan may be altered")
    else:
        demand_seal(document, key)
    plan, look = shown(document, common)
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
