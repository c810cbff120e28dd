"""What every resource kind tells the tenant about itself, and the checks they share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from personalize_sync.sandbox.refusals import Objections, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.knobs import Knobs
    from personalize_sync.sandbox.store import Kind, Record
    from personalize_sync.sandbox.tenant import Tenant

Purpose: TypeAlias = Literal["created", "updated", "got", "listed", "revision"]
JsonTypes: TypeAlias = tuple[type, ...]

TEXT: JsonTypes = (str,)
FLAG: JsonTypes = (bool,)
WHOLE: JsonTypes = (int,)
OBJECT: JsonTypes = (dict,)
ARRAY: JsonTypes = (list,)
# The tables say array, every example shows an object; a GET of K07=array is sent back as it came.
OBJECT_OR_ARRAY: JsonTypes = (dict, list)

SERVER_OWNED = frozenset(
    {
        "clientKey",
        "href",
        "ref",
        "modifiedByRef",
        "modifiedByUserRef",
        "modifiedAt",
        "revision",
        "revisions",
    }
)
FRIENDLY_ID = re.compile(r"[a-z0-9_]+")
_WORDS = {str: "a string", bool: "a boolean", int: "an integer", dict: "an object", list: "a list"}


@dataclass(slots=True)
class Change:
    """A write in the making: what was sent, what was there, what will be stored."""

    tenant: Tenant
    family: Family
    ref: str
    parent: str | None
    author: str
    now: datetime
    before: Record | None
    sent: Document
    body: Document = field(default_factory=dict)
    due: str | None = None

    @property
    def knobs(self) -> Knobs:
        """The tenant's settings."""
        return self.tenant.knobs

    @property
    def by_machine(self) -> bool:
        """Tell an API call from a person's work in the UI, which obeys fewer rules."""
        return self.author.endswith("@clients")

    @property
    def archives(self) -> bool:
        """Tell whether this write turns a living object into an archived one."""
        was_archived = self.before is not None and bool(self.before.body.get("archived"))
        return self.before is not None and not was_archived and bool(self.body.get("archived"))


@dataclass(frozen=True, slots=True)
class View:
    """How an object is looked at: for which answer, and under which host."""

    tenant: Tenant
    purpose: Purpose
    base: str

    def link(self, path: str) -> Document:
        """Make a link object."""
        return {"href": f"{self.base}{path}"}


def _nothing_more(_change: Change, _objections: Objections) -> None:
    return


def _no_rules(_change: Change) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One resource kind.

    `check` collects what is wrong with a body, `rules` may refuse or complete a write, and `show`
    gives the kind's own part of an answer.
    """

    kind: Kind
    collection: str
    fields: Mapping[str, JsonTypes]
    required: tuple[str, ...]
    show: Callable[[View, Record], Document]
    server_owned: frozenset[str] = SERVER_OWNED
    defaults: Callable[[], Document] = dict
    check: Callable[[Change, Objections], None] = _nothing_more
    rules: Callable[[Change], None] = _no_rules
    user_field: Callable[[Purpose], str] = lambda _purpose: "modifiedByRef"
    has_revisions: bool = True
    has_friendly_id: bool = False
    names_are_keys: bool = False


def check_types(change: Change, objections: Objections) -> None:
    """Object to fields of a wrong JSON type."""
    for name, value in change.sent.items():
        types = change.family.fields.get(name, ())
        if types and not _fits(value, types):
            words = " or ".join(_WORDS[kind] for kind in types)
            objections.add(f"{name} must be {words}")


def check_required(change: Change, objections: Objections) -> None:
    """Object to required fields that are missing or blank."""
    for name in change.family.required:
        if change.sent.get(name) in (None, ""):
            objections.add(f"{name} is required")


def check_enum(change: Change, objections: Objections, name: str, allowed: tuple[str, ...]) -> None:
    """Object to a value outside a closed set."""
    value = change.sent.get(name)
    if isinstance(value, str) and value and value not in allowed:
        objections.add(f"{name} must be one of {', '.join(allowed)}")


def check_friendly_id(change: Change, objections: Objections) -> None:
    """Object to a friendlyId outside its alphabet; API reference: flow-definition-rest-api."""
    value = change.sent.get("friendlyId")
    if isinstance(value, str) and value and not FRIENDLY_ID.fullmatch(value):
        objections.add("friendlyId must match ^[a-z0-9_]*$")


def check_nested(
    objections: Objections, where: str, value: object, types: Mapping[str, JsonTypes]
) -> None:
    """Object to missing or mistyped fields of a nested object."""
    if not isinstance(value, dict):
        return
    for name, kinds in types.items():
        if not _fits(value.get(name), kinds):
            words = " or ".join(_WORDS[kind] for kind in kinds)
            objections.add(f"{where}.{name} is required and must be {words}")


def content_changes(change: Change, *, apart_from: frozenset[str]) -> bool:
    """Tell whether a write changes any client field but the named ones."""
    before = change.before.body if change.before else {}
    names = (before.keys() | change.body.keys()) - apart_from
    return any(before.get(name) != change.body.get(name) for name in names)


def stored_text(change: Change, text: str) -> str:
    """Keep a text, or clean it the way K49 says."""
    if change.knobs.line_endings == "kept":
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def objects_in(value: object) -> list[Document]:
    """Give the objects of what should be a list of objects, whatever a client sent there."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def in_shown_order(knobs: Knobs, items: object, key: str | None = None) -> object:
    """Show a collection as sent, or sorted downwards, an order nobody would have sent."""
    if knobs.collection_order == "as-sent" or not isinstance(items, list):
        return items
    return sorted(items, key=lambda item: _sort_text(item, key), reverse=True)


def _sort_text(item: object, key: str | None) -> str:
    return str(item.get(key, "")) if isinstance(item, dict) and key else str(item)


def _fits(value: object, types: JsonTypes) -> bool:
    if isinstance(value, bool):
        return bool in types
    return isinstance(value, types)


def refuse_stale_revision(change: Change, revision: object) -> None:
    """Compare the revision in a PUT body with the stored one, if K40 says so."""
    if change.knobs.stale_revision == "ignored" or change.before is None:
        return
    if isinstance(revision, int) and revision != change.before.revision:
        raise Refusal(
            change.knobs.stale_revision,
            f"revision is {change.before.revision}, the request says {revision}",
        )
