"""Outcomes: what became of each change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalize_sync.planning.plan import Plan
    from personalize_sync.resources import Address


class Result(StrEnum):
    """What became of one change."""

    CREATED = "created"
    UPDATED = "updated"
    ARCHIVED = "archived"
    RESTORED = "restored"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change, the object and revision it left, and what a person should know.

    `wrote` says whether the tenant was changed, which a failed change can do too, or may have been:
    then `perhaps`.
    """

    address: Address
    result: Result
    revision: int | None = None
    error: str = ""
    notes: tuple[str, ...] = ()
    wrote: bool = False
    exit_code: int = 0
    ref: str = ""
    perhaps: bool = False


@dataclass(frozen=True, slots=True)
class Leftover:
    """A field that did not converge: what was sent and what the tenant stored instead."""

    address: Address
    path: str
    sent: object
    stored: object


@dataclass(frozen=True, slots=True)
class Report:
    """One apply: the plan, what became of it, and what is still different afterwards.

    `strangers` are the stamps of our own writes that `writers` does not name yet: without them the
    next plan cannot tell our writes from others. `unlisted` was written, but no list shows it yet.
    `unproven` says why what was written could not be read again, if so.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    strangers: tuple[str, ...] = ()
    unlisted: tuple[Address, ...] = ()
    unproven: str = ""

    @property
    def wrote(self) -> tuple[Outcome, ...]:
        """The outcomes that changed the tenant, or may have."""
        return tuple(outcome for outcome in self.outcomes if outcome.wrote)

    @property
    def exit_code(self) -> int:
        """The exit code of the apply: 14 wins over 13, 13 over 17, 17 over 12 (README: exit codes)."""
        codes = {outcome.exit_code for outcome in self.outcomes}
        if any(o.result is Result.SKIPPED and o.exit_code == 0 for o in self.outcomes):
            codes.add(14)
        if self.leftovers:
            codes.add(17)
        if self.unproven:
            codes.add(1)
        return next((code for code in (130, 143, 11, 14, 13, 17, 12, 1) if code in codes), 0)
