"""Decision models and their variants: one manifest, several live objects.

Both are known by name, archived ones left out (archiving renames a model; API reference:
update-a-decision-model). A variant reaches guests only through its model's
`deploymentConfiguration`, which pins a revision of it: so a changed variant costs one PUT of the
variant and one of the model.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds.kind import (
    COSMETIC,
    IDLE,
    SERVER_OWNED,
    Finding,
    Form,
    Kind,
    Refs,
    without,
)
from personalize_sync.resources import AFTER_APPLY, Address, Live, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalize_sync.resources import Document, Path, Source

_DEPLOYMENT = ("status", "split")
_INERT: Document = {"status": "DRAFT", "split": 0}


class Below:
    """The source of a variant: the model's manifest, seen from `/variants/<key>`."""

    def __init__(self, source: Source, prefix: Path) -> None:
        self.source = source
        self.prefix = prefix

    def locate(self, path: Path, *, key: bool = False) -> Any:
        return self.source.locate((*self.prefix, *path), key=key or not path)

    @property
    def start(self) -> Any:
        return self.source.locate(self.prefix, key=True)


def variant_address(model_key: str, variant_key: str) -> Address:
    """Return `decision-variant/<model key>:<variant key>`."""
    return Address("decision-variant", f"{model_key}:{variant_key}")


def _expand(resource: Resource) -> tuple[Resource, ...]:
    stated = resource.spec.get("variants")
    if not isinstance(stated, dict):
        return (resource,)
    deployment = {
        key: {name: variant[name] for name in _DEPLOYMENT if name in variant}
        for key, variant in stated.items()
    }
    variants = (
        Resource(
            address=variant_address(resource.address.key, key),
            spec=without(variant, _DEPLOYMENT),
            source=Below(resource.source, ("variants", key)),
            manage=resource.manage,
            tags=resource.tags,
        )
        for key, variant in stated.items()
    )
    model = Resource(
        address=resource.address,
        spec={**resource.spec, "variants": deployment},
        source=resource.source,
        manage=resource.manage,
        renamed_from=resource.renamed_from,
        tags=resource.tags,
    )
    return (model, *variants)


def _gather(spec: Document, children: Mapping[str, Document]) -> Document:
    """Return a model's spec with its variants, or without any if one that serves guests lacks."""
    variants: Document = {}
    for key, deployed in spec.get("variants", {}).items():
        entry = {name: deployed.get(name) for name in _DEPLOYMENT}
        if key in children:
            if entry == _INERT:
                del entry["split"]
            variants[key] = {**children[key], **entry}
        elif entry["status"] not in IDLE:
            return without(spec, {"variants"})
    return {**spec, "variants": variants}


def _check(resource: Resource) -> Iterable[Finding]:
    stated = resource.spec.get("variants")
    if not isinstance(stated, dict):
        return
    live = {
        key: variant.get("split", 0)
        for key, variant in stated.items()
        if variant.get("status") == "PRODUCTION"
    }
    # A status that is not stated is the tenant's own affair: the variant may be in production.
    perhaps = sum(v.get("split", 0) for v in stated.values() if "status" not in v)
    # The API reference (update-a-decision-model) demands a total of 100 and does not say of which
    # entries; those in production are the ones that share the audience.
    if live and not sum(live.values()) <= 100 <= sum(live.values()) + perhaps:  # noqa: PLR2004 - a percentage
        yield Finding(
            ("variants",),
            "PS3001",
            f"the splits of the PRODUCTION variants total {sum(live.values())}, not 100",
            "Correct the splits of " + ", ".join(sorted(live)) + ".",
            at_key=True,
        )
    names = Counter(str(variant.get("name")) for variant in stated.values())
    for key, variant in stated.items():
        if names[str(variant.get("name"))] > 1:
            yield Finding(
                ("variants", key, "name"),
                "PS1021",
                f'two variants of this model are called "{variant.get("name")}"',
                "Variants are told apart by name: give each its own.",
            )


def _settle(spec: Document, revisions: Mapping[str, Any]) -> Document:
    """Pin each deployed variant to the revision it has, or will have."""
    if "variants" not in spec:
        return spec
    settled = {}
    for key, stated in spec["variants"].items():
        revision = revisions.get(key, AFTER_APPLY)
        if stated.get("status") in ("TEST", "PRODUCTION"):
            settled[key] = stated if revision is None else {**stated, "revision": revision}
        elif key not in revisions and {**_INERT, **stated} == _INERT:
            settled[key] = {}  # a new variant starts outside the deployment: nothing to do
        else:
            settled[key] = stated
    return {**spec, "variants": settled}


def _normalise(live: Live, refs: Refs) -> Document:
    body = without(live.record, SERVER_OWNED | {"deploymentConfiguration", "variants", "offers"})
    model = refs.address("decision-model", live.ref)
    prefix = f"{model.key}:" if model else ""
    variants: Document = {}
    if model:
        for address in refs.below("decision-variant", model.key):
            variants[address.key.removeprefix(prefix)] = dict(_INERT)
    for entry in _entries(live.record):
        ref = str(entry.get("variantRef"))
        variant = refs.address("decision-variant", ref)
        # A variant that nobody knows is shown by its ref if it serves guests: a PUT would end that.
        if variant or entry.get("status") not in IDLE:
            variants[variant.key.removeprefix(prefix) if variant else ref] = {
                "status": entry.get("status"),
                "split": entry.get("split"),
                "revision": entry.get("variantRevision"),
            }
    body["variants"] = variants
    return body


def _overlay(record: Document, resource: Resource, refs: Refs) -> Document:
    body = {**record, **without(resource.spec, {"variants"})}
    stated = resource.spec.get("variants")
    entries = _entries(record)
    if stated is not None:
        entries = _deployment(entries, stated, resource.address.key, refs)
    deployment = record.get("deploymentConfiguration")
    body["deploymentConfiguration"] = {
        **(deployment if isinstance(deployment, dict) else {}),
        "variants": entries,
    }
    return body


def _deployment(
    entries: list[Document], stated: Document, model_key: str, refs: Refs
) -> list[Document]:
    by_ref = {str(refs.ref(variant_address(model_key, key))): key for key in stated}
    result = []
    for entry in entries:
        key = by_ref.pop(str(entry.get("variantRef")), None)
        if key is not None:
            result.append({**entry, **_entry(stated[key])})
        elif entry.get("status") in IDLE:
            result.append(entry)
    for ref, key in by_ref.items():
        entry = _entry(stated[key])
        if ref != "None" and {**_INERT, **entry} != _INERT:
            result.append({"variantRef": ref, "variantRevision": 1, **_INERT, **entry})
    return result


def _entry(stated: Document) -> Document:
    entry = {name: stated[name] for name in _DEPLOYMENT if name in stated}
    if isinstance(stated.get("revision"), int):
        entry["variantRevision"] = stated["revision"]
    return entry


def _entries(record: Document) -> list[Document]:
    deployment: Any = record.get("deploymentConfiguration")
    if isinstance(deployment, dict):
        deployment = deployment.get("variants")
    return [e for e in deployment or () if isinstance(e, dict)]


def _retire(record: Document) -> Document:
    """Archive with an empty deployment, as the API reference (update-a-decision-model) shows."""
    return {**record, "archived": True, "deploymentConfiguration": {"variants": []}}


def deployment(record: Document) -> Document:
    """Return what a model's record deploys, by variant: status, split and revision."""
    return {
        str(e.get("variantRef")): [e.get("status"), e.get("split"), e.get("variantRevision")]
        for e in _entries(record)
    }


def deployed_variants(record: Document) -> frozenset[str]:
    """Return the refs of the variants that a model's record deploys to guests or as a test."""
    return frozenset(
        str(entry.get("variantRef"))
        for entry in _entries(record)
        if entry.get("status") in ("PRODUCTION", "TEST")
    )


def without_variant(record: Document, ref: str) -> Document:
    """Return a model's record with one variant as a draft, its share given to another one."""
    entries = [dict(entry) for entry in _entries(record)]
    leaving = [e for e in entries if e.get("variantRef") == ref]
    staying = [e for e in entries if e.get("variantRef") != ref and e.get("status") == "PRODUCTION"]
    for entry in leaving:
        share = entry.get("split") if entry.get("status") == "PRODUCTION" else 0
        entry["status"] = "DRAFT"
        if staying and isinstance(share, int):
            staying[0]["split"] = staying[0].get("split", 0) + share
            entry["split"] = 0
    return {**record, "deploymentConfiguration": {"variants": entries}}


def on_trial(record: Document, trials: Mapping[str, int | None]) -> Document:
    """Return a model's record with these variants, by ref, as TEST at a revision.

    A variant in TEST sees every guest and serves none, so nobody's share changes.
    """
    entries = [dict(entry) for entry in _entries(record)]
    for ref, revision in trials.items():
        entry = next((e for e in entries if e.get("variantRef") == ref), None)
        if entry is None:
            entry = {"variantRef": ref, "variantRevision": 1}
            entries.append(entry)
        entry |= {"status": "TEST", "split": 0}
        if revision is not None:
            entry["variantRevision"] = revision
    deployment = record.get("deploymentConfiguration")
    kept = deployment if isinstance(deployment, dict) else {}
    return {**record, "deploymentConfiguration": {**kept, "variants": entries}}


def in_production(record: Document) -> frozenset[str]:
    """Return the refs of the variants that guests get."""
    return frozenset(
        str(entry.get("variantRef"))
        for entry in _entries(record)
        if entry.get("status") == "PRODUCTION"
    )


def _normalise_variant(live: Live, _refs: Refs) -> Document:
    return without(
        live.record,
        SERVER_OWNED
        | {
            "transpiledDefinition",
            "decisionModelDefinitionRef",
            "decisionModelDefinition",
            "inProduction",
            "offers",
        },
    )


def _overlay_variant(record: Document, resource: Resource, _refs: Refs) -> Document:
    return {**record, **resource.spec}


DECISION_MODEL = Kind(
    name="decision-model",
    manifest="DecisionModel",
    title="decision models",
    collection="/v2/decisionModelDefinitions",
    item="/v2/decisionModelDefinitions/{ref}",
    identity="name",
    read_with=("decision-model-testing", "multiple-resources"),
    write_with=("multiple-resources",),
    scope="decision_models",
    revisions=True,
    shapes={"/variants": Form.DEPLOYMENT, "/tags": Form.SET},
    risks=COSMETIC
    | {
        "/variants/*/status": "lifecycle",
        "/variants/*/revision": "lifecycle",
        "/variants/*/split": "statistical",
    },
    normalise=_normalise,
    overlay=_overlay,
    retire=_retire,
    check=_check,
    expand=_expand,
    gather=_gather,
    settle=_settle,
)

DECISION_VARIANT = Kind(
    name="decision-variant",
    manifest="",
    title="decision variants",
    collection="/v2/decisionModelDefinitions/{parent}/variants",
    item="/v2/decisionModelVariants/{ref}",
    identity="name",
    read_with=("decision-model-testing", "multiple-resources"),
    write_with=("multiple-resources",),
    scope="decision_models",
    parent="decision-model",
    revisions=True,
    shapes={"/definition": Form.XML},
    normalise=_normalise_variant,
    overlay=_overlay_variant,
)
