"""A manifest file cut into its documents, so that an edit costs no more than its document."""

from __future__ import annotations

import re
from dataclasses import dataclass

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.planning.compare import canonical
from personalize_sync.pull.edits import meanings

# Such a line begins a document wherever it stands: no scalar may hold one (YAML 1.2, 9.1.2).
_BEGINS = re.compile(r"^(?=---(?:\s|\Z))", re.MULTILINE)


@dataclass(slots=True)
class Documents:
    """The parts of a text, in order; `places` says in which part each document is, and where."""

    parts: list[str]
    places: list[tuple[int, int]]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.parts)

    def line(self, part: int, index: int) -> int:
        """Return the line, from 1, of a character of a part."""
        before = sum(text.count("\n") for text in self.parts[:part])
        return before + self.parts[part].count("\n", 0, index) + 1


def cut(text: str) -> Documents:
    """Cut a text at its document markers, or not at all where that would change its meaning."""
    whole = meanings(text)
    parts = [part for part in _BEGINS.split(text) if part]
    try:
        read = [meanings(part) for part in parts]
    except Complaint:  # directives, for example, belong to the marker that follows them
        read = []
    if canonical([document for part in read for document in part]) != canonical(list(whole)):
        return Documents([text], [(0, index) for index in range(len(whole))])
    return Documents(parts, [(at, i) for at, part in enumerate(read) for i in range(len(part))])
