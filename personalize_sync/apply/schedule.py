"""Doing pieces of work in parallel, each only after the ones it needs."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from heapq import heappop, heappush
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
    order = _Order(tasks)
    running: dict[Future[bool], Task] = {}
    with ThreadPoolExecutor(max_workers=parallelism) as pool:
        while order.ready or running:
            while order.ready and len(running) < parallelism:
                task = order.next()
                if lacking := order.lacking(task) or stopped():
                    task.skip(lacking)
                    order.end(task, well=False)
                else:
                    running[pool.submit(task.run)] = task
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                order.end(running.pop(future), well=future.result())
    if order.is_stuck:
        raise ValueError("tasks that wait for each other or for nothing that exists")


class _Order:
    """Which tasks may start, the earlier ones first; each end is looked at once."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.ready: list[int] = []
        self._tasks = tasks
        self._well: dict[str, bool] = {}
        self._waits: list[int] = []
        self._behind: dict[str, list[int]] = defaultdict(list)
        for place, task in enumerate(tasks):
            before = {*task.needs, *task.after}
            self._waits.append(len(before))
            for name in before:
                self._behind[name].append(place)
            if not before:
                heappush(self.ready, place)

    @property
    def is_stuck(self) -> bool:
        return len(self._well) < len(self._tasks)

    def next(self) -> Task:
        return self._tasks[heappop(self.ready)]

    def lacking(self, task: Task) -> str:
        return next((name for name in task.needs if not self._well[name]), "")

    def end(self, task: Task, *, well: bool) -> None:
        self._well[task.name] = well
        for place in self._behind.pop(task.name, ()):
            self._waits[place] -= 1
            if not self._waits[place]:
                heappush(self.ready, place)
