"""Addresses as people write them: `template/promo_strip`, `connection/loyaltypoints`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from personalize_sync.sandbox.connections import CONNECTION
from personalize_sync.sandbox.decision_models import DECISION_MODEL
from personalize_sync.sandbox.decision_variants import DECISION_VARIANT
from personalize_sync.sandbox.flows import FLOW
from personalize_sync.sandbox.templates import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Unknown:
    """An address that means no object, or more than one."""

    message: str
    did_you_mean: tuple[str, ...] = ()


def slug(text: str) -> str:
    """Write a name as a key: lower case, everything but letters and digits as `_`."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def find(tenant: Tenant, address: str) -> Record | Unknown:
    """Find what an address means; living objects come before archived, exact before slug."""
    word, _, key = address.partition("/")
    if word not in _KEYS:
        return Unknown(f'there is no kind "{word}"', _near(word, list(_KEYS)))
    keyed = list(_KEYS[word](tenant))
    for archived in (False, True):
        for wanted in ("ref", "exact", "slug"):
            matching = [
                it.record for it in keyed if it.archived == archived and it.says(key, wanted)
            ]
            if len(matching) > 1:
                refs = ", ".join(record.ref for record in matching)
                return Unknown(f"{address} means {len(matching)} objects; use a ref: {refs}")
            if matching:
                return matching[0]
    known = sorted({f"{word}/{it.slug}" for it in keyed})
    return Unknown(f"there is no {address}", _near(address, known))


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A record with the key that people call it by."""

    record: Record
    exact: str
    slug: str

    @property
    def archived(self) -> bool:
        return bool(self.record.body.get("archived"))

    def says(self, key: str, how: str) -> bool:
        if how == "ref":
            return self.record.ref == key
        return key == (self.exact if how == "exact" else self.slug)


def _near(text: str, known: list[str]) -> tuple[str, ...]:
    return tuple(get_close_matches(text, known, n=3, cutoff=0.5))


def _templates(tenant: Tenant) -> Iterator[_Keyed]:
    for record in tenant.all(TEMPLATE):
        key = str(record.body.get("friendlyId"))
        yield _Keyed(record, key, key)


def _flows(subtype: str) -> Callable[[Tenant], Iterator[_Keyed]]:
    def flows(tenant: Tenant) -> Iterator[_Keyed]:
        for record in tenant.all(FLOW):
            if record.body.get("subtype") == subtype:
                key = str(record.body.get("friendlyId"))
                yield _Keyed(record, key, key)

    return flows


def _connections(tenant: Tenant) -> Iterator[_Keyed]:
    for record in tenant.all(CONNECTION):
        yield _Keyed(record, record.body["name"], slug(record.body["name"]))


def _models(tenant: Tenant) -> Iterator[_Keyed]:
    for record in tenant.all(DECISION_MODEL):
        yield _Keyed(record, record.body["name"], slug(record.body["name"]))


def _variants(tenant: Tenant) -> Iterator[_Keyed]:
    models = {model.ref: model.body["name"] for model in tenant.all(DECISION_MODEL)}
    for record in tenant.all(DECISION_VARIANT):
        model, name = models.get(record.parent or "", ""), record.body["name"]
        yield _Keyed(record, f"{model}:{name}", f"{slug(model)}:{slug(name)}")


_KEYS: dict[str, Callable[[Tenant], Iterator[_Keyed]]] = {
    "template": _templates,
    "experience": _flows("EXPERIENCE"),
    "experiment": _flows("EXPERIMENT"),
    "connection": _connections,
    "decision-model": _models,
    "decision-variant": _variants,
}
