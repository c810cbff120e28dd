"""Experiences and experiments: flow definitions, told apart by subtype. Known by friendlyId.

The status has a life of its own: who writes PRODUCTION may read PUBLISHING, SCHEDULED or LIVE later
(API reference: status life cycle). All four mean "it runs" and are one value here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.kinds.flow_checks import check
from personalize_sync.kinds.flow_copies import copy
from personalize_sync.kinds.flow_parts import (
    COPIED,
    inside,
    objects,
    read_splits,
    read_variants,
    written_splits,
    written_variants,
)
from personalize_sync.kinds.kind import (
    COSMETIC,
    SERVER_OWNED,
    Form,
    KeyedBy,
    Kind,
    Refs,
    Standing,
    overlay_items,
    overlay_object,
    without,
)
from personalize_sync.resources import Address, Lookup, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from personalize_sync.resources import Document, Live, Path, Resource

RUNNING = "PRODUCTION"
"""What is written to start a flow, and what every state of a started one is read as."""
PUBLISHING = "PUBLISHING"
PAUSED = "PAUSED"
COMPLETED = "COMPLETED"
_STARTED = frozenset({RUNNING, PUBLISHING, "SCHEDULED", "LIVE"})
_GOALS = ("goals", "goal")
# Made anew by the server on every write: sent back, an old copy might be kept.
_MADE_ANEW = frozenset(
    {"transpiledVariants", "result", "modifiedAt", "modifiedByRef", "modifiedByUserRef"}
)


def _normalise(live: Live, refs: Refs) -> Document:
    record, flow = live.record, refs.address(live.kind, live.ref)
    body = without(record, SERVER_OWNED | _MADE_ANEW | {"friendlyId", "subtype", *_GOALS})
    if "status" in record:
        body["status"] = canonical_status(record["status"])
    goals = next((record[name] for name in _GOALS if record.get(name) is not None), None)
    if goals is not None:
        body["goals"] = goals
    if isinstance(record.get("variants"), list):
        body["variants"] = read_variants(record, flow, refs)
    if isinstance(record.get("traffic"), dict):
        body["traffic"] = without(record["traffic"], {"modifiedAt"})
        if isinstance(record["traffic"].get("splits"), list):
            body["traffic"]["splits"] = read_splits(record, flow, refs)
    return body


def canonical_status(status: Any) -> Any:
    """Return a status, all that mean a started flow as one."""
    return RUNNING if isinstance(status, str) and status in _STARTED else status


def _overlay(record: Document, resource: Resource, refs: Refs) -> Document:
    spec = resource.spec
    body = _sendable(record) or _defaults(spec)
    for name, value in spec.items():
        if name not in _OVERLAID:
            body[name] = value
    body["friendlyId"] = resource.address.key
    body["subtype"] = resource.address.kind.upper()
    if "variants" in spec:
        body["variants"] = written_variants(record, resource, refs)
    if "traffic" in body or "traffic" in spec:
        body["traffic"] = _traffic(record, body.get("traffic"), resource, refs)
    for name, lay in _OVERLAID.items():
        if lay is not None and name in spec:
            body[name] = lay(body.get(name), spec[name])
    if "goals" in spec and "goal" in record:
        body["goal"] = _goals(record["goal"], spec["goals"])
        if "goals" not in record:
            del body["goals"]
    return body


def _sendable(record: Document) -> Document:
    """Return a record without what the server makes anew on every write."""
    body = without(record, _MADE_ANEW)
    if isinstance(record.get("traffic"), dict):
        body["traffic"] = without(record["traffic"], {"modifiedAt"})
    return body


def _status(recorded: object, stated: str) -> object:
    # Nobody moves a started flow among its states by hand: what was read is sent back.
    is_same = canonical_status(recorded) == canonical_status(stated)
    return recorded if is_same else canonical_status(stated)


def _target(recorded: object, stated: Document) -> Document:
    return _listed(recorded, stated, "targetPages", "value")


def _triggers(recorded: object, stated: list[Document]) -> list[Document]:
    return overlay_items(recorded, stated, "name")


def _post_test_action(recorded: object, stated: object) -> object:
    return overlay_object(recorded, stated) if isinstance(stated, dict) else stated


def _defaults(spec: Document) -> Document:
    """Return what POST demands (API reference: create-a-flow-definition) and a manifest may omit."""
    triggered = spec.get("type") == "TRIGGERED_V3"
    traffic: Document = {"type": "simpleTraffic", "weightingAlgorithm": "USER_DEFINED"}
    if (spec.get("traffic") or {}).get("type") != "advancedTraffic":
        traffic["allocation"] = 100  # buckets say it there
    return {
        "status": "DRAFT",
        "businessProcess": "triggered_v1" if triggered else "interactive_v1",
        "variants": [],
        "traffic": traffic,
        "sampleSizeConfig": {
            "baseValue": 0.02,
            "minimumDetectableDifference": 0.2,
            "confidenceLevel": 0.95,
        },
    }


def _traffic(record: Document, present: object, resource: Resource, refs: Refs) -> Document:
    stated: Document = resource.spec.get("traffic") or {}
    traffic = overlay_object(present, without(stated, {"splits"}))
    if "splits" in stated:
        traffic["splits"] = written_splits(record, traffic, resource, refs)
    return traffic


def _goals(record: object, stated: Document) -> Document:
    goals = _listed(record, stated, "secondary", "name")
    primary = stated.get("primary")
    before = record.get("primary") if isinstance(record, dict) else None
    if isinstance(primary, dict) and isinstance(before, dict):
        # Another goal of another name has nothing to inherit.
        is_same = before.get("name") == primary.get("name")
        goals["primary"] = overlay_object(before, primary) if is_same else primary
    return goals


def _listed(record: object, stated: Document, name: str, key: str) -> Document:
    """Lay an object over the recorded one, and the items of one of its lists over theirs."""
    merged = overlay_object(record, stated)
    if isinstance(stated.get(name), list):
        before = record.get(name) if isinstance(record, dict) else None
        merged[name] = overlay_items(before, stated[name], key)
    return merged


# How stated fields are laid over recorded ones; None for those that take more than one field.
_OVERLAID: dict[str, Callable[[Any, Any], Any] | None] = {
    "variants": None,
    "traffic": None,
    "status": _status,
    "schedule": overlay_object,
    "sampleSizeConfig": overlay_object,
    "goals": _goals,
    "target": _target,
    "triggers": _triggers,
    "postTestAction": _post_test_action,
}


def _retire(record: Document) -> Document:
    """Archive as first-party code does, which also stops it (API reference: status life cycle)."""
    return {**_sendable(record), "archived": True, "status": PAUSED}


def _settle(spec: Document, _revisions: Mapping[str, Any]) -> Document:
    """Leave out what only the manifest knows."""
    settled = {**spec}
    if "status" in spec:
        settled["status"] = canonical_status(spec["status"])
    if "variants" in spec:
        settled["variants"] = {k: without(v, COPIED) for k, v in objects(spec, "variants").items()}
    return settled


def _gather(spec: Document, _children: Mapping[str, Document]) -> Document:
    """Leave out what stands among the tasks anyway, and the refs of goals, which no other tenant has."""
    body = dict(spec)
    if "variants" in spec:
        variants = objects(spec, "variants").items()
        body["variants"] = {key: without(v, {"freemarker"}) for key, v in variants}
    if isinstance(spec.get("goals"), dict):
        body["goals"] = {name: _without_ref(goal) for name, goal in spec["goals"].items()}
    return body


def _without_ref(goal: Any) -> Any:
    match goal:
        case dict():
            return without(goal, {"ref"})
        case list():
            return [_without_ref(item) for item in goal]
    return goal


def _as_draft(body: Document) -> Document:
    """Begin as a draft: a tenant may create nothing else (API reference: create)."""
    return {**body, "status": "DRAFT"}


def _busy(live: Live) -> str:
    return "it is being published" if live.record.get("status") == PUBLISHING else ""


def _standing(live: Live) -> Standing:
    status = canonical_status(live.record.get("status"))
    schedule = live.record.get("schedule")
    since = schedule.get("startDate") if isinstance(schedule, dict) else None
    return Standing(
        str(status or ""),
        is_running=status == RUNNING and not live.archived,
        since=since if isinstance(since, str) else "",
    )


def _references(spec: Document) -> Iterable[Reference]:
    for key, variant in objects(spec, "variants").items():
        place = ("variants", key)
        yield from _named((*place, "fromTemplate"), "template", variant.get("fromTemplate"))
        for index, value in enumerate(_list(variant, "decisionModels")):
            yield from _named((*place, "decisionModels", str(index)), "decision-model", value)
        for index, value in enumerate(_list(variant, "conditionTemplates")):
            yield from _named((*place, "conditionTemplates", str(index)), "template", value)
    traffic = spec.get("traffic")
    for key, audience in objects(traffic if isinstance(traffic, dict) else {}, "splits").items():
        yield from _conditions(audience, ("traffic", "splits", key, "conditionGroups"))


def _conditions(audience: Document, place: Path) -> Iterator[Reference]:
    for index, group in enumerate(_list(audience, "conditionGroups")):
        for number, condition in enumerate(_list(group, "conditions")):
            path = (*place, str(index), "conditions", str(number), "templateId")
            yield from _named(path, "template", condition.get("templateId"))


def _named(path: Path, kind: str, value: object) -> Iterator[Reference]:
    match value:
        case str():
            # The code of a web template is copied from its manifest: the tenant need not have it.
            yield Reference(path, Address(kind, value), is_copy=path[-1] == "fromTemplate")
        case Lookup():
            yield Reference(path, value)


def _list(document: Document, name: str) -> list[Document]:
    value = document.get(name)
    return value if isinstance(value, list) else []


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
        scope="flows",
        by_friendly_id=True,
        tries_history=True,  # answers link to one (API reference: flow definitions)
        shapes={
            "/tags": Form.SET,
            "/channels": Form.SET,
            "/variants": Form.MAP,
            "/variants/*/assets": Form.MAP,
            "/traffic/splits": Form.MAP,
            "/goals/secondary": KeyedBy("name"),
            "/triggers": KeyedBy("name"),
            "/schedule/startDate": Form.MOMENT,
            "/schedule/endDate": Form.MOMENT,
        },
        risks=COSMETIC
        | dict.fromkeys(("/dashboardLinks", "/notificationEnabled"), "cosmetic")
        | {f"/variants/*/{n}": "cosmetic" for n in ("name", "description", "image", "previewUrl")}
        | dict.fromkeys(("/status", "/archived", "/schedule", "/postTestAction"), "lifecycle")
        | dict.fromkeys(("/traffic", "/goals", "/sampleSizeConfig"), "statistical")
        | {"/variants/*/isControl": "statistical", "/traffic/splits/*/template": "content"},
        entries={"/variants/*": ("statistical", "destructive")},
        normalise=_normalise,
        overlay=_overlay,
        retire=_retire,
        check=check,
        references=_references,
        gather=_gather,
        copy=copy,
        settle=_settle,
        inside=inside,
        begin=_as_draft,
        busy=_busy,
        standing=_standing,
    )


EXPERIENCE = _flow("experience", "Experience", "experiences")
EXPERIMENT = _flow("experiment", "Experiment", "experiments")
