"""Prune: archiving what is ours and no manifest declares. Only what is proven, nothing else.

No DELETE is documented, so removal is an archive. An object is ours if a revision of it carries
the stamp of one of our keys; whether the view is complete is for the guards to say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.connection import needs_secret
from personalize_sync.planning.change import Action, Cause, Change
from personalize_sync.planning.precondition import expect
from personalize_sync.planning.three_way import base_of, has_history, unverifiable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.planning.match import Matches
    from personalize_sync.planning.policy import Policy
    from personalize_sync.resources import Address, Live, LiveState


@dataclass(frozen=True, slots=True)
class Pruning:
    """The archives that are proven, why others are not, and whose history might yet tell."""

    archives: Mapping[Address, Change] = field(default_factory=dict)
    unproven: tuple[str, ...] = ()
    questions: tuple[Live, ...] = ()


def prune(matches: Matches, state: LiveState, policy: Policy) -> Pruning:
    """Return an archive for each unclaimed object that a write of ours is known of."""
    archives: dict[Address, Change] = {}
    questions: list[Live] = []
    others: Counter[tuple[str, bool]] = Counter()
    for address, live in matches.unclaimed.items():
        kind = BY_NAME[live.kind]
        if not (policy.owns(address) and policy.is_open(address)):
            continue
        if is_built_in(live):
            continue
        evidence, _ = base_of(live, state)
        if evidence.known:
            change = Change(
                address=address,
                action=Action.ARCHIVE,
                cause=Cause.PENDING,
                credential=policy.environment.feature(kind.name, kind.write_with) or "",
                base=evidence,
                notes=(*unverifiable(live, evidence), *forgets(live)),
                expect=expect(live, matches.refs),
                live=live,
            )
            edited = (change.overruled,) if change.overruled else ()
            archives[address] = replace(change, notes=(*edited, *change.notes))
        elif has_history(live, state):
            questions.append(live)
        else:
            others[kind.title, live.author is None] += 1
    return Pruning(
        archives, tuple(_reason(*of, n) for of, n in sorted(others.items())), tuple(questions)
    )


def forgets(live: Live) -> tuple[str, ...]:
    """Return what an archive may cost that no restore brings back."""
    if live.kind != "connection" or not needs_secret(live.record):
        return ()
    return ("no manifest names its secret any more: archived, the tenant may forget it for good",)


def is_built_in(live: Live) -> bool:
    """Whether a template belongs to the vendor; such ones are never touched and never counted."""
    return live.record.get("defaultTemplate") is True


def _reason(title: str, unreadable: bool, count: int) -> str:  # noqa: FBT001 - unpacked from a key
    if unreadable:
        return f"{title}: {count} without a manifest, and the tenant does not say who wrote them"
    return (
        f"{title}: {count} without a manifest and without a write of ours "
        "(if a former key of ours wrote them, name it under writers:)"
    )
