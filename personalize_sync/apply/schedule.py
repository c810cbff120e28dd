"""Doing pieces of work in parallel, each only after the ones it needs."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work. `needs` must have ended well for it to start, `after` only have ended.

    `run` answers whether it ended well; `skip` is told, by name, which need did not.
    """

    name: str
    run: Callable[[], bool]
    skip: Callable[[str], None]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def carry_out(
    tasks: Sequence[Task], *, parallelism: int, stopped: Callable[[], str] = lambda: ""
) -> None:
    """Run every task once. `stopped` is asked before each start: a reason skips what is left."""
    well: dict[str, bool] = {}
    waiting = list(tasks)
    running: dict[Future[bool], Task] = {}
    with ThreadPoolExecutor(max_workers=parallelism) as pool:
        while waiting or running:
            for task in tuple(waiting):
                if not all(name in well for name in (*task.needs, *task.after)):
                    continue
                lacking = next((name for name in task.needs if not well[name]), stopped())
                if lacking:
                    waiting.remove(task)
                    task.skip(lacking)
                    well[task.name] = False
                elif len(running) < parallelism:
                    waiting.remove(task)
                    running[pool.submit(task.run)] = task
            if not running:
                if waiting and not any(
                    all(name in well for name in (*t.needs, *t.after)) for t in waiting
                ):
                    raise ValueError("tasks that wait for each other or for nothing that exists")
                continue
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                well[running.pop(future).name] = future.result()
