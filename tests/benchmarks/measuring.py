"""Timing whole commands in turn, so that all of them meet the same noise."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing against a baseline of the same run, medians in seconds.

    `target` is what the ratio should be: at most, or with `at_least` how many times faster.
    """

    what: str
    seconds: float
    against: str
    baseline: float
    target: float = 0
    at_least: bool = False
    megabytes: float = 0

    @property
    def ratio(self) -> float:
        """How many times the baseline it took, or how many times faster it was."""
        return self.baseline / self.seconds if self.at_least else self.seconds / self.baseline

    @property
    def verdict(self) -> str:
        """What the target says."""
        if not self.target:
            return ""
        sign, met = ("≥", self.ratio >= self.target)
        if not self.at_least:
            sign, met = ("≤", self.ratio <= self.target)
        return f"{sign} {self.target:g} {'met' if met else 'MISSED'}"

    @property
    def row(self) -> str:
        """The figure as a row of a Markdown table."""
        memory = f"{self.megabytes:.0f} MB" if self.megabytes else ""
        unit = "x faster" if self.at_least else "x"
        return (
            f"| {self.what} | {self.seconds:.3f} s | {memory} | {self.ratio:.2f} {unit} | "
            f"{self.against} ({self.baseline:.3f} s) | {self.verdict} |"
        )

    @property
    def document(self) -> dict[str, object]:
        """The figure as JSON."""
        return {**asdict(self), "ratio": self.ratio, "verdict": self.verdict}


# A small process of its own starts what is measured: on Linux the peak of a child begins with what
# its parent had in memory, and this one holds all that a tenant has.
_STARTER = """
import json, os, sys, time
out = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
start = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - start
code = os.waitstatus_to_exitcode(status)
found = [code, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]
os.write(out, json.dumps(found).encode())
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A process to measure; a code other than those in `codes` ends the benchmark."""

    arguments: Sequence[str]
    environ: Mapping[str, str] | None = None
    codes: tuple[int, ...] = (0,)

    def run(self) -> tuple[float, float]:
        """Return seconds and peak memory in MB."""
        seconds, _, megabytes = self._measured()
        return seconds, megabytes

    def work(self) -> tuple[float, float]:
        """Return seconds of the processor, as waiting is no work, and peak memory in MB."""
        _, seconds, megabytes = self._measured()
        return seconds, megabytes

    def _measured(self) -> tuple[float, float, float]:
        # Installed packages are compiled; a checkout must be able to keep what it compiled, too.
        environ = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(
            [sys.executable, "-S", "-c", _STARTER, *self.arguments],
            env={**environ, **(self.environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        code, seconds, processor, peak = json.loads(done.stdout)
        if code not in self.codes:
            raise RuntimeError(f"{' '.join(self.arguments)[:200]} ended with {code}")
        return seconds, processor, peak / (2**20 if sys.platform == "darwin" else 2**10)


@dataclass(frozen=True, slots=True)
class Growth:
    """What a step takes at several sizes: seconds of the processor, and megabytes where known.

    `target` is how many times the seconds of the size before the largest may take.
    """

    what: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    megabytes: tuple[float, ...]
    target: float

    def exponents(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """Return from size to size with which power of it a value grows: 1 is linear."""
        steps = zip(pairwise(self.sizes), pairwise(values), strict=True)
        return tuple(
            math.log(after / before) / math.log(many / few) if before else 0.0
            for (few, many), (before, after) in steps
        )

    @property
    def verdict(self) -> str:
        """What the target says."""
        times = self.seconds[-1] / self.seconds[-2]
        return f"{times:.1f}x, ≤ {self.target:g} {'met' if times <= self.target else 'MISSED'}"

    @property
    def row(self) -> str:
        """The growth as a row of a Markdown table."""
        seconds = " / ".join(f"{value:.3f}" for value in self.seconds)
        cells = [self.what, " / ".join(map(str, self.sizes)), f"{seconds} s"]
        cells += [_signed(self.exponents(self.seconds))]
        if any(self.megabytes):
            cells += [" / ".join(f"{value:.0f}" for value in self.megabytes) + " MB"]
            cells += [_signed(self.exponents(self.megabytes))]
        else:
            cells += ["", ""]
        return f"| {' | '.join(cells)} | {self.verdict} |"

    @property
    def document(self) -> dict[str, object]:
        """The growth as JSON."""
        exponents = {
            "exponents": self.exponents(self.seconds),
            "memory_exponents": self.exponents(self.megabytes),
        }
        return {**asdict(self), **exponents, "verdict": self.verdict}


HEADERS = {
    Figure: "| what | median | peak | ratio | against | target |\n"
    "| --- | --- | --- | --- | --- | --- |",
    Growth: "\n| growth | sizes | processor | exponents | peak | exponents | target |\n"
    "| --- | --- | --- | --- | --- | --- | --- |",
}


def _signed(exponents: tuple[float, ...]) -> str:
    return " / ".join(f"{exponent:.2f}" for exponent in exponents)


def in_turn(rounds: int, *works: Callable[[], tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the median seconds and the highest peak of each piece of work."""
    taken: list[list[tuple[float, float]]] = [[work() for work in works] for _ in range(rounds)]
    return [
        (statistics.median(t for t, _ in column), max(m for _, m in column))
        for column in zip(*taken, strict=True)
    ]


def worked(work: Callable[[], object]) -> tuple[float, float]:
    """Do work in this process and return its seconds of the processor."""
    start = time.process_time()
    work()
    return time.process_time() - start, 0.0


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Run work in this process; its memory is not told apart."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start, 0.0
