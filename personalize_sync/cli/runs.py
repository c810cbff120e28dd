"""The journals of earlier applies, and the one of this."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from personalize_sync.errors import SyncError, UsageError
from personalize_sync.kinds import KINDS
from personalize_sync.planning.change import Action
from personalize_sync.project import STATE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from personalize_sync.apply.journal import Journal, PastRun
    from personalize_sync.cli.carrying import Work
    from personalize_sync.cli.options import Common
    from personalize_sync.planning.overwritten import Step
    from personalize_sync.planning.policy import Policy
    from personalize_sync.project import Project
    from personalize_sync.resources import Address


def folder(project: Project) -> Path:
    """Return where the journals of a project are."""
    return project.root / STATE / "runs"


def past_run(run: str, runs: Path) -> PastRun:
    """Return an earlier run by its id."""
    from personalize_sync.apply.journal import past_runs  # noqa: PLC0415

    known = {past.run: past for past in past_runs(runs)}
    if run not in known:
        newest = ", ".join(list(known)[:3]) or "none"
        raise UsageError(f'no run is called "{run}"', f"The newest runs: {newest}.")
    return known[run]


def unfinished(run: str, runs: Path) -> PastRun:
    """Return an earlier run that left something open."""
    past = past_run(run, runs)
    if past.undoes:
        raise UsageError(
            f"run {run} undid run {past.undoes}",
            f"Finish it with personalize-sync undo {past.undoes}.",
        )
    if not past.open:
        raise UsageError(f"run {run} left nothing open", "A plain apply looks at everything.")
    return past


def resumed(policy: Policy, past: PastRun) -> Policy:
    """Narrow a policy to what an earlier run left open, its archives included."""
    archives = any(step.action is Action.ARCHIVE for step in past.open)
    return replace(
        policy,
        only=frozenset(step.address for step in past.open),
        prune=policy.prune or (archives and not policy.narrowed),
    )


def still_open(
    past: PastRun, work: Work, declared: Collection[Address], policy: Policy
) -> tuple[Address, ...]:
    """Return the archives of an earlier run that a resumed one could not even plan.

    An object that a manifest has declared since is none of them.
    """
    planned = {change.address for change in work.plan.changes}
    living = {live.ref for live in work.state.objects if not live.archived}
    kinds = {address.kind for address in declared}
    kinds |= {
        k.name for k in KINDS if policy.prune and policy.environment.feature(k.name, k.read_with)
    }

    def is_open(step: Step) -> bool:
        if step.address in planned:
            return False
        known_as = work.plan.refs.address(step.address.kind, step.ref)
        return step.address.kind not in kinds or (step.ref in living and known_as not in declared)

    archives = (step for step in past.open if step.action is Action.ARCHIVE)
    return tuple(step.address for step in archives if is_open(step))


def mention_unfinished(runs: Path, common: Common) -> None:
    """Say so if the newest run never ended."""
    from personalize_sync.apply.journal import past_runs  # noqa: PLC0415

    newest = next(past_runs(runs), None)
    if newest and not newest.finished and newest.undoes:
        common.say(f"The undo of run {newest.undoes} did not finish; undo {newest.undoes} again.")
    elif newest and not newest.finished:
        common.say(
            f"Run {newest.run} did not finish; {len(newest.open)} changes have no known result. "
            "This apply looks at all of them again."
        )


@contextmanager
def journalled(runs: Path, work: Work, plan_id: str, common: Common) -> Iterator[Journal]:
    """Open the journal of this run; an error before the first write leaves it ended, too."""
    from personalize_sync.apply.journal import Journal, entry  # noqa: PLC0415

    plan = work.plan
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{plan_id[:8]}"
    journal = Journal(
        runs,
        run,
        [entry(change, plan.refs) for change in work.todo],
        environment=plan.target.environment,
        client_key=plan.target.client_key,
        tree_digest=plan.source.tree_digest,
        **work.about,
    )
    common.say(f"Run {run}")
    try:
        yield journal
    except SyncError as error:
        journal.close(error.exit_code)
        raise
