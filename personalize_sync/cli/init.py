"""`personalize-sync init`: a project in an empty directory, be it a starter or a whole tenant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.importing import Reading, imported, project_on, write_support
from personalize_sync.cli.init_ci import ci
from personalize_sync.cli.init_report import Done, deliver
from personalize_sync.cli.interrupts import uninterrupted
from personalize_sync.cli.options import Common, option, parallelism_option, speaking
from personalize_sync.errors import UsageError
from personalize_sync.manifests.roots import PROJECT_FILE

if TYPE_CHECKING:
    from personalize_sync.init import Site, Stage

_REGIONS = ("eu", "us", "ap", "jpe")


@click.group("init", invoke_without_command=True)
@option("--from-tenant", is_flag=True, help="Write a manifest for everything the tenant has.")
@option("--region", type=click.Choice(_REGIONS), help="Where the tenant is.")
@option("--base-url", metavar="URL", help="Where the API answers, instead of a region.")
@option("--token-url", metavar="URL", help="Where tokens are given; goes with --base-url.")
@option("--sandbox", is_flag=True, help="The tenant is the embedded simulated one.")
@option("--select", multiple=True, metavar="GLOB", help="Import only these addresses.")
@parallelism_option
@speaking("terminal", "json")
def command(
    common: Common,
    *,
    from_tenant: bool,
    region: str | None,
    base_url: str | None,
    token_url: str | None,
    sandbox: bool,
    select: tuple[str, ...],
    parallelism: int,
) -> None:
    """Begin a project: an empty one, or with --from-tenant all that a tenant has.

    Nothing that exists is overwritten, and the tenant is only read.
    """
    if click.get_current_context().invoked_subcommand:
        return
    from personalize_sync.init import Site, Stage, finish_interrupted  # noqa: PLC0415 - YAML

    root = _root(common, may_exist=from_tenant)
    with uninterrupted():
        moved = finish_interrupted(root)
    if moved:
        remark = "An earlier init was interrupted; it is complete now. Run plan to see the project."
        deliver(common, Done(root, moved, remarks=[remark]))
        return
    if select and not from_tenant:
        raise UsageError("--select chooses what is imported", "Give it with --from-tenant.")
    flags = {"--region": region, "--base-url": base_url, "--sandbox": sandbox}
    _refuse_contradictions([flag for flag, given in flags.items() if given], common, token_url)
    name = common.env or "sandbox"
    site = Site(name, region or "", base_url=base_url or "", token_url=token_url or "")
    with Stage(root) as stage:
        if from_tenant:
            is_named = any(flags.values())
            reading = Reading(select, parallelism)
            done = imported(common, site if is_named else None, stage, root, reading)
        else:
            done = _started(site, stage, root)
    deliver(common, done)


command.add_command(ci)


def _root(common: Common, *, may_exist: bool) -> Path:
    """Return where the project is to be: `-C`, else a project to import into, else here."""
    root = (Path.cwd() / (common.chdir or "")).resolve()
    if root.exists() and not root.is_dir():
        raise UsageError(f"{common.chdir} is not a directory", "Name a directory.")
    if (root / PROJECT_FILE).exists():
        if may_exist:
            return root
        raise UsageError(
            f"{PROJECT_FILE} exists already, and init overwrites nothing",
            "With --from-tenant it writes the manifests of a tenant beside it.",
        )
    above = next((p for p in root.parents if (p / PROJECT_FILE).exists()), None)
    if above is None:
        return root
    if may_exist and common.chdir is None:
        return above
    raise UsageError(
        f"{above} is a project already, and would read every manifest below it as its own",
        "Begin the project outside of it.",
    )


def _refuse_contradictions(places: list[str], common: Common, token_url: str | None) -> None:
    if len(places) > 1:
        raise UsageError(f"{' and '.join(places)} contradict each other", "Name one tenant.")
    if bool(token_url) != ("--base-url" in places):
        raise UsageError("--base-url and --token-url belong together", "Give both.")
    if places and places != ["--sandbox"] and not common.env:
        raise UsageError("the environment has no name", "Name it with -e, such as -e production.")
    if places and not re.fullmatch(r"[a-z][a-z0-9-]*", common.env or "sandbox"):
        raise UsageError(
            f'"{common.env}" cannot be the name of an environment',
            "Use lower-case letters, digits and hyphens, a letter first.",
        )


def _started(site: Site, stage: Stage, root: Path) -> Done:
    """Write a project without manifests."""
    remarks = write_support(site, stage, root)
    project_on(stage, root)
    with uninterrupted():
        files = stage.place()
    remarks += ["Next: personalize-sync validate, then write manifests or run init --from-tenant."]
    return Done(root, files, remarks=remarks)
