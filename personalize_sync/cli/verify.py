"""`personalize-sync verify`: prove that the tenant is as the manifests say. Only reads."""

from __future__ import annotations

import click

from personalize_sync.cli.options import Common, common
from personalize_sync.cli.pipeline import tell
from personalize_sync.cli.planning import Wishes, look_now, read_plan, rendered, wishes

_NOT_CONVERGED = 17


@click.command("verify")
@wishes
@common
def command(common: Common, wishes: Wishes) -> int:
    """Exit with 0 only if nothing is left to do and nothing has drifted, else with 17."""
    plan, project = read_plan(common, wishes)
    look = look_now(common, project.root)
    common.deliver(rendered(plan, common, look))
    open_ends = plan.changes or plan.drift or any(p.id.startswith("PS7") for p in plan.diagnostics)
    code = _NOT_CONVERGED if open_ends else 0
    tell(plan, common, look, code)
    return code
