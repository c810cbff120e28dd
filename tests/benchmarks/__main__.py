"""`make bench`: how long things take, as ratios against a baseline measured in the same run.

Machines differ and are noisy, so no figure is ever asserted; medians of interleaved rounds. Other
tools are measured beside ours where they are installed (the Makefile says how).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import cases
from benchmarks.measuring import HEADERS

from personalize_sync.__main__ import spare_the_collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measuring import Figure, Growth


def _figures(root: Path, *, count: int, rounds: int) -> Iterator[Figure | Growth]:
    yield from cases.start_up(rounds=2 * rounds + 1)
    yield from cases.example(rounds=rounds)
    sizes = (count // 100, count // 10, count)
    projects = [cases.Measured(root / str(size), size) for size in sizes]
    for project in projects[1:]:
        yield from cases.validate(project, rounds=rounds)
        yield from cases.plan(project, rounds=rounds)
    yield from cases.apply(root / "apply", min(count, 1000), rounds=rounds)
    yield from cases.growth(projects, rounds=rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="manifests and objects")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args()
    spare_the_collector()  # as the command does
    figures = []
    header = ""
    with tempfile.TemporaryDirectory(prefix="personalize-sync-bench-") as folder:
        for figure in _figures(Path(folder), count=given.count, rounds=given.rounds):
            if header != (header := HEADERS[type(figure)]):
                print(header)  # noqa: T201 - this is the document asked for
            figures.append(figure.document)
            print(figure.row, flush=True)  # noqa: T201
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
