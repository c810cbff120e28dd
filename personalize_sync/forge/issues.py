"""One issue per environment: opened when drift appears, kept up to date, closed when it is gone."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from personalize_sync.forge.sticky import is_same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from personalize_sync.forge.sticky import Posted

LABEL = "personalize-sync"
"""What our issues are found by among all the others; our mark tells which of them is which."""


class Step(StrEnum):
    """What became of the issue."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CLOSED = "closed"
    NONE = "none"


class Tracker(Protocol):
    """The open issues of a repository that carry our label."""

    def open_issues(self) -> Iterable[Posted]:
        """Return them, the oldest first."""
        ...

    def open(self, title: str, body: str) -> None:
        """Open an issue."""
        ...

    def edit(self, issue: Posted, body: str) -> None:
        """Replace an issue's text."""
        ...

    def close(self, issue: Posted, body: str) -> None:
        """Replace an issue's text and close it."""
        ...


def track(
    tracker: Tracker,
    *,
    mark: str,
    title: str,
    text: str,
    is_there: bool,
    announce: Callable[[Step], None],
) -> Step:
    """Let there be one open issue while something is there, and none while it is not.

    `announce` is told of a transition before it is written down: if telling fails, the next run
    tells again, and nobody misses it.
    """
    body = f"{mark}\n{text}"
    known = [
        i for i in tracker.open_issues() if i.is_ours and i.body.split("\n", 1)[0].strip() == mark
    ]
    if not known:
        if not is_there:
            return Step.NONE
        announce(Step.OPENED)
        tracker.open(title, body)
        return Step.OPENED
    if not is_there:
        announce(Step.CLOSED)
        for issue in known:
            tracker.close(issue, body)
        return Step.CLOSED
    for twin in known[1:]:
        tracker.close(twin, twin.body)
    if is_same(known[0].body, body):
        return Step.UNCHANGED
    tracker.edit(known[0], body)
    return Step.UPDATED
