"""What is measured: commands as a user runs them, and the steps inside them that must stay linear."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import yaml
from benchmarks import corpus, peers
from benchmarks.measuring import Command, Figure, Growth, in_turn, timed, worked

from personalize_sync.manifests import load_manifests, load_project
from personalize_sync.planning.planner import make_plan
from personalize_sync.planning.policy import Policy
from personalize_sync.project import FEATURES, Environment
from personalize_sync.resources import LiveState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LATENCY = 30  # milliseconds
PAGE = 100
PARALLELISM = 4
_YOUNG = 4  # seconds, in which the state of a file proves nothing
_TENANT = Path(__file__).with_name("tenant.py")
_OURS = (str(Path(sys.executable).with_name("personalize-sync")),)


def _ours(*arguments: str) -> Command:
    names = [f"PERSONALIZE_SYNC_{feature.replace('-', '_').upper()}_CLIENT" for feature in FEATURES]
    keys = {f"{name}_{part}": "bench" for name in names for part in ("ID", "SECRET")}
    return Command([*_OURS, *arguments], keys)


@contextmanager
def _tenant(folder: Path, listed: object, *, latency: float = LATENCY) -> Iterator[str]:
    """Serve these records from a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    records = folder / "records.json"
    records.write_text(json.dumps(listed), encoding="utf-8")
    arguments = [sys.executable, str(_TENANT), str(records), str(latency), str(PAGE)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


class Measured:
    """A project of so many manifests, valid, and a tenant that matches it."""

    def __init__(self, root: Path, count: int, *, mix: str = corpus.MIX) -> None:
        self.root = root / "project"
        self.count = count
        corpus.write_project(self.root, count, mix=mix)
        loaded = load_manifests(load_project(self.root))
        assert not loaded.problems, loaded.problems[:3]
        self.resources = loaded.resources
        self.listed = corpus.live_records(loaded.resources)

    @property
    def pages(self) -> int:
        """Requests that any reader of all lists needs."""
        return sum(math.ceil(len(records) / PAGE) for records in self.listed.values())

    def texts(self) -> list[bytes]:
        """The manifests' bytes."""
        return [path.read_bytes() for path in sorted(self.root.rglob("*.yaml"))]


def start_up(*, rounds: int) -> Iterator[Figure]:
    """Measure what every call of the command pays."""
    for ours, theirs, target in (
        (("--help",), ("-c", "import click"), 1.35),
        (("version",), ("-c", ""), 1.5),
        (("--version",), ("-c", ""), 1.5),
    ):
        mine, base = in_turn(
            rounds, Command([*_OURS, *ours]).run, Command([sys.executable, *theirs]).run
        )
        shown = f"`{' '.join(ours)}`"
        yield Figure(shown, mine[0], f"python {' '.join(theirs)}".strip(), base[0], target)


def example(*, rounds: int) -> Iterator[Figure]:
    """Measure `validate` of the example project beside a validator that knows the schemas only."""
    mine = _ours("-C", str(corpus.EXAMPLE), "validate")
    for name, commands in peers.validators(corpus.EXAMPLE):
        if name == "check-jsonschema":
            yield _against(
                "validate, the example project",
                mine,
                name=name,
                commands=commands,
                target=3,
                rounds=rounds,
            )


def _against(
    what: str,
    mine: Command,
    *,
    name: str,
    commands: Sequence[Command],
    target: float,
    rounds: int = 1,
) -> Figure:
    ours, *theirs = in_turn(rounds, mine.run, *(command.run for command in commands))
    return Figure(what, ours[0], name, sum(t for t, _ in theirs), target, True, ours[1])


def validate(project: Measured, *, rounds: int) -> Iterator[Figure]:
    """Measure `validate` without and with a cache of earlier runs."""
    what = f"{project.count} manifests"
    cold = _cold(_ours("-C", str(project.root), "validate"))
    time.sleep(_YOUNG)
    warm = _warm(_ours("-C", str(project.root), "validate"))
    ours, bare = in_turn(
        rounds,
        cold.run,
        lambda: timed(lambda: [yaml.load(t, yaml.CSafeLoader) for t in project.texts()]),
    )
    yield Figure(f"validate {what}", ours[0], "yaml.CSafeLoader", bare[0], 0, megabytes=ours[1])
    targets = {"check-jsonschema": 20.0, "check-jsonschema (C reader)": 8.0, "ajv-cli": 1.0}
    for name, commands in peers.validators(project.root):
        yield _against(
            f"validate {what}", cold, name=name, commands=commands, target=targets.get(name, 0)
        )
        if name == "check-jsonschema":
            yield _against(f"validate {what} again", warm, name=name, commands=commands, target=150)


def _cold(command: Command) -> Command:
    environ = {**(command.environ or {}), "PERSONALIZE_SYNC_CACHE_DIR": ""}
    return Command(command.arguments, environ)


def _warm(command: Command) -> Command:
    command.run()
    return command


def plan(project: Measured, *, rounds: int) -> Iterator[Figure]:
    """Measure `plan` of a tenant in which nothing changed, over list pages."""
    what = f"plan, {project.count} unchanged"
    floor = project.pages * LATENCY / 1000 / PARALLELISM
    with _tenant(project.root.parent, project.listed) as url:
        corpus.write_project(project.root, project.count, url=url)
        warm = _warm(_ours("-C", str(project.root), "plan"))
        cold, check = _cold(warm), _cold(_ours("-C", str(project.root), "validate"))
        again, first, checked, fetched = in_turn(
            rounds, warm.run, cold.run, check.run, lambda: timed(lambda: _bare_fetch(url, project))
        )
        pages = f"{project.pages} pages of {PAGE}, {LATENCY} ms, {PARALLELISM} at once"
        yield Figure(f"{what}, again", again[0], pages, floor, 2.2, megabytes=again[1])
        parts = checked[0] + fetched[0]
        yield Figure(what, first[0], "cold validate + bare fetch", parts, 1.2, megabytes=first[1])
        if project.count <= 1000:  # beyond it the others lose patience
            for name, command in peers.planners(project.root.parent, project.count):
                target = {"octodns-sync": 5.0, "terraform plan": 30.0}[name]
                yield _against(
                    f"{what}, again",
                    warm,
                    name=name,
                    commands=[command],
                    target=target,
                    rounds=rounds,
                )


def _bare_fetch(url: str, project: Measured) -> None:
    with httpx.Client(base_url=url) as client, ThreadPoolExecutor(PARALLELISM) as pool:
        targets = [
            f"{path}?limit={PAGE}&offset={offset}"
            for path, records in project.listed.items()
            for offset in range(0, len(records), PAGE)
        ]
        list(pool.map(lambda target: json.loads(client.get(target).content), targets))


def growth(projects: Sequence[Measured], *, rounds: int) -> Iterator[Growth]:
    """Measure commands, and the steps inside them, at several sizes: none may grow faster."""
    with ExitStack() as tenants:
        plans = []
        for project in projects:
            url = tenants.enter_context(_tenant(project.root.parent, project.listed, latency=0))
            corpus.write_project(project.root, project.count, url=url)
            plans.append(_warm(_ours("-C", str(project.root), "plan")))
        validations = [_cold(_ours("-C", str(project.root), "validate")) for project in projects]
        steps: dict[str, list[Callable[[], tuple[float, float]]]] = {
            "validate": [command.work for command in validations],
            "plan": [_cold(command).work for command in plans],
            "plan, again": [command.work for command in plans],
            "load": [partial(worked, partial(_load, project)) for project in projects],
            "diff and plan": [partial(worked, partial(_plan_of, project)) for project in projects],
            "diff and plan, all changed": [
                partial(worked, partial(_plan_of, project, description="Edited in the UI"))
                for project in projects
            ],
        }
        for what, works in steps.items():
            seconds, megabytes = zip(*in_turn(rounds, *works), strict=True)
            sizes = tuple(project.count for project in projects)
            yield Growth(what, sizes, seconds, megabytes, 1.2 * sizes[-1] / sizes[-2])


def _load(project: Measured) -> None:
    load_manifests(load_project(project.root))


def _plan_of(project: Measured, **edit: str) -> None:
    listed = {path: [r | edit for r in records] for path, records in project.listed.items()}
    state = LiveState(tuple(corpus.live_objects(listed)), ours=frozenset({corpus.STAMP}))
    plan = make_plan(project.resources, state, policy=Policy(Environment("bench")))
    assert plan.is_empty is not bool(edit)


def apply(root: Path, count: int, *, rounds: int) -> Iterator[Figure]:
    """Measure `apply` of creates beside the requests that it cannot do without."""
    project = Measured(root, count, mix=corpus.PLAIN)

    def ours() -> tuple[float, float]:
        with _tenant(root, {}) as url:
            corpus.write_project(project.root, count, url=url, mix=corpus.PLAIN)
            return _ours("-C", str(project.root), "apply", "--auto-approve").run()

    def bare() -> tuple[float, float]:
        with _tenant(root, {}) as url:
            return timed(lambda: _bare_creates(url, project))

    (mine, memory), (base, _) = in_turn(rounds, ours, bare)
    yield Figure(f"apply, {count} creates", mine, "bare requests", base, 1.3, megabytes=memory)


def _bare_creates(url: str, project: Measured) -> None:
    """List what there is; look for each object, create it and read it back; list it all again."""
    with httpx.Client(base_url=url) as client, ThreadPoolExecutor(PARALLELISM) as pool:

        def create(work: tuple[str, dict[str, Any]]) -> None:
            path, record = work
            client.get(f"{path}/{record.get('friendlyId', '?')}")
            made = client.post(path, json=record).json()
            client.get(f"{path}/{made['ref']}")

        for path in project.listed:
            client.get(path)
        list(pool.map(create, ((p, r) for p, rs in project.listed.items() for r in rs)))
        _bare_fetch(url, project)
