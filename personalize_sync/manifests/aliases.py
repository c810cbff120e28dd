"""Where aliases stand in a text: composed nodes say only what they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from personalize_sync.manifests.composing import events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.resources import Path


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias that stands for the value at `path` of its document, with indexes into the text.

    `named` is where the value that it names begins.
    """

    path: Path
    start: int
    end: int
    named: int


class _Holder:
    """A collection that is not at its end yet; `name` is the key or number of what comes in it."""

    def __init__(self, event: Any) -> None:
        self.name = ""
        self._is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._count = 0

    def is_value(self, event: Any) -> bool:
        """Take in the next key, item or value, and return whether it is no key."""
        self._count += 1
        if not self._is_mapping:
            self.name = str(self._count - 1)
        elif self._count % 2:
            self.name = getattr(event, "value", "")
            return False
        return True


def aliases(text: str) -> Iterator[Alias]:
    """Yield the aliases of a text that can be composed, in order, those for keys left out."""
    holders: list[_Holder] = []
    anchors: dict[str, int] = {}
    for event in events(text):
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.CollectionEndEvent):
            holders.pop()
        if not isinstance(event, yaml.NodeEvent):
            continue
        is_value = not holders or holders[-1].is_value(event)
        if isinstance(event, yaml.AliasEvent):
            if is_value:
                path = tuple(holder.name for holder in holders)
                yield Alias(path, start, end, anchors[str(event.anchor)])
            continue
        if event.anchor:
            anchors[event.anchor] = start
        if isinstance(event, yaml.CollectionStartEvent):
            holders.append(_Holder(event))
