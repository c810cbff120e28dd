"""What every kind answers for itself; a half-finished one is told what is missing."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conformance.test_every_knob import _EDITED
from contract.test_wire import refs
from contract.wire import BY_KIND, WIRE, Wire
from planning.builders import only_change, plan_for, wanted

from personalize_sync.kinds import BY_MANIFEST, BY_NAME, KINDS, Kind
from personalize_sync.manifests import load_manifests, load_project
from personalize_sync.planning.change import RISKS
from personalize_sync.planning.compare import align, differing
from personalize_sync.planning.three_way import shown
from personalize_sync.project import FEATURES
from personalize_sync.resources import Unset
from personalize_sync.tenant.live import live_from

if TYPE_CHECKING:
    from personalize_sync.resources import Document

_ROOT = Path(__file__).resolve().parents[2]
_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
_each_row = pytest.mark.parametrize("wire", WIRE, ids=lambda wire: wire.kind)


def _spec(wire: Wire, record: Document) -> Document:
    kind = BY_NAME[wire.kind]
    return kind.normalise(live_from(kind, record), refs(wire))


@_each_row
def test_reading_changes_nothing(wire: Wire) -> None:
    """Normalising is pure: the record stays, and the answer is the same again."""
    record = deepcopy(wire.answer)

    assert _spec(wire, record) == _spec(wire, record)
    assert record == wire.answer


@_each_row
def test_a_record_is_read_without_what_only_its_identity_makes(wire: Wire) -> None:
    """Another ref, author, time and revision is the same content."""
    other = {
        "ref": "other",
        "href": "x",
        "clientKey": "x",
        "modifiedByRef": "x",
        "modifiedByUserRef": "x",
        "modifiedAt": "x",
        "revision": 99,
        "revisions": {"href": "x"},
        "revisionComment": "x",
    }
    if wire.kind == "decision-model":
        del other["ref"]  # it leads to the names of its variants

    assert _spec(wire, {**wire.answer, **other}) == _spec(wire, wire.answer)


@_each_row
def test_writing_what_was_read_changes_nothing(wire: Wire) -> None:
    """GET, normalise, overlay is the record again, to the last field that is sent at all."""
    resource = wanted(wire.kind, wire.key, _spec(wire, wire.answer))
    body = BY_NAME[wire.kind].overlay(wire.answer, resource, refs(wire))

    assert body == wire.sent_back(wire.answer)


@_each_row
def test_writing_twice_is_writing_once(wire: Wire) -> None:
    """The overlay of a spec over its own result is that result."""
    kind, resource = BY_NAME[wire.kind], wanted(wire.kind, wire.key, wire.spec)
    once = kind.overlay(wire.answer, resource, refs(wire))

    assert kind.overlay(once, resource, refs(wire)) == once


@_each_row
def test_what_was_written_is_what_is_read(wire: Wire) -> None:
    """A body that a tenant stores as it came leaves nothing to do."""
    kind = BY_NAME[wire.kind]
    body = kind.overlay(wire.answer, wanted(wire.kind, wire.key, wire.spec), refs(wire))

    assert differing(wire.spec, align(wire.spec, _spec(wire, body), kind.shapes)) == ()


@_each_row
def test_a_created_record_agrees_with_its_manifest(wire: Wire) -> None:
    """What was sent to create it is read as what was wanted."""
    stored = {**wire.created, "ref": "new"}
    shapes = BY_NAME[wire.kind].shapes

    assert differing(wire.spec, align(wire.spec, _spec(wire, stored), shapes)) == ()


@_each_row
def test_archiving_and_restoring_is_no_edit(wire: Wire) -> None:
    """`archived` is no field that a manifest could state."""
    assert "archived" not in _spec(wire, {**wire.answer, "archived": True})


@_each_kind
def test_a_kind_is_known_by_its_names(kind: Kind) -> None:
    """One name in addresses, one in manifests."""
    assert BY_NAME[kind.name] is kind
    assert not kind.manifest or BY_MANIFEST[kind.manifest] is kind
    assert kind.title
    assert " " not in kind.folder


@_each_kind
def test_a_kind_is_reached_by_known_features(kind: Kind) -> None:
    """Narrowest first: the key that opens everything is the last resort."""
    for features in (kind.read_with, kind.write_with):
        assert set(features) <= set(FEATURES)
        assert features[-1] == "multiple-resources"
    assert set(kind.write_with) <= set(kind.read_with)


@_each_kind
def test_a_kind_has_a_place_for_each_object(kind: Kind) -> None:
    """One path to its objects, one to each; a parent is applied first."""
    assert kind.item.count("{ref}") == 1
    assert ("{parent}" in kind.collection) == bool(kind.parent)
    names = [each.name for each in KINDS]
    assert not kind.parent or names.index(kind.parent) < names.index(kind.name)


@_each_kind
def test_a_kind_weighs_risks_in_known_words(kind: Kind) -> None:
    """The gravest of a change is shown."""
    assert set(kind.risks.values()) <= set(RISKS)


@pytest.mark.parametrize("name", BY_MANIFEST)
def test_a_manifest_kind_has_a_schema(name: str) -> None:
    """The published contract, one file for each kind."""
    path = _ROOT / "schemas" / f"{BY_MANIFEST[name].name}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))

    assert schema["properties"]["kind"]["const"] == name
    assert "name" in schema["properties"]["spec"]["required"]


def test_every_planned_kind_has_an_example() -> None:
    """The example project declares each, and is valid."""
    loaded = load_manifests(load_project(_ROOT / "manifests"), environment="sandbox")

    assert loaded.problems == ()
    assert {r.address.kind for r in loaded.resources} == {wire.kind for wire in WIRE}


def test_every_planned_kind_is_in_the_main_scenario() -> None:
    """It is created, edited by a person, and reconciled under every setting of every knob."""
    assert {address.partition("/")[0] for address in _EDITED} == {wire.kind for wire in WIRE}


_POINTERS = [(kind, pattern) for kind in KINDS for pattern in kind.sensitive]


@pytest.mark.parametrize(("kind", "pattern"), _POINTERS, ids=lambda x: getattr(x, "name", x))
def test_a_sensitive_value_is_masked(kind: Kind, pattern: str) -> None:
    """Itself, what it holds, and never by hiding that there is something."""
    path = tuple(pattern.replace("*", "any").split("/")[1:])

    assert shown("hush", path, kind) is Unset.SECRET
    assert shown("hush", (*path, "0", "value"), kind) is Unset.SECRET
    assert shown(Unset.ABSENT, path, kind) is Unset.ABSENT
    assert shown("said", ("name",), kind) == "said"


@pytest.mark.parametrize(("kind", "pattern"), _POINTERS, ids=lambda x: getattr(x, "name", x))
@pytest.mark.parametrize("exists", [True, False])
def test_no_plan_shows_a_sensitive_value(kind: Kind, pattern: str, *, exists: bool) -> None:
    """Neither the one the tenant has, nor the one a manifest should not have stated."""
    wire = BY_KIND[kind.name]
    holder, _, name = pattern.strip("/").rpartition("/")
    old, new = ([{"name": "x", "value": text}] for text in ("hush-old", "hush-new"))

    def with_value(document: Document, value: object) -> Document:
        inner = {name: value}
        return {**document, **({holder: {**document[holder], **inner}} if holder else inner)}

    live = live_from(kind, with_value(wire.answer, old))
    live = replace(live, name=str(wire.spec["name"]))
    desired = wanted(kind.name, wire.key, with_value(wire.spec, new))

    change = only_change(plan_for([desired], *([live] if exists else [])))

    assert pattern in {field.pointer for field in change.fields}
    assert "hush" not in repr(change.fields)
    assert "hush" not in repr(change)
