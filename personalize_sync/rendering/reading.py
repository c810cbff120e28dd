"""A plan document read back into a plan, so that a saved one can be shown in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.errors import StaleError
from personalize_sync.planning.change import (
    Action,
    Block,
    Cause,
    Change,
    Drift,
    Evidence,
    Expect,
    FieldChange,
)
from personalize_sync.planning.plan import Plan, Scope, SourceTree, Target
from personalize_sync.problems import Location, Problem, Severity
from personalize_sync.resources import ABSENT, AFTER_APPLY, Address, Unset

if TYPE_CHECKING:
    from personalize_sync.resources import Document


def plan_from(document: Document) -> Plan:
    """Return the plan a document describes; raises StaleError where it is none of ours."""
    try:
        return _plan(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StaleError(
            f"the file is no plan that this version can read ({type(error).__name__})",
            "Write one with: personalize-sync plan --out plan.json",
        ) from None


def _plan(document: Document) -> Plan:
    target, source, scope = document["target"], document["source"], document["scope"]
    return Plan(
        target=Target(target["env"], target["base_url"], target["client_key"]),
        changes=tuple(_change(entry) for entry in document["changes"]),
        drift=tuple(_drift(entry) for entry in document["drift"]),
        diagnostics=tuple(_problem(entry) for entry in document["diagnostics"]),
        source=SourceTree(
            source["tree_digest"], source["config_digest"], source["commit"], source["dirty"]
        ),
        scope=Scope(tuple(scope["select"]), scope["prune"], tuple(scope["completeness"]["failed"])),
        unmanaged=document["summary"]["unmanaged"],
        adoptable=tuple(_address(text) for text in document["adoptable"]),
    )


def _change(entry: Document) -> Change:
    base, expect = entry["base"], entry["expect"]
    return Change(
        address=Address(entry["kind"], entry["key"]),
        action=Action(entry["action"]),
        cause=Cause(entry["cause"]),
        credential=entry["credential"],
        fields=tuple(_field(field) for field in entry["fields"]),
        blocked=tuple(Block(b["rule"], b["message"], b["override"]) for b in entry["blocked"]),
        secrets=tuple(entry["secrets"]),
        depends_on=tuple(_address(text) for text in entry["depends_on"]),
        notes=tuple(entry["notes"]),
        base=Evidence(base["evidence"], base["revision"], base["author"], base["at"]),
        expect=Expect(expect["ref"], expect["revision"], expect["digest"]) if expect else None,
        location=_place(entry["source"]),
    )


def _field(entry: Document) -> FieldChange:
    def side(name: str) -> Any:
        if name in entry["absent"]:
            return ABSENT
        if name in entry["masked"]:
            return Unset.SECRET
        if name in entry["known_after_apply"] and entry[name] is None:
            return AFTER_APPLY
        return entry[name]

    return FieldChange(
        path=tuple(
            part.replace("~1", "/").replace("~0", "~") for part in entry["path"].split("/")[1:]
        ),
        cause=Cause(entry["cause"]),
        before=side("before"),
        after=side("after"),
        base=side("base"),
        risk=entry["class"],
        location=_place(entry["source"]),
    )


def _drift(entry: Document) -> Drift:
    return Drift(
        _address(entry["address"]),
        author=entry["author"],
        at=entry["at"],
        revision=entry["revision"],
        fields=tuple(_field(field) for field in entry["fields"]),
        location=_place(entry["source"]),
    )


def _problem(entry: Document) -> Problem:
    return Problem(
        entry["id"],
        entry["message"],
        entry["remedy"],
        _place(entry) if entry["file"] else None,
        Severity(entry["severity"]),
        entry["address"],
    )


def _place(entry: Document | None) -> Location | None:
    if entry is None:
        return None
    return Location(
        entry["file"],
        entry["line"],
        entry["column"],
        entry.get("end_line") or 0,
        entry.get("end_column") or 0,
    )


def _address(text: str) -> Address:
    kind, _, key = text.partition("/")
    return Address(kind, key)
