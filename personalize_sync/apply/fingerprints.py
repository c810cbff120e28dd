"""Fingerprints of secrets: they tell a value that changed from one that did not, and nothing else.

An HMAC, because a plain hash of a short password is soon guessed; cut to 40 bits, so that even
somebody with the key learns little; bound to environment, resource and field, so that two
connections with one password do not look alike and a marker cannot be copied.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from personalize_sync.apply.secrets import value_of
from personalize_sync.errors import CredentialError
from personalize_sync.resources import SecretRef, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from personalize_sync.resources import Resource

KEY = "PERSONALIZE_SYNC_FINGERPRINT_KEY"
"""Names the variable that holds the key."""
_SHORTEST_KEY = 32
_KEY_ID, _DIGITS = 4, 10
_SCHEME = b"personalize-sync fingerprint 1"


def fingerprinted(
    resources: Sequence[Resource],
    environ: Mapping[str, str],
    *,
    environment: str,
    directory: Path | None = None,
) -> tuple[Resource, ...]:
    """Return the resources with the fingerprints of their secrets, where the key is set.

    A resource of which some value is not at hand gets none: its secret is not checked. Raises
    CredentialError where the key is too short to keep anything.
    """
    key = value_of(KEY, environ, directory)
    if not key:
        return tuple(resources)
    if len(key) < _SHORTEST_KEY:
        raise CredentialError(
            f"{KEY} has fewer than {_SHORTEST_KEY} characters",
            "Make one with: openssl rand -hex 32",
        )

    def one(resource: Resource) -> Resource:
        named = sorted(
            (p, ref) for p, ref in resource.secrets.items() if isinstance(ref, SecretRef)
        )
        values = [(pointer(path), value_of(ref.name, environ, directory)) for path, ref in named]
        known = [(path, value) for path, value in values if value]
        if not known or len(known) < len(values):
            return resource
        said = [environment, str(resource.address), *(part for pair in known for part in pair)]
        return replace(resource, fingerprint=_fingerprint(key.encode(), said))

    return tuple(one(resource) for resource in resources)


def _fingerprint(key: bytes, said: Iterable[str]) -> str:
    """Return `key id.digits`; another key gives another id, so that both differ for a reason."""
    parts = [_SCHEME, *(text.encode() for text in said)]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    key_id = hmac.new(key, _SCHEME, hashlib.sha256).hexdigest()[:_KEY_ID]
    return f"{key_id}.{hmac.new(key, message, hashlib.sha256).hexdigest()[:_DIGITS]}"
