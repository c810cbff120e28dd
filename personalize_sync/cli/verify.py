"""`personalize-sync verify`: prove that the tenant is as the manifests say. Only reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.pipeline import tell
from personalize_sync.cli.planning import (
    Wishes,
    look_now,
    read_plan,
    ready,
    rendered,
    source_of,
    wishes,
)
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import open_project
from personalize_sync.kinds.questions import TEST_CONNECTION
from personalize_sync.problems import Problem

if TYPE_CHECKING:
    from personalize_sync.kinds.connection_tests import Called
    from personalize_sync.planning.plan import Plan
    from personalize_sync.project import Project
    from personalize_sync.resources import Resource

_NOT_CONVERGED = 17


@click.command("verify")
@option("--test-connections", is_flag=True, help="Let the tenant call each connection, for real.")
@wishes
@common
def command(common: Common, wishes: Wishes, *, test_connections: bool) -> int:
    """Exit with 0 only if nothing is left to do and nothing has drifted, else with 17."""
    plan, project = (_tested if test_connections else read_plan)(common, wishes)
    look = look_now(common, project.root)
    common.deliver(rendered(plan, common, look))
    open_ends = plan.changes or plan.drift or any(p.id.startswith("PS7") for p in plan.diagnostics)
    code = _NOT_CONVERGED if open_ends else 0
    tell(plan, common, look, code)
    return code


def _tested(common: Common, wishes: Wishes) -> tuple[Plan, Project]:
    """Make the plan, and add to it which connections do not answer."""
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.apply.connection_tests import call_connections  # noqa: PLC0415

    project = open_project(common)
    with (
        ready(common, project, wishes) as (opened, loaded, policy),
        opened.readable(wishes.parallelism, TEST_CONNECTION) as tenant,
    ):
        with waiting(common, "Reading the tenant"):
            plan, _ = reconcile.plan(loaded, tenant, policy, source=source_of(project, loaded))
        with waiting(common, "Calling the connections"):
            selected = [r for r in loaded.resources if policy.selected(r)]
            called = call_connections(selected, tenant, plan.refs)
    for resource, call in called:
        if not call.complaint:
            common.say(f"{resource.address} {call}.")
    silent = tuple(_silent(resource, call) for resource, call in called if call.complaint)
    return replace(plan, diagnostics=(*plan.diagnostics, *silent)), project


def _silent(resource: Resource, call: Called) -> Problem:
    return Problem(
        "PS7005",
        f"{resource.address}: {call.complaint}",
        "See in the tenant what the test of this connection says.",
        location=resource.source.start,
        address=str(resource.address),
    )
