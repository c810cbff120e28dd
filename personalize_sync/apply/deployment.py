"""Deployed variants: pinning the revision a model deploys, and editing one that guests receive."""

from __future__ import annotations

from dataclasses import replace as altered
from typing import TYPE_CHECKING

from personalize_sync.apply import certainty
from personalize_sync.errors import RejectedError, StaleError, SyncError
from personalize_sync.kinds.decision_model import (
    DECISION_MODEL,
    deployed_variants,
    deployment,
    variant_address,
    without_variant,
)
from personalize_sync.resources import AFTER_APPLY

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalize_sync.apply.run import Run
    from personalize_sync.resources import Document, Live, Resource


def pinned(resource: Resource, run: Run) -> Resource:
    """Return a model's wanted state with the revisions that its variants have by now."""
    stated = resource.spec.get("variants")
    if resource.address.kind != "decision-model" or not isinstance(stated, dict):
        return resource
    variants = {key: _pin(resource, key, entry, run) for key, entry in stated.items()}
    return altered(resource, spec={**resource.spec, "variants": variants})


def _pin(model: Resource, key: str, entry: Document, run: Run) -> Document:
    if entry.get("revision") is not AFTER_APPLY:
        return entry
    written = run.written.get(variant_address(model.address.key, key))
    if written is None or written.revision is None:
        return {name: value for name, value in entry.items() if name != "revision"}
    return {**entry, "revision": written.revision}


def while_undeployed(
    variant: Live, edit: Callable[[], Live], refusal: RejectedError, run: Run
) -> tuple[Live, tuple[str, ...]]:
    """Edit a variant that the tenant only edits as a draft, and deploy it again as it was.

    Its share of the audience goes to another variant meanwhile. The deployment is put back whether
    or not the edit succeeds; it still pins the old revision, so guests see no half-done change.
    Another variant of the model may need the same, and has to wait.
    """
    if not variant.parent:
        raise refusal
    with run.alone(variant.parent):
        return _while_undeployed(variant, edit, refusal, run)


def _while_undeployed(
    variant: Live, edit: Callable[[], Live], refusal: RejectedError, run: Run
) -> tuple[Live, tuple[str, ...]]:
    model = run.tenant.get(DECISION_MODEL, variant.parent)
    if model is None or variant.ref not in deployed_variants(model.record):
        raise refusal
    aside = certainty.replace(
        DECISION_MODEL, model, without_variant(model.record, variant.ref), run=run
    )
    try:
        live = edit()
    finally:
        try:
            _put_back(model, aside, run)
        except SyncError as error:
            error.after_writing()
            error.hint = f"The variant {variant.name} was left undeployed. {error.hint}"
            raise
    return live, ("the tenant only edits drafts, so it was out of the deployment for a moment",)


def _put_back(model: Live, aside: Live, run: Run) -> None:
    """Deploy again what was deployed, and keep whatever else somebody edited meanwhile."""
    now = run.tenant.get(DECISION_MODEL, model.ref)
    if now is None or deployment(now.record) != deployment(aside.record):
        by = f" ({certainty.describe(now)})" if now else ""
        raise StaleError(
            f"somebody else changed the deployment of {model.name} meanwhile{by}",
            "It stays as they left it: look at it in the tenant, and plan again.",
        )
    back = {**now.record, "deploymentConfiguration": model.record["deploymentConfiguration"]}
    certainty.replace(DECISION_MODEL, now, back, run=run)
