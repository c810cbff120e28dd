"""`personalize-sync drift`: what was changed in the tenant behind Git's back. Only reads."""

from __future__ import annotations

from typing import Any

import click

from personalize_sync.cli.drift_report import FORMS, Channels, report
from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.pipeline import tell
from personalize_sync.cli.planning import Wishes, look_now, read_plan, rendered, wishes


@click.command("drift")
@option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there is drift.")
@option("--issue", is_flag=True, help="Keep one issue: open while there is drift.")
@option("--webhook", type=click.Choice(FORMS), help="Tell a chat when drift appears or goes.")
@option("--open-pr", is_flag=True, help="Open a pull request that takes the edits into Git.")
@wishes
@common
def command(
    common: Common,
    wishes: Wishes,
    *,
    detailed_exitcode: bool,
    **channels: Any,
) -> int:
    """Show what the tenant changed, who did it, and when. Pending changes are only counted."""
    told = Channels(**channels)
    told.check(wishes)
    plan, project = read_plan(common, wishes)
    look = look_now(common, project.root, view="drift")
    common.deliver(rendered(plan, common, look))
    code = 2 if detailed_exitcode and plan.drift else 0
    tell(plan, common, look, code)
    report(plan, project, common, look, told)
    return code
