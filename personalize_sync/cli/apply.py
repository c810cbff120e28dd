"""`personalize-sync apply`: make the tenant as the manifests say."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from personalize_sync import __version__
from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.plan_file import KEY, read
from personalize_sync.cli.planning import (
    Wishes,
    look_now,
    read_plan,
    ready,
    rendered,
    source_of,
    wishes,
)
from personalize_sync.cli.session import STATE, open_project
from personalize_sync.errors import SyncError, UsageError
from personalize_sync.planning.saved import Bound, approved, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from personalize_sync.apply import Journal
    from personalize_sync.planning.plan import Plan, SourceTree
    from personalize_sync.rendering import Look
    from personalize_sync.resources import Address, Document

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@dataclass(frozen=True, slots=True)
class Given:
    """How this apply was asked to go about it."""

    auto_approve: bool
    what_if: bool
    skip_blocked: bool
    fail_fast: bool
    resume: str | None
    secrets_dir: str | None
    plan_file: str | None


@click.command("apply")
@click.argument("plan_file", required=False, type=click.Path())
@option("--auto-approve", is_flag=True, help="Do not ask.")
@option("--what-if", is_flag=True, help="The same as plan.")
@option("--skip-blocked", is_flag=True, help="Carry out what no guard objects to (exit 12).")
@option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@option("--resume", metavar="RUN", help="Only what that unfinished run left open.")
@option("--secrets-dir", type=click.Path(file_okay=False), help="One file per secret.")
@wishes
@common
def command(common: Common, wishes: Wishes, **options: Any) -> int:
    """Make the tenant as the manifests say."""
    given = Given(**options)
    if given.what_if:
        plan, project = read_plan(common, wishes)
        common.deliver(rendered(plan, common, look_now(common, project.root)))
        return 0
    if not (given.auto_approve or given.plan_file or common.ask):
        raise UsageError(
            "apply without a terminal needs --auto-approve or a plan file",
            "Review the plan first: personalize-sync plan",
        )
    return _apply(common, wishes, given)


def _apply(common: Common, wishes: Wishes, given: Given) -> int:
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.rendering import plain  # noqa: PLC0415

    project = open_project(common)
    runs = project.root / STATE / "runs"
    approval: Document = {}
    if given.plan_file:
        approval = read(given.plan_file)
        wishes = _as_planned(approval, wishes)
    if given.resume:
        wishes = _resumed(given.resume, runs, wishes)
    else:
        _mention_unfinished(runs, common)
    with (
        ready(common, project, wishes) as (opened, loaded, policy),
        opened.writable(wishes.parallelism) as tenant,
    ):
        source = source_of(project, loaded)
        if approval:
            check(approval, _bound(opened.environment.name, source))
        plan, state = reconcile.plan(loaded, tenant, policy, source=source)
        stale: dict[Address, str] = {}
        if approval:
            plan, stale = approved(plan, approval, state)
        look = look_now(common, project.root)
        stuck = plan.blocked and not given.skip_blocked
        if plan.is_empty or stuck:
            common.deliver(rendered(plan, common, look))
        if plan.is_empty:
            return 0
        asked = given.auto_approve or given.plan_file or stuck
        if not asked and not _approved(plan, common, look):
            return 1
        with _stoppable(common) as stopped, _journalled(runs, plan, look.id, common) as journal:
            report = reconcile.apply(
                plan,
                state,
                tenant,
                environ=opened.environ,
                patience=opened.connection().patience,
                ways=reconcile.Ways(
                    parallelism=wishes.parallelism,
                    fail_fast=given.fail_fast,
                    stopped=lambda: "interrupted" if stopped() else "",
                    begin=journal.intend,
                    done=journal.record,
                ),
                secrets_dir=Path(given.secrets_dir) if given.secrets_dir else None,
                skip_blocked=given.skip_blocked,
                stale=stale,
            )
            code = stopped() or report.exit_code
            journal.close(code)
    common.deliver(rendered(report, common, look))
    for stamp in report.strangers:
        common.say(
            f"The tenant stamps our writes as {plain(stamp)}. Add it to writers: in the project "
            "file, or the next plan cannot tell our writes from others."
        )
    return code


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


def _bound(environment: str, source: SourceTree) -> Bound:
    return Bound(environment, source, __version__, datetime.now(UTC), os.environ.get(KEY, ""))


def _resumed(run: str, runs: Path, wishes: Wishes) -> Wishes:
    """Narrow an apply to what an earlier one left open."""
    from personalize_sync.apply import past_runs  # noqa: PLC0415

    known = {past.run: past for past in past_runs(runs)}
    if run not in known:
        newest = ", ".join(list(known)[:3]) or "none"
        raise UsageError(f'no run is called "{run}"', f"The newest runs: {newest}.")
    if not known[run].open:
        raise UsageError(f"run {run} left nothing open", "A plain apply looks at everything.")
    return replace(wishes, select=(*wishes.select, *known[run].open))


def _mention_unfinished(runs: Path, common: Common) -> None:
    from personalize_sync.apply import past_runs  # noqa: PLC0415

    newest = next(past_runs(runs), None)
    if newest and not newest.finished:
        common.say(
            f"Run {newest.run} did not finish; {len(newest.open)} changes have no known result. "
            "This apply looks at all of them again."
        )


@contextmanager
def _journalled(runs: Path, plan: Plan, plan_id: str, common: Common) -> Iterator[Journal]:
    """Open the journal of this run; an error before the first write leaves it ended, too."""
    from personalize_sync.apply import Journal  # noqa: PLC0415

    run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{plan_id[:8]}"
    journal = Journal(
        runs,
        run,
        environment=plan.target.environment,
        client_key=plan.target.client_key,
        tree_digest=plan.source.tree_digest,
        planned=[str(change.address) for change in plan.changes if not change.blocked],
    )
    common.say(f"Run {run}")
    try:
        yield journal
    except SyncError as error:
        journal.close(error.exit_code)
        raise


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
