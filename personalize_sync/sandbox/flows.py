"""Flow definitions: experiences and experiments.

API reference: create-a-flow-definition, update-a-flow-definition; the life cycle is that of the
user guide's pages on experience and experiment status.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from personalize_sync.sandbox.family import (
    ARRAY,
    FLAG,
    OBJECT,
    SERVER_OWNED,
    TEXT,
    Change,
    Family,
    View,
    check_enum,
    check_friendly_id,
    check_nested,
    content_changes,
    in_shown_order,
    objects_in,
)
from personalize_sync.sandbox.parameters import filled
from personalize_sync.sandbox.refusals import Objections, Refusal

if TYPE_CHECKING:
    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant

WEB = "INTERACTIVE_WEB_FLOW"
TYPES = (WEB, "INTERACTIVE_API_FLOW", "TRIGGERED_V3")
SUBTYPES = ("EXPERIMENT", "EXPERIENCE")
STATUSES = (
    "DRAFT",
    "PUBLISHING",
    "PRODUCTION",
    "SCHEDULED",
    "LIVE",
    "PAUSED",
    "COMPLETED",
)
RUNNING = frozenset({"PUBLISHING", "PRODUCTION", "SCHEDULED", "LIVE"})
CHANNELS = (
    "CALL_CENTER",
    "EMAIL",
    "MOBILE_APP",
    "MOBILE_WEB",
    "PUSH_NOTIFICATION",
    "SMS",
    "WEB",
)
_ALL = 100
_GOALS = ("goals", "goal")
_NOT_CONTENT = frozenset({"status", "archived", "revisionComment", "transpiledVariants"})


def _defaults() -> Document:
    return {"triggers": [], "dashboardLinks": [], "tags": []}


def _check(change: Change, objections: Objections) -> None:
    check_friendly_id(change, objections)
    check_enum(change, objections, "type", TYPES)
    check_enum(change, objections, "subtype", SUBTYPES)
    check_enum(change, objections, "status", STATUSES)
    _check_channels(change.sent.get("channels"), objections)
    check_nested(objections, "traffic", change.sent.get("traffic"), {"type": TEXT})
    check_nested(
        objections, "schedule", change.sent.get("schedule"), {"type": TEXT, "startDate": TEXT}
    )
    _check_traffic(change.sent.get("traffic"), objections)
    _check_schedule(change.sent.get("schedule"), objections)


def _check_channels(channels: object, objections: Objections) -> None:
    if not isinstance(channels, list):
        return
    if not channels or any(channel not in CHANNELS for channel in channels):
        objections.add(f"channels must hold at least one of {', '.join(CHANNELS)}")


def _check_traffic(traffic: object, objections: Objections) -> None:
    if not isinstance(traffic, dict):
        return
    allocation = traffic.get("allocation")
    if isinstance(allocation, int) and not 0 <= allocation <= _ALL:
        objections.add("traffic.allocation must be from 0 to 100")
    splits = traffic.get("splits")
    if traffic.get("type") != "simpleTraffic" or not isinstance(splits, list) or not splits:
        return
    shares = [split.get("split") if isinstance(split, dict) else None for split in splits]
    whole = [share for share in shares if isinstance(share, int)]
    if len(whole) != len(shares) or sum(whole) != _ALL:
        objections.add("traffic.splits must be whole percentages that total 100")


def _check_schedule(schedule: object, objections: Objections) -> None:
    if not isinstance(schedule, dict):
        return
    for name in ("startDate", "endDate"):
        if isinstance(schedule.get(name), str) and _moment(schedule[name]) is None:
            objections.add(f"schedule.{name} must be an ISO 8601 date")


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rules(change: Change) -> None:
    _keep_one_goals(change)
    change.body["traffic"] = _without_time(change.body.get("traffic"))
    before = change.before.body if change.before else None
    if change.by_machine:
        _refuse(change, before)
    for variant in objects_in(change.body.get("variants")):
        if "ref" not in variant:
            variant["ref"] = change.tenant.ids()
    change.body["transpiledVariants"] = _transpiled(change)
    _move(change, before)


def _keep_one_goals(change: Change) -> None:
    # Clients disagree on the name. Of two that were sent, the one that says something new counts.
    sent = [change.body.pop(name) for name in _GOALS if name in change.body]
    before = change.before.body.get("goals") if change.before else None
    changed = [goals for goals in sent if goals != before]
    if sent:
        change.body["goals"] = (changed or sent)[0]


def _refuse(change: Change, before: Document | None) -> None:
    knobs, body = change.knobs, change.body
    if before is None:
        if knobs.create_not_draft != "accepted" and body.get("status") != "DRAFT":
            raise Refusal(400, "a new flow must have the status DRAFT")
        return
    if before.get("status") == "PUBLISHING" and knobs.put_while_publishing != "accepted":
        raise Refusal(knobs.put_while_publishing, "the flow is being published")
    if before.get("status") not in RUNNING:
        return
    edits = content_changes(change, apart_from=_NOT_CONTENT)
    if edits and knobs.edit_running_flow != "accepted":
        raise Refusal(400, "a running flow cannot be changed; set it to PAUSED first")
    stops = body.get("status") not in RUNNING
    if change.archives and not stops and knobs.archive_running_flow != "accepted":
        raise Refusal(400, "a running flow cannot be archived; set it to PAUSED")


def _without_time(traffic: object) -> object:
    if not isinstance(traffic, dict):
        return traffic
    return {name: value for name, value in traffic.items() if name != "modifiedAt"}


def _move(change: Change, before: Document | None) -> None:
    """Take the step in the life cycle that the written status asks for."""
    asked = change.body.get("status")
    was = before.get("status") if before else None
    if change.body.get("type") != WEB or change.knobs.after_production == "production":
        return
    if asked not in RUNNING:
        return
    if was in RUNNING and asked != "PRODUCTION":
        # The status a GET showed is sent back: nobody moves a flow among these by hand.
        change.body["status"] = was
        change.due = change.before.due if change.before else None
        return
    change.body["status"] = "PUBLISHING"
    change.due = _due(change)


def _due(change: Change) -> str:
    span = change.knobs.publishing_lasts
    if span.unit == "requests":
        return f"{change.tenant.count + span.amount}r"
    return (change.now + timedelta(seconds=span.amount)).isoformat()


def settled(tenant: Tenant, record: Record) -> Record:
    """Let time pass: what was PUBLISHING becomes LIVE or SCHEDULED, SCHEDULED becomes LIVE."""
    status = record.body.get("status")
    if status == "PUBLISHING" and record.due and _is_over(tenant, record.due):
        status = "SCHEDULED" if _starts_later(tenant, record) else "LIVE"
    elif status == "SCHEDULED" and record.due and not _starts_later(tenant, record):
        status = "LIVE"
    if status == record.body.get("status"):
        return record
    return replace(record, body={**record.body, "status": status})


def _is_over(tenant: Tenant, due: str) -> bool:
    if due.endswith("r"):
        return tenant.count > int(due[:-1])
    return tenant.clock() >= datetime.fromisoformat(due)


def _starts_later(tenant: Tenant, record: Record) -> bool:
    start = _moment((record.body.get("schedule") or {}).get("startDate"))
    return start is not None and start > tenant.clock()


def _transpiled(change: Change) -> list[Document]:
    """Compile what the browser will run; conditions are copied as they are at this moment."""
    variants = objects_in(change.body.get("variants"))
    compiled = [{"ref": variant["ref"], "name": variant.get("name")} for variant in variants]
    traffic = change.body.get("traffic") or {}
    splits = objects_in(traffic.get("splits"))
    return compiled + [
        {
            "variantName": split.get("variantName"),
            "audienceName": split.get("audienceName"),
            "conditions": _conditions(change.tenant, split),
        }
        for split in splits
        if "conditionGroups" in split
    ]


def _conditions(tenant: Tenant, split: Document) -> list[str]:
    groups = objects_in(split.get("conditionGroups"))
    conditions = [it for group in groups for it in objects_in(group.get("conditions"))]
    return [_condition(tenant, condition) for condition in conditions]


def _condition(tenant: Tenant, condition: Document) -> str:
    stored = tenant.store.by_friendly_id("template", str(condition.get("templateId", "")))
    params = condition.get("params")
    elements = stored.body.get("templateElements") or () if stored else ()
    texts = filled(elements, params if isinstance(params, dict) else {})
    return "\n".join(element["template"] for element in texts)


def _show(view: View, record: Record) -> Document:
    knobs = view.tenant.knobs
    shown = dict(record.body)
    if isinstance(shown.get("traffic"), dict):
        when = view.tenant.shown_time(record.modified_at)
        shown["traffic"] = {**shown["traffic"], "modifiedAt": when}
    for name in ("channels", "tags"):
        if name in shown:
            shown[name] = in_shown_order(knobs, shown[name])
    if "goals" in shown and knobs.goals_name == "goal":
        shown["goal"] = shown.pop("goals")
    shown["revisions"] = view.link(f"/v3/flowDefinitions/{record.ref}/revisions")
    return shown


def matches(record: Record, query: dict[str, str]) -> bool:
    """Apply the list filters that clients are seen to send for flows."""
    body = record.body
    search = query.get("search", "").lower()
    if search and search not in f"{body['name']}\n{body.get('friendlyId', '')}".lower():
        return False
    kinds = [kind for kind in query.get("flowType", "").upper().split(",") if kind]
    return not kinds or str(body.get("type")) in kinds


def of_site(tenant: Tenant, site: str) -> Document:
    """List the flows of a site in short; first-party clients use this path."""
    flows = [
        record.body
        for record in (settled(tenant, it) for it in tenant.store.all("flow"))
        if record.body.get("siteId") == site
    ]
    names = ("name", "friendlyId", "status")
    return {"items": [{name: flow.get(name) for name in names} for flow in flows]}


FLOW = Family(
    kind="flow",
    collection="/v3/flowDefinitions",
    fields={
        "name": TEXT,
        "friendlyId": TEXT,
        "description": TEXT,
        "type": TEXT,
        "subtype": TEXT,
        "status": TEXT,
        "channels": ARRAY,
        "businessProcess": TEXT,
        "variants": ARRAY,
        "traffic": OBJECT,
        "schedule": OBJECT,
        "sampleSizeConfig": OBJECT,
        "archived": FLAG,
        "tags": ARRAY,
        "triggers": ARRAY,
        "target": OBJECT,
        "goal": (dict, list),
        "goals": (dict, list),
        "dashboardLinks": ARRAY,
        "notificationEnabled": FLAG,
        "siteId": TEXT,
        "postTestAction": (str, dict),
        "revisionComment": TEXT,
    },
    required=(
        "name",
        "friendlyId",
        "type",
        "subtype",
        "status",
        "channels",
        "businessProcess",
        "variants",
        "traffic",
        "schedule",
        "sampleSizeConfig",
    ),
    server_owned=SERVER_OWNED | {"transpiledVariants", "result"},
    defaults=_defaults,
    check=_check,
    rules=_rules,
    show=_show,
    has_revisions=False,
    has_friendly_id=True,
)
