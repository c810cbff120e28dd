"""What each API key may do, compared with what is needed of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError
from personalize_sync.kinds import BY_NAME
from personalize_sync.project import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.project import Environment
    from personalize_sync.tenant.client import Reader
    from personalize_sync.tenant.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Feature:
    """One API-key feature: what was declared, found, granted and needed, and what is wrong."""

    feature: str
    variables: tuple[str, ...]
    found: bool
    client_id: str
    scopes: tuple[str, ...]
    declared_for: tuple[str, ...] | None
    needed_for: tuple[str, ...]
    findings: tuple[str, ...]


def audit(
    reader: Reader, keyring: Keyring, environment: Environment, kinds: Iterable[str]
) -> tuple[Feature, ...]:
    """Return the state of every feature that is declared, or needed for these kinds."""
    needed = _needed(environment, sorted(set(kinds)))
    wanted = [f for f in FEATURES if f in environment.keys or f in needed]
    return tuple(
        _feature(name, reader, keyring, environment, needed.get(name, ())) for name in wanted
    )


def _needed(environment: Environment, kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the kinds each feature is needed for: the declared one, else the narrowest."""
    needed: dict[str, list[str]] = {}
    for name in kinds:
        kind = BY_NAME[name]
        for candidates in (kind.read_with, kind.write_with):
            feature = environment.feature(name, candidates) or candidates[0]
            if name not in needed.setdefault(feature, []):
                needed[feature].append(name)
    return {feature: tuple(kinds) for feature, kinds in needed.items()}


def _feature(
    name: str,
    reader: Reader,
    keyring: Keyring,
    environment: Environment,
    needed_for: tuple[str, ...],
) -> Feature:
    findings = []
    found, client_id = name in keyring.features, ""
    scopes: tuple[str, ...] = ()
    declared = name in environment.keys
    if not declared:
        findings.append(f"needed for {', '.join(needed_for)}, but not declared under keys:")
    elif not found:
        findings.append(f"no key: set {keyring.variables(name)[0]} and its secret")
    elif not needed_for:
        findings.append("declared and found, but nothing here needs it: do not hand it out")
    if found:
        client_id = keyring.key(name).client_id
        try:
            scopes = reader.scopes(name)
        except CredentialError as error:
            findings.append(error.message)
    stated = environment.keys.get(name)
    too_wide = sorted({"template", "connection"} & set(stated or ()))
    if name == "multiple-resources" and too_wide:
        findings.append(f"used for {' and '.join(too_wide)}, which have narrower keys")
    return Feature(
        name, keyring.variables(name), found, client_id, scopes, stated, needed_for, tuple(findings)
    )
