"""Carrying out a plan: in dependency order, in parallel, honest about what did not work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from personalize_sync.apply.convergence import leftovers
from personalize_sync.apply.run import Run
from personalize_sync.apply.schedule import Task, carry_out
from personalize_sync.apply.write import deploy, write
from personalize_sync.errors import StaleError, SyncError
from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Action, Change
from personalize_sync.planning.outcome import Outcome, Report, Result
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalize_sync.planning.plan import Plan
    from personalize_sync.resources import LiveState, Secret, SecretRef
    from personalize_sync.tenant.live import WritableTenant
    from personalize_sync.tenant.retrying import Patience

_DEPLOY = "deploy "


@dataclass(frozen=True, slots=True)
class Ways:
    """How to apply.

    `stopped` answers why no further change may start, if so; `begin` and `done` are called before
    and after each change.
    """

    parallelism: int = 4
    fail_fast: bool = False
    stopped: Callable[[], str] = lambda: ""
    begin: Callable[[Change], None] = lambda _change: None
    done: Callable[[Outcome], None] = lambda _outcome: None


def apply(
    plan: Plan,
    tenant: WritableTenant,
    *,
    state: LiveState,
    secrets: Mapping[SecretRef, Secret],
    patience: Patience,
    ways: Ways,
) -> Report:
    """Carry out every change that is not blocked. Raises CredentialError before the first write."""
    changes = [change for change in plan.changes if not change.blocked]
    kinds = {change.address.kind for change in changes}
    tenant.open(kind for name, kind in BY_NAME.items() if name in kinds)
    run = Run(tenant, plan.refs, secrets, patience, ours=state.ours)
    outcomes: dict[Address, Outcome] = {
        change.address: _left_out(change) for change in plan.changes if change.blocked
    }
    carry_out(
        _tasks(changes, run, outcomes, ways),
        parallelism=ways.parallelism,
        stopped=lambda: ways.stopped() or _failed_already(outcomes, ways),
    )
    ordered = tuple(outcomes[change.address] for change in plan.changes)
    intact = [a for a, outcome in outcomes.items() if outcome.result is not Result.FAILED]
    return Report(
        plan,
        ordered,
        leftovers=leftovers(run, intact),
        strangers=tuple(sorted(run.authors - state.ours)),
    )


def _tasks(
    changes: list[Change], run: Run, outcomes: dict[Address, Outcome], ways: Ways
) -> list[Task]:
    planned = {str(change.address) for change in changes}
    tasks: list[Task] = []
    writes: list[str] = []
    for change in changes:
        name = str(change.address)
        archive = change.action is Action.ARCHIVE
        tasks.append(
            Task(
                name,
                run=lambda change=change: _record(change, write, run, outcomes, ways),  # type: ignore[misc]
                skip=lambda why, change=change: _skip(change, why, outcomes, ways),  # type: ignore[misc]
                needs=tuple(str(a) for a in change.depends_on if str(a) in planned),
                # Archives come last and one by one, so that nothing in use loses its base.
                after=tuple(writes) if archive else (),
            )
        )
        writes.append(name)
        if change.action is Action.CREATE and change.address.kind == "decision-model":
            tasks.append(_deployment(change, changes, run, outcomes, ways))
            writes.append(_DEPLOY + name)
    return tasks


def _deployment(
    change: Change,
    changes: list[Change],
    run: Run,
    outcomes: dict[Address, Outcome],
    ways: Ways,
) -> Task:
    prefix = change.address.key + ":"
    variants = tuple(
        str(c.address)
        for c in changes
        if c.address.kind == "decision-variant" and c.address.key.startswith(prefix)
    )

    def skip(why: str) -> None:
        created = outcomes[change.address]
        if created.result is Result.CREATED:
            cause = outcomes.get(_address(why))
            outcomes[change.address] = replace(
                created,
                result=Result.FAILED,
                error=f"created, but not deployed: {why}",
                exit_code=cause.exit_code if cause else 14,
            )

    return Task(
        _DEPLOY + str(change.address),
        run=lambda: _record(change, lambda c, r: deploy(c.desired, r), run, outcomes, ways),  # type: ignore[arg-type]
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
    ways.begin(change)
    try:
        outcome = carry(change, run)
    except SyncError as error:
        text = " ".join(part for part in (error.message + ".", error.hint) if part)
        outcome = Outcome(
            change.address,
            Result.FAILED,
            error=". ".join([text.rstrip(), *getattr(error, "__notes__", ())]),
            wrote=error.wrote or change.address in run.written,
            exit_code=13 if isinstance(error, StaleError) else 14,
        )
    outcomes[change.address] = outcome
    ways.done(outcome)
    return outcome.result is not Result.FAILED


def _skip(change: Change, why: str, outcomes: dict[Address, Outcome], ways: Ways) -> None:
    cause = outcomes.get(_address(why))
    outcomes[change.address] = Outcome(
        change.address,
        Result.SKIPPED,
        error=f"needs {why}, which was not written" if cause else why,
        exit_code=cause.exit_code if cause else 14,
    )
    ways.done(outcomes[change.address])


def _left_out(change: Change) -> Outcome:
    rules = ", ".join(block.rule for block in change.blocked)
    return Outcome(change.address, Result.SKIPPED, error=f"blocked: {rules}", exit_code=12)


def _failed_already(outcomes: Mapping[Address, Outcome], ways: Ways) -> str:
    if not ways.fail_fast:
        return ""
    failed = [o for o in list(outcomes.values()) if o.result is Result.FAILED]
    return f"stopped after {failed[0].address} failed" if failed else ""


def _address(name: str) -> Address:
    kind, _, key = name.removeprefix(_DEPLOY).partition("/")
    return Address(kind, key)
