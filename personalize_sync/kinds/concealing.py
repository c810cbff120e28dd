"""What in a connection may be a secret that somebody typed where the API shows it in the open.

A value that lands in a file lands in Git, for ever. So doubt is resolved the other way round:
header and form values count as secrets unless their name, or the value, says that they are none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.resources import Document, Path

_TELLING = re.compile(
    r"api.?key|subscription.?key|auth(?!type)|bearer|cookie|credential|passw|private.?key"
    r"|pwd|secret|session|signature|token(?!url)|(?:^|[-_.])key$|(?:^|[-_.])sig$",
    re.IGNORECASE,
)
_PUBLIC = re.compile(
    r"accept(?:-.*)?|cache-control|connection|content-(?:.*)|date|expect|from|host|if-.*|origin"
    r"|pragma|range|referer|te|upgrade-insecure-requests|user-agent|via|x-requested-with"
    r"|audience|client_id|grant_type|resource|response_type|scope",
    re.IGNORECASE,
)
# Filled in when the request is made: `${email}`, `{sms}`.
_PLACEHOLDER = re.compile(r"(?:Bearer )?\$?\{[^{}]*\}|")
# A few plain words, or a version: what people put into headers of their own that is no secret.
_WORDS = re.compile(r"[A-Za-z]{1,12}(?:[-_ /.,;:+][A-Za-z]{1,12}){0,5}|\d{1,4}(?:\.\d{1,4}){0,3}")
_MEMBER = re.compile(r'"([^"\\]{1,99})"\s*:\s*"((?:[^"\\]|\\.)*)"')


def open_secrets(spec: Document) -> Iterator[tuple[Path, str]]:
    """Yield each place of a normalised connection that may hold a secret in the open."""
    auth, request = spec["auth"], spec["request"]
    yield from _in_items(spec.get("customHeaders"), ("customHeaders",))
    for name in ("oauthCustomHeaders", "formUrlEncodedItems"):
        yield from _in_items(auth.get(name), ("auth", name))
    for name, value in auth.items():
        if isinstance(value, str) and (_gives_away(name, value) or _in_address(value)):
            yield ("auth", name), name
    for _, (name, value) in _named(spec.get("urlParameters")):
        if _gives_away(name, value):
            yield ("urlParameters",), name
    for name in ("connectionUrl", "requestBody"):
        value = request.get(name)
        if isinstance(value, str) and (_in_address(value) or _in_body(value)):
            yield ("request", name), name


def _gives_away(name: str, value: str) -> bool:
    return bool(_TELLING.search(name)) and not _PLACEHOLDER.fullmatch(value)


def _in_items(items: object, path: Path) -> Iterator[tuple[Path, str]]:
    for index, (name, value) in _named(items):
        is_plain = _PLACEHOLDER.fullmatch(value) or _WORDS.fullmatch(value)
        if _TELLING.search(name) or not (is_plain or _PUBLIC.fullmatch(name)):
            yield (*path, str(index), "value"), name


def _named(items: object) -> Iterator[tuple[int, tuple[str, str]]]:
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict) and isinstance(item.get("value"), str):
            yield index, (str(item.get("name") or item.get("key") or ""), item["value"])


def _in_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return "@" in parts.netloc or _in_form(parts.query)


def _in_form(text: str) -> bool:
    try:
        pairs = parse_qsl(text, keep_blank_values=True)
    except ValueError:
        return False
    return any(_gives_away(name, value) for name, value in pairs)


def _in_body(text: str) -> bool:
    """Whether a body, be it a form or JSON, has a member that gives its value away."""
    members = _MEMBER.findall(text)
    return any(_gives_away(name, value) for name, value in members) or (
        not members and _in_form(text)
    )
