"""Templates: web, decision, condition (older: audience) and JavaScript-module templates.

Known by friendlyId, which is the manifest's key. Element texts are opaque: sent byte for byte. A
published JavaScript module can never be edited again (API reference: publishing templates), so a
change of one is refused in the plan, with the way out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.kinds.kind import COSMETIC, SERVER_OWNED, Finding, Form, Kind, Refs, without

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.resources import Document, Live, Resource

# What POST demands (API reference: create-a-template) and a manifest may leave to the vendor.
_DEFAULTS: Document = {
    "description": "",
    "status": "DRAFT",
    "render": False,
    "defaultTemplate": False,
    "customTemplate": True,
    "templateElements": [],
}


_NOT_STATED = SERVER_OWNED | {"friendlyId", "defaultTemplate", "customTemplate"}


def _normalise(live: Live, _refs: Refs) -> Document:
    body = without(live.record, _NOT_STATED)
    body["templateElements"] = {
        element.get("id"): element.get("template") for element in _elements(live.record)
    }
    return body


def _overlay(record: Document, resource: Resource, _refs: Refs) -> Document:
    body = {**(record or _DEFAULTS), **resource.spec, "friendlyId": resource.address.key}
    stated = resource.spec.get("templateElements")
    if stated is None:
        body["templateElements"] = list(record.get("templateElements") or [])
        return body
    kept = [element for element in _elements(record) if element.get("id") in stated]
    known = {element.get("id") for element in kept}
    body["templateElements"] = [
        *({**element, "template": stated[element["id"]]} for element in kept),
        *({"id": name, "template": stated[name]} for name in stated if name not in known),
    ]
    return body


def _elements(record: Document) -> list[Document]:
    found = record.get("templateElements")
    return [
        element
        for element in (found if isinstance(found, list) else ())
        if isinstance(element, dict) and isinstance(element.get("id"), str)
    ]


def _check(resource: Resource) -> Iterable[Finding]:
    elements = resource.spec.get("templateElements") or {}
    freemarker = elements.get("freemarker")
    if isinstance(freemarker, str) and not ("{" in freemarker and "}" in freemarker):
        yield Finding(
            ("templateElements", "freemarker"),
            "PS3004",
            "the API refuses FreeMarker text without an opening and a closing curly bracket",
            'Write at least "{}".',
        )


def _frozen(live: Live) -> str:
    if live.record.get("type") == "JS_MODULE" and live.record.get("status") == "PUBLISHED":
        return (
            "a published JavaScript module can never be edited; "
            "give the new version a new key and point its users at it"
        )
    return ""


def _detour(record: Document, body: Document) -> tuple[Document, ...]:
    """A published template may have to pass through DRAFT (API reference: publishing templates)."""
    if record.get("status") != "PUBLISHED":
        return ()
    draft = {**body, "status": "DRAFT", "archived": False}
    return (draft,) if draft == body else (draft, body)


TEMPLATE = Kind(
    name="template",
    manifest="Template",
    title="templates",
    collection="/v3/templates",
    item="/v3/templates/{ref}",
    identity="friendlyId",
    read_with=("developer-templates", "multiple-resources"),
    write_with=("developer-templates", "multiple-resources"),
    scope="templates",
    revisions=True,
    by_friendly_id=True,
    shapes={"/templateElements": Form.MAP, "/tags": Form.SET},
    risks=COSMETIC | {"/status": "lifecycle"},
    normalise=_normalise,
    overlay=_overlay,
    check=_check,
    frozen=_frozen,
    detour=_detour,
)
