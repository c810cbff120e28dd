"""The simulated tenant: its state and the rules that all kinds share.

API reference: response-codes, update-a-template (a PUT replaces the object and makes a revision),
update-a-decision-model (archiving renames). Nothing here knows HTTP.
"""

from __future__ import annotations

import json
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from personalize_sync.sandbox.connections import CONNECTION
from personalize_sync.sandbox.decision_models import DECISION_MODEL
from personalize_sync.sandbox.decision_variants import DECISION_VARIANT, add_as_draft
from personalize_sync.sandbox.family import (
    Change,
    Family,
    Purpose,
    View,
    check_required,
    check_types,
    refuse_stale_revision,
)
from personalize_sync.sandbox.flows import FLOW, settled
from personalize_sync.sandbox.keys import machine_uuid
from personalize_sync.sandbox.refusals import Objections, Refusal
from personalize_sync.sandbox.store import CLIENT_KEY, Kind, Record, Store
from personalize_sync.sandbox.templates import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalize_sync.sandbox.dmn import Node
    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.knobs import Knobs

    Decide: TypeAlias = Callable[[Node, Document], list[Document] | None]

FAMILIES: dict[Kind, Family] = {
    family.kind: family for family in (CONNECTION, DECISION_MODEL, DECISION_VARIANT, TEMPLATE, FLOW)
}
LEGACY_HOST = "https://api.boxever.com"
_V2_KINDS = frozenset({"connection", "decision-model", "decision-variant"})


@dataclass(frozen=True, slots=True)
class _Written:
    """A recent write, and what lists show until it has reached them (K43)."""

    count: int
    at: datetime
    ref: str
    before: Record | None


class Tenant:
    """Objects of one tenant and what may be done with them."""

    def __init__(
        self,
        store: Store,
        knobs: Knobs,
        *,
        clock: Callable[[], datetime],
        ids: Callable[[], str],
        decide: Decide | None = None,
    ) -> None:
        self.store = store
        self.knobs = knobs
        self.clock = clock
        self.ids = ids
        self.decide = decide
        self.count = int(store.fact("requests") or 0)
        self._recent: deque[_Written] = deque()

    # Reading

    def find(self, family: Family, key: str) -> Record | None:
        """Find an object by ref, or by friendlyId where the kind has one."""
        record = self.store.get(family.kind, key)
        if record is None and family.has_friendly_id:
            record = self.store.by_friendly_id(family.kind, key)
        return record and settled(self, record)

    def all(self, family: Family, parent: str | None = None) -> tuple[Record, ...]:
        """List all objects of a kind in the order of their creation."""
        return tuple(settled(self, record) for record in self.store.all(family.kind, parent))

    def as_lists_see(self, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """Put back what lists do not know yet (K43)."""
        behind = self._not_listed_yet()
        if not behind:
            return records
        seen = (behind.get(record.ref, record) for record in records)
        return tuple(record for record in seen if record is not None)

    def _not_listed_yet(self) -> dict[str, Record | None]:
        behind: dict[str, Record | None] = {}
        while self._recent and not self._lags(self._recent[0]):
            self._recent.popleft()
        for written in self._recent:
            behind.setdefault(written.ref, written.before)
        return behind

    def _lags(self, written: _Written) -> bool:
        lag = self.knobs.list_lag
        if lag.unit == "requests":
            return self.count <= written.count + lag.amount
        return self.clock() < written.at + timedelta(seconds=lag.amount)

    def show(self, record: Record, purpose: Purpose, origin: str) -> Document:
        """Write an object the way answers show it."""
        family = FAMILIES[record.kind]
        base = self.base(origin)
        shown: Document = {
            "clientKey": self.client_key,
            "href": f"{base}{family.collection}/{record.ref}",
            "ref": record.ref,
            "name": record.body["name"],
            **self._stamp(family, record, purpose),
            "modifiedAt": self.shown_time(record.modified_at),
            "revision": record.revision,
        }
        if (
            record.kind == "connection"
            and purpose in ("created", "updated")
            and self.knobs.connection_revision == "absent"
        ):
            del shown["revision"]
        return {**shown, **family.show(View(self, purpose, base), record)}

    def base(self, origin: str) -> str:
        """Give the scheme and host of links."""
        return LEGACY_HOST if self.knobs.href_host == "legacy" else origin

    def _stamp(self, family: Family, record: Record, purpose: Purpose) -> Document:
        style = self.knobs.machine_stamp
        author = record.modified_by
        plain = style == "uuid" or (style == "uuid-on-v2" and record.kind in _V2_KINDS)
        if plain and author.endswith("@clients"):
            author = machine_uuid(author)
        match self.knobs.user_field:
            case "absent":
                return {}
            case "mixed":
                return {family.user_field(purpose): author}
            case name:
                return {name: author}

    @property
    def client_key(self) -> str:
        """Tell which tenant this is."""
        return self.store.fact("client_key") or CLIENT_KEY

    def shown_time(self, stored: str) -> str:
        """Write a time with as many fraction digits as K45 says."""
        whole, _, fraction = stored.removesuffix("Z").partition(".")
        digits = self.knobs.modified_at_digits
        return f"{whole}.{fraction[:digits]}Z" if digits else f"{whole}Z"

    # Writing

    def create(
        self,
        family: Family,
        body: Document,
        author: str,
        *,
        parent: str | None = None,
        ref: str | None = None,
    ) -> Record:
        """Add an object; `ref` is only given by a PUT that creates (K20)."""
        change = self._change(family, body, author, ref=ref or self.ids(), parent=parent)
        record = self._write(change)
        if family is DECISION_VARIANT and self.knobs.new_variant == "as-draft":
            add_as_draft(self, record)
        return record

    def replace(self, family: Family, record: Record, body: Document, author: str) -> Record:
        """Carry out a PUT: replace an object by what was sent."""
        change = self._change(family, body, author, record, ref=record.ref, parent=record.parent)
        refuse_stale_revision(change, body.get("revision"))
        return self._write(change)

    def amend(self, record: Record, body: Document, author: str) -> Record:
        """Write an object as the UI does: the body is complete and obeys fewer rules."""
        family = FAMILIES[record.kind]
        change = self._change(family, {}, author, record, ref=record.ref, parent=record.parent)
        self._learn(record.kind, body.keys() - family.fields.keys() - family.server_owned)
        change.body = body
        return self._finish(change)

    def delete(self, record: Record) -> None:
        """Really remove an object, and a model's variants with it (K21)."""
        for variant in self.store.all("decision-variant", record.ref):
            self.store.delete(variant.ref)
        self.store.delete(record.ref)

    def plant(self, record: Record, fields: Document) -> Record:
        """Put fields on an object that this server knows and a client may not; no new revision."""
        self._learn(record.kind, fields.keys() - FAMILIES[record.kind].fields.keys())
        planted = replace(record, body=_merged(record.body, fields))
        self.store.update(planted)
        return planted

    def forget_writes(self) -> None:
        """Let lists see everything at once again."""
        self._recent.clear()

    def _learn(self, kind: Kind, names: set[str]) -> None:
        if names - self._learned(kind):
            self.store.set_fact(f"fields:{kind}", json.dumps(sorted(names | self._learned(kind))))

    def _learned(self, kind: Kind) -> set[str]:
        return set(json.loads(self.store.fact(f"fields:{kind}") or "[]"))

    def _change(
        self,
        family: Family,
        body: Document,
        author: str,
        before: Record | None = None,
        *,
        ref: str,
        parent: str | None,
    ) -> Change:
        sent = {
            name: deepcopy(value)
            for name, value in body.items()
            if name not in family.server_owned and value is not None
        }
        now = self.clock().astimezone(UTC)
        return Change(self, family, ref, parent, author, now, before, sent)

    def _write(self, change: Change) -> Record:
        self._check(change)
        change.body = {**self._start(change), **change.sent}
        return self._finish(change)

    def _start(self, change: Change) -> Document:
        if change.before is not None and self.knobs.omitted_fields == "merge":
            return change.before.body
        added = self.knobs.server_defaults == "added"
        return {"archived": False, **(change.family.defaults() if added else {})}

    def _check(self, change: Change) -> None:
        objections = Objections()
        unknown = (
            change.sent.keys() - change.family.fields.keys() - self._learned(change.family.kind)
        )
        if not change.by_machine:
            self._learn(change.family.kind, unknown)
        elif self.knobs.unknown_fields == "dropped":
            change.sent = {name: it for name, it in change.sent.items() if name not in unknown}
        elif self.knobs.unknown_fields != "stored":
            for name in sorted(unknown):
                objections.add(f"unknown field {name}")
        if change.by_machine:
            check_required(change, objections)
        elif "name" not in change.sent:
            objections.add("name is required")
        check_types(change, objections)
        objections.raise_any()  # the kinds' own checks may rely on the types
        change.family.check(change, objections)
        objections.raise_any()

    def _finish(self, change: Change) -> Record:
        change.family.rules(change)
        _settle_friendly_id(change)
        _rename_archived(change)
        _refuse_taken_names(change)
        record = Record(
            kind=change.family.kind,
            ref=change.ref,
            revision=change.before.revision + 1 if change.before else 1,
            modified_at=change.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            modified_by=change.author,
            body=change.body,
            parent=change.parent,
            due=change.due,
        )
        if change.before is None:
            record = self.store.insert(record)
        else:
            record = replace(record, seq=change.before.seq)
            self.store.update(record)
        self.store.set_fact("requests", str(self.count))
        if self.knobs.read_after_write == "lagging":
            self._recent.append(_Written(self.count, change.now, change.ref, change.before))
        return record


def _merged(target: Document, patch: Document) -> Document:
    merged = dict(target)
    for name, value in patch.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merged(merged[name], value) if both else deepcopy(value)
    return merged


def _settle_friendly_id(change: Change) -> None:
    if not change.family.has_friendly_id:
        return
    _settle_friendly_id_change(change)
    wanted = change.body.get("friendlyId")
    if not isinstance(wanted, str):
        raise Refusal(400, "friendlyId is required")
    # An archived object keeps its friendlyId.
    holder = change.tenant.store.by_friendly_id(change.family.kind, wanted)
    if holder is not None and holder.ref != change.ref:
        raise Refusal(change.knobs.duplicate_friendly_id, f"friendlyId {wanted} is already in use")


def _settle_friendly_id_change(change: Change) -> None:
    if change.before is None or not change.by_machine:
        return
    was = change.before.body.get("friendlyId")
    if change.body.get("friendlyId") == was:
        return
    match change.knobs.friendly_id_change:
        case "ignored":
            change.body["friendlyId"] = was
        case "templates" if change.family.kind == "template":
            pass
        case _:
            raise Refusal(400, "friendlyId cannot be changed")


def _rename_archived(change: Change) -> None:
    which = change.knobs.rename_on_archive
    renames = which == "all" or (which != "none" and change.family.kind == "decision-model")
    if renames and change.archives:
        change.body["name"] += f" - archived {change.now:%Y-%m-%d %H:%M}"


def _refuse_taken_names(change: Change) -> None:
    if change.knobs.duplicate_name == "allowed" or not change.family.names_are_keys:
        return
    if change.body.get("archived"):
        return
    name = change.body["name"]
    namesakes = change.tenant.store.by_name(change.family.kind, name, change.parent)
    if any(record.ref != change.ref for record in namesakes):
        raise Refusal(change.knobs.duplicate_name, f"the name {name} is already in use")
