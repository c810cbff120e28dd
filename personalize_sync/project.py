"""The project file as plain values: which environments exist and what may be done to each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from personalize_sync.problems import Location

STATE = ".personalize-sync"
"""The folder of a project for what is no part of it: journals, the sandbox, files in the making."""
FEATURES = (
    "connections",
    "developer-templates",
    "decision-model-testing",
    "multiple-resources",
)
"""What one API key can open (API reference: api-keys)."""


class OnDrift(StrEnum):
    """What apply does with an edit made in the tenant."""

    REVERT = "revert"
    KEEP = "keep"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Threshold:
    """How many changes of one sort are believable; percent counts only from 10 objects up."""

    max: int | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """A field that the tenant's people own: neither compared nor changed."""

    address: str
    path: str
    reason: str
    until: date | None = None

    def covers(self, address: str, path: str) -> bool:
        """Whether the rule speaks of this field, or of an object that holds it."""
        return fnmatchcase(address, self.address) and (
            path == self.path or path.startswith(self.path.rstrip("/") + "/")
        )


@dataclass(frozen=True, slots=True)
class Environment:
    """One tenant and the rules for it.

    `keys` maps each declared feature to the kinds it may be used for, None meaning the feature's
    own; `rotate_after` has the last day a feature's key should be in use, and `places` says where in
    the project file each is declared ("" stands for all of them). `sandbox` holds the knob settings of an embedded tenant, None for a real one.
    """

    name: str
    sandbox: tuple[str, ...] | None = None
    base_url: str = ""
    token_url: str = ""
    client_key: str = ""
    keys: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    rotate_after: Mapping[str, date] = field(default_factory=dict)
    places: Mapping[str, Location] = field(default_factory=dict)
    writers: tuple[str, ...] = ()
    prune: bool = False
    on_drift: OnDrift = OnDrift.REVERT
    owns: tuple[str, ...] = ("*",)
    protected: tuple[str, ...] = ()
    archive_limit: Threshold = Threshold(max=5, percent=20)
    update_limit: Threshold = Threshold(percent=50)
    ignore: tuple[IgnoreRule, ...] = ()

    def feature(self, kind: str, candidates: tuple[str, ...]) -> str | None:
        """Return the narrowest declared feature that may be used for a kind, None if there is none.

        `multiple-resources` opens everything, so for what has a narrower key it must be listed.
        """
        return next((f for f in candidates if f in self.keys and self._may(f, kind)), None)

    def _may(self, feature: str, kind: str) -> bool:
        kinds = self.keys[feature]
        if kinds is not None:
            return kind in kinds
        return feature != "multiple-resources" or kind not in ("template", "connection")


@dataclass(frozen=True, slots=True)
class Project:
    """A manifest root and its environments; `config_digest` identifies the project file's text."""

    root: Path
    default_environment: str = ""
    environments: Mapping[str, Environment] = field(default_factory=dict)
    config_digest: str = ""
