"""`personalize-sync test`: ask the tenant what its decision models decide. Writes nothing."""

from __future__ import annotations

import click

from personalize_sync.cli.options import Common, parallelism_option, speaking
from personalize_sync.cli.planning import Wishes, demand_each, ready
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import open_project
from personalize_sync.kinds.questions import TEST_MODEL

_FORMATS = ("terminal", "json", "github", "junit")
_NARROWEST = "decision-model-testing"


@click.command("test")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@parallelism_option
@speaking(*_FORMATS)
def command(common: Common, addresses: tuple[str, ...], *, parallelism: int) -> int:
    """Run the tests of the decision models, or of those called ADDRESS; exit 1 if one fails."""
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.rendering import model_tests  # noqa: PLC0415 - not for --help

    project = open_project(common)
    wishes = Wishes(select=addresses, parallelism=parallelism)
    with (
        ready(common, project, wishes) as (opened, loaded, policy),
        opened.readable(parallelism, TEST_MODEL) as tenant,
    ):
        tested = [
            r for r in loaded.resources if r.address in {t.variant_address for t in loaded.tests}
        ]
        demand_each(tested, policy, "Only decision models with tests can be tested.")
        with waiting(common, "Testing"):
            report = reconcile.test(loaded, tenant, policy)
        feature = tenant.asks_with(TEST_MODEL) if report.tests else _NARROWEST
    if feature != _NARROWEST:
        common.say(
            f'The tests used the key for "{feature}", which can write. '
            f"Declare {_NARROWEST} under keys: to do without it."
        )
    common.deliver(model_tests.render(report, common.format, common.look(project.root)))
    return 1 if report.failed else 0
