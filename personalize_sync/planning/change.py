"""The words of a plan: what is to be done to one resource, why, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from personalize_sync.resources import ABSENT, pointer

if TYPE_CHECKING:
    from personalize_sync.kinds.kind import Standing
    from personalize_sync.problems import Location
    from personalize_sync.resources import Address, Live, Path, Resource


class Action(StrEnum):
    """What apply will do to one live object."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    RESTORE = "restore"
    ADOPT = "adopt"
    NO_OP = "no-op"


class Cause(StrEnum):
    """Who moved: Git (pending), the tenant (drift), both (conflict, converged), or nobody knows."""

    PENDING = "pending"
    DRIFT = "drift"
    CONFLICT = "conflict"
    CONVERGED = "converged"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How the base of an object is known.

    `found`: `live` (our own write is the newest), `revision` (an older one of ours), `none` (no
    write of ours known), `unreadable` (the tenant does not say who wrote).
    """

    found: str
    revision: int | None = None
    author: str | None = None
    at: str | None = None

    @property
    def known(self) -> bool:
        """Whether a write of ours was found."""
        return self.found in ("live", "revision")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; sensitive values are already masked."""

    path: Path
    cause: Cause
    before: Any
    after: Any
    base: Any = ABSENT
    risk: str = "content"
    location: Location | None = None

    @property
    def pointer(self) -> str:
        """The field's JSON pointer in the manifest's shape."""
        return pointer(self.path)


@dataclass(frozen=True, slots=True)
class Block:
    """A guard's objection to one change; `override` is what allows exactly this, if anything."""

    rule: str
    message: str
    override: str = ""


@dataclass(frozen=True, slots=True, order=True)
class User:
    """Something that names a resource, and whether guests receive it now."""

    address: Address
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class Expect:
    """The live object that a change was planned against; a write is refused if it has moved."""

    ref: str
    revision: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """All that is to be done to one resource.

    `desired` and `live` are what apply works with; every other field is for readers too.
    """

    address: Address
    action: Action
    cause: Cause
    credential: str = ""
    fields: tuple[FieldChange, ...] = ()
    blocked: tuple[Block, ...] = ()
    secrets: tuple[str, ...] = ()
    depends_on: tuple[Address, ...] = ()
    notes: tuple[str, ...] = ()
    base: Evidence = Evidence("none")
    expect: Expect | None = None
    location: Location | None = None
    standing: Standing | None = None
    used_by: tuple[User, ...] = ()
    desired: Resource | None = field(default=None, repr=False)
    live: Live | None = field(default=None, repr=False)

    @property
    def risk(self) -> str:
        """The gravest class among its fields."""
        if self.action is Action.ARCHIVE:
            return "destructive"
        return max((f.risk for f in self.fields), key=RISKS.index, default="cosmetic")

    @property
    def drifted(self) -> tuple[FieldChange, ...]:
        """The fields that the tenant moved."""
        return tuple(f for f in self.fields if f.cause in (Cause.DRIFT, Cause.CONFLICT))

    @property
    def suspect(self) -> tuple[FieldChange, ...]:
        """The fields that the tenant moved, or may have."""
        return tuple(f for f in self.fields if f.cause is not Cause.PENDING)

    @property
    def overruled(self) -> str:
        """Whose edit is gone once this is carried out, in words; empty if nobody's."""
        if self.live is None:
            return ""
        by = (
            f"{self.live.author or 'somebody'} at {self.live.modified_at or 'an unknown time'}, "
            f"revision {self.live.revision}"
        )
        if self.action is Action.ARCHIVE:
            is_edited = self.base.found == "revision"
            return f"it was edited since our last write, by {by}" if is_edited else ""
        names = ", ".join(field.pointer for field in self.suspect)
        if not names:
            return ""
        return f"went over {'an edit' if self.drifted else 'the state'} by {by}: {names}"


RISKS: Final = ("cosmetic", "content", "lifecycle", "statistical", "destructive")


@dataclass(frozen=True, slots=True)
class Drift:
    """What somebody else changed in one live object."""

    address: Address
    author: str | None
    at: str | None
    revision: int | None
    fields: tuple[FieldChange, ...]
    location: Location | None = None
