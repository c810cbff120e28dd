"""Plan files: written whole and sealed, read with suspicion."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from personalize_sync.errors import StaleError, UsageError

if TYPE_CHECKING:
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering import Look
    from personalize_sync.resources import Document

KEY = "PERSONALIZE_SYNC_PLAN_KEY"
"""Names the variable whose value makes seals that only its holders can make."""
_SIZE_CAP = 64 * 1024 * 1024


def write(path: str, plan: Plan, look: Look) -> None:
    """Write a sealed plan; the file appears whole or not at all, readable by its owner only."""
    from personalize_sync.planning.saved import sealed  # noqa: PLC0415
    from personalize_sync.rendering import plan_document  # noqa: PLC0415

    document = sealed(plan_document(plan, look), os.environ.get(KEY, ""))
    target = Path(path).resolve()
    if target.suffix in (".yaml", ".yml") or (target.exists() and not target.is_file()):
        raise UsageError(
            f"{path} is no place for a plan: it is a manifest's name or no regular file",
            "Name a file like plan.json.",
        )
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_text(document))
        part.replace(target)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def read(path: str) -> Document:
    """Return the document of a plan file; raises StaleError where it is none, or not as written.

    Not even one that says the same in other bytes will do: nobody has a reason to touch it. Its
    seal is for the caller to check.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_SIZE_CAP + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    try:
        document = json.loads(raw) if len(raw) <= _SIZE_CAP else None
    except (ValueError, RecursionError):
        document = None
    if not _is_plan(document):
        raise StaleError(f"{path} is no plan file", "Make one with personalize-sync plan --out.")
    plan = cast("Document", document)
    if raw != _text(plan).encode():
        raise StaleError("the plan file was altered", "Plan again. Nothing was written.")
    return plan


def _text(document: Document) -> str:
    return json.dumps(document, indent=2) + "\n"


def _is_plan(document: object) -> bool:
    """Whether a document has the parts that every reader of plans looks into."""
    match document:
        case {"target": {"env": str()}, "scope": dict(), "changes": list()}:
            return True
    return False
