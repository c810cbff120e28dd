"""Where API keys come from: variables, files that they name, a directory, the system's keyring.

Never a flag and never a file in Git. What is found is tainted at once; what is wrong is said
without the value and without the path.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from personalize_sync.errors import CredentialError
from personalize_sync.resources import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    # The client id and the secret that are kept for a feature, None where nothing is.
    Keeper: TypeAlias = Callable[[str], tuple[str, Secret] | None]

_LONGEST = 64 * 1024
"""Bytes; the path may lead to a device that never ends."""


@dataclass(frozen=True, slots=True)
class Key:
    """One API key: the id is public (it stamps our writes), the secret is not.

    `origin` says in words where it was found.
    """

    feature: str
    client_id: str
    secret: Secret
    origin: str = ""


def variables(environment: str, feature: str) -> tuple[str, ...]:
    """Return the names, most specific first, of the variables that may hold a client id.

    The secret's are the same with `_CLIENT_SECRET`; each may also be given as `…_FILE`.
    """
    word = feature.replace("-", "_").upper()
    specific = environment.replace("-", "_").upper()
    return tuple(f"PERSONALIZE_SYNC_{prefix}{word}_CLIENT_ID" for prefix in (f"{specific}_", ""))


def secret_of(id_variable: str) -> str:
    """Return the variable of the secret that belongs to a client id."""
    return id_variable.removesuffix("_CLIENT_ID") + "_CLIENT_SECRET"


def names(environment: str, feature: str) -> str:
    """Return, as a sentence would, the variables that may hold a feature's key."""
    pairs = [f"{name} and {secret_of(name)}" for name in variables(environment, feature)]
    return f"{pairs[0]} (or {pairs[1]})"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look for a name: a variable, then `…_FILE`, then a file of `directory`.

    The environment's own name wins over the general one, and both win over `vault`.
    """

    environ: Mapping[str, str] = field(repr=False)
    directory: Path | None = None
    vault: Keeper | None = None

    def find(self, environment: str, feature: str) -> Key | None:
        """Return a feature's key, None without any trace of one.

        Raises CredentialError for half a key, and for a file that cannot be read.
        """
        for id_name in variables(environment, feature):
            if key := self._stated(feature, id_name):
                return key
        kept = self.vault(feature) if self.vault else None
        return Key(feature, *kept, "the system's keyring") if kept else None

    def _stated(self, feature: str, id_name: str) -> Key | None:
        secret_name = secret_of(id_name)
        (client_id, origin), (secret, _) = self.value(id_name), self.value(secret_name)
        if client_id and secret:
            return Key(feature, client_id, Secret(secret), origin)
        if client_id or secret:
            missing = secret_name if client_id else id_name
            raise CredentialError(
                f'half an API key for the feature "{feature}": {missing} is not set',
                f"Set {missing}, or unset its other half.",
            )
        return None

    def value(self, name: str) -> tuple[str, str]:
        """Return the value of a name and where it was found."""
        value = self.environ.get(name, "").strip()
        # Azure Pipelines hands the name of a variable that it does not know instead of a value.
        if value and value != f"$({name})":
            return value, name
        if file := self.environ.get(name + "_FILE", "").strip():
            return _content(Path(file), f"{name}_FILE names a file"), name + "_FILE"
        if self.directory and os.path.lexists(self.directory / name):
            found = _content(self.directory / name, f"{name} in --secrets-dir is a file")
            return found, f"{name} in --secrets-dir"
        return "", ""


def _content(path: Path, what: str) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LONGEST + 1)
        if len(raw) > _LONGEST:
            raise CredentialError(
                f"{what} that is no credential: it is longer than {_LONGEST} bytes",
                "Correct the path.",
            )
        return raw.decode("utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8, or no path"
        raise CredentialError(
            f"{what} that cannot be read: {reason}", "Correct the path or its permissions."
        ) from None
