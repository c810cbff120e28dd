"""Previews of templates: what the tenant makes of their code for some parameters.

API reference: preview-templates (what the tenant stores), preview-template-code (what Git has).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.resources import Document

# Any word names a template in the question, and in its answer.
_NAME = "preview"


def ask_for_stored(key: str, values: Mapping[str, str]) -> Document:
    """Return the body that renders a template of the tenant."""
    return {"templates": {_NAME: {"friendlyId": key, "templateParams": dict(values)}}}


def ask_for_code(elements: Mapping[str, str], values: Mapping[str, str]) -> Document:
    """Return the body that renders code which is not in the tenant."""
    templates = [{"id": name, "template": text} for name, text in elements.items()]
    return {"templates": templates, "templateVariables": dict(values)}


def rendered_elements(answer: Document) -> dict[str, str] | None:
    """Return the rendered texts of either answer by element, None where there are none."""
    found: Any = answer.get("renderedTemplates", answer.get("templates"))
    if isinstance(found, dict) and _NAME in found:
        found = found[_NAME]
    if isinstance(found, dict):
        found = [{"id": name, "template": text} for name, text in found.items()]
    if not isinstance(found, list):
        return None
    return {
        item["id"]: item["template"]
        for item in found
        if isinstance(item, dict)
        and isinstance(item.get("id"), str)
        and isinstance(item.get("template"), str)
    }
