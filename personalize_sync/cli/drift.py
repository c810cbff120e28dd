"""`personalize-sync drift`: what was changed in the tenant behind Git's back. Only reads."""

from __future__ import annotations

import click

from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.pipeline import tell
from personalize_sync.cli.planning import Wishes, look_now, read_plan, rendered, wishes


@click.command("drift")
@option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there is drift.")
@wishes
@common
def command(common: Common, wishes: Wishes, detailed_exitcode: bool) -> int:  # noqa: FBT001 - click passes it by name
    """Show what the tenant changed, who did it, and when. Pending changes are only counted."""
    plan, project = read_plan(common, wishes)
    look = look_now(common, project.root, view="drift")
    common.deliver(rendered(plan, common, look))
    code = 2 if detailed_exitcode and plan.drift else 0
    tell(plan, common, look, code)
    return code
