"""Flaws: mistakes in a document by their path; the file and the place are not known yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalize_sync.resources import Path


@dataclass(frozen=True, slots=True)
class Flaw:
    """One mistake in a document, by its path from the document's root."""

    path: Path
    rule: str
    message: str
    remedy: str
    at_key: bool = False
    missing: str = ""
    """The field that should stand at `path`."""

    @property
    def place(self) -> Path:
        """The path of what is wrong, be it something that is not there."""
        return (*self.path, self.missing) if self.missing else self.path

    @property
    def keeps_shape(self) -> bool:
        """Whether everything else in the document still has the type the schema promises."""
        return self.rule != "PS1012" and not self.rule.startswith("PS4")
