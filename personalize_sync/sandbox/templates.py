"""Web templates, decision templates, conditions and JS modules.

API reference: create-a-template, update-a-template, retrieve-a-revision-of-a-template,
preview-templates, preview-template-code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.sandbox.family import (
    ARRAY,
    FLAG,
    OBJECT,
    TEXT,
    Change,
    Family,
    View,
    check_enum,
    check_friendly_id,
    content_changes,
    in_shown_order,
    stored_text,
)
from personalize_sync.sandbox.parameters import filled
from personalize_sync.sandbox.refusals import Objections, Refusal

if TYPE_CHECKING:
    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant

TYPES = ("WEB", "DECISION", "CONDITION", "JS_MODULE", "AUDIENCE")
STATUSES = ("DRAFT", "PUBLISHED")
ELEMENTS = ("html", "css", "js", "freemarker")
_LIFE = frozenset({"archived", "status", "revisionComment"})


def _defaults() -> Document:
    return {"description": "", "render": False, "tags": [], "templateElements": []}


def _check(change: Change, objections: Objections) -> None:
    check_friendly_id(change, objections)
    check_enum(change, objections, "type", TYPES)
    check_enum(change, objections, "status", STATUSES)
    for element in change.sent.get("templateElements") or ():
        _check_element(element, objections)
    if change.by_machine:
        _check_sent_by_machine(change, objections)


def _check_element(element: object, objections: Objections) -> None:
    if not isinstance(element, dict) or element.get("id") not in ELEMENTS:
        objections.add(f"templateElements.id must be one of {', '.join(ELEMENTS)}")
        return
    text = element.get("template")
    if not isinstance(text, str):
        objections.add("templateElements.template must be a string")
    elif element["id"] == "freemarker" and not ("{" in text and "}" in text):
        objections.add("freemarker must contain an opening and a closing curly bracket")


def _check_sent_by_machine(change: Change, objections: Objections) -> None:
    if change.knobs.bare_template != "accepted":
        for name in {"description", "render"} - change.sent.keys():
            objections.add(f"{name} is required")
    if change.sent.get("defaultTemplate") is True:
        objections.add("defaultTemplate must be false")
    if change.sent.get("customTemplate") is False:
        objections.add("customTemplate must be true")


def _rules(change: Change) -> None:
    for element in change.body.get("templateElements") or ():
        element["template"] = stored_text(change, element["template"])
    before = change.before.body if change.before else {}
    if not change.by_machine:
        return
    if before.get("defaultTemplate"):
        raise Refusal(400, "a built-in template cannot be changed")
    if before.get("status") != "PUBLISHED":
        return
    if before.get("type") == "JS_MODULE":
        _guard_module(change, before)
    elif change.knobs.edit_published_template != "allowed":
        stays = change.body.get("status") == "PUBLISHED"
        if stays and content_changes(change, apart_from=_LIFE):
            raise Refusal(400, "a published template cannot be changed; set it to DRAFT first")


def _guard_module(change: Change, before: Document) -> None:
    if not content_changes(change, apart_from=_LIFE - {"status"}):
        return
    if change.knobs.edit_published_module != "unchanged":
        raise Refusal(400, "a published JavaScript module cannot be changed")
    change.body = {**before, "archived": change.body.get("archived", False)}


def _show(view: View, record: Record) -> Document:
    shown = dict(record.body)
    for name, key in (("templateElements", "id"), ("tags", None)):
        if name in shown:
            shown[name] = in_shown_order(view.tenant.knobs, shown[name], key)
    return shown


TEMPLATE = Family(
    kind="template",
    collection="/v3/templates",
    fields={
        "name": TEXT,
        "friendlyId": TEXT,
        "description": TEXT,
        "type": TEXT,
        "status": TEXT,
        "render": FLAG,
        "defaultTemplate": FLAG,
        "customTemplate": FLAG,
        "templateElements": ARRAY,
        "icon": TEXT,
        "tags": ARRAY,
        "archived": FLAG,
        "revisionComment": TEXT,
        "additionalFields": OBJECT,
    },
    required=("name", "friendlyId", "type", "status", "defaultTemplate", "customTemplate"),
    defaults=_defaults,
    check=_check,
    rules=_rules,
    show=_show,
    has_friendly_id=True,
)


def render_templates(tenant: Tenant, body: Document) -> Document:
    """Fill in stored templates; API reference: preview-templates."""
    wanted = body.get("templates")
    if not isinstance(wanted, dict):
        raise Refusal(400, "templates is required and must be an object")
    return {"renderedTemplates": {key: _rendered(tenant, it) for key, it in wanted.items()}}


def _rendered(tenant: Tenant, wanted: object) -> list[Document]:
    if not isinstance(wanted, dict) or not isinstance(wanted.get("friendlyId"), str):
        raise Refusal(400, "each template needs a friendlyId")
    stored = tenant.store.by_friendly_id("template", wanted["friendlyId"])
    if stored is None:
        raise Refusal(404, f"no template has the friendlyId {wanted['friendlyId']}")
    return filled(stored.body.get("templateElements") or (), _values(wanted, "templateParams"))


def process_templates(body: Document) -> Document:
    """Fill in code that is not stored; API reference: preview-template-code."""
    templates = body.get("templates")
    if not isinstance(templates, list) or not all(isinstance(it, dict) for it in templates):
        raise Refusal(400, "templates is required and must be a list of objects")
    return {"templates": filled(templates, _values(body, "templateVariables"))}


def _values(body: Document, name: str) -> Document:
    values = body.get(name) or {}
    if not isinstance(values, dict):
        raise Refusal(400, f"{name} must be an object")
    return values
