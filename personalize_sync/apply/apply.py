"""Carrying out a plan: in dependency order, in parallel, honest about what did not work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalize_sync.apply.convergence import leftovers, unlisted
from personalize_sync.apply.progress import Progress
from personalize_sync.apply.rehearsal import assigned
from personalize_sync.apply.run import Run
from personalize_sync.apply.schedule import carry_out
from personalize_sync.apply.tasks import tasks_of
from personalize_sync.errors import SyncError
from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.questions import TEST_MODEL
from personalize_sync.planning.outcome import Outcome, Report, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalize_sync.apply.progress import Ways
    from personalize_sync.kinds.model_tests import ModelTest
    from personalize_sync.planning.plan import Plan
    from personalize_sync.resources import Address, LiveState, Secret, SecretRef
    from personalize_sync.tenant.live import WritableTenant
    from personalize_sync.tenant.retrying import Patience


def apply(
    plan: Plan,
    tenant: WritableTenant,
    *,
    state: LiveState,
    secrets: Mapping[SecretRef, Secret],
    patience: Patience,
    ways: Ways,
    stale: Mapping[Address, str] | None = None,
    tests: Sequence[ModelTest] = (),
) -> Report:
    """Carry out every change that is neither blocked nor stale.

    The traffic of a decision model moves only when those of its `tests` pass. Raises CredentialError
    before the first write if a key does not open what it is needed for.
    """
    outcomes = _left_out(plan, stale or {})
    todo = [change for change in plan.changes if change.address not in outcomes]
    kinds = {change.address.kind for change in todo}
    rehearsals = assigned(tests, todo)
    tenant.open(
        (kind for name, kind in BY_NAME.items() if name in kinds),
        (TEST_MODEL,) if rehearsals else (),
    )
    run = Run(
        tenant,
        plan.refs,
        secrets,
        patience,
        ours=state.ours,
        tests=rehearsals,
        allow=plan.scope.allow,
        say=ways.say,
        stopped=ways.stopped,
    )
    progress = Progress(run, ways, outcomes)
    carry_out(
        tasks_of(plan.changes, progress),
        # Until an answer has shown whose tenant this is, nothing is risked but the first write.
        parallelism=ways.parallelism if tenant.is_recognised else 1,
        stopped=lambda: progress.stopped,
    )
    report = Report(
        plan,
        tuple(outcomes[change.address] for change in plan.changes),
        strangers=tuple(sorted(run.authors - state.ours)),
    )
    return _proven(report, run)


def _proven(report: Report, run: Run) -> Report:
    """Return the report with what reading everything again showed; what was written is told anyway."""
    intact = [o.address for o in report.outcomes if o.result is not Result.FAILED]
    if run.halted:
        return replace(report, unproven=run.halted if run.written else "")
    try:
        lagging = unlisted(run, intact)
        return replace(report, leftovers=leftovers(run, intact), unlisted=lagging)
    except SyncError as error:
        return replace(report, unproven=error.message)


def _left_out(plan: Plan, stale: Mapping[Address, str]) -> dict[Address, Outcome]:
    """Return the outcomes that are known before anything is written."""
    known = {
        address: Outcome(address, Result.FAILED, error=reason, exit_code=13)
        for address, reason in stale.items()
    }
    for change in plan.blocked:
        rules = ", ".join(block.rule for block in change.blocked)
        error = f"blocked: {rules}"
        outcome = Outcome(change.address, Result.SKIPPED, error=error, exit_code=12)
        known.setdefault(change.address, outcome)
    return known
