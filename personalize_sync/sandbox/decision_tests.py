"""A pretended test run of a decision model variant.

The call and its answer follow the vendor's recipe for decision model tests. The nodes are those
of the stored canvas; `decide` lets a user of the sandbox supply what a script would answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.sandbox import dmn
from personalize_sync.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant


def test_decision_model(tenant: Tenant, body: Document) -> Document:
    """Answer what each node of a variant gives for a context."""
    model = tenant.store.get("decision-model", str(body.get("decisionModelRef", "")))
    variant = tenant.store.get("decision-variant", str(body.get("decisionModelVariantRef", "")))
    if model is None or variant is None or variant.parent != model.ref:
        raise Refusal(404, "no such decision model variant")
    context = body.get("context") or {}
    if not isinstance(context, dict):
        raise Refusal(400, "context must be an object")
    return {
        "decisionModelName": model.body["name"],
        "decisionModelRef": model.ref,
        "decisionModelVariantName": variant.body["name"],
        "decisionModelVariantRef": variant.ref,
        "decisionModelVariantRevision": variant.revision,
        "error": False,
        "debug": {"bucket": "0", "logs": ""},
        "decisionModelResultNodes": [],
        **_outcome(tenant, variant, context),
    }


def _outcome(tenant: Tenant, variant: Record, context: Document) -> Document:
    definition = str(variant.body.get("definition", ""))
    if not definition.lstrip().startswith("<"):
        return {}  # a plain word, as one documented sample sends it: an empty canvas
    try:
        nodes = dmn.nodes(dmn.parse(definition))
    except dmn.NotXml as error:
        return {"error": True, "errorCause": f"definition is not well-formed XML: {error}"}
    guest = context.get("guest")
    known: Document = {**context, **(guest if isinstance(guest, dict) else {})}
    return {"decisionModelResultNodes": [_result(tenant, node, known) for node in nodes]}


def _result(tenant: Tenant, node: dmn.Node, known: Document) -> Document:
    outputs = tenant.decide(node, known) if tenant.decide else None
    if outputs is None:
        outputs = dmn.evaluate(node, known)
    for output in outputs:
        known.update(output)
    return {
        "id": node.id,
        "name": node.name,
        "error": False,
        "type": node.type,
        "executionTime": 1.0,
        "dependentNodeIds": list(node.depends_on),
        "outputs": outputs,
    }
