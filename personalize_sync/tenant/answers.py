"""Strict reading of answers: capped, complete, real JSON, or an error that says what it was."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from personalize_sync.errors import TenantError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalize_sync.resources import Document

_NOT_THE_API = "Check the region or baseUrl, and whether a proxy or login page answered instead."

_CORRECT_IT = "Type that text anew in the tenant; a broken emoji is a common cause."


def read_object(raw: bytes, origin: str) -> Document:
    """Return the JSON object of an answer.

    Duplicate keys, NaN, lone surrogates, endless numbers and endless nesting are refused: a strange
    answer must never be read as an empty tenant. Raises TenantError.
    """
    value = _plain(raw)
    try:
        # Decoded here, as json would let surrogates in bytes pass; a byte order mark is harmless.
        if value is None:
            value = json.loads(
                raw.decode("utf-8-sig"),
                object_pairs_hook=_no_duplicates,
                parse_constant=_no_constant,
                parse_float=_finite,
            )
            if b"\\ud" in raw.lower() and not _is_unicode(value):
                what = f"text that is no Unicode (half of a surrogate pair){_whose(value)}"
                raise TenantError(f"{origin} answered {what}", _CORRECT_IT)
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, _StrangeError) else _describe(raw)
        raise TenantError(f"{origin} answered {what}", _NOT_THE_API) from None
    if not isinstance(value, dict):
        raise TenantError(f"{origin} answered JSON that is no object", _NOT_THE_API)
    return value


def _is_unicode(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _whose(value: Any) -> str:
    """Name the object of a list whose text it is, if its ref can be shown."""
    items = value.get("items") if isinstance(value, dict) else None
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and not _is_unicode(item):
            ref = item.get("ref")
            is_fit = isinstance(ref, str) and re.fullmatch(r"[\w-]{1,64}", ref, re.ASCII)
            return f" in the object {ref}" if is_fit else ""
    return ""


def _plain(raw: bytes) -> Any:
    """Return the value of JSON that is written just as we would write it, else None.

    Nothing strange can hide in it, and to see that takes a quarter of the time of looking for it.
    """
    try:
        value = orjson.loads(raw)
    except ValueError:
        return None
    return value if orjson.dumps(value) == raw else None


def items_of(page: Document, origin: str) -> list[Document]:
    """Return the items of a list answer; raises TenantError where it has no list of objects."""
    items = page.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise TenantError(f"{origin} answered a list without items", _NOT_THE_API)
    return items


class _StrangeError(ValueError):
    """JSON that two readers would understand differently."""


def _no_duplicates(pairs: Sequence[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _StrangeError("JSON with a key given twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text)


def _no_constant(_name: str) -> NoReturn:
    raise _StrangeError("a number that JSON does not have")


def _describe(raw: bytes) -> str:
    """Say what came instead of JSON, without repeating any of it."""
    start = raw[:256].lstrip().lower()
    if not start:
        return "an empty body"
    if start.startswith((b"<!doctype", b"<html", b"<")):
        return "HTML or XML instead of JSON"
    if start.startswith((b"{", b"[")):
        return "JSON that is cut off or broken"
    return "something that is not JSON"
