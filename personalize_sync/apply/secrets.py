"""Secrets for apply: resolved all at once, before the first write, or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalize_sync.errors import CredentialError
from personalize_sync.resources import Resource, Secret, SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from personalize_sync.planning.change import Change

# What templating leaves behind when nobody filled it in, and what servers show instead of a secret.
_LONGEST = 1024 * 1024
_PLACEHOLDER = re.compile(r"\*+|\$\{[^}]*\}|\$\([\w.]+\)|##.*##|\{\{.*\}\}|<[^>]*>|\(secret\)")


def resolve(
    changes: Iterable[Change], environ: Mapping[str, str], *, directory: Path | None = None
) -> dict[SecretRef, Secret]:
    """Return the value of every secret that the changes send.

    Raises CredentialError naming all that are missing, blank, or only a placeholder.
    """
    found: dict[SecretRef, Secret] = {}
    wrong: list[str] = []
    for change in changes:
        for ref in change.desired.secrets.values() if change.desired else ():
            if not isinstance(ref, SecretRef):
                continue
            value = value_of(ref.name, environ, directory)
            if value is None or not value.strip():
                wrong.append(f"{ref.name} is not set (needed by {change.address})")
            elif _PLACEHOLDER.fullmatch(value.strip()):
                wrong.append(f"{ref.name} holds a placeholder (needed by {change.address})")
            else:
                found[ref] = Secret(value, ref.version)
    if wrong:
        raise CredentialError(
            "secrets are missing: " + "; ".join(sorted(set(wrong))),
            "Set each as an environment variable, or as a file of that name in --secrets-dir.",
        )
    return found


def value_of(name: str, environ: Mapping[str, str], directory: Path | None) -> str | None:
    """Return the value of a variable, or of the file of that name; None where there is none."""
    if name in environ or directory is None:
        value = environ.get(name)
        # What is not UTF-8 in a variable cannot be sent as it is, so it counts as missing.
        return value if value is None or _is_text(value) else None
    try:
        with (directory / name).open("rb") as file:
            raw = file.read(_LONGEST + 1)
        # A trailing newline is how editors and mounts end a file, not part of a secret.
        return raw.decode("utf-8").removesuffix("\n") if len(raw) <= _LONGEST else None
    except (OSError, UnicodeDecodeError):
        return None


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def filled_in(resource: Resource, secrets: Mapping[SecretRef, Secret]) -> Resource:
    """Return the resource with each `SecretRef` replaced by its still tainted value."""

    def fill(value: Any) -> Any:
        match value:
            case SecretRef():
                return secrets[value]
            case dict():
                return {name: fill(child) for name, child in value.items()}
            case list():
                return [fill(child) for child in value]
        return value

    return replace(resource, spec=fill(resource.spec))
