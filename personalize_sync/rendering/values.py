"""Values of fields, as JSON and as people read them."""

from __future__ import annotations

import json
import math
from typing import Any

from personalize_sync.resources import AFTER_APPLY, Lookup, Secret, SecretRef, Unset

_WORDS = {
    Unset.ABSENT: "(absent)",
    Unset.AFTER_APPLY: "(known after apply)",
    Unset.SECRET: "(sensitive)",
}
MASKED = (SecretRef, Secret)


def as_json(value: Any) -> Any:
    """Return a value as JSON can hold it: what is absent or not yet known is null."""
    return _plain(value, {**_WORDS, Unset.ABSENT: None, Unset.AFTER_APPLY: None})


def shown(value: Any) -> str:
    """Return a value on one line; only what Git or the tenant say stands in quotes."""
    match value:
        case Unset():
            return _WORDS[value]
        case SecretRef() | Secret():
            return "(secret)"
    return json.dumps(_plain(value, _WORDS), ensure_ascii=False, sort_keys=True)


def as_text(value: Any) -> str:
    """Return a value as the text that a line-by-line comparison works on."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return json.dumps(_plain(value, _WORDS), ensure_ascii=False, sort_keys=True, indent=2)
    return shown(value)


def holds_unknown(value: Any) -> bool:
    """Whether some part of a value is known only after apply."""
    match value:
        case dict():
            return any(holds_unknown(child) for child in value.values())
        case list() | tuple():
            return any(holds_unknown(child) for child in value)
    return value is AFTER_APPLY


def _plain(value: Any, words: dict[Unset, Any]) -> Any:
    match value:
        case dict():
            return {str(name): _plain(value[name], words) for name in sorted(value, key=str)}
        case list() | tuple():
            return [_plain(child, words) for child in value]
        case Unset():
            return words[value]
        case SecretRef() | Secret():
            return "(secret)"
        case Lookup():
            return {"lookup": {"kind": value.kind, "name": value.name}}
        case float() if not math.isfinite(value):
            return str(value)
        case None | bool() | int() | float() | str():
            return value
    return str(value)
