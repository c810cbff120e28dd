"""The journal: what one apply meant to do and what became of it, on disk before the next step.

JSON Lines, each synced before the request it announces. It is evidence, not state: a plain second
apply looks at the tenant and converges without it. No secret is ever in it: of what a change
overwrites it keeps what the plan shows, since not every tenant keeps revisions of everything.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO

from personalize_sync.errors import UsageError
from personalize_sync.planning.change import Action
from personalize_sync.planning.outcome import Result
from personalize_sync.planning.overwritten import Overwritten, Step, overwritten
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from personalize_sync.kinds import Refs
    from personalize_sync.planning.change import Change
    from personalize_sync.planning.outcome import Outcome


class Journal:
    """Writes one run's file below a directory, readable by its owner only.

    `about` and `planned` (an `entry` per change) stand in its first line.
    """

    def __init__(
        self, directory: Path, run: str, planned: Iterable[Mapping[str, Any]], **about: Any
    ) -> None:
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
        self._note(event="start", run=run, planned=list(planned), **about)

    def intend(self, change: Change) -> None:
        """Note what is about to be written."""
        self._note(event="intent", address=str(change.address))

    def record(self, outcome: Outcome) -> None:
        """Note what became of it."""
        self._note(
            event="result",
            address=str(outcome.address),
            result=outcome.result.value,
            ref=outcome.ref,
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


def entry(change: Change, refs: Refs) -> dict[str, Any]:
    """Return what the journal keeps of a planned change: enough to finish it, or to undo it."""
    lost = overwritten(change, refs)
    return {
        "address": str(change.address),
        "action": change.action.value,
        "ref": change.expect.ref if change.expect else None,
        "revision": change.expect.revision if change.expect else None,
        "parent": change.live.parent if change.live else "",
        "before": [[list(path), value] for path, value in lost.values.items()],
        "absent": [list(path) for path in lost.absent],
        "hidden": list(lost.hidden),
        "refs": {str(address): ref for address, ref in lost.refs.items()},
    }


@dataclass(frozen=True, slots=True)
class PastRun:
    """What a journal says about an earlier apply."""

    run: str
    environment: str
    client_key: str
    finished: bool
    ended_well: bool
    undoes: str
    steps: tuple[Step, ...] = field(repr=False)

    @property
    def open(self) -> tuple[Step, ...]:
        """All it meant to write, unless it ended well: what of it is left, a plan will say."""
        return () if self.ended_well else self.steps


def past_runs(directory: Path) -> Iterator[PastRun]:
    """Yield the earlier runs, the newest first; a line cut off by a crash is passed over."""
    for path in sorted(directory.glob("*.jsonl"), reverse=True):
        try:
            yield _past_run(path.stem, list(_entries(path)))
        except (KeyError, TypeError, ValueError):
            continue  # not of this version


def _past_run(run: str, entries: list[dict[str, Any]]) -> PastRun:
    start = next((e for e in entries if e.get("event") == "start"), {})
    end = next((e for e in entries if e.get("event") == "end"), None)
    results = {str(e.get("address")): e for e in entries if e.get("event") == "result"}
    begun = {str(e.get("address")) for e in entries if e.get("event") == "intent"}
    return PastRun(
        run=run,
        environment=str(start.get("environment", "")),
        client_key=str(start.get("client_key", "")),
        finished=end is not None,
        ended_well=end is not None and end.get("exit_code") == 0,
        undoes=str(start.get("undoes", "")),
        steps=tuple(
            _step(planned, results.get(planned["address"]), begun)
            for planned in start.get("planned", ())
        ),
    )


def _step(planned: dict[str, Any], result: dict[str, Any] | None, begun: set[str]) -> Step:
    name = str(planned["address"])
    result = result or {}
    return Step(
        address=Address.parse(name),
        action=Action(planned["action"]),
        result=Result(result["result"]) if result else None,
        wrote=bool(result.get("wrote", name in begun)),
        ref=str(result.get("ref") or planned.get("ref") or ""),
        parent=str(planned.get("parent", "")),
        before=planned.get("revision"),
        after=result.get("revision"),
        lost=Overwritten(
            values={tuple(path): value for path, value in planned.get("before", ())},
            absent=tuple(tuple(path) for path in planned.get("absent", ())),
            hidden=tuple(planned.get("hidden", ())),
            refs={Address.parse(name): ref for name, ref in planned.get("refs", {}).items()},
        ),
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
