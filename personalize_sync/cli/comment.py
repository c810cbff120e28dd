"""`personalize-sync comment plan.json`: the plan as one comment of the pull request."""

from __future__ import annotations

import os
from pathlib import Path

import click

from personalize_sync.cli.options import Common, speaking
from personalize_sync.cli.pipeline import below_here, detected, show_summary
from personalize_sync.cli.plan_file import KEY, read
from personalize_sync.cli.show import shown


@click.command("comment")
@click.argument("plan_file", type=click.Path())
@speaking("markdown")
def command(common: Common, plan_file: str) -> None:
    """Post a saved plan to the pull request, or edit the comment that is already there.

    There is one comment for each environment and manifest root. Where the token may not comment,
    the plan stands on the summary page of the run instead.
    """
    from personalize_sync.forge import (  # noqa: PLC0415 - httpx
        LIMIT,
        NotAllowedError,
        discussion,
        keep,
        marker,
    )
    from personalize_sync.manifests import find_root  # noqa: PLC0415 - YAML and schemas
    from personalize_sync.planning.saved import demand_seal  # noqa: PLC0415
    from personalize_sync.rendering import markdown  # noqa: PLC0415

    document = read(plan_file)
    # What is reviewed here is what somebody approves, so it must be what apply would accept.
    demand_seal(document, os.environ.get(KEY, ""))
    plan, look = shown(document, common)
    root = below_here(find_root(common.chdir, Path.cwd()))
    mark = marker(look.view, plan.target.environment, root)
    text = markdown.render(plan, look, limit=LIMIT - len(mark) - 1)
    try:
        with discussion(detected(common.ci), os.environ) as comments:
            done = keep(comments, mark, text)
    except NotAllowedError as error:
        common.say(
            f"Not commented: {error.message}. The plan is on the summary page instead, if there is one."
        )
        show_summary(plan, common, look)
        return
    common.say(f"Comment {done}.")
