"""The marker: one last line of a connection's description that remembers which secret was sent.

The API never returns a secret, so what a tenant holds can only be known from what was written
beside it in the same request. Written only for secrets that state a `version`; stripped before any
comparison. `rv` is the revision that the very write makes: a different live revision means that
somebody wrote since, and may have replaced the secret. `fp` is there only if a fingerprint key is
set: a keyed, cut-off fingerprint of the values, from which nobody without the key learns anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

_LINE = re.compile(
    r"(?:\A|\n)\[personalize-sync secret=(?P<version>[^\s\]]*)(?: fp=(?P<fp>[\w.]+))?"
    r" rv=(?P<revision>\d{1,9})\]\s*\Z"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """Which secret version was sent last, the revision that write made, and perhaps what it sent."""

    version: str
    revision: int
    fingerprint: str = ""

    def __str__(self) -> str:
        known = f" fp={self.fingerprint}" if self.fingerprint else ""
        return f"[personalize-sync secret={quoted(self.version)}{known} rv={self.revision}]"


def quoted(version: str) -> str:
    """Return a version as one word that no other version gives (RFC 3986 percent-encoding)."""
    return quote(version, safe="-._~:+,@/")


def split(description: object) -> tuple[str, Marker | None]:
    """Return a description without its marker, and the marker if there is a readable one."""
    text = description if isinstance(description, str) else ""
    found = _LINE.search(text)
    if not found:
        return text, None
    return text[: found.start()], Marker(
        found["version"], int(found["revision"]), found["fp"] or ""
    )


def joined(text: str, marker: Marker) -> str:
    """Return a description that ends with a marker."""
    return f"{text}\n{marker}" if text else str(marker)
