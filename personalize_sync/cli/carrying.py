"""From a plan to its report: show it, ask, keep a journal, carry it out, tell what became of it."""

from __future__ import annotations

import os
import signal
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.pipeline import tell
from personalize_sync.cli.planning import rendered
from personalize_sync.cli.progress import counting
from personalize_sync.cli.runs import folder, journalled
from personalize_sync.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from personalize_sync.apply.journal import Journal
    from personalize_sync.cli.options import Common
    from personalize_sync.cli.session import Session
    from personalize_sync.kinds.model_tests import ModelTest
    from personalize_sync.planning.change import Change
    from personalize_sync.planning.outcome import Outcome, Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering import Look
    from personalize_sync.resources import Address, LiveState, Secret
    from personalize_sync.tenant.live import WritableTenant

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@dataclass(frozen=True, slots=True)
class Work:
    """A plan to carry out, what it was made from, and which of its changes are stale already.

    `about` is what the journal's first line says beside the plan.
    """

    plan: Plan
    state: LiveState
    stale: Mapping[Address, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def todo(self) -> tuple[Change, ...]:
        """The changes that will be begun."""
        return tuple(c for c in self.plan.changes if not c.blocked and c.address not in self.stale)


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to: the whole plan unseen, only what no guard objects to, how far to go.

    `tests` are those that a changed decision model has to pass before it is deployed.
    """

    given: bool = False
    skip_blocked: bool = False
    fail_fast: bool = False
    tests: tuple[ModelTest, ...] = ()


def execute(
    common: Common,
    work: Work,
    opened: Session,
    tenant: WritableTenant,
    *,
    consent: Consent,
    look: Look,
) -> int:
    """Carry a plan out once it is agreed to, and return the exit code of the command."""
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx

    plan = work.plan
    stuck = plan.blocked and not consent.skip_blocked
    if plan.is_empty or stuck:
        common.deliver(rendered(plan, common, look))
        tell(plan, common, look, GuardError.exit_code if stuck else 0)
    if plan.is_empty:
        return 0
    reconcile.demand_unblocked(plan, skip_blocked=consent.skip_blocked)
    if not (consent.given or _approved(plan, common, look)):
        return 1
    # To the end of the command, so that a late signal does not claim that nothing was written.
    stopped = _stoppable(common)
    with (
        # What writes nothing has nothing to account for.
        journalled(folder(opened.project), work, look.id, common)
        if work.todo
        else nullcontext() as journal,
        counting(common, "Applying", len(plan.changes)) as advance,
    ):
        report = _report(
            work, opened, tenant, consent, _Watch(stopped, journal, advance, common.say)
        )
        code = stopped() or report.exit_code
        if journal:
            journal.close(code)
    common.deliver(rendered(report, common, look))
    tell(report, common, look, code, run_id=journal.run if journal else "")
    _mention_oddities(report, common)
    return code


@dataclass(frozen=True, slots=True)
class _Watch:
    """Who may stop an apply, and who is told of each step."""

    stopped: Callable[[], int]
    journal: Journal | None
    advance: Callable[[], None]
    say: Callable[[str], None]

    def begin(self, change: Change) -> None:
        if self.journal:
            self.journal.intend(change)

    def done(self, outcome: Outcome) -> None:
        if self.journal:
            self.journal.record(outcome)
        self.advance()


def _report(
    work: Work, opened: Session, tenant: WritableTenant, consent: Consent, watch: _Watch
) -> Report:
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.apply.progress import Ways  # noqa: PLC0415

    return reconcile.apply(
        work.plan,
        work.state,
        tenant,
        environ=opened.environ,
        patience=opened.connection().patience,
        ways=Ways(
            parallelism=tenant.parallelism,
            fail_fast=consent.fail_fast,
            stopped=lambda: "interrupted" if watch.stopped() else "",
            begin=watch.begin,
            done=watch.done,
            say=watch.say,
        ),
        secrets_dir=opened.secrets_dir,
        skip_blocked=consent.skip_blocked,
        stale=work.stale,
        learn=_mask if os.environ.get("GITHUB_ACTIONS") == "true" else lambda _secret: None,
        tests=consent.tests,
    )


def _mask(secret: Secret) -> None:
    """Teach the log of GitHub Actions to mask a secret, line by line as it compares."""
    for line in secret.reveal().splitlines():
        if line.strip():
            encoded = line.replace("%", "%25").replace("\r", "%0D")
            click.echo(f"::add-mask::{encoded}", err=True)


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


def _approved(plan: Plan, common: Common, look: Look) -> bool:
    """Show the plan and ask; only the whole word is a yes."""
    from personalize_sync.rendering import render  # noqa: PLC0415

    click.echo(render(plan, "terminal", look), err=True, nl=False, color=common.color)
    answer = click.prompt("Apply these changes? Only yes is accepted", default="no", err=True)
    approved = bool(answer == "yes")
    if not approved:
        common.say("Not approved; nothing was written.")
    return approved


def _stoppable(common: Common) -> Callable[[], int]:
    """Let a first signal finish the requests under way; a second one stops at once.

    Returns how to ask for the exit code of a signal, 0 where none came. The handlers stay until
    the command has ended.
    """
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if received:
            os.write(2, b"Stopped at once. The journal says what was begun; apply again.\n")
            os._exit(_CODES[signal.Signals(number)])
        received.append(number)
        common.say("Stopping: finishing the requests under way. Once more stops at once.")

    for number in _CODES:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            signal.signal(number, note)
    return lambda: _CODES[signal.Signals(received[0])] if received else 0
