"""What a file says when there is nothing to complain about: a function of its bytes alone.

Because nothing else goes into it, the answer can be remembered by content and worked out in another
process. Files with any flaw have no such answer; they are read again by the reader that explains.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import orjson

from personalize_sync.kinds import BY_MANIFEST
from personalize_sync.kinds.kind import check_names
from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.composing import compose, decode
from personalize_sync.manifests.documents import MAX_OVERRIDES
from personalize_sync.manifests.inserts import INSERTS, spells
from personalize_sync.manifests.model_tests import TESTS
from personalize_sync.manifests.patches import merge
from personalize_sync.manifests.schemas import verdict
from personalize_sync.manifests.sources import ManifestSource, SourceFile
from personalize_sync.manifests.values import Values
from personalize_sync.resources import Address, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from yaml.nodes import Node

    from personalize_sync.manifests.memory import Memory
    from personalize_sync.resources import Document

# Line and column (from 1) where a document starts, its data, and whether it is settled: that it
# names neither file, secret nor live object, and that its kind has nothing to say about it.
CleanDocument: TypeAlias = tuple[int, int, "Document", bool]
# The documents of files without flaws, by the SHA-256 of the files' bytes in hexadecimal.
Clean: TypeAlias = "dict[str, list[CleanDocument]]"

# From so many files on, a second process is worth its start (measured: 1.6 times as fast).
_MANY = 300
_NOWHERE = ManifestSource(SourceFile("", ""), 0, 1, 1)


@contextmanager
def understanding(
    names: Sequence[str], read: Callable[[Sequence[str]], Mapping[str, bytes]], memory: Memory
) -> Iterator[Callable[[str], list[CleanDocument] | None]]:
    """Tell by digest what each of these files says, None of one that is not clean.

    `read` returns what is in files, by digest. Ask in the order of the names: the last of the files
    may still be read elsewhere.
    """
    known = memory.clean
    # Here is more to do, with what comes out.
    split = len(names) * 2 // 5 if _are_many(len(names) - len(known)) else len(names)
    with _beside(lambda: _each(read(names[split:]), known), idle=split == len(names)) as there:
        clean = _each(read(names[:split]), known)
        last = read(names[split:])

        @cache
        def rest() -> Clean:
            found = there()
            # A number that JSON cannot carry, no memory left, somebody who killed it.
            return _each(last, known) if found is None else found

        yield lambda digest: (rest() if digest in last else clean).get(digest)
        memory.keep(clean | rest())


def _each(texts: Mapping[str, bytes], known: Clean) -> Clean:
    found = ((digest, known.get(digest) or read_clean(data)) for digest, data in texts.items())
    return {digest: documents for digest, documents in found if documents is not None}


def read_clean(data: bytes) -> list[CleanDocument] | None:
    """Return the documents of a file, None where anything about them has to be explained."""
    found: list[CleanDocument] = []
    try:
        text = decode(data)
        for root in compose(text):
            document = _data(root)
            if not _fits(document):
                return None
            start = root.start_mark
            settled = _is_settled(document, text)
            found.append((start.line + 1, start.column + 1, document, settled))
    except Complaint:
        return None
    return found


def _data(root: Node) -> Any:
    values = Values()
    data = values.of(root)
    if values.complaints:
        raise values.complaints[0]
    return data


def _fits(document: Any) -> bool:
    """Whether the schema has nothing against a document, in any environment."""
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in BY_MANIFEST:
        return False
    fits = verdict(BY_MANIFEST[kind].name)
    return fits(document) and all(fits({**document, "spec": spec}) for spec in _patched(document))


def _patched(document: Document) -> Iterator[Document]:
    """Yield the spec as each environment with an override sees it."""
    for patch in islice((document.get("overrides") or {}).values(), MAX_OVERRIDES):
        yield merge(document["spec"], patch)


def _is_settled(document: Document, text: str) -> bool:
    """Whether a document that fits its schema needs nobody else to be understood."""
    if TESTS in document or any(spells(text, word) for word in INSERTS):
        return False
    kind = BY_MANIFEST[document["kind"]]
    address = Address(kind.name, document["metadata"]["key"])
    for spec in (document["spec"], *_patched(document)):
        resource = Resource(address, spec, _NOWHERE)
        if any(check_names(resource)) or any(kind.check(resource)):
            return False
    return True


def _are_many(files: int) -> bool:
    """Whether a copy of this process pays, is safe, and has a processor to run on."""
    # Another thread could hold a lock that its copy would wait for without end.
    is_safe = hasattr(os, "sched_getaffinity") and threading.active_count() == 1
    return files >= _MANY and is_safe and len(os.sched_getaffinity(0)) > 1


@contextmanager
def _beside(work: Callable[[], Clean], *, idle: bool) -> Iterator[Callable[[], Clean | None]]:
    """Work in a second process; what is given waits for it, and is None where that failed.

    A bare fork: the pools of the standard library take 20 ms to import, and a pipe would let the
    other wait for us. What it leaves is JSON, which crosses over faster than objects do.
    """
    if idle:
        yield dict
        return
    with open(os.memfd_create("clean"), "r+b") as answer:  # noqa: PTH123 - not a path
        child = os.fork()
        if not child:
            _answer_and_end(work, answer.fileno())

        @cache
        def ended() -> int:
            return os.waitpid(child, 0)[1]

        def found() -> Clean | None:
            if ended():
                return None
            answer.seek(0)  # the other moved it
            clean: Clean = orjson.loads(answer.read())
            return clean

        try:
            yield found
        finally:
            ended()


def _answer_and_end(work: Callable[[], Clean], descriptor: int) -> NoReturn:
    """Write what comes of the work and end: nothing of the parent is flushed, closed or run twice."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with open(descriptor, "wb", closefd=False) as file:
            file.write(orjson.dumps(work()))
        code = 0
    finally:
        os._exit(code)
