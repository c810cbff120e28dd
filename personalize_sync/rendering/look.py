"""What is rendered besides plans and reports, and how it is to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalize_sync.problems import Ignored, Problem

_NARROWEST = 40


@dataclass(frozen=True, slots=True)
class Look:
    """How a document is to be shown.

    Clocks and ids come from outside: the same input gives the same bytes. `prefix` stands before
    each file, so that paths are clickable from the working directory.
    """

    width: int = 100
    color: bool = False
    ascii: bool = False
    verbose: bool = False
    prefix: str = ""
    view: str = "plan"
    created_at: str = ""
    expires_at: str = ""
    id: str = ""
    tool_version: str = ""

    @property
    def room(self) -> int:
        """The width to fill: a terminal that tells nonsense still gets readable lines."""
        return max(self.width, _NARROWEST)


@dataclass(frozen=True, slots=True)
class Problems:
    """What a check found: of the manifests, in how many files and manifests, or of something else.

    Of what is ignored, every format says how much it is; the terminal, when asked, and JSON say what.
    """

    problems: tuple[Problem, ...]
    files: int
    manifests: int
    check: str = "validate"
    ignored: tuple[Ignored, ...] = ()
