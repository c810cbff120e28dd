"""Reports for GitLab: the widget that counts changes, and remarks beside the lines of a merge request."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from personalize_sync.rendering.gates import json_text, plain
from personalize_sync.rendering.remarks import remarks

if TYPE_CHECKING:
    from personalize_sync.planning.outcome import Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering.look import Look, Problems
    from personalize_sync.rendering.remarks import Remark

_SEVERITIES = {"error": "critical", "warning": "minor", "notice": "info"}


def terraform(plan: Plan) -> str:
    """Return the counts as `artifacts:reports:terraform` takes them; it knows no archive or restore."""
    count = plan.summary
    return json_text(
        {
            "create": count["create"] + count["restore"],
            "update": count["update"],
            "delete": count["archive"],
        }
    )


def code_quality(document: Plan | Report | Problems, look: Look) -> str:
    """Return the remarks that have a place as `artifacts:reports:codequality` takes them."""
    found = (_entry(remark, look.prefix) for remark in remarks(document, look) if remark.location)
    # Two entries with one fingerprint are an error for GitLab.
    return json_text(list({entry["fingerprint"]: entry for entry in found}.values()))


def _entry(remark: Remark, prefix: str) -> dict[str, object]:
    at = remark.location
    assert at is not None  # noqa: S101 - only remarks with a place come here
    # Without the line, so that a remark stays the same one while the file grows above it.
    identity = json_text([remark.rule, remark.about, at.file, remark.title, remark.message])
    return {
        "description": plain(f"{remark.title}: {remark.message}"),
        "check_name": plain(remark.rule or "personalize-sync"),
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": _SEVERITIES[remark.level],
        "location": {"path": prefix + at.file, "lines": {"begin": at.line}},
    }
