"""What the changes reach: who uses whom, among them and beyond, as a drawing and as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering.html.drawing import Shape, drawing, frame_around
from personalize_sync.rendering.html.layers import placed
from personalize_sync.rendering.html.markup import Markup, badge, code, join, tag
from personalize_sync.rendering.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from personalize_sync.planning.change import Change

_MOST_DRAWN = 40
_MOST_LISTED = 500
_MARKS = {"create": "+", "restore": "+", "archive": "-"}


def reach(changes: Sequence[Change]) -> Markup:
    """Return what uses a changed object, and whether guests receive it; nothing if nothing does."""
    uses = sorted(set(_uses(changes)))
    if not uses:
        return Markup()
    running = {
        str(user.address) for change in changes for user in change.used_by if user.is_running
    }
    marks = {str(change.address): _MARKS.get(change.action, "~") for change in changes}
    return join([_verdict(running), _drawn(uses, marks, running), _listed(uses, running)])


def _uses(changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Return pairs of what is used and what uses it."""
    for change in changes:
        yield from ((str(change.address), str(user.address)) for user in change.used_by)
        yield from ((str(needed), str(change.address)) for needed in change.depends_on)


def _verdict(running: set[str]) -> Markup:
    if not running:
        return tag("p", "Nothing that uses them is running.")
    return tag("p", "They reach ", tag("strong", counted(len(running), "running flow")), ".")


def _drawn(uses: Sequence[tuple[str, str]], marks: Mapping[str, str], running: set[str]) -> Markup:
    names = sorted({name for pair in uses for name in pair})
    if len(names) > _MOST_DRAWN:
        text = f"{len(names)} objects use each other: too many to draw."
        return tag("p", text, class_="note")
    needs: dict[str, list[str]] = {name: [] for name in names}
    for used, user in uses:
        needs[user].append(used)
    boxes = placed(needs)
    shapes = {
        name: Shape(
            boxes[name],
            _broken(name) + (" (running)" if name in running else ""),
            "running" if name in running else "object",
            marks.get(name, ""),
        )
        for name in names
    }
    title = f"{counted(len(names), 'object')}; {counted(len(uses), 'arrow')}"
    figure = drawing(shapes, uses, frame_around(list(boxes.values())), title)
    caption = "An arrow leads from what is used to what uses it."
    return tag("figure", figure, tag("figcaption", caption))


def _broken(name: str) -> str:
    """Return an address with places where a drawing may break it."""
    return name.replace("/", "/ ", 1).replace(":", ": ", 1)


def _listed(uses: Sequence[tuple[str, str]], running: set[str]) -> Markup:
    users: dict[str, list[str]] = {}
    for used, user in uses:
        users.setdefault(used, []).append(user)
    items = [
        tag("li", code(name), " is used by ", tag("ul", *(_user(u, running) for u in found)))
        for name, found in list(users.items())[:_MOST_LISTED]
    ]
    if len(users) > _MOST_LISTED:
        items.append(tag("li", f"… and {len(users) - _MOST_LISTED} more"))
    return tag("ul", *items, class_="reach")


def _user(name: str, running: set[str]) -> Markup:
    return tag("li", code(name), *([" ", badge("running", "running")] if name in running else []))
