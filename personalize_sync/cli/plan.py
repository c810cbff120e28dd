"""`personalize-sync plan`: what apply would do. Only reads."""

from __future__ import annotations

import click

from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.pipeline import tell
from personalize_sync.cli.plan_file import write
from personalize_sync.cli.planning import Wishes, look_now, read_plan, rendered, wishes
from personalize_sync.cli.snapshot_file import offline_plan


@click.command("plan")
@option("--out", type=click.Path(), metavar="FILE", help="Save the plan for `apply FILE`.")
@option(
    "--against",
    type=click.Path(),
    metavar="FILE",
    help="Plan offline against a snapshot, for readers only.",
)
@option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@wishes
@common
def command(
    common: Common,
    wishes: Wishes,
    *,
    out: str | None,
    against: str | None,
    detailed_exitcode: bool,
) -> int:
    """Show what apply would do. Sends nothing but GET and the token request."""
    plan, project = (
        read_plan(common, wishes) if against is None else offline_plan(common, wishes, against)
    )
    look = look_now(common, project.root)
    common.deliver(rendered(plan, common, look))
    if out:
        write(out, plan, look)
    code = 2 if detailed_exitcode and not plan.is_empty else 0
    tell(plan, common, look, code, plan_file=out or "")
    return code
