"""API keys from the environment: one per feature, never from a flag or a file in Git."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError
from personalize_sync.resources import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.project import Environment

_LONGEST = 64 * 1024
"""Bytes; the path may lead to a device that never ends."""


@dataclass(frozen=True, slots=True)
class Key:
    """One API key: the id is public (it stamps our writes), the secret is not."""

    feature: str
    client_id: str
    secret: Secret


def variables(environment: str, feature: str) -> tuple[str, ...]:
    """Return the names, most specific first, of the variables that may hold a client id.

    The secret's are the same with `_CLIENT_SECRET`; each may also be given as `…_FILE`.
    """
    word = feature.replace("-", "_").upper()
    specific = environment.replace("-", "_").upper()
    return tuple(f"PERSONALIZE_SYNC_{prefix}{word}_CLIENT_ID" for prefix in (f"{specific}_", ""))


class Keyring:
    """The keys of one environment's declared features. Its repr shows feature names only."""

    def __init__(self, environment: Environment, environ: Mapping[str, str]) -> None:
        self._environment = environment
        self._keys = {
            feature: key
            for feature in sorted(environment.keys)
            if (key := _find(environment.name, feature, environ))
        }

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    @property
    def features(self) -> tuple[str, ...]:
        """The features whose key was found."""
        return tuple(self._keys)

    @property
    def client_ids(self) -> frozenset[str]:
        """The client ids of every key found."""
        return frozenset(key.client_id for key in self._keys.values())

    @property
    def stamps(self) -> frozenset[str]:
        """The author stamps that mean us: `<client id>@clients`, former ids included."""
        ids = self.client_ids | set(self._environment.writers)
        return frozenset(ids | {f"{client_id}@clients" for client_id in ids})

    def key(self, feature: str) -> Key:
        """Return the key of a feature; raises CredentialError naming the missing variables."""
        found = self._keys.get(feature)
        if found:
            return found
        specific, general = variables(self._environment.name, feature)
        raise CredentialError(
            f'no API key for the feature "{feature}" of environment "{self._environment.name}"',
            f"Set {specific} and {specific.replace('_CLIENT_ID', '_CLIENT_SECRET')} "
            f"(or {general} and {general.replace('_CLIENT_ID', '_CLIENT_SECRET')}; "
            "each may also be given as …_FILE).",
        )

    def variables(self, feature: str) -> tuple[str, ...]:
        """Return the variables that may hold a feature's client id."""
        return variables(self._environment.name, feature)

    def feature(self, kind: str, candidates: tuple[str, ...]) -> str:
        """Return the narrowest declared feature for a kind; raises CredentialError without one."""
        feature = self._environment.feature(kind, candidates)
        if feature:
            return feature
        wanted = " or ".join(f'"{candidate}"' for candidate in candidates)
        raise CredentialError(
            f'environment "{self._environment.name}" declares no API key that may be used for {kind}',
            f"Declare {wanted} under keys: in the project file"
            + (f' (with for: [{kind}] for "multiple-resources").' if len(candidates) > 1 else "."),
        )


def _find(environment: str, feature: str, environ: Mapping[str, str]) -> Key | None:
    for id_name in variables(environment, feature):
        secret_name = id_name.removesuffix("_CLIENT_ID") + "_CLIENT_SECRET"
        client_id, secret = _value(id_name, environ), _value(secret_name, environ)
        if client_id and secret:
            return Key(feature, client_id, Secret(secret))
        if client_id or secret:
            missing = secret_name if client_id else id_name
            raise CredentialError(
                f'half an API key for the feature "{feature}": {missing} is not set',
                f"Set {missing}, or unset its other half.",
            )
    return None


def _value(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    file = environ.get(name + "_FILE", "").strip()
    if value or not file:
        return value
    try:
        with Path(file).open("rb") as stream:
            raw = stream.read(_LONGEST + 1)
        if len(raw) > _LONGEST:
            raise CredentialError(
                f"{name}_FILE names a file that is no credential: it is longer than {_LONGEST} bytes",
                "Correct the path.",
            )
        return raw.decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise CredentialError(
            f"{name}_FILE names a file that cannot be read: {reason}",
            "Correct the path or its permissions.",
        ) from None
