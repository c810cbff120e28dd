"""What the writes of one apply share."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from personalize_sync.kinds import Refs
from personalize_sync.planning.policy import is_allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from personalize_sync.kinds import Kind
    from personalize_sync.kinds.model_tests import ModelTest
    from personalize_sync.resources import Address, Live, Resource, Secret, SecretRef
    from personalize_sync.tenant.live import WritableTenant
    from personalize_sync.tenant.retrying import Patience


_FRESH = 2.0
"""Seconds for which a list is believed, since somebody may take a name while a long run lasts."""
_SHARE = 10
"""A list that takes long to read is believed for so many times as long."""
PATIENCE = 6
"""How often a list that lags is read before the run goes on, with a word about it."""


@dataclass(frozen=True, slots=True)
class _List:
    """What the tenant listed, and what of it lives by what it is known by: many creates look there.

    `number` counts the lists that the run has begun to read. Nobody believes it after `until`.
    """

    objects: tuple[Live, ...]
    living: Mapping[str | None, Sequence[Live]]
    number: int
    until: float


def _identity(kind: Kind, live: Live) -> str | None:
    return live.friendly_id if kind.identity == "friendlyId" else live.name


@dataclass(slots=True)
class Run:
    """The tenant, the secrets, and what became known while writing.

    `planned` are the refs of the plan; `written` and `sent` hold, by address, the newest answer and
    the state that was asked for; `own` are, by ref, the answers to our POSTs, which prove who made the
    objects. `tests` must pass, by the address of the change that waits for
    them. `allow` are the overridden guards, `say` tells a person why it takes long, `stopped` why
    it should end. `halted` says why no further change may start: an answer has shown that this is
    another tenant, or no answers come any more. `lists_lag` once a list was waited for in vain.
    """

    tenant: WritableTenant
    planned: Refs
    secrets: Mapping[SecretRef, Secret]
    patience: Patience
    ours: frozenset[str] = frozenset()
    tests: Mapping[Address, tuple[ModelTest, ...]] = field(default_factory=dict)
    allow: tuple[tuple[str, str], ...] = ()
    say: Callable[[str], None] = lambda _text: None
    stopped: Callable[[], str] = lambda: ""
    written: dict[Address, Live] = field(default_factory=dict)
    sent: dict[Address, Resource] = field(default_factory=dict)
    own: dict[str, Live] = field(default_factory=dict)
    halted: str = ""
    lists_lag: bool = False
    refs: Refs = field(init=False)
    """The refs of the plan and of everything created since."""
    _lists: dict[tuple[str, str], _List] = field(default_factory=dict)
    _begun: int = 0
    _answered: dict[Address, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _alone: dict[str, Lock] = field(default_factory=dict)

    def alone(self, ref: str) -> Lock:
        """Return the lock of an object that several changes have to write, one after the other."""
        with self._lock:
            return self._alone.setdefault(ref, Lock())

    def allows(self, rule: str, address: Address) -> bool:
        """Whether a guard was overridden for this address."""
        return is_allowed(rule, address, self.allow)

    def listed(self, kind: Kind, parent: str, *, since: int | None = None) -> tuple[Live, ...]:
        """Return the objects of a kind, read a moment ago or, to be certain, `since` some moment."""
        return self._list(kind, parent, since).objects

    def living(
        self, kind: Kind, parent: str, identity: str, *, since: int | None = None
    ) -> Sequence[Live]:
        """Return what is listed, unless archived, with this friendlyId or name."""
        return self._list(kind, parent, since).living.get(identity, ())

    @property
    def moment(self) -> int:
        """Now, as far as lists are concerned: those that are read `since` were begun later."""
        return self._begun

    def written_at(self, address: Address) -> int:
        """Return the moment at which the newest answer of an object had come."""
        return self._answered.get(address, 0)

    def _list(self, kind: Kind, parent: str, since: int | None) -> _List:
        with self._lock:
            known = self._lists.get((kind.name, parent))
            begun = self.patience.clock()
            if known is None or (known.until <= begun if since is None else known.number <= since):
                self._begun += 1
                number = self._begun
                objects = self.tenant.list_all(kind, parent=parent)
                living: dict[str | None, list[Live]] = {}
                for item in objects:
                    if not item.archived:
                        living.setdefault(_identity(kind, item), []).append(item)
                ended = self.patience.clock()
                until = ended + max(_FRESH, _SHARE * (ended - begun))
                known = self._lists[kind.name, parent] = _List(objects, living, number, until)
            return known

    def __post_init__(self) -> None:
        self.refs = Refs(dict(self.planned.by_address))

    def keep(self, address: Address, live: Live) -> None:
        """Keep the newest answer of an object that was written."""
        self.written[address] = live
        self._answered[address] = self.moment
        self.refs.learn(address, live.ref)

    @property
    def authors(self) -> frozenset[str]:
        """The stamps that the answers to our own writes carried."""
        written = tuple(self.written.values())  # others go on writing meanwhile
        return frozenset(live.author for live in written if live.author)

    def was_created(self, address: Address) -> bool:
        """Whether this run made the object."""
        return address not in self.planned.by_address
