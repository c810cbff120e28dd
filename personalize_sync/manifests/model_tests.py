"""`tests:` beside the spec of a decision model: the tests that the loader hands out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds.model_tests import ModelTest
from personalize_sync.manifests.complaints import Complaint, listed, quoted
from personalize_sync.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalize_sync.manifests.documents import Manifest
    from personalize_sync.manifests.sources import ManifestSource
    from personalize_sync.problems import Location
    from personalize_sync.resources import Document, Path

TESTS = "tests"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A manifest, seen from one of its tests."""

    source: ManifestSource
    prefix: Path

    def locate(self, path: Path, *, key: bool = False) -> Location:
        return self.source.locate_in_document((*self.prefix, *path), key=key)

    @property
    def start(self) -> Location:
        return self.locate((), key=True)


def read_tests(
    manifest: Manifest, stated: Document, read: Callable[[str], str]
) -> Iterator[ModelTest | tuple[Path, Complaint]]:
    """Yield each test of a valid manifest, or what is wrong with it and where in the document.

    `read` returns the text of a file by the path that the manifest names it with.
    """
    variants = {key for r in manifest.resources.values() for key in r.spec.get("variants") or {}}
    for name, test in stated.items():
        place = (TESTS, name)
        if test["variant"] not in variants:
            hint = did_you_mean(test["variant"], variants)
            yield (
                (*place, "variant"),
                Complaint(
                    "PS2001",
                    f"this model has no variant {quoted(test['variant'])}",
                    f"Its variants: {listed(variants) or 'none'}.{hint}",
                ),
            )
            continue
        try:
            context = _context(test.get("context", {}), read)
        except _Unread as unread:
            yield (*place, "context", *unread.path), unread.complaint
            continue
        yield ModelTest(
            manifest.address,
            name,
            test["variant"],
            context,
            test["expect"],
            _Seen(manifest.source, place),
        )


class _Unread(Exception):  # noqa: N818 - it becomes a Problem, not an error
    def __init__(self, path: Path, complaint: Complaint) -> None:
        super().__init__(complaint.message)
        self.path = path
        self.complaint = complaint


def _context(stated: Document, read: Callable[[str], str]) -> Document:
    """Return a context with its files read; a file may hold all of it, or one of its fields."""
    if "fromFile" in stated:
        return _json(stated, (), read)
    return {
        name: _json(value, (name,), read)
        if isinstance(value, dict) and "fromFile" in value
        else value
        for name, value in stated.items()
    }


def _json(value: Document, path: Path, read: Callable[[str], str]) -> Document:
    try:
        return _object(value["fromFile"], read)
    except Complaint as complaint:
        raise _Unread((*path, "fromFile"), complaint) from None


def _object(name: str, read: Callable[[str], str]) -> Document:
    text = read(name)
    try:
        document = json.loads(text, object_pairs_hook=_without_twins, parse_constant=_no_number)
        # JSON can spell what cannot be sent: half a character, a number beyond all bounds.
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        message = f"the file {quoted(name)} is not JSON: {error}"
        raise Complaint("PS2005", message, "Correct the file.") from None
    if not isinstance(document, dict):
        message = f"the file {quoted(name)} does not hold a JSON object"
        raise Complaint("PS2005", message, "A context is an object: {…}.")
    return document


def _without_twins(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return document


def _no_number(word: str) -> object:
    raise ValueError(f"{word} does not exist in JSON")
