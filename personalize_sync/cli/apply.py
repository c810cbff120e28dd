"""`personalize-sync apply`: make the tenant as the manifests say."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from personalize_sync import __version__
from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.pipeline import tell
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
from personalize_sync.cli.progress import counting, waiting
from personalize_sync.cli.runs import journalled, mention_unfinished, resumed
from personalize_sync.cli.session import STATE, open_project
from personalize_sync.errors import GuardError, StaleError, UsageError
from personalize_sync.kinds.questions import TEST_MODEL
from personalize_sync.planning.saved import Bound, approved, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from personalize_sync.apply import Journal
    from personalize_sync.cli.session import Session
    from personalize_sync.kinds.model_tests import ModelTest
    from personalize_sync.manifests import Loaded
    from personalize_sync.planning.outcome import Outcome, Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.planning.policy import Policy
    from personalize_sync.rendering import Look
    from personalize_sync.resources import Address, Document, LiveState, Secret
    from personalize_sync.tenant.live import WritableTenant

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


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
    approval = read(given.plan_file, to_the_byte=True) if given.plan_file else None
    if approval is not None:
        wishes = _as_planned(approval, wishes)
        common = replace(common, env=common.env or approval["target"]["env"])
    project = open_project(common)
    runs = project.root / STATE / "runs"
    if given.resume:
        wishes = resumed(given.resume, runs, wishes)
    else:
        mention_unfinished(runs, common)
    if given.require_tip:
        require_tip(project.root, given.require_tip)
    with (
        ready(common, project, wishes) as (opened, loaded, policy),
        opened.writable(wishes.parallelism, *([TEST_MODEL] if given.test else [])) as tenant,
    ):
        if given.test and not loaded.tests:
            common.say("No tests of decision models are declared, so --test proves nothing.")
        with waiting(common, "Reading the tenant"):
            work = _planned(opened, loaded, tenant, policy, approval)
        look = look_now(common, project.root)
        if given.expect_digest:
            _demand(given.expect_digest, work.plan, look)
        stuck = work.plan.blocked and not given.skip_blocked
        if work.plan.is_empty or stuck:
            common.deliver(rendered(work.plan, common, look))
            tell(work.plan, common, look, GuardError.exit_code if stuck else 0)
        if work.plan.is_empty:
            return 0
        certain = given.auto_approve or given.plan_file or stuck
        if not certain and not _approved(work.plan, common, look):
            return 1
        with (
            _stoppable(common) as stopped,
            journalled(runs, work.plan, look.id, common) as journal,
            counting(common, "Applying", len(work.plan.changes)) as advance,
        ):
            watch = _Watch(stopped, journal, advance)
            tests = loaded.tests if given.test else ()
            report = _carried_out(work, opened, tenant, given, watch, tests=tests)
            code = stopped() or report.exit_code
            journal.close(code)
    common.deliver(rendered(report, common, look))
    tell(report, common, look, code, run_id=journal.run)
    _mention_oddities(report, common)
    return code


@dataclass(frozen=True, slots=True)
class _Work:
    """A plan to carry out, what it was made from, and which of its changes are stale already."""

    plan: Plan
    state: LiveState
    parallelism: int
    stale: dict[Address, str]


@dataclass(frozen=True, slots=True)
class _Watch:
    """Who may stop an apply, and who is told of each step."""

    stopped: Callable[[], int]
    journal: Journal
    advance: Callable[[], None]


def _planned(
    opened: Session,
    loaded: Loaded,
    tenant: WritableTenant,
    policy: Policy,
    approval: Document | None,
) -> _Work:
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
    return _Work(plan, state, tenant.parallelism, stale)


def _carried_out(
    work: _Work,
    opened: Session,
    tenant: WritableTenant,
    given: Given,
    watch: _Watch,
    *,
    tests: Sequence[ModelTest],
) -> Report:
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx

    def done(outcome: Outcome) -> None:
        watch.journal.record(outcome)
        watch.advance()

    return reconcile.apply(
        work.plan,
        work.state,
        tenant,
        environ=opened.environ,
        patience=opened.connection().patience,
        ways=reconcile.Ways(
            parallelism=work.parallelism,
            fail_fast=given.fail_fast,
            stopped=lambda: "interrupted" if watch.stopped() else "",
            begin=watch.journal.intend,
            done=done,
        ),
        secrets_dir=opened.secrets_dir,
        skip_blocked=given.skip_blocked,
        stale=work.stale,
        learn=_mask if os.environ.get("GITHUB_ACTIONS") == "true" else lambda _secret: None,
        tests=tests,
    )


def _mask(secret: Secret) -> None:
    """Teach the log of GitHub Actions to mask a secret, line by line as it compares."""
    for line in secret.reveal().splitlines():
        if line.strip():
            encoded = line.replace("%", "%25").replace("\r", "%0D")
            click.echo(f"::add-mask::{encoded}", err=True)


def _demand(digest: str, plan: Plan, look: Look) -> None:
    """Refuse to go on unless this is the plan that was approved."""
    from personalize_sync.rendering import plan_document  # noqa: PLC0415

    found = plan_document(plan, look)["digest"]
    if found != digest:
        raise StaleError(
            f"the plan is no longer the approved one: {found}, not {digest}",
            "Plan again and review the new plan. Nothing was written.",
        )


def _mention_oddities(report: Report, common: Common) -> None:
    from personalize_sync.rendering import plain  # noqa: PLC0415

    for stamp in report.strangers:
        common.say(
            f"The tenant stamps our writes as {plain(stamp)}. Add it to writers: in the project "
            "file, or the next plan cannot tell our writes from others."
        )
    if report.unlisted:
        common.say(
            f"The tenant's lists do not show {len(report.unlisted)} of the written objects yet. "
            "Wait a little before the next plan or apply."
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


def _approved(plan: Plan, common: Common, look: Look) -> bool:
    """Show the plan and ask; only the whole word is a yes."""
    from personalize_sync.rendering import render  # noqa: PLC0415

    click.echo(render(plan, "terminal", look), err=True, nl=False, color=common.color)
    answer = click.prompt("Apply these changes? Only yes is accepted", default="no", err=True)
    approved = bool(answer == "yes")
    if not approved:
        common.say("Not approved; nothing was written.")
    return approved


@contextmanager
def _stoppable(common: Common) -> Iterator[Callable[[], int]]:
    """Let a first signal finish the requests under way; a second one stops at once."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if received:
            os._exit(_CODES[signal.Signals(number)])
        received.append(number)
        common.say("Stopping: finishing the requests under way. Once more stops at once.")

    before = {number: signal.signal(number, note) for number in _CODES}
    try:
        yield lambda: _CODES[signal.Signals(received[0])] if received else 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
