"""Saved plans: sealed when written, and trusted when read only as far as everything still holds.

A plan file approves changes; it never carries them out by itself. Apply plans again from the same
manifests and goes on only with what the file approves and the tenant still matches.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from personalize_sync.errors import StaleError
from personalize_sync.planning.change import Action, Cause, Change
from personalize_sync.planning.compare import canonical
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.planning.plan import Plan, SourceTree
    from personalize_sync.resources import Document, LiveState

_AGAIN = "Plan again and review the new plan. Nothing was written."


def sealed(document: Document, key: str) -> Document:
    """Return a plan document with the seal over all of it: an HMAC if there is a key.

    Only the HMAC resists somebody who can edit the file; the plain digest notices accidents.
    """
    return {**document, "seal": _seal(document, key)}


def _seal(document: Document, key: str) -> str:
    content = canonical({name: value for name, value in document.items() if name != "seal"})
    if key:
        return "hmac-sha256:" + hmac.new(key.encode(), content, hashlib.sha256).hexdigest()
    return "sha256:" + hashlib.sha256(content).hexdigest()


def seal_holds(document: Document, key: str) -> bool:
    """Whether a document is as it was when it was sealed, with this key if there is one."""
    return hmac.compare_digest(
        str(document.get("seal", "")).encode(), _seal(document, key).encode()
    )


def needs_key(document: Document) -> bool:
    """Whether only the holder of a key can tell if the seal of a document holds."""
    return str(document.get("seal", "")).startswith("hmac-")


def demand_seal(document: Document, key: str) -> None:
    """Raise StaleError unless a plan file is as it was when it was sealed."""
    if not seal_holds(document, key):
        reason = "was altered, or sealed with another PERSONALIZE_SYNC_PLAN_KEY"
        raise StaleError(f"the plan file {reason}", _AGAIN)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a plan file must have been made for to be applied here and now."""

    environment: str
    source: SourceTree
    tool_version: str
    now: datetime
    key: str = ""


def check(document: Document, bound: Bound) -> None:
    """Raise StaleError unless a plan file is unaltered, fresh, and made for exactly this."""
    demand_seal(document, bound.key)
    if document.get("against"):
        raise StaleError(
            "the plan file was made against a snapshot, so it approves nothing",
            "Plan against the tenant. Nothing was written.",
        )
    expires_at = _time(document.get("expires_at"))
    if expires_at is None or bound.now >= expires_at:
        raise StaleError(f"the plan file expired at {document.get('expires_at')}", _AGAIN)
    target, source = _part(document, "target"), _part(document, "source")
    for what, planned, here in (
        ("another environment", target.get("env"), bound.environment),
        ("another commit", source.get("commit"), bound.source.commit),
        ("other manifests", source.get("tree_digest"), bound.source.tree_digest),
        ("another project file", source.get("config_digest"), bound.source.config_digest),
        ("another tool version", _part(document, "tool").get("version"), bound.tool_version),
    ):
        if planned != here:
            raise StaleError(f"the plan file was made for {what}: {planned}, not {here}", _AGAIN)


def approved(plan: Plan, document: Document, state: LiveState) -> tuple[Plan, dict[Address, str]]:
    """Return the fresh plan narrowed to what a file approves, and why the rest of it is stale.

    Raises StaleError where the tenant is another one.
    """
    client_key = _part(document, "target").get("client_key")
    if client_key and state.client_key and client_key != state.client_key:
        raise StaleError(f"the plan file is of another tenant: {client_key}", _AGAIN)
    fresh = {str(change.address): change for change in plan.changes}
    stale: dict[Address, str] = {}
    kept: list[Change] = []
    for entry in document.get("changes", ()):
        address = str(entry.get("address"))
        settled = Change(Address.parse(address), Action.NO_OP, Cause.CONVERGED)
        change = fresh.get(address, settled)
        reason = _moved(entry, change)
        if reason:
            stale[change.address] = reason
        kept.append(change)
    return replace(plan, changes=tuple(kept)), stale


def _moved(entry: Mapping[str, Any], change: Change) -> str:
    """Return what changed in the tenant since a change was approved; empty if nothing did."""
    if change.action is Action.NO_OP:
        return "it is already as the manifests say, or the plan was applied before"
    planned = entry.get("expect") or {}
    now = change.expect
    if entry.get("action") != change.action.value:
        return f"{entry.get('action')} became {change.action.value}"
    if now is None or planned.get("digest") == now.digest:
        return ""
    before = {field.get("path"): field.get("before") for field in entry.get("fields", ())}
    fields = [f.pointer for f in change.fields if before.get(f.pointer, ...) != f.before]
    live = change.live
    author = (live.author if live else None) or "somebody"
    when = (live.modified_at if live else None) or "at an unknown time"
    what = ", ".join(fields) or "unmanaged fields"
    return (
        f"refused, since it moved: revision {planned.get('revision')} -> {now.revision}, {what}, "
        f"by {author}, {when}"
    )


def _part(document: Document, name: str) -> Document:
    part = document.get(name)
    return part if isinstance(part, dict) else {}


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
