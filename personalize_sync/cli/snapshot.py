"""`personalize-sync snapshot`: the tenant's state without any secret. Only reads."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import click

from personalize_sync import __version__
from personalize_sync.cli.options import Common, parallelism_option, speaking
from personalize_sync.cli.plan_file import KEY
from personalize_sync.cli.planning import Wishes, ready, source_of
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import open_project


@click.command("snapshot")
@parallelism_option
@speaking("json")
def command(common: Common, parallelism: int) -> None:
    """Take the tenant's state, without any secret, for `plan --against`. Only reads."""
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.planning.saved import sealed  # noqa: PLC0415
    from personalize_sync.planning.snapshot import Snapshot, document_of  # noqa: PLC0415

    project = open_project(common)
    wishes = Wishes(parallelism=parallelism)
    with (
        ready(common, project, wishes) as (opened, loaded, policy),
        opened.readable(parallelism) as tenant,
        waiting(common, "Reading the tenant"),
    ):
        state, kinds = reconcile.snapshot(loaded, tenant, policy)
    taken = Snapshot(
        policy.environment.name,
        state,
        kinds,
        base_url=policy.environment.base_url,
        created_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        commit=source_of(project, loaded).commit,
    )
    document = document_of(taken, tool_version=__version__)
    common.deliver(json.dumps(sealed(document, os.environ.get(KEY, "")), indent=2) + "\n")
