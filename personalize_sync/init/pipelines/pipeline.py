"""What a pipeline is for, whatever system runs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalize_sync.project import Environment

_PLAIN = re.compile(r"[\w./:@+=~-]+")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a pipeline is for: the tenants, the folder of the manifests, and where the tool comes from.

    `tool` is `owner/repository@commit` for GitHub, for the others what pip installs. `secrets` are
    the variables that manifests name with fromSecret, `kinds` the kinds that they declare.
    """

    environments: Sequence[Environment]
    root: str
    tool: str
    branch: str = "main"
    secrets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def names(self) -> str:
        """The environments, for a sentence."""
        return ", ".join(each.name for each in self.environments)


def is_plain(value: str) -> bool:
    """Whether a value can stand in YAML and on a command line as it is."""
    return bool(_PLAIN.fullmatch(value))
