"""`personalize-sync plan`: what apply would do. Only reads."""

from __future__ import annotations

from pathlib import Path

import click

from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.planning import Wishes, look_now, read_plan, rendered, wishes


@click.command("plan")
@option("--out", type=click.Path(), help="Also write the plan as JSON.")
@option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@wishes
@common
def command(common: Common, wishes: Wishes, out: str | None, detailed_exitcode: bool) -> int:  # noqa: FBT001 - click passes it by name
    """Show what apply would do. Sends nothing but GET and the token request."""
    from personalize_sync.rendering import render  # noqa: PLC0415

    plan, project = read_plan(common, wishes)
    look = look_now(common, project.root)
    common.deliver(rendered(plan, common, look))
    if out:
        try:
            Path(out).write_text(render(plan, "json", look), encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"cannot write {out}: {error.strerror}") from None
    return 2 if detailed_exitcode and not plan.is_empty else 0
