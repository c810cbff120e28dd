"""The one order in which every format goes through a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.planning.change import Drift
    from personalize_sync.planning.outcome import Outcome, Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.resources import Address


def in_plan_order(report: Report) -> tuple[Outcome, ...]:
    """Return the outcomes in the order of the plan, whatever order the work ended in."""
    rank = {change.address: rank for rank, change in enumerate(report.plan.changes)}
    last = len(rank)
    return tuple(sorted(report.outcomes, key=lambda o: (rank.get(o.address, last), o.address)))


def drift_of(plan: Plan) -> Mapping[Address, Drift]:
    """Return what the tenant changed, by address."""
    return {entry.address: entry for entry in plan.drift}


def drift_without_change(plan: Plan) -> tuple[Drift, ...]:
    """Return the drift that no change of the plan shows already, field by field."""
    listed = {change.address for change in plan.changes}
    return tuple(entry for entry in plan.drift if entry.address not in listed)
