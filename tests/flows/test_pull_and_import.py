"""Flows come back from the tenant: a whole one as a manifest, an edit as a field of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.test_flows import _declare
from init.ground import bring_in
from pull.ground import pull

if TYPE_CHECKING:
    from world import World


def _forget_everything(world: World) -> None:
    for path in world.root.glob("*-*.yaml"):
        if path.name != "personalize-sync.yaml":
            path.unlink()


def test_flows_of_all_types_are_imported(world: World) -> None:
    """Import and plan agree; the refs of goals, which no other tenant has, stay out of Git."""
    _declare(world)
    world.apply()
    world.edit("experience/mail", goals={"primary": {"name": "Bought", "ref": "r1"}})
    _forget_everything(world)

    drafts = bring_in(world)

    assert (drafts.left_out, drafts.unmanaged) == ([], ())
    assert world.plan().is_empty
    texts = "".join(path.read_text() for path in world.root.rglob("*.yaml"))
    assert "decisionModels: [banner]" in texts
    assert "r1" not in texts


def test_an_edit_in_the_ui_is_pulled(world: World) -> None:
    """Names, dates and shares go where the manifest states them."""
    world.experiment()
    world.apply()
    world.edit(
        "experiment/hero_ab",
        name="Hers",
        schedule__startDate="2027-01-01T00:00:00.000Z",
        traffic__splits__control=20,
        traffic__splits__bold=80,
        variants__bold__assets__html="<i/>",
    )

    pulled = pull(world, "theirs")

    assert not pulled.has_conflicts
    assert world.plan().is_empty


def test_copied_code_stays_linked_unless_hers_is_wanted(world: World) -> None:
    """Merging leaves it to the template; --theirs writes it into the flow, and says so."""
    world.template("strip")
    world.flow(variants={"only": {"name": "Only", "fromTemplate": "strip"}})
    world.apply()
    world.edit("experience/hero", variants__only__assets__html="<i/>")

    merged = pull(world)
    assert merged.rewrites == ()
    assert [f.note for f in merged.fields] == [
        "left alone: it is copied from template/strip; edit it there"
    ]
    assert merged.has_conflicts

    taken = pull(world, "theirs")
    (told,) = taken.fields
    assert told.note.startswith("no longer copied from template/strip")
    assert world.plan().is_empty
    world.template("strip", templateElements={"html": "<p>New</p>", "css": "p{}"})
    flow = next(c for c in world.plan().changes if c.address.kind == "experience")
    assert [field.pointer for field in flow.fields] == ["/variants/only/assets/css"]


def test_a_model_that_no_manifest_declares_is_pulled_as_a_lookup(world: World) -> None:
    """Hers is named by its name, ours by its key."""
    world.model("banner")
    world.flow(variants={"only": {"name": "Only", "decisionModels": ["banner"]}})
    world.apply()
    body = {"name": "Hers", "deploymentConfiguration": {"variants": []}}
    hers = world.sandbox.create("decision-model", body)
    refs = [world.sandbox.stored("decision-model/banner").ref, hers.ref]
    (task,) = world.stored("experience/hero")["variants"][0]["tasks"]
    task = {**task, "input": {**task["input"], "decisionModelRefs": refs}}
    world.edit("experience/hero", variants__only__tasks=[task])

    pull(world, "theirs")

    assert world.plan().is_empty
    assert (
        "lookup: {kind: decision-model, name: Hers}"
        in (world.root / "Experience-hero.yaml").read_text()
    )


def test_a_variant_that_was_added_in_the_ui_is_pulled(world: World) -> None:
    """With its share, so that they total 100 again."""
    world.experiment()
    world.apply()
    body = world.stored("experiment/hero_ab")
    new = {"ref": "99999999-9999-4999-8999-999999999999", "name": "Extra", "isControl": False}
    splits = [{**s, "split": n} for s, n in zip(body["traffic"]["splits"], (30, 30), strict=True)]
    world.edit(
        "experiment/hero_ab",
        variants=[*body["variants"], new],
        traffic__splits=[*splits, {"ref": new["ref"], "split": 40}],
    )

    pull(world, "theirs")

    assert world.plan().is_empty
    (flow,) = (r for r in world.load().resources if r.address.kind == "experiment")
    assert flow.spec["traffic"]["splits"] == {"control": 30, "bold": 30, "extra": 40}
