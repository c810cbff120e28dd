"""Lists and their pages.

API reference: retrieve-connections, retrieve-flow-definitions and the others. No page documents
paging; `limit` and `offset` are what real clients send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalize_sync.sandbox.flows import matches, settled
from personalize_sync.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.family import Family
    from personalize_sync.sandbox.knobs import Knobs
    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant

DEFAULT_LIMIT: Final = 10
_GREATEST = {"limit-10-max-100": 100, "over-max-400": 100, "max-1000": 1000, "everything": 0}


class Window:
    """The part of a list that was asked for."""

    def __init__(self, query: Mapping[str, str], knobs: Knobs, *, shift: int = 0) -> None:
        self.whole = knobs.paging == "everything"
        self.limit = self._limit(query, knobs)
        self.offset = 0 if self.whole else _number(query, "offset", knobs) or 0
        if self.offset and knobs.list_order == "shifting":
            shift -= 1  # as if an object had been created since the page before
        self.start = max(0, self.offset + shift) if self.offset else 0

    @staticmethod
    def _limit(query: Mapping[str, str], knobs: Knobs) -> int:
        asked = _number(query, "limit", knobs)
        greatest = _GREATEST[knobs.paging]
        if asked is None:
            return DEFAULT_LIMIT
        if asked < 1:
            raise Refusal(400, "limit must be at least 1")
        if asked > greatest and knobs.paging == "over-max-400":
            raise Refusal(400, f"limit must be at most {greatest}")
        return min(asked, greatest)

    def cut(self, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """Take the window's part of a list."""
        return records if self.whole else records[self.start : self.start + self.limit]

    def envelope(self, href: str, items: list[Document]) -> Document:
        """Wrap items the way lists answer."""
        envelope: Document = {"href": href, "items": items}
        if not self.whole:
            envelope |= {"offset": self.offset, "limit": self.limit}
        return envelope


def _number(query: Mapping[str, str], name: str, knobs: Knobs) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        number = int(text)
    except ValueError:
        # A published client sends limit=undefined.
        if knobs.non_numeric_limit == "ignored":
            return None
        raise Refusal(400, f"{name} must be a number") from None
    if number < 0:
        raise Refusal(400, f"{name} must not be negative")
    return number


def list_objects(
    tenant: Tenant,
    family: Family,
    query: dict[str, str],
    origin: str,
    *,
    parent: str | None = None,
    shift: int = 0,
) -> Document:
    """List a page of objects; `shift` moves the window by objects gone or added meanwhile."""
    window = Window(query, tenant.knobs, shift=shift)
    records = _page(tenant, family, query, parent, window)
    path = family.collection
    if parent is not None:
        path = f"/v2/decisionModelDefinitions/{parent}/variants"
    shown = [tenant.show(record, "listed", origin) for record in records]
    return window.envelope(f"{tenant.base(origin)}{path}", _items(tenant.knobs, query, shown))


def _page(
    tenant: Tenant, family: Family, query: dict[str, str], parent: str | None, window: Window
) -> tuple[Record, ...]:
    plain = (
        parent is None and not window.whole and not query.keys() & {"type", "search", "flowType"}
    )
    knobs = tenant.knobs
    archived = knobs.archived_in_lists == "included"
    if plain and knobs.list_order != "newest-first" and knobs.read_after_write == "immediate":
        # The common case must not read a large tenant for each page of it.
        found = tenant.store.page(
            family.kind, archived=archived, start=window.start, size=window.limit
        )
        return tuple(settled(tenant, record) for record in found)
    records = tenant.as_lists_see(tenant.all(family, parent))
    chosen = [record for record in records if archived or not record.body.get("archived")]
    chosen = [record for record in chosen if _is_asked_for(family, record, query)]
    if knobs.list_order == "newest-first":
        chosen.reverse()
    return window.cut(tuple(chosen))


def _is_asked_for(family: Family, record: Record, query: dict[str, str]) -> bool:
    if family.has_friendly_id and query.get("type") not in (None, "", record.body.get("type")):
        return False
    return family.kind != "flow" or matches(record, query)


def _items(knobs: Knobs, query: Mapping[str, str], shown: list[Document]) -> list[Document]:
    if knobs.list_items == "full" or query.get("expand") == "true":
        return shown
    return [{"href": item["href"]} for item in shown]


def list_revisions(
    tenant: Tenant, family: Family, record: Record, query: dict[str, str], origin: str
) -> Document:
    """List a page of an object's revisions, the newest first."""
    window = Window(query, tenant.knobs)
    newest_first = tuple(reversed(tenant.store.revisions(record)))
    path = f"{tenant.base(origin)}{family.collection}/{record.ref}/revisions"
    if tenant.knobs.list_items == "href-only" and query.get("expand") != "true":
        # A revision's own href is that of its object, which would lead nowhere.
        items = [{"href": f"{path}/{it.revision}"} for it in window.cut(newest_first)]
    else:
        items = [tenant.show(it, "revision", origin) for it in window.cut(newest_first)]
    return window.envelope(path, items)
