"""Experiences and experiments: flow definitions, told apart by subtype. Known by friendlyId."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.kinds.kind import SERVER_OWNED, Form, Kind, Refs, without

if TYPE_CHECKING:
    from personalize_sync.resources import Document, Live, Resource


def _normalise(live: Live, _refs: Refs) -> Document:
    return without(
        live.record, SERVER_OWNED | {"friendlyId", "subtype", "transpiledVariants", "result"}
    )


def _overlay(record: Document, resource: Resource, _refs: Refs) -> Document:
    return {**record, **resource.spec}


def _flow(name: str, manifest: str, title: str) -> Kind:
    return Kind(
        name=name,
        manifest=manifest,
        title=title,
        collection="/v3/flowDefinitions",
        item="/v3/flowDefinitions/{ref}",
        identity="friendlyId",
        read_with=("multiple-resources",),
        write_with=("multiple-resources",),
        by_friendly_id=True,
        shapes={
            "/tags": Form.SET,
            "/channels": Form.SET,
            "/variants": Form.MAP,
            "/traffic/splits": Form.MAP,
        },
        normalise=_normalise,
        overlay=_overlay,
        planned=False,
    )


EXPERIENCE = _flow("experience", "Experience", "experiences")
EXPERIMENT = _flow("experiment", "Experiment", "experiments")
