"""`environments` tells people and CI systems which tenants there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Shop

_EXTRA = """\
  play: { sandbox: {} }
  eu-live: { region: eu, clientKey: pqsPERS0000, keys: { connections: {} }, prune: true }
"""


def _shop(shops: Callable[..., Shop]) -> Shop:
    shop = shops()
    shop.write("personalize-sync.yaml", shop.project() + _EXTRA)
    return shop


def test_the_matrix_holds_every_real_tenant_on_one_line(shops: Callable[..., Shop]) -> None:
    """A matrix for CI leaves sandboxes out and names what runs of one tenant must share."""
    said = _shop(shops)("environments", "--format", "matrix")

    assert said.out.count("\n") == 1
    assert json.loads(said.out)["include"] == [
        {"environment": "eu-live", "tenant": "pqsPERS0000"},
        {"environment": "production", "tenant": "production"},
        {"environment": "sandbox", "tenant": "sandbox"},
        {"environment": "test", "tenant": "test"},
        {"environment": "uat", "tenant": "uat"},
    ]


def test_a_named_sandbox_is_in_the_matrix(shops: Callable[..., Shop]) -> None:
    """What is named is listed, whatever it is."""
    said = _shop(shops)("environments", "pl*", "--format", "matrix")

    assert [each["environment"] for each in json.loads(said.out)["include"]] == ["play"]


def test_the_document_says_how_each_environment_is_set_up(shops: Callable[..., Shop]) -> None:
    """JSON holds what a pipeline may want to decide by, and nothing secret."""
    said = _shop(shops)("environments", "eu-live", "play", "--format", "json")

    assert said.document["default"] == "test"
    assert said.document["environments"][0] == {
        "name": "eu-live",
        "sandbox": False,
        "base_url": "https://api-engage-eu.sitecorecloud.io",
        "client_key": "pqsPERS0000",
        "keys": ["connections"],
        "prune": True,
        "on_drift": "revert",
    }
    assert said.document["environments"][1]["sandbox"]


def test_a_slip_of_the_pen_is_no_empty_matrix(shops: Callable[..., Shop]) -> None:
    """A name that nothing has ends the run: an empty matrix would look like success."""
    said = _shop(shops)("environments", "prodution", "--format", "matrix")

    assert (said.code, said.out) == (64, "")
    assert "eu-live" in said.err


def test_a_format_that_makes_no_sense_is_refused(shops: Callable[..., Shop]) -> None:
    """A format given before the command counts only where the command knows it."""
    said = _shop(shops)("--format", "markdown", "environments")

    assert said.code == 64
    assert "matrix" in said.err
