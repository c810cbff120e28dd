"""`personalize-sync undo`: take back what an earlier apply wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.carrying import Consent, Work, execute
from personalize_sync.cli.options import (
    Common,
    allow_option,
    common,
    option,
    parallelism_option,
)
from personalize_sync.cli.pipeline import tell
from personalize_sync.cli.planning import Wishes, look_now, policy_of, rendered
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.runs import folder, past_run
from personalize_sync.cli.session import environment_of, open_project, session
from personalize_sync.errors import UsageError
from personalize_sync.planning.plan import SourceTree

if TYPE_CHECKING:
    from personalize_sync.apply.journal import PastRun
    from personalize_sync.cli.session import Session
    from personalize_sync.planning.policy import Policy
    from personalize_sync.tenant.live import Tenant


@click.command("undo")
@click.argument("run")
@option("--auto-approve", is_flag=True, help="Do not ask.")
@option("--what-if", is_flag=True, help="Show what would be taken back. Only reads.")
@option("--skip-blocked", is_flag=True, help="Take back what no guard objects to (exit 12).")
@option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@allow_option
@parallelism_option
@common
def command(
    common: Common,
    run: str,
    *,
    what_if: bool,
    allow: tuple[str, ...],
    parallelism: int,
    **consent: bool,
) -> int:
    """Take back what an earlier apply wrote, unless somebody has touched it since."""
    given = Consent(
        given=consent["auto_approve"],
        skip_blocked=consent["skip_blocked"],
        fail_fast=consent["fail_fast"],
    )
    if not (what_if or given.given or common.ask):
        raise UsageError(
            "undo without a terminal needs --auto-approve",
            f"Look first: personalize-sync undo {run} --what-if",
        )
    project = open_project(common)
    past = past_run(run, folder(project))
    if common.env and common.env != past.environment:
        raise UsageError(
            f'run {run} was for environment "{past.environment}", not "{common.env}"',
            "Leave -e out, or name that one.",
        )
    environment = environment_of(project, replace(common, env=past.environment))
    policy = policy_of(environment, Wishes(allow=allow))
    look = look_now(common, project.root, view="undo")
    with session(common, project, environment) as opened:
        if what_if:
            with opened.readable(parallelism) as reading:
                work = _planned(common, past, reading, policy, opened)
            common.deliver(rendered(work.plan, common, look))
            tell(work.plan, common, look, 0)
            return 0
        with opened.writable(parallelism) as tenant:
            work = _planned(common, past, tenant, policy, opened)
            code = execute(common, work, opened, tenant, consent=given, look=look)
    if not work.plan.is_empty:
        common.say("Revert the commit as well, or the next apply writes it all again.")
    return code


def _planned(
    common: Common, past: PastRun, tenant: Tenant, policy: Policy, opened: Session
) -> Work:
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx

    journal = (folder(opened.project) / f"{past.run}.jsonl").relative_to(opened.project.root)
    with waiting(common, "Reading the tenant"):
        plan, state = reconcile.undo(
            past,
            tenant,
            policy,
            source=SourceTree(config_digest=opened.project.config_digest),
            journal=journal.as_posix(),
        )
    return Work(plan, state, about={"undoes": past.run})
