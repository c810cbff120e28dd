"""Making a spec fit what a manifest may say: what does not fit is left alone, and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.init.cutting import Cut, at, cut_at
from personalize_sync.init.extracting import extracted
from personalize_sync.manifests.files import MAX_BYTES
from personalize_sync.manifests.schemas import schema, verdict
from personalize_sync.problems import Location, Severity
from personalize_sync.resources import ABSENT, Address, Path, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Document

_API_VERSION = "personalize-sync/v1"
_MOST_ROUNDS = 100
_UNKNOWN = "PS1010"


class Unfit(Exception):  # noqa: N818 - becomes a line in a report, not the end of the run
    """Why no manifest can declare an object."""


class Fitted:
    """A document that fits, the files it names, and what had to go for it."""

    def __init__(
        self, document: Document, files: dict[str, str], spec: Document, cuts: Iterable[Cut]
    ) -> None:
        self.document = document
        self.files = files
        self.cuts = list(cuts)
        self._spec = spec

    def cut(self, pointer: str, reason: str) -> None:
        """Note one more field that is left alone."""
        self.cuts.append(Cut(tuple(pointer.split("/")[1:]), reason))

    def states(self, path: Path) -> bool:
        """Whether the spec states a field."""
        return at(self._spec, path) is not ABSENT


def fitted(kind: Kind, address: Address, spec: Document, *, cuts: Iterable[Cut] = ()) -> Fitted:
    """Return the document that says as much of a spec as a manifest can; raises Unfit."""
    cuts = list(cuts)
    for _ in range(_MOST_ROUNDS):
        body, files = extracted(kind, address.key, _ordered(kind, spec))
        document = {
            "apiVersion": _API_VERSION,
            "kind": kind.manifest,
            "metadata": {"key": address.key},
            "spec": body,
        }
        flaw = next(_flaws(kind, address, spec, document), None)
        if flaw is None:
            return Fitted(document, files, spec, cuts)
        spec, gone = cut_at(spec, flaw.path, kind.shapes)
        if not gone:
            raise Unfit(flaw.reason)
        cuts.append(Cut(gone, flaw.reason))
    raise Unfit("too little of it fits into a manifest")


def _flaws(kind: Kind, address: Address, spec: Document, document: Document) -> Iterator[Cut]:
    """Yield what does not fit; an unknown attribute without a reason, as servers add some."""
    if not verdict(kind.name)(document):
        from personalize_sync.manifests.explaining import explain  # noqa: PLC0415 - 75 ms

        for flaw in explain(kind.name, document):
            path = flaw.path[1:] if flaw.path[:1] == ("spec",) else ()
            yield Cut(path, "" if flaw.rule == _UNKNOWN else flaw.message)
        yield Cut((), "it does not fit the schema")
    for path, text in _texts(spec, ()):
        if reason := _unwritable(text):
            yield Cut(path, reason)
    for finding in kind.check(Resource(address, spec, _Nowhere())):
        if finding.severity is Severity.ERROR:
            yield Cut(finding.path, finding.message)


def _unwritable(text: str) -> str:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "the text is not Unicode"
    return f"the text is larger than {MAX_BYTES // 1024} KiB" if size > MAX_BYTES else ""


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for name, child in value.items():
                yield from _texts(child, (*path, name))
        case list():
            for index, child in enumerate(value):
                yield from _texts(child, (*path, str(index)))


def _ordered(kind: Kind, spec: Document) -> Document:
    """Return a spec in the order of its schema, so that all manifests of a kind look alike."""
    described = schema(kind.name)
    names = described["properties"]["spec"]["properties"]
    ordered = _by(names, spec)
    variant = described.get("$defs", {}).get("variant")
    variants = ordered.get("variants")
    if variant and isinstance(variants, dict):
        ordered["variants"] = {
            key: _by(variant["properties"], one) if isinstance(one, dict) else one
            for key, one in sorted(variants.items())
        }
    return ordered


def _by(names: Iterable[str], document: Document) -> Document:
    known = [name for name in names if name in document]
    return {name: document[name] for name in (*known, *(n for n in document if n not in known))}


class _Nowhere:
    """The source of a manifest that is not written yet."""

    def locate(self, path: Path, *, key: bool = False) -> Location:
        del path, key
        return self.start

    @property
    def start(self) -> Location:
        return Location("", 1, 1)
