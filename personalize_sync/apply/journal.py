"""The journal: what one apply meant to do and what became of it, on disk before the next step.

JSON Lines, each synced before the request it announces. It is evidence, not state: a plain second
apply looks at the tenant and converges without it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO

from personalize_sync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalize_sync.planning.change import Change
    from personalize_sync.planning.outcome import Outcome


class Journal:
    """Writes one run's file below a directory; readable by its owner only, and free of values."""

    def __init__(self, directory: Path, run: str, **about: Any) -> None:
        self.run = run
        self._lock = Lock()
        try:
            directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(
                directory / f"{run}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600
            )
        except OSError as error:
            raise UsageError(
                f"the journal cannot be written to {directory}: {error.strerror}",
                "Apply does not begin what it could not account for. Nothing was written.",
            ) from None
        self._file: TextIO = os.fdopen(descriptor, "w", encoding="utf-8")
        self._note(event="start", run=run, **about)

    def intend(self, change: Change) -> None:
        """Note what is about to be written."""
        self._note(
            event="intent",
            address=str(change.address),
            action=change.action.value,
            ref=change.expect.ref if change.expect else None,
            revision=change.expect.revision if change.expect else None,
        )

    def record(self, outcome: Outcome) -> None:
        """Note what became of it."""
        self._note(
            event="result",
            address=str(outcome.address),
            result=outcome.result.value,
            revision=outcome.revision,
            wrote=outcome.wrote,
        )

    def close(self, exit_code: int) -> None:
        """Note that the run ended by itself."""
        self._note(event="end", exit_code=exit_code)
        self._file.close()

    def _note(self, **entry: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(entry, sort_keys=True) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())


@dataclass(frozen=True, slots=True)
class PastRun:
    """What a journal says about an earlier apply."""

    run: str
    environment: str
    finished: bool
    open: tuple[str, ...]
    """Every address it meant to write, unless it ended well: what of it is left, a plan will say."""


def past_runs(directory: Path) -> Iterator[PastRun]:
    """Yield the earlier runs, the newest first; a line cut off by a crash is passed over."""
    for path in sorted(directory.glob("*.jsonl"), reverse=True):
        entries = list(_entries(path))
        start = next((e for e in entries if e.get("event") == "start"), {})
        end = next((e for e in entries if e.get("event") == "end"), None)
        ended_well = end is not None and end.get("exit_code") == 0
        yield PastRun(
            run=path.stem,
            environment=str(start.get("environment", "")),
            finished=end is not None,
            open=() if ended_well else tuple(str(a) for a in start.get("planned", ())),
        )


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry
