"""Values that several places of a manifest share: before one is changed, the others get their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.scalars import Surroundings, flow, ways_to_write
from personalize_sync.manifests.values import Values
from personalize_sync.planning.compare import canonical
from personalize_sync.pull.spots import Unwritable, child, eol_of, line_end, line_start, root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.manifests.aliases import Alias
    from personalize_sync.pull.spots import Spot
    from personalize_sync.resources import Path

_MOST = 100


def unshared(text: str, document: int, path: Path) -> str:
    """Return a text of the same meaning in which no alias reads the value at `path`, or any of it.

    Aliases are written out, and every other byte stays. Raises Unwritable.
    """
    top = root(text, document)
    found = list(top.aliases.values())
    on_the_way = [alias for alias in found if alias.path == path[: len(alias.path)]]
    if on_the_way:
        return unshared(_written_out(text, document, on_the_way[0]), document, path)
    spots = _spots(top, path)
    holders = {int(spot.node.start_mark.index) for spot in spots}
    inside = range(0)
    if len(spots) > len(path):
        inside = range(spots[-1].start, int(spots[-1].node.end_mark.index))
    # The last one first, so that the places of the others stay.
    readers = [a for a in reversed(found) if a.named in holders or a.named in inside]
    if len(readers) > _MOST:
        raise Unwritable("too many aliases name it")
    for alias in readers:
        if alias.path[: len(path)] != path:
            text = _written_out(text, document, alias)
    return text


def _spots(top: Spot, path: Path) -> list[Spot]:
    """Return the spots down to a value, or as far as there are any."""
    spots = [top]
    for part in path:
        spot = child(spots[-1], part)
        if spot is None:
            break
        spots.append(spot)
    return spots


def _written_out(text: str, document: int, alias: Alias) -> str:
    top = root(text, document)
    proof = canonical(Values().of(top.node))
    value = Values().of(_spots(top, alias.path)[-1].node)
    for candidate in _ways(text, alias, value):
        try:
            if canonical(Values().of(root(candidate, document).node)) == proof:
                return candidate
        except Complaint:
            continue
    raise Unwritable("an alias names it")


def _ways(text: str, alias: Alias, value: Any) -> Iterator[str]:
    line = text[line_start(text, alias.start) :]
    column, end = len(line) - len(line.lstrip(" ")), line_end(text, alias.end)
    around = Surroundings(column=column, indent=column + 2, eol=eol_of(text))
    for written in ways_to_write(value, None, around):
        head, newline, body = written.partition(around.eol)
        yield f"{text[: alias.start]}{head}{text[alias.end : end]}{newline}{body}{text[end:]}"
    yield f"{text[: alias.start]}{flow(value, like_json=True)}{text[alias.end :]}"
