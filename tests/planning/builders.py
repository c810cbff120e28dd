"""Manifests, live objects and plans with boring defaults: a test mentions only what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.planner import make_plan
from personalize_sync.planning.policy import Policy
from personalize_sync.problems import Location
from personalize_sync.project import Environment
from personalize_sync.resources import Address, Live, LiveState, Resource, pointer
from personalize_sync.tenant.live import live_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalize_sync.planning.change import Change, FieldChange
    from personalize_sync.planning.plan import Plan
    from personalize_sync.resources import Base, Path

US = "our-key@clients"
MARIA = "auth0|maria"
EVERY_KEY: dict[str, tuple[str, ...] | None] = {
    "connections": None,
    "developer-templates": None,
    "decision-model-testing": None,
    "multiple-resources": None,
}
DMN = '<definitions xmlns="urn:dmn" id="d" name="d"><decision id="x"/></definitions>'
_ELEMENTS = {"html": "<p>Hello</p>"}


@dataclass(frozen=True)
class Written:
    """A manifest of one line: every place in it is that line."""

    file: str = "manifest.yaml"

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """Return the line, and in the column how deep the place is."""
        return Location(self.file, 1, 1 + 2 * len(path) + key)

    @property
    def start(self) -> Location:
        """Where the manifest starts."""
        return Location(self.file, 1, 1)


def wanted(kind: str, key: str, spec: dict[str, Any], **settings: Any) -> Resource:
    """Return what a manifest declares."""
    return Resource(Address(kind, key), spec, source=Written(f"{key}.yaml"), **settings)


def template(
    key: str = "strip", *, settings: Mapping[str, Any] | None = None, **spec: Any
) -> Resource:
    """Declare a template."""
    body = {"name": "Strip", "type": "WEB", "status": "DRAFT", "templateElements": _ELEMENTS}
    return wanted("template", key, {**body, **spec}, **(settings or {}))


def connection(
    key: str = "weather", *, settings: Mapping[str, Any] | None = None, **spec: Any
) -> Resource:
    """Declare a connection."""
    body = {
        "name": "Weather",
        "systemType": "DATA_SYSTEM",
        "auth": {"authType": "NONE"},
        "request": {"requestType": "GET", "connectionUrl": "https://weather.example.test/v1"},
    }
    return wanted("connection", key, {**body, **spec}, **(settings or {}))


def model(
    key: str = "banner", *, settings: Mapping[str, Any] | None = None, **spec: Any
) -> tuple[Resource, ...]:
    """Declare a decision model and its variants; one, in production, unless said otherwise."""
    main = {"name": "Main", "definition": DMN, "status": "PRODUCTION", "split": 100}
    body = {"name": "Banner", "variants": {"main": main}, **spec}
    return BY_NAME["decision-model"].expand(wanted("decision-model", key, body, **(settings or {})))


def live_template(key: str = "strip", *, ref: str = "", **record: Any) -> Live:
    """Return the live object that `template(key)` agrees with."""
    elements = record.pop("elements", _ELEMENTS)
    body = {
        "name": "Strip",
        "friendlyId": key,
        "type": "WEB",
        "status": "DRAFT",
        "templateElements": [{"id": i, "template": text} for i, text in elements.items()],
    }
    return stored("template", {**body, "ref": ref or f"ref-of-{key}", **record})


def live_connection(name: str = "Weather", *, ref: str = "", **record: Any) -> Live:
    """Return the live object that `connection()` agrees with."""
    body = {
        "name": name,
        "systemType": "DATA_SYSTEM",
        "auth": {"authType": "NONE"},
        "request": {"requestType": "GET", "connectionUrl": "https://weather.example.test/v1"},
    }
    return stored("connection", {**body, "ref": ref or f"ref-of-{name}", **record})


def live_model(
    name: str = "Banner", *entries: dict[str, Any], ref: str = "", **record: Any
) -> Live:
    """Return a live model with these entries in its deployment."""
    body = {"name": name, "deploymentConfiguration": {"variants": list(entries)}}
    return stored("decision-model", {**body, "ref": ref or f"ref-of-{name}", **record})


def live_variant(
    name: str = "Main", *, of: str = "ref-of-Banner", ref: str = "", **record: Any
) -> Live:
    """Return a live variant of the model with the ref `of`."""
    body = {"name": name, "definition": DMN, "ref": ref or f"ref-of-{name}"}
    return stored("decision-variant", {**body, **record}, parent=of)


def deployed(name: str = "Main", **entry: Any) -> dict[str, Any]:
    """Return the entry of a deployment that gives everything to one variant."""
    body = {"variantRef": f"ref-of-{name}", "status": "PRODUCTION", "split": 100}
    return {**body, "variantRevision": 1, **entry}


def stored(kind: str, record: dict[str, Any], *, parent: str = "") -> Live:
    """Return a record as read from a tenant: revision 1, written last by us."""
    common = {"revision": 1, "modifiedByRef": US, "modifiedAt": "2026-02-03T04:05:06Z"}
    return live_from(BY_NAME[kind], {**common, **record}, parent=parent)


def state(
    *objects: Live, bases: Mapping[str, Base | None] | None = None, incomplete: Iterable[str] = ()
) -> LiveState:
    """Return what was read of the tenant."""
    return LiveState(objects, ours=frozenset({US}), bases=bases or {}, incomplete=tuple(incomplete))


def policy(rules: Mapping[str, Any] | None = None, **wishes: Any) -> Policy:
    """Return the rules of an environment with every key, and a run's wishes."""
    return Policy(Environment("test", keys=EVERY_KEY, **(rules or {})), **wishes)


def plan_for(
    desired: Iterable[Resource],
    *objects: Live,
    bases: Mapping[str, Base | None] | None = None,
    incomplete: Iterable[str] = (),
    rules: Mapping[str, Any] | None = None,
    **wishes: Any,
) -> Plan:
    """Plan, with the rules of the environment and the wishes of the command line as given."""
    live = state(*objects, bases=bases, incomplete=incomplete)
    return make_plan(tuple(desired), live, policy=policy(rules, **wishes))


def actions(plan: Plan) -> list[str]:
    """Return the plan's work in its order: `update template/strip`."""
    return [f"{change.action.value} {change.address}" for change in plan.changes]


def only_change(plan: Plan) -> Change:
    """Return the one change of a plan."""
    (change,) = plan.changes
    return change


def fields(change: Change) -> dict[str, FieldChange]:
    """Return the changed fields by pointer."""
    return {pointer(field.path): field for field in change.fields}


def rules_against(change: Change) -> list[str]:
    """Return the rules that object to a change."""
    return [block.rule for block in change.blocked]
