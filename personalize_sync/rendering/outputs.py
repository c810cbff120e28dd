"""What later steps of a pipeline can decide by: counts, yes or no, digests. Never tenant text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.planning.outcome import Report
from personalize_sync.planning.plan import Plan
from personalize_sync.rendering.document import plan_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.rendering.look import Look, Problems

_COUNTS = ("create", "update", "archive", "restore", "blocked")


def outputs(
    document: Plan | Report | Problems, look: Look, facts: Mapping[str, str]
) -> dict[str, str]:
    """Return names and values; `facts` are what the run knows besides the document."""
    plan = document.plan if isinstance(document, Report) else document
    if not isinstance(plan, Plan):
        return dict(facts)
    count = plan.summary
    return {
        "has_changes": _word(bool(plan.changes)),
        "has_drift": _word(bool(plan.drift)),
        "has_conflicts": _word(bool(count["conflicts"])),
        **{name: str(count[name]) for name in _COUNTS},
        "plan_digest": plan_document(plan, look)["digest"],
        **facts,
    }


def github_file(values: Mapping[str, str], delimiter: str) -> str:
    """Return values for $GITHUB_OUTPUT; nobody who writes a value may know the delimiter."""
    return "".join(
        f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in sorted(values.items())
    )


def dotenv(values: Mapping[str, str]) -> str:
    """Return values as a dotenv report takes them; what does not fit on one line is left out."""
    return "".join(
        f"{name}={value}\n" for name, value in sorted(values.items()) if value.isprintable()
    )


def _word(is_so: bool) -> str:  # noqa: FBT001 - the word for exactly this
    return "true" if is_so else "false"
