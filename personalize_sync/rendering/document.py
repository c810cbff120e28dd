"""The JSON document of a plan, a drift report, an apply or a check (schemas/plan.schema.json)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.planning.compare import digest
from personalize_sync.planning.outcome import Outcome, Report
from personalize_sync.planning.plan import Plan
from personalize_sync.rendering import complaints, wording
from personalize_sync.rendering.gates import json_text
from personalize_sync.rendering.ordering import in_plan_order
from personalize_sync.rendering.values import MASKED, as_json, holds_unknown
from personalize_sync.resources import ABSENT, Unset

if TYPE_CHECKING:
    from personalize_sync.kinds.kind import Standing
    from personalize_sync.planning.change import Change, Drift, Evidence, Expect, FieldChange
    from personalize_sync.problems import Location, Problem
    from personalize_sync.rendering.look import Look, Problems

FORMAT_VERSION = "1.0"
# What may differ between two runs that mean the same.
_OUTSIDE_DIGEST = frozenset({"id", "created_at", "expires_at"})


def render(document: Plan | Report | Problems, look: Look) -> str:
    """Return a document as JSON."""
    match document:
        case Plan():
            content = _viewed(document, look)
        case Report():
            content = report_document(document, look)
        case _:
            content = {
                "problems": [problem_document(p) for p in complaints.ordered(document)],
                "ignored": [
                    {**problem_document(one.problem), "reason": one.reason}
                    for one in document.ignored
                ],
            }
    return json_text(content, ascii_text=look.ascii) + "\n"


def plan_document(plan: Plan, look: Look) -> dict[str, Any]:
    """Return the document of a plan with its digest, which covers all but the id and the times."""
    document = {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "personalize-sync", "version": look.tool_version},
        "id": look.id,
        "created_at": look.created_at,
        "expires_at": look.expires_at,
        "complete": not plan.scope.failed,
        "applyable": bool(plan.changes) and not plan.blocked and not plan.against,
        **({"against": plan.against} if plan.against else {}),
        **_scene(plan),
        "keys": {"read": list(plan.reads_with), "write": list(plan.writes_with)},
        "summary": plan.summary,
        "changes": [_change(change) for change in plan.changes],
        "drift": [_drift(entry) for entry in plan.drift],
        "adoptable": [str(address) for address in plan.adoptable],
        "diagnostics": [problem_document(problem) for problem in plan.diagnostics],
    }
    return {**document, "digest": plan_digest(document)}


def plan_digest(document: dict[str, Any]) -> str:
    """Return the digest over a plan's content, so that two runs can be compared."""
    return digest({name: part for name, part in document.items() if name not in _OUTSIDE_DIGEST})


def _viewed(plan: Plan, look: Look) -> dict[str, Any]:
    """The same plan has the same digest however it is looked at, so the view stands outside it."""
    return {"view": look.view, **plan_document(plan, look)}


def report_document(report: Report, look: Look) -> dict[str, Any]:
    """Return the document of an apply: its plan, and what became of each change."""
    document = plan_document(report.plan, look)
    outcomes = {str(outcome.address): outcome for outcome in in_plan_order(report)}
    changes = [{**c, **_outcome(outcomes.get(c["address"]))} for c in document["changes"]]
    return {
        "view": "apply",
        **document,
        "changes": changes,
        "results": {result.value: n for result, n in wording.results(report).items()},
        "wrote": bool(report.wrote),
        "leftovers": [
            {
                "address": str(left.address),
                "path": left.path,
                "sent": as_json(left.sent),
                "stored": as_json(left.stored),
            }
            for left in report.leftovers
        ],
        "strangers": list(report.strangers),
        "unproven": report.unproven,
        "exit_code": report.exit_code,
    }


def _scene(plan: Plan) -> dict[str, Any]:
    target, source, scope = plan.target, plan.source, plan.scope
    return {
        "target": {
            "env": target.environment,
            "base_url": target.base_url,
            "client_key": target.client_key,
        },
        "source": {
            "commit": source.commit,
            "dirty": source.dirty,
            "tree_digest": source.tree_digest,
            "config_digest": source.config_digest,
        },
        "scope": {
            "select": list(scope.select),
            "exclude": list(scope.exclude),
            "prune": scope.prune,
            "on_drift": scope.on_drift,
            "allow": [f"{rule}={glob}" for rule, glob in scope.allow],
            "completeness": {"ok": not scope.failed, "failed": list(scope.failed)},
        },
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "kind": change.address.kind,
        "key": change.address.key,
        "ref": _ref(change),
        "action": change.action.value,
        "cause": change.cause.value,
        "risk": change.risk,
        "credential": change.credential,
        "blocked": [
            {"rule": block.rule, "message": block.message, "override": block.override}
            for block in change.blocked
        ],
        "source": place_document(change.location),
        "base": evidence_document(change.base),
        "expect": _expect(change.expect),
        "fields": [field_document(field) for field in change.fields],
        "secrets": list(change.secrets),
        "depends_on": [str(address) for address in change.depends_on],
        "notes": list(change.notes),
        "standing": _standing(change.standing),
        "used_by": [
            {"address": str(user.address), "running": user.is_running} for user in change.used_by
        ],
    }


def _ref(change: Change) -> str | None:
    if change.expect:
        return change.expect.ref
    return change.live.ref if change.live else None


def field_document(field: FieldChange) -> dict[str, Any]:
    """Return one field of a change."""
    sides = {"base": field.base, "before": field.before, "after": field.after}
    return {
        "path": field.pointer,
        "cause": field.cause.value,
        **{name: as_json(value) for name, value in sides.items()},
        # null alone does not say whether a value is null, missing, or not known yet; and whether
        # "(secret)" is a mask or a text.
        "absent": [name for name, value in sides.items() if value is ABSENT],
        "known_after_apply": [name for name, value in sides.items() if holds_unknown(value)],
        "masked": [
            name
            for name, value in sides.items()
            if value is Unset.SECRET or isinstance(value, MASKED)
        ],
        "class": field.risk,
        "source": place_document(field.location),
    }


def _drift(entry: Drift) -> dict[str, Any]:
    return {
        "address": str(entry.address),
        "author": entry.author,
        "at": entry.at,
        "revision": entry.revision,
        "source": place_document(entry.location),
        "fields": [field_document(field) for field in entry.fields],
    }


def evidence_document(base: Evidence) -> dict[str, Any]:
    """Return how a base is known."""
    return {
        "evidence": base.found,
        "revision": base.revision,
        "author": base.author,
        "at": base.at,
    }


def _expect(expect: Expect | None) -> dict[str, Any] | None:
    if expect is None:
        return None
    return {"ref": expect.ref, "revision": expect.revision, "digest": expect.digest}


def _standing(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {
        "status": standing.status,
        "running": standing.is_running,
        "since": standing.since,
    }


def _outcome(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {"outcome": None, "revision": None, "error": "", "outcome_notes": [], "wrote": False}
    return {
        "outcome": outcome.result.value,
        "revision": outcome.revision,
        "error": outcome.error,
        "outcome_notes": list(outcome.notes),
        "wrote": outcome.wrote,
    }


def place_document(location: Location | None) -> dict[str, Any] | None:
    """Return a place. Files are named below the manifest root: a document must not depend on who looks from where."""
    if location is None:
        return None
    return {"file": location.file, "line": location.line, "column": location.column}


def problem_document(problem: Problem) -> dict[str, Any]:
    """Return a problem as every JSON document shows it."""
    at = problem.location
    return {
        "id": problem.id,
        "severity": problem.severity.value,
        "message": problem.message,
        "remedy": problem.remedy,
        "file": at.file if at else None,
        "line": at.line if at else None,
        "column": at.column if at else None,
        "end_line": (at.end_line or None) if at else None,
        "end_column": (at.end_column or None) if at else None,
        "address": problem.address,
    }
