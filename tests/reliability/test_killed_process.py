"""kill -9 of the real command line at any request: the next apply finishes, nothing is lost.

By default at a few requests, with a fixed seed; `make sweep` takes all of them.
"""

from __future__ import annotations

import json
import os
import random
import signal
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest
from reliability.served import APPLY, intercept, served, start

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from reliability.prepared import Prepared
    from world import World

    from personalize_sync.sandbox.exchange import Request

_SAMPLE = 5
_SEED = 20260303


def _killed_at(world: World, number: int, *, after: bool) -> subprocess.Popen[str]:
    """Start an apply and kill it at its n-th request, before or after it is carried out."""
    count, lock = [0], Lock()
    process: list[subprocess.Popen[str]] = []
    born = Lock()
    born.acquire()

    def seen(_request: Request, carried_out: bool) -> None:  # noqa: FBT001 - a callback
        with lock:
            count[0] += not carried_out
            due = count[0] == number and carried_out == after
        if due:
            with born:
                process[0].send_signal(signal.SIGKILL)
                process[0].wait(timeout=30)

    intercept(world, seen)
    process.append(start(world, *APPLY, "--parallelism", "1"))
    born.release()
    process[0].communicate(timeout=60)
    return process[0]


@pytest.mark.timeout(3600)
def test_a_killed_process_loses_nothing(
    small: Prepared, record_property: Callable[[str, Any], None]
) -> None:
    """Each process really dies of signal 9; its journal has a beginning and no end."""
    points = [(n, after) for n in range(1, len(small.requests) + 1) for after in (False, True)]
    if not os.environ.get("SWEEP"):
        points = random.Random(_SEED).sample(points, _SAMPLE)
    journals = 0
    for number, after in points:
        with served(small) as world:
            assert _killed_at(world, number, after=after).returncode == -signal.SIGKILL
            journals += _journal_is_open(world)
            again = start(world, *APPLY)
            out, err = again.communicate(timeout=60)
            assert again.returncode == 0, out + err
            small.assert_converged(world)
    record_property(
        "SIGKILL sweep",
        f"{len(points)} processes killed, {journals} with an open journal: 0 lost, 0 duplicated",
    )


def _journal_is_open(world: World) -> bool:
    paths = list((world.root / ".personalize-sync" / "runs").glob("*.jsonl"))
    if not paths:
        return False  # it died before the first write
    lines = paths[0].read_text(encoding="utf-8").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events[:1] == ["start"]
    assert "end" not in events
    return True
