"""The way back: the plan that a JSON document shows, so that any format can show it again.

Such a plan is for readers. Apply plans anew and uses a document only as an approval.
"""

from __future__ import annotations

from typing import Any

from personalize_sync.errors import StaleError
from personalize_sync.kinds.kind import Standing
from personalize_sync.planning.change import (
    Action,
    Block,
    Cause,
    Change,
    Drift,
    Evidence,
    Expect,
    FieldChange,
    User,
)
from personalize_sync.planning.plan import Plan, Scope, SourceTree, Target
from personalize_sync.problems import Location, Problem, Severity
from personalize_sync.resources import ABSENT, AFTER_APPLY, Address, SecretRef, Unset


def plan_from(document: dict[str, Any]) -> Plan:
    """Return the plan of a document; raises StaleError where it is not one of ours."""
    try:
        return _plan(document)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise StaleError(
            "this is no plan that this version can show", "Nothing was written."
        ) from None


def _plan(document: dict[str, Any]) -> Plan:
    target, source, scope = document["target"], document["source"], document["scope"]
    return Plan(
        target=Target(str(target["env"]), str(target["base_url"]), str(target["client_key"])),
        changes=tuple(map(_change, document["changes"])),
        drift=tuple(map(_drift, document["drift"])),
        diagnostics=tuple(map(_problem, document["diagnostics"])),
        source=SourceTree(
            str(source["tree_digest"]),
            str(source["config_digest"]),
            str(source["commit"]),
            bool(source["dirty"]),
        ),
        scope=Scope(
            select=_texts(scope["select"]),
            prune=bool(scope["prune"]),
            failed=_texts(scope["completeness"]["failed"]),
            exclude=_texts(scope["exclude"]),
            allow=tuple(_pair(text) for text in _texts(scope["allow"])),
            on_drift=str(scope["on_drift"]),
        ),
        unmanaged=int(document["summary"]["unmanaged"]),
        adoptable=tuple(map(Address.parse, document["adoptable"])),
        reads_with=_texts(document["keys"]["read"]) if "keys" in document else (),
        against=str(document.get("against", "")),
    )


def _change(entry: dict[str, Any]) -> Change:
    base, expect = entry["base"], entry["expect"]
    return Change(
        address=Address.parse(entry["address"]),
        action=Action(entry["action"]),
        cause=Cause(entry["cause"]),
        credential=str(entry["credential"]),
        fields=tuple(map(_field, entry["fields"])),
        blocked=tuple(
            Block(str(b["rule"]), str(b["message"]), str(b["override"])) for b in entry["blocked"]
        ),
        secrets=_texts(entry["secrets"]),
        depends_on=tuple(map(Address.parse, entry["depends_on"])),
        notes=_texts(entry["notes"]),
        base=Evidence(
            str(base["evidence"]),
            _number(base["revision"]),
            _text(base["author"]),
            _text(base["at"]),
        ),
        expect=expect
        and Expect(str(expect["ref"]), _number(expect["revision"]), str(expect["digest"])),
        location=_location(entry["source"]),
        standing=_standing(entry["standing"]),
        used_by=tuple(
            User(Address.parse(u["address"]), bool(u["running"])) for u in entry["used_by"]
        ),
    )


def _standing(entry: dict[str, Any] | None) -> Standing | None:
    if entry is None:
        return None
    return Standing(str(entry["status"]), bool(entry["running"]), str(entry["since"]))


def _field(entry: dict[str, Any]) -> FieldChange:
    base, before, after = (_value(entry, side) for side in ("base", "before", "after"))
    return FieldChange(
        path=tuple(
            part.replace("~1", "/").replace("~0", "~") for part in entry["path"].split("/")[1:]
        ),
        cause=Cause(entry["cause"]),
        before=before,
        after=after,
        base=base,
        risk=str(entry["class"]),
        location=_location(entry["source"]),
    )


def _value(entry: dict[str, Any], side: str) -> Any:
    value = entry[side]
    if side in entry["absent"]:
        return ABSENT
    if side in entry["masked"]:
        return SecretRef("") if value == "(secret)" else Unset.SECRET
    return _unknown(value) if side in entry["known_after_apply"] else value


def _unknown(value: Any) -> Any:
    match value:
        case dict():
            return {name: _unknown(child) for name, child in value.items()}
        case list():
            return [_unknown(child) for child in value]
    return AFTER_APPLY if value is None else value


def _drift(entry: dict[str, Any]) -> Drift:
    return Drift(
        Address.parse(entry["address"]),
        author=_text(entry["author"]),
        at=_text(entry["at"]),
        revision=_number(entry["revision"]),
        fields=tuple(map(_field, entry["fields"])),
        location=_location(entry["source"]),
    )


def _problem(entry: dict[str, Any]) -> Problem:
    at = entry["file"] is not None and Location(
        str(entry["file"]),
        int(entry["line"]),
        int(entry["column"]),
        int(entry["end_line"] or 0),
        int(entry["end_column"] or 0),
    )
    return Problem(
        str(entry["id"]),
        str(entry["message"]),
        str(entry["remedy"]),
        location=at or None,
        severity=Severity(entry["severity"]),
        address=str(entry["address"]),
    )


def _pair(text: str) -> tuple[str, str]:
    rule, _, glob = text.partition("=")
    return rule, glob


def _location(place: dict[str, Any] | None) -> Location | None:
    return place and Location(str(place["file"]), int(place["line"]), int(place["column"]))  # type: ignore[return-value]


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(map(str, values))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
