"""`personalize-sync adopt`: objects that are as Git says already become ours."""

from __future__ import annotations

from typing import Any

import click

from personalize_sync.cli.apply import Given, carry_out
from personalize_sync.cli.options import (
    Common,
    allow_option,
    common,
    option,
    parallelism_option,
)
from personalize_sync.cli.planning import Wishes
from personalize_sync.errors import UsageError


@click.command("adopt")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@option("--auto-approve", is_flag=True, help="Do not ask.")
@option("--what-if", is_flag=True, help="Show what would be written, and only read.")
@option("--skip-blocked", is_flag=True, help="Adopt what no guard objects to (exit 12).")
@allow_option
@parallelism_option
@common
def command(
    common: Common,
    addresses: tuple[str, ...],
    *,
    allow: tuple[str, ...],
    parallelism: int,
    **options: Any,
) -> int:
    """Make objects ours that are as the manifests say already.

    Each gets one write that changes nothing, so that the tenant names one of our keys as its last
    author. Whatever differs is refused: apply or pull it first. Nothing is ever archived.
    """
    for address in addresses:
        kind, _, key = address.partition("/")
        if kind == "decision-variant":
            model = f"decision-model/{key.partition(':')[0]}"
            raise UsageError(
                f"{address} is a part of a model, whose deployment pins its revision",
                f"Adopt both: personalize-sync adopt {model}",
            )
    wishes = Wishes(select=addresses, allow=allow, parallelism=parallelism, adopt=True)
    return carry_out(common, wishes, Given(**options))
