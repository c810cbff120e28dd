"""`personalize-sync apply`: make the tenant as the manifests say."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from personalize_sync import __version__
from personalize_sync.cli.carrying import Consent, Work, execute
from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.plan_file import KEY, read
from personalize_sync.cli.planning import (
    Wishes,
    look_now,
    read_plan,
    ready,
    rendered,
    require_tip,
    source_of,
    wishes,
)
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.runs import folder, mention_unfinished, resumed, still_open, unfinished
from personalize_sync.cli.session import open_project
from personalize_sync.errors import StaleError, UsageError
from personalize_sync.kinds.questions import TEST_MODEL
from personalize_sync.planning.saved import Bound, approved, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.cli.session import Session
    from personalize_sync.manifests import Loaded
    from personalize_sync.planning.plan import Plan
    from personalize_sync.planning.policy import Policy
    from personalize_sync.rendering import Look
    from personalize_sync.resources import Address, Document
    from personalize_sync.tenant.live import WritableTenant

_PARTLY = 14


@dataclass(frozen=True, slots=True)
class Given:
    """How this apply, or adoption, was asked to go about it."""

    auto_approve: bool
    what_if: bool
    skip_blocked: bool
    fail_fast: bool = False
    resume: str | None = None
    expect_digest: str | None = None
    require_tip: str | None = None
    plan_file: str | None = None
    test: bool = False


@click.command("apply")
@click.argument("plan_file", required=False, type=click.Path())
@option("--auto-approve", is_flag=True, help="Do not ask.")
@option("--what-if", is_flag=True, help="The same as plan.")
@option("--skip-blocked", is_flag=True, help="Carry out what no guard objects to (exit 12).")
@option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@option("--resume", metavar="RUN", help="Only what that unfinished run left open.")
@option("--test", is_flag=True, help="Deploy a changed decision model only if its tests pass.")
@option("--expect-digest", metavar="DIGEST", help="Go on only if the plan has this digest.")
@option("--require-tip", metavar="BRANCH", help="Go on only from the tip of the remote's branch.")
@wishes
@common
def command(common: Common, wishes: Wishes, **options: Any) -> int:
    """Make the tenant as the manifests say."""
    given = Given(**options)
    _refuse_blanks(given)
    return carry_out(common, wishes, given)


def carry_out(common: Common, wishes: Wishes, given: Given) -> int:
    """Plan what was wished for and write it, once it is approved; return the exit code."""
    if given.what_if:
        plan, project = read_plan(common, wishes)
        common.deliver(rendered(plan, common, look_now(common, project.root)))
        return 0
    if not (given.auto_approve or given.plan_file or common.ask):
        raise _unapproved(wishes)
    return _apply(common, wishes, given)


def _unapproved(wishes: Wishes) -> UsageError:
    if wishes.adopt:
        return UsageError(
            "adopt without a terminal needs --auto-approve",
            "See first what it would write: --what-if",
        )
    return UsageError(
        "apply without a terminal needs --auto-approve or a plan file",
        "Review the plan first: personalize-sync plan",
    )


def _refuse_blanks(given: Given) -> None:
    """Refuse a condition that a script left empty: it would hold for everything."""
    for name in ("plan_file", "expect_digest", "require_tip", "resume"):
        # Of an empty variable click makes no value at all.
        if getattr(given, name) == "" or os.environ.get(f"PERSONALIZE_SYNC_{name.upper()}") == "":
            raise UsageError(f"{name.replace('_', ' ')} is empty", "Did a variable have no value?")


def _apply(common: Common, wishes: Wishes, given: Given) -> int:
    # An empty document is a plan file too, one that approves nothing.
    approval = read(given.plan_file) if given.plan_file else None
    if approval is not None:
        wishes = _as_planned(approval, wishes)
        common = replace(common, env=common.env or approval["target"]["env"])
    project = open_project(common)
    past = unfinished(given.resume, folder(project)) if given.resume else None
    if past is None:
        mention_unfinished(folder(project), common)
    if given.require_tip:
        require_tip(project.root, given.require_tip)
    with (
        ready(common, project, wishes) as (opened, loaded, asked),
        opened.writable(wishes.parallelism, *([TEST_MODEL] if given.test else [])) as tenant,
    ):
        if given.test and not loaded.tests:
            common.say("No tests of decision models are declared, so --test proves nothing.")
        policy = resumed(asked, past) if past else asked
        with waiting(common, "Reading the tenant"):
            work = _planned(opened, loaded, tenant, policy, approval)
        look = look_now(common, project.root)
        if given.expect_digest:
            _demand(given.expect_digest, work.plan, look)
        consent = Consent(
            given=given.auto_approve or given.plan_file is not None,
            skip_blocked=given.skip_blocked,
            fail_fast=given.fail_fast,
            tests=loaded.tests if given.test else (),
        )
        code = execute(common, work, opened, tenant, consent=consent, look=look)
    left = still_open(past, work, {r.address for r in loaded.resources}, policy) if past else ()
    if left:
        common.say(f"Run {given.resume} leaves open, since it cannot be proven: {_listed(left)}.")
        for reason in work.plan.scope.failed:
            common.say(f"  {reason}")
    return code or (_PARTLY if left else 0)


def _listed(addresses: Iterable[Address]) -> str:
    from personalize_sync.rendering import plain  # noqa: PLC0415

    return ", ".join(plain(f"archive {address}") for address in addresses)


def _planned(
    opened: Session,
    loaded: Loaded,
    tenant: WritableTenant,
    policy: Policy,
    approval: Document | None,
) -> Work:
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx

    source = source_of(opened.project, loaded)
    if approval is not None:
        key = os.environ.get(KEY, "")
        check(approval, Bound(opened.environment.name, source, __version__, datetime.now(UTC), key))
    plan, state = reconcile.plan(loaded, tenant, policy, source=source)
    stale: dict[Address, str] = {}
    if approval is not None:
        plan, stale = approved(plan, approval, state)
        # What moved since the review is refused for that alone; it must not hold up the rest.
        plan = replace(
            plan,
            changes=tuple(
                replace(change, blocked=()) if change.address in stale else change
                for change in plan.changes
            ),
        )
    return Work(plan, state, stale)


def _demand(digest: str, plan: Plan, look: Look) -> None:
    """Refuse to go on unless this is the plan that was approved."""
    from personalize_sync.rendering import plan_document  # noqa: PLC0415

    found = plan_document(plan, look)["digest"]
    if found != digest:
        raise StaleError(
            f"the plan is no longer the approved one: {found}, not {digest}",
            "Plan again and review the new plan. Nothing was written.",
        )


def _as_planned(approval: Document, wishes: Wishes) -> Wishes:
    """Return what the plan file was made with; flags that would alter the plan are refused."""
    if replace(wishes, parallelism=4) != Wishes():
        raise UsageError(
            "flags that alter a plan cannot stand beside a plan file",
            "Make a new plan with them.",
        )
    scope = approval.get("scope") or {}
    return replace(
        wishes,
        prune=scope.get("prune") is True,
        on_drift=str(scope.get("on_drift") or "") or None,
        select=tuple(scope.get("select") or ()),
        exclude=tuple(scope.get("exclude") or ()),
        allow=tuple(scope.get("allow") or ()),
    )
