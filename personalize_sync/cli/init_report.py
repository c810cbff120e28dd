"""What an init says it did: which files, what was left out and why, which secrets to set."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from personalize_sync.resources import pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from personalize_sync.cli.options import Common
    from personalize_sync.init import Drafts


@dataclass(slots=True)
class Done:
    """What an init did."""

    root: Path
    files: tuple[str, ...] = ()
    environment: str = ""
    drafts: Drafts | None = None
    remarks: list[str] = field(default_factory=list)


def deliver(common: Common, done: Done) -> None:
    """Deliver the document in the format that was asked for."""
    from personalize_sync.rendering import plain  # noqa: PLC0415 - foreign text passes the gate

    if common.format == "json":
        common.deliver(json.dumps(_document(done), indent=2) + "\n")
        return
    common.deliver("".join(f"{plain(line)}\n" for line in _lines(done)))


def _document(done: Done) -> dict[str, object]:
    drafts = done.drafts
    document: dict[str, object] = {
        "root": str(done.root),
        "environment": done.environment,
        "files": list(done.files),
        "remarks": done.remarks,
    }
    if drafts:
        document |= {
            "objects": [str(address) for address in sorted(drafts.by_address)],
            "left_out": [
                {"object": left.what, "reason": left.reason, "advice": left.advice}
                for left in drafts.left_out
            ],
            "unmanaged": [
                {"address": str(u.address), "path": u.path, "reason": u.reason}
                for u in drafts.unmanaged
            ],
            "secrets": [
                {
                    "variable": needed.variable,
                    "address": str(address),
                    "path": pointer(needed.path),
                }
                for address, needed in drafts.secrets
            ],
        }
    return document


def _lines(done: Done) -> Iterator[str]:
    if done.drafts is None:
        yield from (f"wrote {name}" for name in done.files)
    else:
        yield from _told(done.drafts, done)
    yield from done.remarks


def _told(drafts: Drafts, done: Done) -> Iterator[str]:
    counts = Counter(address.kind for address in drafts.by_address)
    yield f"Environment: {done.environment}"
    yield ""
    if drafts.left_out:
        yield "Left out:"
        for left in drafts.left_out:
            yield f"  {left.what}: {left.reason}"
            yield f"    {left.advice}"
        yield ""
    yield from _left_alone(drafts)
    if drafts.secrets:
        yield "Secrets to set before the first apply, as environment variables or in --secrets-dir:"
        for address, needed in drafts.secrets:
            yield f"  {needed.variable}   {address} {pointer(needed.path)}"
        yield ""
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
    yield f"Imported: {sum(counts.values())} objects ({kinds or 'none'}) in {len(done.files)} files."
    yield "Proven: a plan of them finds no difference."


def _left_alone(drafts: Drafts) -> Iterable[str]:
    stated = [field for field in drafts.unmanaged if field.reason]
    if stated:
        yield "Left alone, since a manifest cannot state it as it is:"
        for unmanaged in stated:
            yield f"  {unmanaged.address} {unmanaged.path}: {unmanaged.reason}"
        yield ""
    unknown = Counter(field.path for field in drafts.unmanaged if not field.reason)
    if unknown:
        listed = ", ".join(f"{path} ({number})" for path, number in sorted(unknown.items()))
        yield f"Left alone, since this version does not know it: {listed}"
        yield ""
