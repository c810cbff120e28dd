"""Decision model variants: one canvas each, deployed by a PUT on the parent.

API reference: create-a-decision-model-variant, update-a-decision-model-variant,
retrieve-variants-of-a-decision-model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalize_sync.sandbox import dmn
from personalize_sync.sandbox.decision_models import deployed
from personalize_sync.sandbox.family import (
    ARRAY,
    FLAG,
    SERVER_OWNED,
    TEXT,
    Change,
    Family,
    View,
    stored_text,
)
from personalize_sync.sandbox.refusals import Objections, Refusal

if TYPE_CHECKING:
    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant


def _check(change: Change, objections: Objections) -> None:
    definition = change.sent.get("definition")
    if change.knobs.definition_check == "any" or not isinstance(definition, str):
        return
    try:
        dmn.parse(definition)
    except dmn.NotXml as error:
        objections.add(f"definition is not well-formed XML: {error}")


def _rules(change: Change) -> None:
    if change.by_machine and change.before and change.knobs.edit_deployed_variant != "allowed":
        states = {entry.get("status") for entry in _entries(change.tenant, change.before)}
        if states & {"TEST", "PRODUCTION"}:
            raise Refusal(400, "only a variant in DRAFT can be changed")
    text = change.body.get("definition")
    if isinstance(text, str):
        text = stored_text(change, text)
        rewrites = change.knobs.definition_text == "rewritten"
        change.body["definition"] = dmn.rewritten(text) if rewrites else text


def _entries(tenant: Tenant, variant: Record) -> list[Document]:
    model = tenant.store.get("decision-model", variant.parent or "")
    entries = deployed(model.body) if model else []
    return [entry for entry in entries if entry.get("variantRef") == variant.ref]


def add_as_draft(tenant: Tenant, variant: Record) -> None:
    """Put a new variant into its model's deployment (K23); that is no edit, so no revision."""
    model = tenant.store.get("decision-model", variant.parent or "")
    if model is None:
        return
    entry = {
        "variantRef": variant.ref,
        "split": 0,
        "status": "DRAFT",
        "variantRevision": variant.revision,
    }
    configuration = model.body.get("deploymentConfiguration") or {}
    entries = [*deployed(model.body), entry]
    body = {**model.body, "deploymentConfiguration": {**configuration, "variants": entries}}
    tenant.store.update(replace(model, body=body))


def _show(view: View, record: Record) -> Document:
    states = {entry.get("status") for entry in _entries(view.tenant, record)}
    shown = {
        **record.body,
        "decisionModelDefinitionRef": record.parent,
        "revisions": view.link(f"/v2/decisionModelVariants/{record.ref}/revisions"),
        "inProduction": "PRODUCTION" in states,
    }
    if view.purpose != "listed":
        shown["transpiledDefinition"] = record.body.get("definition")
    if view.purpose == "revision":
        shown["decisionModelDefinition"] = view.link(
            f"/v2/decisionModelDefinitions/{record.parent}"
        )
    return shown


DECISION_VARIANT = Family(
    kind="decision-variant",
    collection="/v2/decisionModelVariants",
    fields={
        "name": TEXT,
        "description": TEXT,
        "definition": TEXT,
        "templateVariables": (dict, list),
        "archived": FLAG,
        "tags": ARRAY,
        "revisionComment": TEXT,
    },
    required=("name", "definition"),
    server_owned=SERVER_OWNED
    | {
        "transpiledDefinition",
        "decisionModelDefinitionRef",
        "decisionModelDefinition",
        "inProduction",
        "offers",
    },
    check=_check,
    rules=_rules,
    show=_show,
    user_field=lambda _purpose: "modifiedByUserRef",
    names_are_keys=True,
)
