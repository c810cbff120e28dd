"""What the changes reach: who needs whom among them, as a drawing and as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering.html.drawing import Shape, drawing, frame_around
from personalize_sync.rendering.html.layers import placed
from personalize_sync.rendering.html.markup import Markup, code, join, tag
from personalize_sync.rendering.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalize_sync.planning.change import Change

_MOST_DRAWN = 40
_MOST_LISTED = 500
_MARKS = {"create": "+", "restore": "+", "archive": "-"}


def reach(changes: Sequence[Change]) -> Markup:
    """Return which objects need a changed one; nothing where no change touches another object."""
    needs: dict[str, list[str]] = {}
    for change in changes:
        if change.depends_on:
            needs[str(change.address)] = [str(needed) for needed in change.depends_on]
    users: dict[str, list[str]] = {}
    for user, needed_ones in needs.items():
        for needed in needed_ones:
            users.setdefault(needed, []).append(user)
    if not users:
        return Markup()
    return join([_drawn(changes, needs, users), _listed(users)])


def _drawn(
    changes: Sequence[Change], needs: dict[str, list[str]], users: dict[str, list[str]]
) -> Markup | None:
    names = sorted({*needs, *users})
    if len(names) > _MOST_DRAWN:
        text = f"{len(names)} objects depend on each other: too many to draw."
        return tag("p", text, class_="note")
    marks = {str(change.address): _MARKS.get(change.action, "~") for change in changes}
    boxes = placed({name: needs.get(name, []) for name in names})
    shapes = {
        name: Shape(boxes[name], name.replace("/", " / ", 1), "object", marks.get(name, ""))
        for name in names
    }
    arrows = [(needed, user) for user in names for needed in needs.get(user, [])]
    title = f"{counted(len(names), 'object')} and {counted(len(arrows), 'dependency')}"
    figure = drawing(shapes, arrows, frame_around(list(boxes.values())), title)
    caption = "An arrow leads from what is used to what uses it."
    return tag("figure", figure, tag("figcaption", caption))


def _listed(users: dict[str, list[str]]) -> Markup:
    items = [
        tag("li", code(name), " is used by ", tag("ul", *(tag("li", code(u)) for u in used)))
        for name, used in sorted(users.items())[:_MOST_LISTED]
    ]
    return tag("ul", *items, class_="reach")
