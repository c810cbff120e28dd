"""A pull ends the drift of a whole shop, whatever the answers to the open questions about the API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pull.ground import pull, tree

from personalize_sync.sandbox import starred_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

_EXAMPLE = Path(__file__).resolve().parents[2] / "manifests"
# Lists that lag show yesterday's tenant: what they hide, no reader can pull.
_STALE = {"K43=lagging"}
_CANVAS = '<definitions xmlns="urn:x" id="new" name="new"/>'


@pytest.mark.parametrize("setting", sorted({"K01=900", *starred_settings()} - _STALE))
def test_pull_ends_the_drift_of_a_shop(worlds: Callable[..., World], setting: str) -> None:
    """Pull right after apply changes no byte; after seven edits no field differs but what follows.

    A new revision of a variant is still to be deployed, and a template's new code to be copied.
    """
    secret = {"LOYALTY_CLIENT_SECRET": "hush"}
    world = worlds(knobs=(setting,), env="sandbox", environ=secret)
    for path in _EXAMPLE.rglob("*"):
        if path.is_file() and path.name != "personalize-sync.yaml":
            world.write(str(path.relative_to(_EXAMPLE)), path.read_bytes())
    assert world.apply().exit_code == 0
    before = tree(world)
    assert not pull(world).rewrites
    assert tree(world) == before

    world.edit("template/promo_strip", name="By Maria", templateElements__css="x{}")
    world.edit("connection/LoyaltyPoints", request__requestType="PUT", description="Hers\ntoo")
    world.edit("decision-variant/Next best banner:Seasonal banner", definition=_CANVAS)
    world.edit(
        "decision-model/Delivery nudge",
        variants__fixed_threshold__split=50,
        variants__basket_aware__split=50,
    )
    world.edit(
        "experiment/banner_model_ab", name="Hers", schedule__startDate="2027-01-01T00:00:00Z"
    )
    pulled = pull(world, "theirs")

    assert len(pulled.rewrites) == 6
    assert not pulled.has_conflicts
    left = {f.pointer for change in world.plan().changes for f in change.fields}
    assert all(path.endswith(("/revision", "/strip/assets/css")) for path in left)
    assert not pull(world).rewrites
    world.apply()
    assert world.plan().is_empty
    assert not pull(world).rewrites
