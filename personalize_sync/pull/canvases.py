"""A decision canvas whose scripts are files of their own: each text is merged by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds.canvas import Canvas, CanvasError
from personalize_sync.planning.compare import canonical_xml
from personalize_sync.planning.lines import fitted, with_ends_of
from personalize_sync.pull.marks import has_markers
from personalize_sync.pull.texts import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.pull.desk import Desk
    from personalize_sync.resources import Document


@dataclass(frozen=True, slots=True)
class Apart:
    """A canvas without its scripts, and those of them that could be put back."""

    rest: str
    scripts: dict[str, str] = field(default_factory=dict)


def apart(text: str, ids: Iterable[str]) -> Apart:
    """Return a canvas and its scripts; what is no XML has none."""
    try:
        canvas = Canvas(text)
        found = {id_: canvas.script(id_) for id_ in ids}
        scripts = {id_: script for id_, script in found.items() if script is not None}
        return Apart(canvas.without(scripts), scripts)
    except CanvasError:
        return Apart(text)


class Pieces:
    """The files of one canvas, and what has become of them in the tenant."""

    def __init__(self, manifest: str, insert: Document, desk: Desk) -> None:
        self.canvas = desk.code(manifest, insert["fromFile"])
        self.scripts = {
            id_: desk.code(manifest, script["fromFile"])
            for id_, script in insert["scripts"].items()
        }

    @property
    def marked(self) -> str:
        """The first file with marks of a conflict that nobody has resolved yet, if any."""
        texts = (self.canvas, *self.scripts.values())
        return next((name for name, text in texts if has_markers(text)), "")

    def gone(self, tenant: str) -> tuple[str, ...]:
        """Return the ids that have no script in the tenant's canvas any more."""
        return tuple(sorted(self.scripts.keys() - apart(tenant, self.scripts).scripts.keys()))

    def differing(self, tenant: str, base: Any) -> Iterator[Piece]:
        """Yield the files whose text is another one in the tenant."""
        theirs = apart(tenant, self.scripts)
        then = apart(base, self.scripts) if isinstance(base, str) else None
        name, text = self.canvas
        ours = canonical_xml(apart(text, self.scripts).rest)
        if ours is None or ours != canonical_xml(theirs.rest):
            found = fitted(theirs.rest, text)
            yield Piece(name, text, found, then.rest if then else None, is_xml=True)
        for id_, (file, script) in self.scripts.items():
            if id_ not in theirs.scripts:
                continue
            found = with_ends_of(script, theirs.scripts[id_])
            if found != script:
                yield Piece(file, script, found, then.scripts.get(id_) if then else None)
