"""The marketer: a person who changes things in the UI while Git is not looking."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalize_sync.sandbox.addresses import Unknown, find, slug
from personalize_sync.sandbox.decision_variants import DECISION_VARIANT
from personalize_sync.sandbox.family import TEXT
from personalize_sync.sandbox.refusals import Refusal
from personalize_sync.sandbox.tenant import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.sandbox import Sandbox
    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant

_ITEM_KEYS = ("id", "key", "ref", "variantRef", "friendlyId", "name")
_JSON = re.compile(r'\s*([\[{"]|-?\d|(true|false|null)\s*$)')


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit led to."""

    address: str
    ref: str
    revision: int
    author: str
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotEdited:
    """Why nothing was changed."""

    message: str
    did_you_mean: tuple[str, ...] = ()


class _NoSuchPlace(Exception):  # noqa: N818 - becomes a NotEdited
    """A path that leads nowhere."""


def edit(
    sandbox: Sandbox, address: str, changes: Mapping[str, object], author: str = "Maria"
) -> Edited | NotEdited:
    """Change a live object as a person in the UI would: a new revision with that person's stamp.

    Paths look like `name`, `/templateElements/html`, `auth/clientId` or `/variants/bold/name`.
    Texts that look like JSON become JSON where the changed field is no text.
    """
    with sandbox.writing() as tenant:
        record = find(tenant, address)
        if isinstance(record, Unknown):
            return NotEdited(record.message, record.did_you_mean)
        return _edit(tenant, record, address, changes, author)


def person(author: str) -> str:
    """Write a person's name the way the user field stamps it."""
    return f"auth0|{slug(author)}"


def _edit(
    tenant: Tenant, record: Record, address: str, changes: Mapping[str, object], author: str
) -> Edited | NotEdited:
    body = deepcopy(record.body)
    try:
        for path, value in changes.items():
            _change(tenant, record, body, path, value)
        edited = tenant.amend(record, body, person(author))
    except _NoSuchPlace as error:
        return NotEdited(f"{address} has no {error}")
    except Refusal as refusal:
        return NotEdited("; ".join(refusal.messages))
    return Edited(address, edited.ref, edited.revision, edited.modified_by, tuple(changes))


def _change(tenant: Tenant, record: Record, body: Document, path: str, value: object) -> None:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path.strip("/").split("/")]
    steps = _spelled_out(tenant, record, body, steps)
    family = FAMILIES[record.kind]
    if not steps[0] or steps[0] in family.server_owned:
        raise _NoSuchPlace(f"field that a person may change at {path}")
    is_text = len(steps) == 1 and family.fields.get(steps[0]) == TEXT
    _set(body, steps, value, path, is_text=is_text)


def _spelled_out(tenant: Tenant, record: Record, body: Document, steps: list[str]) -> list[str]:
    """Turn the short ways to name an element, a split or a deployment into full paths."""
    match record.kind, steps:
        case "template", ["templateElements", element, *rest]:
            return ["templateElements", _element(body, element), *(rest or ["template"])]
        case "flow", ["traffic", "splits", variant, *rest]:
            return ["traffic", "splits", _variant_ref(body, variant), *(rest or ["split"])]
        case "decision-model", ["deploymentConfiguration", "variants", variant, *rest]:
            ref = _deployment(tenant, record, body, variant)
            return ["deploymentConfiguration", "variants", ref, *rest]
        case "decision-model", ["variants", variant, *rest]:
            ref = _deployment(tenant, record, body, variant)
            return ["deploymentConfiguration", "variants", ref, *rest]
        case _:
            return steps


def _element(body: Document, element: str) -> str:
    elements = body.setdefault("templateElements", [])
    if _position(elements, element) is None:
        elements.append({"id": element, "template": ""})
    return element


def _variant_ref(body: Document, variant: str) -> str:
    variants = body.get("variants") or []
    position = _position(variants, variant)
    return variant if position is None else str(variants[position]["ref"])


def _deployment(tenant: Tenant, record: Record, body: Document, variant: str) -> str:
    variants = tenant.all(DECISION_VARIANT, record.ref)
    named = [it for it in variants if variant in (it.ref, it.body["name"], slug(it.body["name"]))]
    if not named:
        return variant
    configuration = body.setdefault("deploymentConfiguration", {})
    entries = configuration.setdefault("variants", [])
    if not any(entry.get("variantRef") == named[0].ref for entry in entries):
        entry = {"variantRef": named[0].ref, "split": 0, "status": "DRAFT"}
        entries.append({**entry, "variantRevision": named[0].revision})
    return named[0].ref


def _set(
    node: object, steps: list[str], value: object, path: str, *, is_text: bool = False
) -> None:
    step, *rest = steps
    if isinstance(node, dict):
        if rest:
            _set(node.setdefault(step, {}), rest, value, path)
            return
        node[step] = _typed(node.get(step), value, is_text=is_text)
        if node[step] is None:
            del node[step]
        return
    position = _position(node, step) if isinstance(node, list) else None
    if position is None or not isinstance(node, list):
        raise _NoSuchPlace(f"{step} on the way to {path}")
    if rest:
        _set(node[position], rest, value, path)
    else:
        node[position] = _typed(node[position], value)


def _position(items: list[object], step: str) -> int | None:
    """Find a list item by one of its names, by the slug of its name, or by its index."""
    for key in _ITEM_KEYS:
        for position, item in enumerate(items):
            if isinstance(item, dict) and item.get(key) == step:
                return position
    for position, item in enumerate(items):
        if isinstance(item, dict) and slug(str(item.get("name", ""))) == step:
            return position
    if step.isdecimal() and int(step) < len(items):
        return int(step)
    return None


def _typed(existing: object, value: object, *, is_text: bool = False) -> object:
    if not isinstance(value, str) or is_text or isinstance(existing, str):
        return value
    if not _JSON.match(value):
        return value
    try:
        parsed: object = json.loads(value)
    except ValueError:
        return value
    return parsed
