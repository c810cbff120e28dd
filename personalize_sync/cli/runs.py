"""The journals of earlier applies, and the one of this."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from personalize_sync.errors import SyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalize_sync.apply import Journal
    from personalize_sync.cli.options import Common
    from personalize_sync.cli.planning import Wishes
    from personalize_sync.planning.plan import Plan


def resumed(run: str, runs: Path, wishes: Wishes) -> Wishes:
    """Narrow an apply to what an earlier one left open."""
    from personalize_sync.apply import past_runs  # noqa: PLC0415

    known = {past.run: past for past in past_runs(runs)}
    if run not in known:
        newest = ", ".join(list(known)[:3]) or "none"
        raise UsageError(f'no run is called "{run}"', f"The newest runs: {newest}.")
    if not known[run].open:
        raise UsageError(f"run {run} left nothing open", "A plain apply looks at everything.")
    return replace(wishes, select=(*wishes.select, *known[run].open))


def mention_unfinished(runs: Path, common: Common) -> None:
    from personalize_sync.apply import past_runs  # noqa: PLC0415

    newest = next(past_runs(runs), None)
    if newest and not newest.finished:
        common.say(
            f"Run {newest.run} did not finish; {len(newest.open)} changes have no known result. "
            "This apply looks at all of them again."
        )


@contextmanager
def journalled(runs: Path, plan: Plan, plan_id: str, common: Common) -> Iterator[Journal]:
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
