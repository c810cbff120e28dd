"""What becomes of each change while a plan is carried out, kept as soon as it is known."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from personalize_sync.errors import GuardError, StaleError, SyncError, UnreachableError
from personalize_sync.planning.outcome import Outcome, Result
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalize_sync.apply.run import Run
    from personalize_sync.planning.change import Change


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


@dataclass(frozen=True, slots=True)
class Progress:
    """One run, how it is carried out, and the outcomes so far, by address."""

    run: Run
    ways: Ways
    outcomes: dict[Address, Outcome]

    @property
    def stopped(self) -> str:
        """Why no further change may start; empty if it may."""
        return self.ways.stopped() or self.run.halted or self._failed_already()

    def carry(self, change: Change, work: Callable[[Change, Run], Outcome]) -> bool:
        """Carry out one change, keep what became of it, whatever happens, and return if it is good."""
        try:
            self.ways.begin(change)
        except OSError as error:
            self.run.halted = f"the journal cannot be written ({error.strerror})"
            self.outcomes[change.address] = Outcome(
                change.address, Result.FAILED, error=self.run.halted, exit_code=14
            )
            return False
        return self.check(change, work)

    def check(self, change: Change, work: Callable[[Change, Run], Outcome | None]) -> bool:
        """Do what may end a change that has begun; None where it stays as good as it was."""
        try:
            outcome = work(change, self.run)
        except SyncError as error:
            outcome = self._failure(change, error)
        except Exception as bug:  # noqa: BLE001 - a fault of ours must not hide what was written
            name = type(bug).__name__
            text = f"unexpected {name}; this is a bug, please report it. The object may be written."
            outcome = Outcome(
                change.address, Result.FAILED, error=text, wrote=True, perhaps=True, exit_code=14
            )
        if outcome is None:
            return True
        self.outcomes[change.address] = outcome
        try:
            self.ways.done(outcome)
        except OSError as error:
            self.run.halted = f"the journal cannot be written ({error.strerror})"
        return outcome.result is not Result.FAILED

    def skip(self, change: Change, needed: str) -> None:
        """Keep that a change was not begun: for what it needed, or why the run had to stop."""
        why, exit_code = self._cause(needed, "needs {}, which was not written")
        self.outcomes[change.address] = Outcome(
            change.address, Result.SKIPPED, error=why, exit_code=exit_code
        )
        with suppress(OSError):  # a full disk has halted the run, which is why this is skipped
            self.ways.done(self.outcomes[change.address])

    def leave(self, change: Change, needed: str) -> None:
        """Keep that a model was created and not deployed: for what it needed, or had to stop."""
        created = self.outcomes[change.address]
        if created.result is Result.CREATED:
            why, exit_code = self._cause(needed, "{}")
            self.outcomes[change.address] = replace(
                created,
                result=Result.FAILED,
                error=f"created, but not deployed: {why}",
                exit_code=exit_code,
            )

    def _cause(self, needed: str, sentence: str) -> tuple[str, int]:
        cause = self.outcomes.get(Address.parse(needed))
        if cause is None:
            return needed, 14
        if cause.result in (Result.FAILED, Result.SKIPPED):
            return sentence.format(needed), cause.exit_code
        return self.stopped, 14  # it is there, but something was still to be done with it

    def _failure(self, change: Change, error: SyncError) -> Outcome:
        """Return what became of a change that ended in an error, and halt the run where all will."""
        if isinstance(error, GuardError):
            self.run.halted = error.message
        if isinstance(error, UnreachableError):
            self.run.halted = f"the tenant stopped answering ({error.message})"
        text = " ".join(part for part in (error.message + ".", error.hint) if part)
        written = self.run.written.get(change.address)
        return Outcome(
            change.address,
            Result.FAILED,
            error=". ".join([text.rstrip(" ."), *getattr(error, "__notes__", ())]),
            wrote=error.wrote or written is not None,
            perhaps=error.perhaps and written is None,
            exit_code=13 if isinstance(error, StaleError) else 14,
            ref=written.ref if written else "",
        )

    def _failed_already(self) -> str:
        if not self.ways.fail_fast:
            return ""
        failed = [o for o in list(self.outcomes.values()) if o.result is Result.FAILED]
        return f"stopped after {failed[0].address} failed" if failed else ""
