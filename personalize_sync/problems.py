"""Problems: located complaints about what people wrote, collected and reported together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """How bad a problem is: an error stops the run (exit 10), a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file below the manifest root; lines and columns (in code points) count from 1."""

    file: str
    line: int
    column: int
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do about it; `id` is stable and listed in `RULES`."""

    id: str
    message: str
    remedy: str
    location: Location | None = None
    severity: Severity = Severity.ERROR
    address: str = ""

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order by place, then rule, so that every reader shows the same order."""
        at = self.location or Location("", 0, 0)
        return (at.file, at.line, at.column, self.id, self.message)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A warning that a comment at its line asks not to be told of, and the reason it gives."""

    problem: Problem
    reason: str = ""


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the distinct problems ordered by file, line, column, id."""
    return tuple(sorted(set(problems), key=lambda problem: problem.sort_key))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "…"?` for the closest known word, or an empty string.

    Small and capital letters count as the same: `draft` is DRAFT.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    words = {each.casefold(): each for each in sorted(known)}
    close = get_close_matches(word.casefold(), words, n=1, cutoff=0.6)
    return f' Did you mean "{words[close[0]]}"?' if close else ""


# Ids are never reused. Families: PS1 syntax and schema, PS2 references, PS3 lint, PS4 safety,
# PS6 credentials, PS7 drift.
RULES: dict[str, str] = {
    "PS1001": "file cannot be read",
    "PS1002": "not UTF-8, or with characters YAML forbids",
    "PS1003": "YAML syntax error",
    "PS1004": "duplicate key",
    "PS1005": "YAML feature that manifests do not use",
    "PS1006": "too large or too deeply nested",
    "PS1007": "value that JSON cannot hold",
    "PS1010": "unknown key",
    "PS1011": "missing field",
    "PS1012": "wrong type",
    "PS1013": "value not allowed",
    "PS1014": "bad format",
    "PS1015": "unknown kind or apiVersion",
    "PS1016": "value out of range",
    "PS1020": "two manifests with one address",
    "PS1021": "two manifests that mean one live object",
    "PS1030": "project file missing or unusable",
    "PS2001": "dangling reference",
    "PS2002": "reference cycle",
    "PS2003": "file not found",
    "PS2004": "file outside the root",
    "PS2005": "file unusable",
    "PS2006": "unknown environment",
    "PS2007": "script that the canvas cannot take",
    "PS3001": "splits do not total 100",
    "PS3002": "bad friendlyId",
    "PS3003": "name that the API or its users stumble over",
    "PS3004": "text the API refuses",
    "PS3005": "not exactly one control",
    "PS3006": "dates out of order",
    "PS3007": "ignore rule expired",
    "PS3008": "code that does not parse",
    "PS3009": "comment that ignores no rule",
    "PS4001": "plain-text secret in a manifest",
    "PS4002": "token URL without https",
    "PS4003": "secret where none belongs",
    "PS4004": "unsafe address in the project file",
    "PS6001": "API key missing",
    "PS6002": "API key not declared",
    "PS6003": "half an API key, or one that cannot be read",
    "PS6004": "API key refused, or without the needed scope",
    "PS6005": "wider key used than needed",
    "PS6006": "API key that nothing needs",
    "PS6007": "one API key in two places",
    "PS6008": "token opens more than its feature",
    "PS6009": "written by a key that is not ours",
    "PS6010": "API key to be rotated",
    "PS6011": "API key of another tenant",
    "PS7001": "observed object missing",
    "PS7002": "perhaps a rename",
    "PS7003": "archived in the tenant",
    "PS7004": "not adopted",
    "PS7005": "connection that does not answer",
    "PS7010": "edited in the tenant",
    "PS7011": "edited in the tenant and in Git",
    "PS7012": "differs, and nobody knows who changed it",
    "PS7020": "planned against a snapshot",
}
