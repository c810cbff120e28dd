"""Timing whole commands in turn, so that all of them meet the same noise."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
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


HEADER = (
    "| what | median | peak | ratio | against | target |\n| --- | --- | --- | --- | --- | --- |"
)


@dataclass(frozen=True, slots=True)
class Command:
    """A process to measure; a code other than those in `codes` ends the benchmark."""

    arguments: Sequence[str]
    environ: Mapping[str, str] | None = None
    codes: tuple[int, ...] = (0,)

    def run(self) -> tuple[float, float]:
        """Return seconds and peak memory in MB."""
        # Installed packages are compiled; a checkout must be able to keep what it compiled, too.
        environ = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
        start = time.perf_counter()
        process = subprocess.Popen(
            self.arguments,
            env={**environ, **(self.environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = code = os.waitstatus_to_exitcode(status)
        if code not in self.codes:
            raise RuntimeError(f"{' '.join(self.arguments)[:200]} ended with {code}")
        return seconds, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def in_turn(rounds: int, *works: Callable[[], tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the median seconds and the highest peak of each piece of work."""
    taken: list[list[tuple[float, float]]] = [[work() for work in works] for _ in range(rounds)]
    return [
        (statistics.median(t for t, _ in column), max(m for _, m in column))
        for column in zip(*taken, strict=True)
    ]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Run work in this process; its memory is not told apart."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start, 0.0
