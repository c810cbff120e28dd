"""One field on its way into the manifest: written, merged, marked, or left alone with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME, Form
from personalize_sync.manifests.patches import merge as patched
from personalize_sync.planning.change import Cause
from personalize_sync.planning.compare import value_at
from personalize_sync.planning.lines import fitted
from personalize_sync.pull.canvases import Pieces
from personalize_sync.pull.choice import Side
from personalize_sync.pull.edits import GONE, meaning, rewritten
from personalize_sync.pull.marks import GIT, has_markers, marked, unmarked
from personalize_sync.pull.spots import Unwritable, trail
from personalize_sync.pull.targets import home, stated, target
from personalize_sync.pull.texts import Piece, remark, settled
from personalize_sync.pull.updates import updated
from personalize_sync.resources import ABSENT, Address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.manifests.sources import ManifestSource
    from personalize_sync.project import Project
    from personalize_sync.pull.contests import Contest
    from personalize_sync.pull.desk import Desk, Page
    from personalize_sync.resources import Document, Path


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one differing field, and where that can be seen."""

    address: Address
    path: str
    cause: str
    taken: Side
    file: str
    line: int
    is_conflict: bool = False
    note: str = ""

    def noting(self, *remarks: str) -> Taken:
        """Return the same with more to say; empty remarks say nothing."""
        said = (self.note, *remarks)
        return replace(self, note="; ".join(filter(None, said)))


def origin(address: Address, sources: Mapping[Address, Any]) -> tuple[ManifestSource, Path]:
    """Return the manifest that an object is declared in, and where below its `spec`."""
    prefix: Path = ()
    parent = BY_NAME[address.kind].parent
    if parent:
        model, _, variant = address.key.partition(":")
        address, prefix = Address(parent, model), ("variants", variant)
    return sources[address], prefix


class Work:
    """One field on its way into the manifest."""

    def __init__(
        self,
        contest: Contest,
        origin: tuple[ManifestSource, Path],
        desk: Desk,
        project: Project,
        environment: str,
    ) -> None:
        self._contest = contest
        self._source, prefix = origin
        self._path: Path = (*prefix, *contest.field.path)
        self._desk = desk
        self._project = project
        self._environment = environment
        self._code = ""

    def carry_out(self) -> Taken:
        """Write what the field's side asks for; what cannot be written is left to a person."""
        contest = self._contest
        field = contest.field
        at = field.location
        result = Taken(
            contest.address,
            field.pointer,
            field.cause.value,
            contest.side,
            at.file if at else "",
            at.line if at else 1,
            note=contest.note,
        )
        try:
            return self._carried_out(result)
        except Unwritable as reason:
            is_lost = contest.side is not Side.GIT
            return replace(
                result, taken=Side.GIT, is_conflict=is_lost, note=f"left alone: {reason}"
            )

    def _carried_out(self, result: Taken) -> Taken:
        text = self._text()
        place = home(meaning(text, self._page.index), self._environment, self._path)
        found = stated(meaning(text, self._page.index), place)
        if found is ABSENT:
            result = self._uncopied(result, meaning(text, self._page.index), place)
        if isinstance(found, dict) and isinstance(found.get("fromFile"), str):
            whole = self._effective()
            if "scripts" in whole:
                if whole != found:
                    raise Unwritable("its canvas and its scripts are named in different places")
                return self._in_canvas(result, found, place)
            return self._in_file(result, found["fromFile"], place)
        if (piece := self._contested_text()) is not None:
            return self._settled(result, piece, place)
        match result.taken:
            case Side.GIT:
                self._put(unmarked(text, self._page.index, place))
                return result
            case Side.TENANT:
                self._put_value(place, target(result.address.kind, self._contest.field))
                return result.noting(self._reach(place))
            case Side.BOTH:
                return self._marked(result, place)

    def _uncopied(self, result: Taken, document: Any, place: Path) -> Taken:
        """Keep code linked to its template, unless the tenant's is surely wanted: then say so."""
        is_asset = place[-2:-1] == ("assets",)
        variant = stated(document, place[: -2 if is_asset else -1])
        source = variant.get("fromTemplate") if isinstance(variant, dict) else None
        if source is None or not (is_asset or place[-1] == "freemarker"):
            return result
        if not is_asset or result.taken is not Side.TENANT:
            raise Unwritable(f"it is copied from template/{source}; edit it there")
        return result.noting(f"no longer copied from template/{source}")

    def _contested_text(self) -> Piece | None:
        """Return a text of several lines in the manifest itself that both sides changed."""
        field = self._contest.field
        match field.base, field.after, field.before:
            case str(base), str(git), str(tenant) if "\n" in git and self._is_contested:
                return Piece("", git, fitted(tenant, git), base, self._is_xml)
        return None

    def _settled(self, result: Taken, piece: Piece, place: Path) -> Taken:
        text = settled(piece, result.taken)
        if result.taken is Side.BOTH and has_markers(text):
            return self._marked(result, place)
        self._put_value(place, text)
        return result.noting(remark(piece, result.taken, text))

    def _marked(self, result: Taken, place: Path) -> Taken:
        """Keep both values: what is no text of several lines has no middle."""
        self._put(marked(self._text(), self._page.index, place, self._contest.field.before))
        return replace(result, is_conflict=True)

    def _in_file(self, result: Taken, path: str, place: Path) -> Taken:
        field = self._contest.field
        name, text = self._desk.code(self._source.file.name, path)
        self._code = name
        result = replace(result, file=name, line=1)
        if not isinstance(field.before, str):
            return self._without_file(result, place, name)
        base = field.base if isinstance(field.base, str) else None
        piece = Piece(name, text, fitted(field.before, text), base, self._is_xml)
        result = self._with_piece(result, piece)
        return result.noting(self._reach(place))

    def _without_file(self, result: Taken, place: Path, name: str) -> Taken:
        """Write a value that is no text where a file was named."""
        if result.taken is Side.GIT:
            return replace(result, is_conflict=has_markers(self._desk.now(name)))
        if result.taken is Side.BOTH:
            return self._marked(result, place)
        self._put_value(place, target(result.address.kind, self._contest.field))
        return result.noting(f"{name} is no longer named here; it was not deleted")

    def _effective(self) -> Document:
        """Return the insert as the environment sees it: an override may name a part of it."""
        document = meaning(self._text(), self._page.index)
        overrides = document.get("overrides") or {}
        spec = patched(document.get("spec"), overrides.get(self._environment) or {})
        found: Document = value_at(spec, self._path)
        return found

    def _in_canvas(self, result: Taken, found: Document, place: Path) -> Taken:
        """Write what the tenant changed in a canvas into the files of the canvas and its scripts."""
        tenant = self._contest.field.before
        pieces = Pieces(self._source.file.name, found, self._desk)
        self._code = pieces.marked or pieces.canvas[0]
        result = replace(result, file=self._code, line=1)
        if not isinstance(tenant, str):
            return self._without_file(result, place, self._code)
        gone = pieces.gone(tenant) if result.taken is not Side.GIT else ()
        if gone and result.taken is Side.BOTH:
            return self._marked(result, place)
        differing = list(pieces.differing(tenant, self._contest.field.base))
        results = [self._with_piece(result, piece) for piece in differing]
        for id_ in gone:
            self._put_value(
                (*place, "scripts", id_)
                if len(pieces.scripts) > len(gone)
                else (*place, "scripts"),
                GONE,
            )
        told = next((r for r in results if r.is_conflict), (results or [result])[0])
        self._code = told.file
        lost = f"{', '.join(gone)} holds no script there any more; no file was deleted"
        return told.noting(lost if gone else self._reach(place))

    def _with_piece(self, result: Taken, piece: Piece) -> Taken:
        """Write one text of a field into its file: what its side, or both, make of it."""
        result = replace(result, file=piece.file)
        if result.taken is not Side.TENANT and not self._is_contested:
            return replace(result, is_conflict=has_markers(piece.git))
        if result.taken is Side.BOTH and has_markers(piece.git):
            return replace(result, is_conflict=True, note="an earlier conflict is not resolved yet")
        if not self._is_contested:
            piece = replace(piece, base=None)
        text = settled(piece, result.taken)
        if result.taken is not Side.GIT or text != piece.git:
            self._desk.rewrite_code(piece.file, text)
        result = replace(result, is_conflict=has_markers(text))
        return result.noting(remark(piece, result.taken, text))

    @property
    def _is_contested(self) -> bool:
        return self._contest.field.cause in (Cause.CONFLICT, Cause.UNDETERMINED)

    @property
    def _is_xml(self) -> bool:
        shapes = BY_NAME[self._contest.address.kind].shapes
        return shapes.get(self._contest.field.pointer) is Form.XML

    def _put_value(self, place: Path, value: Any) -> None:
        index = self._page.index
        text = unmarked(self._text(), index, place)
        if value is GONE and place[0] == "overrides":
            spec = meaning(text, index).get("spec")
            if value_at(spec, place[2:]) is not ABSENT:
                value = None  # a null in an override takes away what the spec states
        place, value = _rooted(meaning(text, index), place, value)
        if isinstance(value, list):
            text = updated(text, index, place, value)
        else:
            text = rewritten(text, index, place, value)
        self._put(text)

    def _reach(self, place: Path) -> str:
        """Say which other environments see the same value."""
        if place[0] == "overrides" or self._contest.side is Side.GIT:
            return ""
        document = meaning(self._text(), self._page.index)
        metadata = document.get("metadata") or {}
        stated_for = metadata.get("environments") or sorted(self._project.environments)
        others = [
            name
            for name in stated_for
            if name != self._environment
            and self._is_tenant(name)
            and home(document, name, self._path)[0] == "spec"
        ]
        return f"stands in spec, so {', '.join(others)} will get it too" if others else ""

    def _is_tenant(self, name: str) -> bool:
        """Whether an environment is more than a pretend tenant on this computer."""
        known = self._project.environments.get(name)
        return known is None or known.sandbox is None

    def placed(self, taken: Taken) -> Taken:
        """Return the result with the line that now holds the field, once all edits are made."""
        try:
            text = self._text()
            if self._code:
                line = self._marker_line() if taken.is_conflict else 1
                return replace(taken, line=line)
            place = home(meaning(text, self._page.index), self._environment, self._path)
            for length in range(len(place), -1, -1):
                try:
                    spot = trail(text, self._page.index, place[:length])[-1]
                except Unwritable:
                    continue
                return replace(taken, line=self._page.line(spot.start))
        except Unwritable:
            pass
        return taken

    def _marker_line(self) -> int:
        before, marker, _ = self._desk.now(self._code).partition(GIT)
        return before.count("\n") + 1 if marker else 1

    @property
    def _page(self) -> Page:
        return self._desk.page(self._source)

    def _text(self) -> str:
        return self._page.text

    def _put(self, text: str) -> None:
        self._page.rewrite(text)


def _rooted(document: Any, place: Path, value: Any) -> tuple[Path, Any]:
    """Return a place whose holder is written: what a manifest copies is stated nowhere in it."""
    while value is not GONE and len(place) > 1 and stated(document, place[:-1]) is ABSENT:
        place, value = place[:-1], {place[-1]: value}
    return place, value
