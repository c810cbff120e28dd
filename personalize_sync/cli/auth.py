"""`personalize-sync auth`: which API keys are declared, found, granted and needed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.login import login, logout
from personalize_sync.cli.options import FORMATS, Common, option, speaking
from personalize_sync.cli.pipeline import tell
from personalize_sync.cli.session import environment_of, load, open_project, session

if TYPE_CHECKING:
    from personalize_sync.rendering import Look
    from personalize_sync.tenant.audit import Audit


@click.group("auth")
def command() -> None:
    """Inspect the API keys, and keep them."""


command.add_command(login)
command.add_command(logout)


@command.command("audit")
@option("--strict", is_flag=True, help="Exit with 11 if there is anything to complain about.")
@option(
    "--job",
    type=click.Choice(("plan", "apply")),
    default="apply",
    show_default=True,
    help="What the keys here are for.",
)
@speaking(*FORMATS)
def audit(common: Common, *, strict: bool, job: str) -> int:
    """Compare each key with what is declared, what the manifests need, and what it was granted."""
    from personalize_sync.rendering.audit import audit_problems  # noqa: PLC0415 - not for --help

    found, look = _audited(common, writing=job == "apply")
    common.deliver(_rendered(found, common, look))
    code = 11 if strict and found.problems else 0
    tell(audit_problems(found), common, look, code)
    return code


def _audited(common: Common, *, writing: bool) -> tuple[Audit, Look]:
    from personalize_sync.tenant.audit import audit as compare  # noqa: PLC0415 - httpx
    from personalize_sync.tenant.audit import used_elsewhere  # noqa: PLC0415
    from personalize_sync.tenant.client import Reader  # noqa: PLC0415
    from personalize_sync.tenant.live import Tenant  # noqa: PLC0415

    project = open_project(common)
    environment = environment_of(project, common)
    loaded = load(common, project, environment)
    with session(common, project, environment) as opened:
        keyring = opened.keyring()
        reader = Reader(opened.connection(), keyring)
        with closing(Tenant(reader, keyring, opened.environment)) as tenant:
            found = compare(
                tenant,
                reader,
                keyring,
                opened.environment,
                resources=loaded.resources,
                elsewhere=used_elsewhere(
                    environment, project.environments.values(), opened.sources()
                ),
                today=datetime.now(UTC).date(),
                writing=writing,
            )
    return found, common.look(project.root)


def _rendered(found: Audit, common: Common, look: Look) -> str:
    from personalize_sync.rendering import audit as audits  # noqa: PLC0415 - not for --help
    from personalize_sync.rendering import render  # noqa: PLC0415

    match common.format:
        case "terminal":
            return audits.audit_text(found, look)
        case "json":
            return audits.audit_json(found, look)
    return render(audits.audit_problems(found), common.format, look)
