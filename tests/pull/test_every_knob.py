"""A pull ends the drift of a whole shop, whatever the answers to the open questions about the API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pull.ground import pull, text, tree

from personalize_sync.pull import Pulled
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
    """Pull right after apply changes no byte; after edits of every kind no field differs.

    What differs for a while follows from what was pulled: the new revisions of the variants are
    still to be deployed, and a template's new code is to be copied, with the new values in it.
    """
    world = worlds(knobs=(setting,), env="uat", environ={"LOYALTY_CLIENT_SECRET": "hush"})
    for path in _EXAMPLE.rglob("*"):
        if path.is_file() and path.name != "personalize-sync.yaml":
            world.write(str(path.relative_to(_EXAMPLE)), path.read_bytes())
    world.apply()
    before = tree(world)
    assert not pull(world).rewrites
    assert tree(world) == before

    _edit_everything(world)
    would = pull(world, "theirs", dry_run=True)
    assert tree(world) == before
    pulled = pull(world, "theirs")

    assert pulled == would
    assert not pulled.has_conflicts
    after = tree(world)
    assert {n for n in after if after[n] != before.get(n)} == {r.name for r in pulled.rewrites}
    assert {rewrite.name for rewrite in pulled.rewrites} == _EDITED
    assert '"[UAT] By Maria"' in text(world, "templates/promo_strip.yaml")
    left = {f.pointer for change in world.plan().changes for f in change.fields}
    assert left == _FOLLOWS
    assert not pull(world).rewrites
    world.apply()
    assert world.plan().is_empty
    assert pull(world) == Pulled()
    assert tree(world) == after


_FOLLOWS = {
    "/variants/seasonal/revision",
    "/variants/basket_aware/revision",
    "/variants/strip/assets/css",
    "/variants/strip/freemarker",
}
_EDITED = {
    "connections/loyalty_points.yaml",
    "decision-models/delivery_nudge.basket_aware.nudge.js",
    "decision-models/delivery_nudge.yaml",
    "decision-models/next_best_banner.seasonal.dmn",
    "experiences/autumn_offer.yaml",
    "experiments/banner_model_ab.yaml",
    "templates/promo_strip.css",
    "templates/promo_strip.yaml",
}


def _edit_everything(world: World) -> None:
    """Edit an object of each kind in the tenant: overrides, code, scripts, copies and shares."""
    world.edit("template/promo_strip", name="[UAT] By Maria", templateElements__css="x{}")
    world.edit(
        "connection/LoyaltyPoints",
        request__requestType="PUT",
        request__connectionUrl="https://hers.example.test/v2",
        description="Hers\ntoo",
    )
    world.edit("decision-variant/Next best banner:Seasonal banner", definition=_CANVAS)
    variant = "decision-variant/Delivery nudge:Basket aware"
    canvas = world.stored(variant)["definition"]
    assert "THRESHOLD = 50" in canvas
    world.edit(variant, definition=canvas.replace("THRESHOLD = 50", "THRESHOLD = 60"))
    world.edit(
        "decision-model/Delivery nudge",
        variants__fixed_threshold__split=50,
        variants__basket_aware__split=50,
    )
    world.edit(
        "experiment/banner_model_ab", name="Hers", schedule__startDate="2027-01-01T00:00:00Z"
    )
    strip = world.stored("experience/autumn_offer")["variants"][0]
    changed = {
        "assets": {**strip["assets"], "html": "<b>Hers</b>\n"},
        "templateVariables": {**strip["templateVariables"], "Text": "Half: off # all"},
    }
    world.edit("experience/autumn_offer", variants=[{**strip, **changed}])
