"""The plan: one value that every reader shares, from the terminal to apply."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from personalize_sync.kinds import Refs
from personalize_sync.planning.change import Action, Cause, Change, Drift

if TYPE_CHECKING:
    from personalize_sync.problems import Problem
    from personalize_sync.resources import Address, Live


@dataclass(frozen=True, slots=True)
class Target:
    """The tenant a plan is for."""

    environment: str
    base_url: str = ""
    client_key: str = ""


@dataclass(frozen=True, slots=True)
class SourceTree:
    """The manifests a plan was made from."""

    tree_digest: str = ""
    config_digest: str = ""
    commit: str = ""
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What was looked at and allowed, and why archives could not be proven where they were not."""

    select: tuple[str, ...] = ()
    prune: bool = False
    failed: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow: tuple[tuple[str, str], ...] = ()
    on_drift: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All intended work in the order of apply, all drift, and what was noticed on the way.

    No change at all is an empty plan, never None. `reads_with` are the API-key features that it was
    made with, and that an apply needs to make it again. `against` is when the snapshot was taken that
    this was planned against, empty for a tenant; such a plan is only for readers. `questions` are live objects whose history would
    turn `undetermined` into a known cause, or prove an archive.
    """

    target: Target
    changes: tuple[Change, ...] = ()
    drift: tuple[Drift, ...] = ()
    diagnostics: tuple[Problem, ...] = ()
    source: SourceTree = field(default_factory=SourceTree)
    scope: Scope = field(default_factory=Scope)
    unmanaged: int = 0
    adoptable: tuple[Address, ...] = ()
    reads_with: tuple[str, ...] = ()
    against: str = ""
    refs: Refs = field(default_factory=Refs, repr=False)
    questions: tuple[Live, ...] = field(default=(), repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes

    @property
    def blocked(self) -> tuple[Change, ...]:
        """The changes that a guard objects to."""
        return tuple(change for change in self.changes if change.blocked)

    @property
    def writes_with(self) -> tuple[str, ...]:
        """The API-key features that the changes need."""
        return tuple(sorted({change.credential for change in self.changes if change.credential}))

    @property
    def summary(self) -> dict[str, int]:
        """The counts of the JSON document, in its order."""
        actions = Counter(change.action for change in self.changes)
        conflicts = sum(any(f.cause is Cause.CONFLICT for f in c.fields) for c in self.changes)
        undetermined = sum(c.cause is Cause.UNDETERMINED for c in self.changes)
        return {
            **{
                action.value: actions[action]
                for action in (Action.CREATE, Action.UPDATE, Action.ARCHIVE, Action.RESTORE)
            },
            "adopt": len(self.adoptable) + actions[Action.ADOPT],
            "secret_writes": sum(len(change.secrets) for change in self.changes),
            "drift": len(self.drift),
            "conflicts": conflicts,
            "undetermined": undetermined,
            "blocked": len(self.blocked),
            "unmanaged": self.unmanaged,
        }
