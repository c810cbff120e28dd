"""Template parameters: `[[ Name | type | default | {options} ]]`.

API reference: template-rest-api, preview-templates, preview-template-code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalize_sync.sandbox.exchange import Document

# A name begins with a letter, so that a nested array in a script is not taken for a parameter.
_PARAMETER = re.compile(r"\[\[\s*([A-Za-z_][^|\[\]{}]*?)\s*(?:\|(.*?))?\]\]", re.DOTALL)


def filled(elements: Iterable[Document], values: Mapping[str, object]) -> list[Document]:
    """Replace the parameters of all elements; a short form uses the default declared elsewhere."""
    kept = [dict(element) for element in elements]
    defaults: dict[str, str] = {}
    for element in kept:
        defaults |= _declared(str(element.get("template", "")))
    known = {**defaults, **{name: _as_text(value) for name, value in values.items()}}
    for element in kept:
        element["template"] = _fill(str(element.get("template", "")), known)
    return kept


def _declared(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for parameter in _PARAMETER.finditer(text):
        parts = [part.strip() for part in (parameter[2] or "").split("|")]
        if len(parts) > 1:
            found[parameter[1]] = parts[1]
    return found


def _fill(text: str, known: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda parameter: known.get(parameter[1], ""), text)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
