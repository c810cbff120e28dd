"""`personalize-sync apply`: make the tenant as the manifests say."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.planning import Wishes, look_now, read_plan, ready, source_of, wishes
from personalize_sync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering import Look

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@click.command("apply")
@option("--auto-approve", is_flag=True, help="Do not ask.")
@option("--what-if", is_flag=True, help="The same as plan.")
@option("--skip-blocked", is_flag=True, help="Carry out what no guard objects to (exit 12).")
@option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@option("--secrets-dir", type=click.Path(file_okay=False), help="One file per secret.")
@wishes
@common
def command(common: Common, wishes: Wishes, **given: bool | str | None) -> int:
    """Make the tenant as the manifests say."""
    from personalize_sync.rendering import render  # noqa: PLC0415

    if given["what_if"]:
        plan, project = read_plan(common, wishes)
        common.deliver(render(plan, common.format, look_now(common, project.root)))
        return 0
    if not given["auto_approve"] and not common.ask:
        raise UsageError(
            "apply without a terminal needs --auto-approve",
            "Review the plan first: personalize-sync plan",
        )
    return _apply(common, wishes, given)


def _apply(common: Common, wishes: Wishes, given: Mapping[str, bool | str | None]) -> int:
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.apply import Ways  # noqa: PLC0415
    from personalize_sync.cli.session import open_project  # noqa: PLC0415
    from personalize_sync.rendering import render  # noqa: PLC0415

    project = open_project(common)
    with (
        ready(common, project, wishes) as (opened, loaded, policy),
        opened.writable(wishes.parallelism) as tenant,
    ):
        source = source_of(project, loaded)
        plan, state = reconcile.plan(loaded, tenant, policy, source=source)
        look = look_now(common, project.root)
        if plan.is_empty or not (given["auto_approve"] or _approved(plan, common, look)):
            common.deliver(render(plan, common.format, look))
            return 0 if plan.is_empty else 1
        with _stoppable(common) as stopped:
            report = reconcile.apply(
                plan,
                state,
                tenant,
                environ=opened.environ,
                patience=opened.connection().patience,
                ways=Ways(
                    parallelism=wishes.parallelism,
                    fail_fast=bool(given["fail_fast"]),
                    stopped=lambda: "interrupted" if stopped() else "",
                ),
                secrets_dir=Path(str(given["secrets_dir"])) if given["secrets_dir"] else None,
                skip_blocked=bool(given["skip_blocked"]),
            )
    common.deliver(render(report, common.format, look))
    return stopped() or report.exit_code


def _approved(plan: Plan, common: Common, look: Look) -> bool:
    """Show the plan and ask; only the whole word is a yes."""
    from personalize_sync.rendering import render  # noqa: PLC0415

    click.echo(render(plan, "terminal", look), err=True, nl=False, color=common.color)
    answer = click.prompt("Apply these changes? Only yes is accepted", default="no", err=True)
    approved = bool(answer == "yes")
    if not approved:
        common.say("Not approved; nothing was written.")
    return approved


@contextmanager
def _stoppable(common: Common) -> Iterator[Callable[[], int]]:
    """Let a first signal finish the requests under way; a second one stops at once."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if received:
            os._exit(_CODES[signal.Signals(number)])
        received.append(number)
        common.say("Stopping: finishing the requests under way. Once more stops at once.")

    before = {number: signal.signal(number, note) for number in _CODES}
    try:
        yield lambda: _CODES[signal.Signals(received[0])] if received else 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
