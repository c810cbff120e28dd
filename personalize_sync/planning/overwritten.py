"""What a write takes away: kept in the journal of a run, so that the write can be undone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Action
from personalize_sync.planning.compare import WHOLE, differing, matches, value_at
from personalize_sync.planning.precondition import stored
from personalize_sync.planning.three_way import shown
from personalize_sync.resources import ABSENT, Unset, pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.kinds import Kind, Refs
    from personalize_sync.planning.change import Change
    from personalize_sync.planning.outcome import Result
    from personalize_sync.resources import Address, Path


@dataclass(frozen=True, slots=True)
class Overwritten:
    """What one write takes away: values by path, paths that hold nothing yet, and what is secret.

    `refs` are those that the object holds, by the addresses that its values name them by.
    """

    values: Mapping[Path, Any] = field(default_factory=dict)
    absent: tuple[Path, ...] = ()
    hidden: tuple[str, ...] = ()
    refs: Mapping[Address, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One write of an earlier run: what it meant to do, what became of it, and what it overwrote.

    `result` is None where the run ended before it knew. `before` and `after` are revisions.
    """

    address: Address
    action: Action
    result: Result | None
    wrote: bool
    ref: str = ""
    parent: str = ""
    before: int | None = None
    after: int | None = None
    lost: Overwritten = Overwritten()


def overwritten(change: Change, refs: Refs) -> Overwritten:
    """Return what a change is about to overwrite; not every tenant keeps revisions of everything."""
    live, kind = change.live, BY_NAME[change.address.kind]
    if live is None:
        return Overwritten()
    now = stored(live, refs)
    if change.action is Action.ARCHIVE:
        after = replace(live, record=kind.retire(live.record), archived=True)
        # Some tenants rename what is archived (API reference: update-a-decision-model).
        paths = (*differing(stored(after, refs), now), ("name",))
    else:
        paths = tuple(f.path for f in change.fields)
    values, absent, hidden = {}, [], [*change.secrets]
    for path in dict.fromkeys(unit_of(path, kind) for path in paths):
        value = value_at(now, path)
        if shown("", path, kind) is Unset.SECRET:
            hidden.append(pointer(path))
        elif value is ABSENT:
            absent.append(path)
        else:
            values[path] = value
    held, below = set(_texts(live.record)), f"{change.address.key}:"
    named = {a: r for a, r in refs.by_address.items() if r in held or a.key.startswith(below)}
    return Overwritten(values, tuple(absent), tuple(hidden), named)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for child in value.values():
                yield from _texts(child)
        case list():
            for child in value:
                yield from _texts(child)


def unit_of(path: Path, kind: Kind) -> Path:
    """Return the path, or that of the collection around it which is only ever written as a whole."""
    for length in range(1, len(path)):
        if any(s in WHOLE and matches(p, path[:length]) for p, s in kind.shapes.items()):
            return path[:length]
    return path
