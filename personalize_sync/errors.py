"""Errors: why a run cannot go on. One family, each member with the exit code it ends in.

SyncError
├── UsageError              64  a command line that cannot be carried out
├── InvalidInput            10  manifests or project file with problems
├── CredentialError         11  key missing, refused, or without the needed scope
├── GuardError              12  a guard refused
├── StaleError              13  a precondition of a change or a plan no longer holds
└── TenantError              1  the API failed, or did not answer like the API
    ├── UnreachableError        no answer at all
    ├── RejectedError           a 4xx answer: surely not carried out
    └── UnknownOutcomeError     a write that may or may not have been carried out
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from personalize_sync.problems import Problem


class SyncError(Exception):
    """Why the run ends: a sentence, what to do, and the exit code (README: exit codes).

    `wrote` says whether the tenant was, or may have been, changed on the way to this error;
    `perhaps` that nobody knows which. `details` are further sentences, where there is more than one
    reason.
    """

    exit_code = 1
    wrote = False
    perhaps = False
    details: tuple[str, ...] = ()

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that a person should know: why, what to do, and whether anything was written."""
        notes = getattr(self, "__notes__", ())  # what was written on the way
        said = tuple(filter(None, (self.message, *self.details, self.hint, *notes)))
        if self.wrote or notes or any("othing was written" in sentence for sentence in said):
            return said
        return (*said, "Nothing was written.")

    def after_writing(self, *, perhaps: bool = False) -> Self:
        """Note that the tenant was changed before this happened, or perhaps, and return it."""
        self.wrote, self.perhaps = True, perhaps
        return self


class UsageError(SyncError):
    """A command line that cannot be carried out."""

    exit_code = 64


class InvalidInput(SyncError):  # noqa: N818 - it carries problems; "error" would promise one
    """Manifests or project file with problems; nothing was sent to the network."""

    exit_code = 10

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problems")


class CredentialError(SyncError):
    """An API key that is missing, refused, or does not open what is needed."""

    exit_code = 11

    @classmethod
    def together(cls, errors: Sequence[CredentialError]) -> CredentialError:
        """Return one error for all of them, so that nobody mends one only to meet the next."""
        first, *others = errors
        if not others:
            return first
        error = cls(f"{len(errors)} credentials are missing or do not work")
        error.details = tuple(
            part for e in errors for part in (e.message, *e.details, e.hint) if part
        )
        return error


class GuardError(SyncError):
    """A guard refused; nothing was written."""

    exit_code = 12


class StaleError(SyncError):
    """The tenant is no longer as it was when the plan was made, or a write was raced."""

    exit_code = 13


class TenantError(SyncError):
    """The API failed, or something that is not the API answered."""


class UnreachableError(TenantError):
    """No answer: the request surely did not reach the API, or was a read."""


class RejectedError(TenantError):
    """A 4xx answer: the request was surely not carried out."""

    def __init__(self, message: str, hint: str = "", *, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


class UnknownOutcomeError(TenantError):
    """A write whose answer was lost or a 5xx: it may have been carried out."""

    wrote = True
    perhaps = True
