"""Decision models: which variants run, and with how much of the audience.

API reference: create-a-decision-model, update-a-decision-model,
retrieve-a-revision-of-a-decision-model. Archiving renames a model (tenant.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from personalize_sync.sandbox.family import (
    ARRAY,
    FLAG,
    OBJECT,
    SERVER_OWNED,
    TEXT,
    Change,
    Family,
    Purpose,
    View,
    in_shown_order,
    objects_in,
)
from personalize_sync.sandbox.refusals import Objections

if TYPE_CHECKING:
    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.store import Record

STATES = ("DRAFT", "TEST", "PRODUCTION", "ARCHIVED")
_WHOLE_AUDIENCE = 100


def deployed(model: Document) -> list[Document]:
    """List the entries of a model's deployment configuration."""
    configuration = model.get("deploymentConfiguration")
    entries = configuration.get("variants") if isinstance(configuration, dict) else None
    return objects_in(entries)


def _check(change: Change, objections: Objections) -> None:
    configuration = change.sent.get("deploymentConfiguration")
    if not isinstance(configuration, dict):
        return
    entries = configuration.get("variants")
    if not isinstance(entries, list):
        objections.add("deploymentConfiguration.variants is required and must be a list")
        return
    for entry in entries:
        if isinstance(entry, dict):
            _check_entry(change, entry, objections)
        else:
            objections.add("deploymentConfiguration.variants must hold objects")
    _check_total(change, deployed(change.sent), objections)


def _check_entry(change: Change, entry: Document, objections: Objections) -> None:
    split, state = entry.get("split"), entry.get("status")
    if not _is_whole(split) or not 0 <= split <= _WHOLE_AUDIENCE:
        objections.add("split must be an integer from 0 to 100")
    if state not in STATES:
        objections.add(f"status of a variant must be one of {', '.join(STATES)}")
    variant = change.tenant.store.get("decision-variant", str(entry.get("variantRef", "")))
    if variant is None or variant.parent != change.ref:
        objections.add(f"variantRef {entry.get('variantRef')} is no variant of this model")
        return
    number = entry.get("variantRevision")
    if not _is_whole(number):
        objections.add("variantRevision must be an integer")
    elif change.knobs.unknown_variant_revision != "accepted":
        # One documented sample has revision 0 in an entry that is a draft.
        lowest = 0 if state == "DRAFT" else 1
        if not lowest <= number <= variant.revision:
            objections.add(f"variantRevision {number} does not exist")


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_total(change: Change, entries: list[Document], objections: Objections) -> None:
    if change.knobs.split_total == "unchecked":
        return
    counted = [
        entry.get("split")
        for entry in entries
        if change.knobs.split_total == "all" or entry.get("status") == "PRODUCTION"
    ]
    numbers = [split for split in counted if isinstance(split, int)]
    if counted and sum(numbers) != _WHOLE_AUDIENCE:
        objections.add("the split values must total 100")


def _show(view: View, record: Record) -> Document:
    path = f"/v2/decisionModelDefinitions/{record.ref}"
    shown = dict(record.body)
    if "tags" in shown:
        shown["tags"] = in_shown_order(view.tenant.knobs, shown["tags"])
    return {
        **shown,
        "variants": view.link(f"{path}/variants"),
        "revisions": view.link(f"{path}/revisions"),
    }


def _user_field(purpose: Purpose) -> str:
    return "modifiedByRef" if purpose == "created" else "modifiedByUserRef"


DECISION_MODEL = Family(
    kind="decision-model",
    collection="/v2/decisionModelDefinitions",
    fields={
        "name": TEXT,
        "description": TEXT,
        "deploymentConfiguration": OBJECT,
        "archived": FLAG,
        "tags": ARRAY,
        "sampleSizeConfig": OBJECT,
        "sampleSizeCConfig": OBJECT,  # a published client misspells it; nobody knows who is right
        "revisionComment": TEXT,
    },
    required=("name", "deploymentConfiguration"),
    server_owned=SERVER_OWNED | {"variants", "inProduction", "offers", "type"},
    check=_check,
    show=_show,
    user_field=_user_field,
    names_are_keys=True,
)
