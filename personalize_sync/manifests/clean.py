"""What a file says when there is nothing to complain about: a function of its bytes alone.

Because nothing else goes into it, the answer can be remembered by content and worked out in another
process. Files with any flaw have no such answer; they are read again by the reader that explains.
"""

from __future__ import annotations

import os
import signal
import threading
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from personalize_sync.kinds import BY_MANIFEST
from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.composing import compose, decode
from personalize_sync.manifests.documents import MAX_OVERRIDES
from personalize_sync.manifests.patches import merge
from personalize_sync.manifests.schemas import verdict
from personalize_sync.manifests.values import Values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yaml.nodes import Node

    from personalize_sync.manifests.memory import Memory
    from personalize_sync.resources import Document

# Line and column (from 1) where a document starts, and its data.
CleanDocument: TypeAlias = tuple[int, int, "Document"]
# The documents of files without flaws, by the SHA-256 of the files' bytes in hexadecimal.
Clean: TypeAlias = "dict[str, list[CleanDocument]]"

# From so many files on, a second process is worth its start (measured: 1.6 times as fast).
_MANY = 300


def understand(texts: Mapping[str, bytes], memory: Memory) -> Clean:
    """Return what the clean ones of these files say, given and returned by digest."""
    clean = {digest: memory.clean[digest] for digest in texts if digest in memory.clean}
    new = {digest: data for digest, data in texts.items() if digest not in clean}
    clean |= _shared(new) if len(new) >= _MANY and _can_fork() else _each(new)
    memory.keep(clean)
    return clean


def _each(texts: Mapping[str, bytes]) -> Clean:
    found = ((digest, read_clean(data)) for digest, data in texts.items())
    return {digest: documents for digest, documents in found if documents is not None}


def read_clean(data: bytes) -> list[CleanDocument] | None:
    """Return the documents of a file, None where anything about them has to be explained."""
    try:
        found = [_document(root) for root in compose(decode(data))]
    except Complaint:
        return None
    return found if all(_fits(document) for _, _, document in found) else None


def _document(root: Node) -> CleanDocument:
    values = Values()
    data = values.of(root)
    if values.complaints:
        raise values.complaints[0]
    return root.start_mark.line + 1, root.start_mark.column + 1, data


def _fits(document: Any) -> bool:
    """Whether the schema has nothing against a document, in any environment."""
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in BY_MANIFEST:
        return False
    fits = verdict(BY_MANIFEST[kind].name)
    if not fits(document):
        return False
    patches = islice((document.get("overrides") or {}).values(), MAX_OVERRIDES)
    return all(fits({**document, "spec": merge(document["spec"], patch)}) for patch in patches)


def _can_fork() -> bool:
    """Whether a copy of this process is safe and has a processor to run on."""
    # Another thread could hold a lock that its copy would wait for without end.
    is_alone = threading.active_count() == 1
    return hasattr(os, "sched_getaffinity") and is_alone and len(os.sched_getaffinity(0)) > 1


def _shared(texts: Mapping[str, bytes]) -> Clean:
    """Read one half of the files here and the other half in a second process."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - 20 ms, only for many files
    from multiprocessing import get_context  # noqa: PLC0415

    half = len(texts) // 2
    here, there = dict(islice(texts.items(), half)), dict(islice(texts.items(), half, None))
    with ProcessPoolExecutor(
        1, mp_context=get_context("fork"), initializer=_leave_signals_to_the_parent
    ) as beside:
        other = beside.submit(_each_packed, there)
        clean = _each(here)
        try:
            clean.update(orjson.loads(other.result()))
        except (TypeError, OSError, RuntimeError):  # a number that JSON cannot carry, or it died
            clean.update(_each(there))
        return clean


def _each_packed(texts: Mapping[str, bytes]) -> bytes:
    """Return what these files say as JSON, which crosses over faster than objects do."""
    return orjson.dumps(_each(texts))


def _leave_signals_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
