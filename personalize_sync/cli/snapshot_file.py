"""Snapshot files: read with suspicion, and planned against without any network."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personalize_sync.cli.plan_file import KEY
from personalize_sync.cli.planning import Wishes, checked, source_of
from personalize_sync.cli.session import open_project
from personalize_sync.errors import StaleError, UsageError
from personalize_sync.problems import Problem, Severity

if TYPE_CHECKING:
    from personalize_sync.cli.options import Common
    from personalize_sync.planning.plan import Plan
    from personalize_sync.project import Project

_SIZE_CAP = 256 * 1024 * 1024


def offline_plan(common: Common, wishes: Wishes, path: str) -> tuple[Plan, Project]:
    """Plan against a snapshot: no key is needed and nothing is sent. It says how old that view is."""
    from personalize_sync import reconcile  # noqa: PLC0415
    from personalize_sync.planning.snapshot import snapshot_from  # noqa: PLC0415

    project = open_project(common)
    loaded, policy = checked(common, project, wishes)
    snapshot = snapshot_from(_read(path, common))
    plan, left_out = reconcile.plan_against(
        snapshot, loaded, policy, source=source_of(project, loaded)
    )
    about = f"planned against a snapshot of {snapshot.created_at} ({_age(snapshot.created_at)} old)"
    if left_out:
        about += f"; what may be secret is not in it and not compared: {', '.join(left_out)}"
    note = Problem(
        "PS7020",
        about,
        "It shows what a change would do; only a plan against the tenant can be applied.",
        severity=Severity.WARNING,
    )
    return replace(plan, diagnostics=(note, *plan.diagnostics)), project


def _read(path: str, common: Common) -> Any:
    """Return the document of a snapshot file; raises StaleError where its seal is broken."""
    from personalize_sync.planning.saved import needs_key, seal_holds  # noqa: PLC0415

    try:
        with Path(path).open("rb") as file:
            raw = file.read(_SIZE_CAP + 1)
        document = json.loads(raw) if len(raw) <= _SIZE_CAP else None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("kind") != "Snapshot":
        raise StaleError(f"{path} is no snapshot", "Make one with personalize-sync snapshot.")
    key = os.environ.get(KEY, "")
    if not key and needs_key(document):
        # A fork has no key. Whoever could replace the file there could only mislead the reader.
        common.say(f"note: without {KEY} the seal of the snapshot cannot be checked")
    elif not seal_holds(document, key):
        raise StaleError(
            f"the snapshot was altered, or sealed with another {KEY}", "Take another one."
        )
    return document


def _age(created_at: str) -> str:
    """Return how long ago something was, in the largest unit that fits."""
    try:
        age = datetime.now(UTC) - datetime.fromisoformat(created_at)
    except (TypeError, ValueError):
        return "unknown time"
    units = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)))
    for word, unit in (*units, ("minute", timedelta(minutes=1))):
        if age >= unit:
            count = age // unit
            return f"{count} {word}{'' if count == 1 else 's'}"
    return "less than a minute"
