"""The state of the API keys, for people and for machines; never a value but the public client ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.rendering import complaints
from personalize_sync.rendering.document import problem_document
from personalize_sync.rendering.gates import json_text
from personalize_sync.rendering.look import Problems
from personalize_sync.rendering.page import Page, Span

if TYPE_CHECKING:
    from personalize_sync.rendering.look import Look
    from personalize_sync.tenant.audit import Audit, Feature


def audit_problems(audit: Audit) -> Problems:
    """Return the findings as the document that every other format is made from."""
    check = f"auth-audit/{audit.environment}"
    return Problems(audit.problems, files=0, manifests=0, check=check)


def audit_json(audit: Audit, look: Look) -> str:
    """Return the audit as one JSON document."""
    document = {
        "environment": audit.environment,
        "features": [_feature(feature) for feature in audit.features],
        "create": [
            {"feature": f.feature, "title": f.title, "variables": f.variables[:2], "to": f.purpose}
            for f in audit.features
            if f.to_create
        ],
        "problems": [problem_document(problem) for problem in audit.problems],
    }
    return json_text(document, ascii_text=look.ascii) + "\n"


def _feature(feature: Feature) -> dict[str, Any]:
    return {
        "feature": feature.feature,
        "title": feature.title,
        "variables": list(feature.variables),
        "found": feature.found,
        "found_in": feature.origin,
        "client_id": feature.client_id,
        "scopes": list(feature.scopes),
        "declared": feature.declared,
        "declared_for": None if feature.declared_for is None else list(feature.declared_for),
        "needed_for": list(feature.needed_for),
        "needed_to": {"read": list(feature.reads), "write": list(feature.writes)},
        "findings": [
            {
                "id": problem.id,
                "severity": problem.severity.value,
                "message": problem.message,
                "remedy": problem.remedy,
            }
            for problem in feature.findings
        ],
    }


def audit_text(audit: Audit, look: Look) -> str:
    """Return the audit for a terminal: each key, what is wrong, and which keys to create."""
    page = Page(look)
    page.add(f"Environment: {audit.environment}")
    for feature in audit.features:
        page.gap()
        _state(page, feature)
    if audit.problems:
        page.gap()
    for problem in audit.problems:
        style = "bad" if problem.severity == "error" else "drift"
        page.add(Span(complaints.complaint(problem, look.prefix), style))
        page.add(problem.remedy, indent=2)
    _to_create(page, [feature for feature in audit.features if feature.to_create])
    page.gap()
    page.add(complaints.last_line(audit_problems(audit)))
    return page.text()


def _state(page: Page, feature: Feature) -> None:
    state = f"found in {feature.origin}" if feature.found else "no key"
    page.add(Span(feature.feature, "strong"), f": {state}")
    page.add(f"needed to {feature.purpose}" if feature.needed_for else "not needed", indent=2)
    if feature.declared_for is not None:
        page.add(f"declared for {', '.join(feature.declared_for)}", indent=2)
    if not feature.found:
        page.add(f"looked for in {' and '.join(feature.variables[:2])}", indent=2)
    if feature.client_id:
        page.add(f"client id {feature.client_id}", indent=2)
    if feature.scopes:
        page.add(f"granted {' '.join(feature.scopes)}", indent=2)


def _to_create(page: Page, features: list[Feature]) -> None:
    if not features:
        return
    page.gap()
    page.add("Keys to create in the Developer Center, each with one feature:")
    for number, feature in enumerate(features, start=1):
        page.add(f"{number}. {feature.title}, to {feature.purpose}", indent=2)
        page.add("store it as:", indent=5)
        for name in feature.variables[:2]:
            page.add(name, indent=7)
        if not feature.declared:
            page.add(f"and declare under keys: {feature.feature}: {{}}", indent=5)
