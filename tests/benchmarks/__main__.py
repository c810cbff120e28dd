"""`make bench`: how long things take, as ratios against a baseline measured in the same run.

Machines differ and are noisy, so no figure is ever asserted; medians of interleaved rounds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from personalize_sync.kinds import BY_NAME
from personalize_sync.manifests import load_manifests, load_project
from personalize_sync.planning.planner import make_plan
from personalize_sync.planning.policy import Policy
from personalize_sync.project import Environment
from personalize_sync.resources import LiveState
from personalize_sync.tenant.live import live_from

if TYPE_CHECKING:
    from collections.abc import Callable

_TEMPLATE = """\
# yaml-language-server: $schema=../../schemas/template.schema.json
apiVersion: personalize-sync/v1
kind: Template
metadata:
  key: strip_{n}
spec:
  name: Strip {n}
  description: A strip above the header, number {n}
  type: WEB
  status: PUBLISHED
  render: false
  tags: [web, strip]
  templateElements:
    html: |
      <div id="strip-{n}" class="strip">
        <p>[[ Text | string | Free delivery from 40 | {{required: true, order: 1}} ]]</p>
      </div>
    css: |
      #strip-{n} {{ padding: 4px; background: #114; color: #fff; }}
    freemarker: "{{}}"
"""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One measured thing, in seconds, and what it is measured against."""

    name: str
    seconds: float
    baseline: str
    against: float

    def __str__(self) -> str:
        ratio = self.seconds / self.against
        return f"{self.name:<44} {self.seconds:8.3f} s   {ratio:6.2f} x {self.baseline}"


def _paired(
    name: str, work: Callable[[], object], baseline: str, other: Callable[[], object], rounds: int
) -> Ratio:
    """Measure two things in turn, so that both meet the same noise."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for times, function in zip(taken, (work, other), strict=True):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
    return Ratio(name, statistics.median(taken[0]), baseline, statistics.median(taken[1]))


def _corpus(root: Path, count: int) -> list[Path]:
    files = []
    for n in range(count):
        path = root / "templates" / f"{n % 50:02}" / f"strip_{n}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_TEMPLATE.format(n=n), encoding="utf-8")
        files.append(path)
    return files


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _measured(count: int, rounds: int) -> list[Ratio]:
    root = Path(tempfile.mkdtemp(prefix="personalize-sync-bench-"))
    try:
        files = _corpus(root, count)
        project = load_project(root)
        loaded = load_manifests(project)
        assert not loaded.problems, loaded.problems[:3]
        live = [
            live_from(BY_NAME["template"], _record(r.address.key, dict(r.spec), n))
            for n, r in enumerate(loaded.resources)
        ]
        state = LiveState(tuple(live), ours=frozenset({"us@clients"}))
        policy = Policy(Environment("bench"))
        assert make_plan(loaded.resources, state, policy=policy).is_empty
        return [
            _paired(
                f"load and validate {count} manifests",
                lambda: load_manifests(load_project(root)),
                "yaml.load(CSafeLoader)",
                lambda: [yaml.load(p.read_bytes(), yaml.CSafeLoader) for p in files],
                rounds,
            ),
            _paired(
                f"plan {count} unchanged objects",
                lambda: make_plan(loaded.resources, state, policy=policy),
                "json.dumps of both sides",
                lambda: [
                    json.dumps([r.spec, o.record])
                    for r, o in zip(loaded.resources, live, strict=True)
                ],
                rounds,
            ),
            _paired(
                "personalize-sync --help",
                lambda: _run("-m", "personalize_sync", "--help"),
                "python -c 'import click'",
                lambda: _run("-c", "import click"),
                rounds,
            ),
            _paired(
                "personalize-sync --version",
                lambda: _run("-m", "personalize_sync", "--version"),
                "bare python",
                lambda: _run("-c", ""),
                rounds,
            ),
        ]
    finally:
        shutil.rmtree(root)


def _record(key: str, spec: dict[str, object], n: int) -> dict[str, object]:
    elements = spec["templateElements"]
    assert isinstance(elements, dict)
    return {
        **spec,
        "ref": f"00000000-0000-4000-8000-{n:012}",
        "friendlyId": key,
        "revision": 1,
        "modifiedByRef": "us@clients",
        "templateElements": [{"id": name, "template": elements[name]} for name in elements],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="manifests and objects")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for ratio in _measured(given.count, given.rounds):
        print(ratio)  # noqa: T201 - this is the document asked for


if __name__ == "__main__":
    main()
