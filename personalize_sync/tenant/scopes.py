"""What a token's scopes say, as far as they say anything we know.

The reference shows four (`personalize.<resource>:manage`); the others are unknown, so a scope of
another form is never held against a key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from personalize_sync.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORM = re.compile(r"personalize\.(\w+):(\w+)")
_READING = frozenset({"r", "read"})


def only_reads(scopes: Iterable[str], resource: str) -> bool:
    """Whether the scopes open a resource, but for nothing except reading."""
    verbs = {verb for name, verb in _known(scopes) if name == resource}
    return bool(verbs) and verbs <= _READING


def beyond(scopes: Iterable[str], feature: str) -> tuple[str, ...]:
    """Return the scopes that open more than a feature is for."""
    reads = {kind.scope for kind in KINDS if feature in kind.read_with}
    writes = {kind.scope for kind in KINDS if feature in kind.write_with}
    return tuple(
        f"personalize.{resource}:{verb}"
        for resource, verb in _known(scopes)
        if resource not in (reads if verb in _READING else writes)
    )


def _known(scopes: Iterable[str]) -> list[tuple[str, str]]:
    found = (_FORM.fullmatch(scope) for scope in scopes)
    return [(match[1], match[2]) for match in found if match]
