"""`personalize-sync sandbox`: serve, reset or edit the embedded simulated tenant."""

from __future__ import annotations

import signal
from threading import Event
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.session import (
    environment_of,
    open_project,
    sandbox_file,
    sandbox_keys,
)
from personalize_sync.errors import UsageError

if TYPE_CHECKING:
    from personalize_sync.project import Environment, Project


@click.group("sandbox")
def command() -> None:
    """Serve, reset or edit the embedded simulated tenant."""


@command.command("serve")
@option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@option("--knob", multiple=True, metavar="K06=merge", help="Settle an open question of the API.")
@common
def serve(common: Common, port: int, knob: tuple[str, ...]) -> None:
    """Serve the tenant until interrupted, and print how to reach it."""
    from personalize_sync.sandbox import KnobError, Knobs, Sandbox, Server  # noqa: PLC0415

    project, environment = _sandboxed(common)
    try:
        knobs = Knobs.parse([*(environment.sandbox or ()), *knob]).in_real_time()
    except KnobError as error:
        raise UsageError(str(error)) from None
    with (
        Sandbox(sandbox_file(project), knobs=knobs) as sandbox,
        Server(sandbox, port=port) as server,
    ):
        stopped = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        lines = [f"baseUrl: {server.base_url}", f"tokenUrl: {server.token_url}"]
        keys = sandbox_keys(environment.name)
        lines += [f"export {name}={value}" for name, value in sorted(keys.items())]
        common.deliver("\n".join(lines) + "\n")
        common.say("Serving until interrupted.")
        stopped.wait()
        common.say("Stopped.")


@command.command("reset")
@common
def reset(common: Common) -> None:
    """Forget everything the tenant holds."""
    project, environment = _sandboxed(common)
    file = sandbox_file(project)
    for path in (file, *(file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))):
        path.unlink(missing_ok=True)
    common.say(f'The sandbox of environment "{environment.name}" is empty.')


@command.command("edit")
@click.argument("address")
@click.argument("assignments", nargs=-1, required=True, metavar="PATH=VALUE...")
@option("--as", "author", default="Marketer", show_default=True, help="Who edits.")
@common
def edit(common: Common, address: str, assignments: tuple[str, ...], author: str) -> None:
    """Change a live object as a person in the UI would."""
    from personalize_sync import sandbox  # noqa: PLC0415

    project, environment = _sandboxed(common)
    changes = {}
    for assignment in assignments:
        path, separator, value = assignment.partition("=")
        if not separator:
            raise UsageError(f'"{assignment}" is not PATH=VALUE', "For example: name=Summer sale")
        changes[path] = value
    knobs = sandbox.Knobs.parse(environment.sandbox or ())
    with sandbox.Sandbox(sandbox_file(project), knobs=knobs) as tenant:
        done = sandbox.edit(tenant, _live_name(common, project, address), changes, author)
    if isinstance(done, sandbox.NotEdited):
        raise UsageError(done.message)
    common.say(f"{author} changed {address}; it is at revision {done.revision} now.")


def _sandboxed(common: Common) -> tuple[Project, Environment]:
    project = open_project(common)
    environment = environment_of(project, common)
    if environment.sandbox is None:
        raise UsageError(
            f'environment "{environment.name}" is a real tenant, not a sandbox',
            "Name an environment that has sandbox: {}.",
        )
    return project, environment


def _live_name(common: Common, project: Project, address: str) -> str:
    """Return what the tenant calls the resource that a manifest calls by this address."""
    from personalize_sync.kinds import BY_NAME  # noqa: PLC0415
    from personalize_sync.manifests import load_manifests  # noqa: PLC0415

    environment = environment_of(project, common).name
    loaded = load_manifests(project, environment=environment)
    names = {str(r.address): r.name for r in loaded.resources}
    kind, _, key = address.partition("/")
    if address not in names or BY_NAME[kind].identity == "friendlyId":
        return address
    model, separator, _ = key.partition(":")
    parent = names.get(f"decision-model/{model}", model) + ":" if separator else ""
    return f"{kind}/{parent}{names[address]}"
