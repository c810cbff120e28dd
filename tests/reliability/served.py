"""A prepared tenant behind a real socket, and the command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reliability.prepared import SECRET
from world import World

from personalize_sync.cli.session import sandbox_keys
from personalize_sync.sandbox import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reliability.prepared import Prepared

    from personalize_sync.sandbox.exchange import Answer, Request

APPLY = ("apply", "--auto-approve", "--prune", "--allow", "archive=*", "--allow", "update=*")


@contextmanager
def served(prepared: Prepared) -> Iterator[World]:
    """Serve a copy on loopback; its project file names the address."""
    world = prepared()
    with Server(world.sandbox) as server:
        path = world.root / "personalize-sync.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("http://127.0.0.1:9", server.base_url), encoding="utf-8")
        yield world
    prepared.done(world)


def start(world: World, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    """Start a command line in the world's folder, with its keys and nothing else of ours."""
    foreign = ("PERSONALIZE_SYNC_", "GITHUB_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return subprocess.Popen(
        [sys.executable, "-m", "personalize_sync", *arguments],
        cwd=world.root,
        env={**clean, **sandbox_keys("test"), "WEATHER_SECRET": SECRET, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def intercept(world: World, seen: Callable[[Request, bool], None]) -> None:
    """Call `seen` before each request is carried out (False), and before it is answered (True)."""
    inner = world.sandbox.handle

    def handle(request: Request) -> Answer:
        seen(request, False)
        answer = inner(request)
        seen(request, True)
        return answer

    world.sandbox.handle = handle  # type: ignore[method-assign]


def second_client(world: World) -> World:
    """Another client of the same tenant and manifests, as another runner would be."""
    twin = World(world.root, environ=dict(world.environ), parallelism=1, sleep=world.sleep)
    twin.sandbox.close()
    twin.sandbox = world.sandbox
    return twin
