"""Carrying out a plan: in dependency order, in parallel, honest about what did not work."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from personalize_sync.apply.convergence import leftovers, unlisted
from personalize_sync.apply.rehearsal import assigned
from personalize_sync.apply.run import Run
from personalize_sync.apply.schedule import Task, carry_out
from personalize_sync.apply.write import deploy, write
from personalize_sync.errors import GuardError, StaleError, SyncError, UnreachableError
from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.questions import TEST_MODEL
from personalize_sync.planning.change import Action, Change
from personalize_sync.planning.outcome import Outcome, Report, Result
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from personalize_sync.kinds.model_tests import ModelTest
    from personalize_sync.planning.plan import Plan
    from personalize_sync.resources import LiveState, Secret, SecretRef
    from personalize_sync.tenant.live import WritableTenant
    from personalize_sync.tenant.retrying import Patience

_DEPLOY = "deploy "
_CHILD = "decision-variant"


@dataclass(frozen=True, slots=True)
class Ways:
    """How to apply.

    `stopped` answers why no further change may start, if so; `begin` and `done` are called before
    and after each change, `say` while one has to wait.
    """

    parallelism: int = 4
    fail_fast: bool = False
    stopped: Callable[[], str] = lambda: ""
    begin: Callable[[Change], None] = lambda _change: None
    done: Callable[[Outcome], None] = lambda _outcome: None
    say: Callable[[str], None] = lambda _text: None


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
    carry_out(
        _tasks(plan.changes, run, outcomes, ways),
        # Until an answer has shown whose tenant this is, nothing is risked but the first write.
        parallelism=ways.parallelism if tenant.is_recognised else 1,
        stopped=lambda: ways.stopped() or run.halted or _failed_already(outcomes, ways),
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
        lagging = unlisted(run)
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


def _tasks(
    changes: Sequence[Change], run: Run, outcomes: dict[Address, Outcome], ways: Ways
) -> list[Task]:
    """Return one task a change, one more for each model to deploy; what is left out ends badly."""
    left_out = frozenset(outcomes)
    planned = {str(change.address): [str(change.address)] for change in changes}
    for change in changes:
        if _is_deployed_later(change):
            planned[str(change.address)].append(_DEPLOY + str(change.address))
    tasks: list[Task] = []
    for change in changes:
        archive = change.action is Action.ARCHIVE
        tasks.append(
            Task(
                str(change.address),
                run=partial(_record, change, write, run, outcomes, ways)
                if change.address not in left_out
                else lambda: False,
                skip=partial(_skip, change, outcomes, ways),
                needs=tuple(
                    name
                    for needed in change.depends_on
                    for name in planned.get(str(needed), ())
                    # What a new model holds comes before its deployment.
                    if not (change.address.kind == _CHILD and name.startswith(_DEPLOY))
                ),
                # Archives come last and one by one, so that nothing in use loses its base.
                after=tuple(task.name for task in tasks) if archive else (),
            )
        )
        if _is_deployed_later(change):
            tasks.append(_deployment(change, changes, run, outcomes, ways))
    return tasks


def _is_deployed_later(change: Change) -> bool:
    return change.action is Action.CREATE and change.address.kind == "decision-model"


def _deployment(
    change: Change,
    changes: Sequence[Change],
    run: Run,
    outcomes: dict[Address, Outcome],
    ways: Ways,
) -> Task:
    prefix = change.address.key + ":"
    variants = tuple(
        str(c.address)
        for c in changes
        if c.address.kind == _CHILD and c.address.key.startswith(prefix)
    )

    def skip(why: str) -> None:
        created = outcomes[change.address]
        if created.result is Result.CREATED:
            cause = outcomes.get(Address.parse(why.removeprefix(_DEPLOY)))
            outcomes[change.address] = replace(
                created,
                result=Result.FAILED,
                error=f"created, but not deployed: {why}",
                exit_code=cause.exit_code if cause else 14,
            )

    return Task(
        _DEPLOY + str(change.address),
        run=partial(_record, change, deploy, run, outcomes, ways),
        skip=skip,
        needs=(str(change.address), *variants),
    )


def _record(
    change: Change,
    carry: Callable[[Change, Run], Outcome],
    run: Run,
    outcomes: dict[Address, Outcome],
    ways: Ways,
) -> bool:
    """Carry out one change and keep what became of it, whatever happens."""
    try:
        ways.begin(change)
    except OSError as error:
        run.halted = f"the journal cannot be written ({error.strerror})"
        outcomes[change.address] = Outcome(
            change.address, Result.FAILED, error=run.halted, exit_code=14
        )
        return False
    try:
        outcome = carry(change, run)
    except SyncError as error:
        if isinstance(error, GuardError):
            run.halted = error.message
        if isinstance(error, UnreachableError):
            run.halted = f"the tenant stopped answering ({error.message})"
        text = " ".join(part for part in (error.message + ".", error.hint) if part)
        outcome = Outcome(
            change.address,
            Result.FAILED,
            error=". ".join([text.rstrip(" ."), *getattr(error, "__notes__", ())]),
            wrote=error.wrote or change.address in run.written,
            perhaps=error.perhaps and change.address not in run.written,
            exit_code=13 if isinstance(error, StaleError) else 14,
        )
    except Exception as bug:  # noqa: BLE001 - a fault of ours must not hide what was written
        name = type(bug).__name__
        text = f"unexpected {name}; this is a bug, please report it. The object may be written."
        outcome = Outcome(
            change.address, Result.FAILED, error=text, wrote=True, perhaps=True, exit_code=14
        )
    outcomes[change.address] = outcome
    try:
        ways.done(outcome)
    except OSError as error:
        run.halted = f"the journal cannot be written ({error.strerror})"
    return outcome.result is not Result.FAILED


def _skip(change: Change, outcomes: dict[Address, Outcome], ways: Ways, why: str) -> None:
    cause = outcomes.get(Address.parse(why.removeprefix(_DEPLOY)))
    outcomes[change.address] = Outcome(
        change.address,
        Result.SKIPPED,
        error=f"needs {why}, which was not written" if cause else why,
        exit_code=cause.exit_code if cause else 14,
    )
    with suppress(OSError):  # a full disk has halted the run, which is why this is skipped
        ways.done(outcomes[change.address])


def _failed_already(outcomes: Mapping[Address, Outcome], ways: Ways) -> str:
    if not ways.fail_fast:
        return ""
    failed = [o for o in list(outcomes.values()) if o.result is Result.FAILED]
    return f"stopped after {failed[0].address} failed" if failed else ""
