"""Who wins: the choice of the command line, and what it means for one differing field."""

from __future__ import annotations

from enum import StrEnum

from personalize_sync.planning.change import Cause


class Choice(StrEnum):
    """What becomes of a field that Git and the tenant both changed, or may have."""

    MERGE = "merge"
    THEIRS = "theirs"
    OURS = "ours"


class Side(StrEnum):
    """Whose value a manifest has after a pull."""

    TENANT = "tenant"
    GIT = "git"
    BOTH = "both"


_CONTESTED = {Choice.MERGE: Side.BOTH, Choice.THEIRS: Side.TENANT, Choice.OURS: Side.GIT}


def side_of(cause: Cause, choice: Choice) -> Side:
    """Return who wins a field.

    Where nobody knows what we wrote last, Git may be the newer side as well as the tenant: that is
    treated as a conflict, so that neither is lost unseen.
    """
    match cause:
        case Cause.DRIFT:
            return Side.TENANT
        case Cause.PENDING | Cause.CONVERGED:
            return Side.GIT
        case Cause.CONFLICT | Cause.UNDETERMINED:
            return _CONTESTED[choice]
