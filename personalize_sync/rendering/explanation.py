"""One object or field explained: what Git says and where, what the tenant has, what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.planning.change import Action
from personalize_sync.rendering import wording
from personalize_sync.rendering.changes import add_fields
from personalize_sync.rendering.complaints import place
from personalize_sync.rendering.document import evidence_document, field_document, place_document
from personalize_sync.rendering.fields import brief
from personalize_sync.rendering.gates import json_text
from personalize_sync.rendering.page import Page, Span
from personalize_sync.rendering.values import as_json
from personalize_sync.resources import ABSENT, pointer

if TYPE_CHECKING:
    from personalize_sync.planning.explaining import Explanation
    from personalize_sync.rendering.look import Look

_EVIDENCE = {
    "live": "it is the newest write",
    "revision": "found among the revisions",
    "none": "none is known: somebody else wrote last, and no revision of ours was found",
    "unreadable": "the tenant does not say who wrote",
}


def terminal(found: Explanation, look: Look) -> str:
    """Return an explanation as text."""
    page = Page(look)
    path = f" {pointer(found.path)}" if found.path else ""
    page.add(
        Span(f"{found.address}{path}", "strong"),
        Span(f"   Environment: {found.environment}", "quiet"),
    )
    page.gap()
    _add_git(page, found)
    if found.asked:
        _add_tenant(page, found)
    if found.fields:
        page.gap()
        page.add("In a plan (tenant -> Git)")
        add_fields(page, found.fields, found.address.kind, "plan")
    page.gap()
    for sentence in found.why:
        page.add(sentence)
    return page.text()


def _add_git(page: Page, found: Explanation) -> None:
    if found.resource and not found.path:
        at = place(found.resource.source.start, page.look.prefix)
        manage = f"   manage: {found.resource.manage}" if found.resource.manage != "full" else ""
        page.add("In Git", Span(f"   {at}{manage}", "quiet"))
    else:
        page.add("In Git" if found.statements else "In Git: nothing")
    for statement in found.statements:
        if not (found.path or statement.path):
            continue  # the whole manifest says nothing new
        at = place(statement.location, page.look.prefix)
        file = f", text of {statement.file}" if statement.file else ""
        value = "(removed)" if statement.value is ABSENT else brief(statement.value)
        below = f" {pointer(statement.path)}" if statement.path else ""
        page.add(
            Span(">" if statement.wins else " ", "good"),
            f" {statement.where}{below}: {value}",
            Span(f"   {at}{file}", "quiet"),
            indent=2,
        )


def _add_tenant(page: Page, found: Explanation) -> None:
    live, base = found.live, found.base
    page.gap()
    if live is None or base is None:
        page.add("In the tenant: nothing")
        return
    who = wording.edited(live.author, live.modified_at, live.revision)
    archived = ", archived" if live.archived else ""
    page.add("In the tenant", Span(f'   "{live.name}", last written {who}{archived}', "quiet"))
    if found.path:
        page.add(brief(found.live_value), indent=4)
    page.gap()
    evidence = _EVIDENCE.get(base.found, base.found)
    who = f"{wording.edited(base.author, base.at, base.revision)}; " if base.known else ""
    page.add("Our last write", Span(f"   {who}{evidence}", "quiet"))
    if found.path and base.known:
        page.add(brief(found.base_value), indent=4)


def json(found: Explanation, look: Look) -> str:
    """Return an explanation as data, values unshortened."""
    live, base, change = found.live, found.base, found.change
    document = {
        "address": str(found.address),
        "path": pointer(found.path),
        "environment": found.environment,
        "manage": found.resource.manage.value if found.resource else None,
        "source": place_document(found.resource.source.start) if found.resource else None,
        "stated": [
            {
                "where": statement.where,
                "path": pointer(statement.path),
                "wins": statement.wins,
                "source": place_document(statement.location),
                "file": statement.file or None,
                **_value(statement.value),
            }
            for statement in found.statements
        ],
        "asked_tenant": found.asked,
        "live": live
        and {
            "ref": live.ref,
            "name": live.name,
            "revision": live.revision,
            "author": live.author,
            "at": live.modified_at,
            "archived": live.archived,
            **_value(found.live_value),
        },
        "base": base and {**evidence_document(base), **_value(found.base_value)},
        "action": change.action.value if change else Action.NO_OP.value,
        "fields": [field_document(field) for field in found.fields],
        "why": list(found.why),
    }
    return json_text(document, ascii_text=look.ascii) + "\n"


def _value(value: Any) -> dict[str, Any]:
    return {"value": as_json(value), "absent": value is ABSENT}
