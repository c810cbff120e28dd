"""Code that flows copy from web templates: made anew, located problems, and who uses what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from manifests.trees import places
from rendering.build import LOOK

from personalize_sync.manifests import load_manifests, load_project
from personalize_sync.planning.change import Action
from personalize_sync.rendering import plan_document

if TYPE_CHECKING:
    from world import World

_HTML = "<p>[[ Text | string | Hi | {required: true} ]]</p>"


def _variant(**more: Any) -> dict[str, Any]:
    return {"only": {"name": "Only", "fromTemplate": "strip", **more}}


def _three_users(world: World) -> None:
    for key in ("one", "two", "three"):
        world.flow(key, variants=_variant(templateVariables={"Text": key.title()}))


def test_a_template_fix_reaches_all_that_use_it(world: World) -> None:
    """Three copies and the template itself: four updates, and then nothing is left to do."""
    world.template("strip", templateElements={"html": _HTML})
    _three_users(world)
    world.flow("apart")
    world.apply()
    world.template("strip", templateElements={"html": _HTML.replace("p>", "b>"), "css": "b{}"})

    plan = world.plan()

    assert [f"{c.action.value} {c.address}" for c in plan.changes] == [
        "update template/strip",
        "update experience/one",
        "update experience/three",
        "update experience/two",
    ]
    assert {f.pointer for f in plan.changes[1].fields} == {
        "/variants/only/assets/html",
        "/variants/only/assets/css",
    }
    assert world.apply().exit_code == 0
    (variant,) = world.stored("experience/two")["variants"]
    assert variant["assets"]["html"] == "<b>Two</b>"
    assert world.plan().is_empty


def test_the_plan_says_whom_a_change_reaches(world: World) -> None:
    """By address, and which of them guests receive; for models, too, and their variants."""
    world.template("strip", templateElements={"html": _HTML})
    world.model("banner")
    _three_users(world)
    world.flow("two", status="PRODUCTION", variants=_variant(decisionModels=["banner"]))
    world.apply()
    world.template("strip", name="New", templateElements={"html": _HTML})
    variant = {"name": "Main", "definition": "<new/>", "status": "PRODUCTION", "split": 100}
    world.model("banner", variants={"main": variant})

    document = plan_document(world.plan(), LOOK)

    used = {c["address"]: c["used_by"] for c in document["changes"]}
    two = {"address": "experience/two", "running": True}
    assert used["template/strip"] == [
        {"address": "experience/one", "running": False},
        {"address": "experience/three", "running": False},
        two,
    ]
    assert used["decision-variant/banner:main"] == [two]
    assert used["decision-model/banner"] == [two]


def test_flows_that_no_manifest_declares_are_users_too(world: World) -> None:
    """What the tenant's people built on a model is hit by its change just as well."""
    world.model("banner")
    world.flow("two", variants={"only": {"name": "Only", "decisionModels": ["banner"]}})
    world.flow("kept")
    world.apply()
    world.forget("Experience", "two")
    world.model("banner", name="banner", description="new")

    (change,) = world.plan().changes

    assert [str(user.address) for user in change.used_by] == ["experience/two"]


def test_freemarker_becomes_a_render_task(world: World) -> None:
    """Beside whatever tasks a person added, which nobody states and nobody touches."""
    world.template("strip", templateElements={"freemarker": '{"a": "[[ Text | string | x ]]"}'})
    world.flow("hero", variants=_variant())
    world.apply()
    (variant,) = world.stored("experience/hero")["variants"]
    assert variant["tasks"] == [
        {
            "implementation": "templateRenderTask",
            "input": {
                "inputType": "templateRenderTaskInput",
                "type": "application/json",
                "template": '{"a": "x"}',
            },
        }
    ]
    theirs = {"implementation": "conditionsTask", "input": {"rules": []}}
    world.edit("experience/hero", variants__only__tasks=[theirs, *variant["tasks"]])
    assert world.plan().is_empty

    world.template("strip", templateElements={"freemarker": '{"b": 1}'})
    assert world.apply().exit_code == 0

    tasks = world.stored("experience/hero")["variants"][0]["tasks"]
    assert tasks[0] == theirs
    assert tasks[1]["input"]["template"] == '{"b": 1}'


def test_stated_assets_win_over_copied_ones(world: World) -> None:
    """One file may be written by hand; the rest is still the template's."""
    world.template("strip", templateElements={"html": _HTML, "css": "p{}"})
    world.flow("hero", variants=_variant(assets={"css": "b{}"}))
    world.apply()

    (variant,) = world.stored("experience/hero")["variants"]
    assert variant["assets"] == {"html": "<p>Hi</p>", "css": "b{}", "js": ""}


def test_each_environment_copies_what_it_sees(world: World) -> None:
    """Overrides of the template count, and so do those of the flow."""
    template = {"name": "strip", "type": "WEB", "templateElements": {"html": _HTML}}
    document = {
        "apiVersion": "personalize-sync/v1",
        "kind": "Template",
        "metadata": {"key": "strip"},
        "spec": template,
        "overrides": {
            "uat": {"templateElements": {"html": "<i>[[ Text ]]</i>[[ Text | string ]]"}}
        },
    }
    world.write("Template-strip.yaml", json.dumps(document))
    world.flow("hero", variants=_variant(templateVariables={"Text": "x"}))
    texts = {}
    for environment in ("test", "uat"):
        loaded = load_manifests(load_project(world.root), environment=environment)
        assert loaded.problems == ()
        (flow,) = (r for r in loaded.resources if r.address.kind == "experience")
        texts[environment] = flow.spec["variants"]["only"]["assets"]["html"]

    assert texts == {"test": "<p>x</p>", "uat": "<i>x</i>x"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"Txt": "x", "Text": "y"}, 'the template has no parameter "Txt"'),
        ({"Text": ""}, 'the template demands a value for its parameter "Text"'),
    ],
)
def test_wrong_values_have_a_place(world: World, values: dict[str, str], message: str) -> None:
    """Unknown parameters and missing required ones: once, whatever the number of environments."""
    world.template("strip", templateElements={"html": _HTML.replace("Hi", "")})
    world.flow("hero", variants=_variant(templateVariables=values))

    problems = load_manifests(load_project(world.root)).problems

    assert [p.message for p in problems] == [message]
    (place,) = places(problems)
    assert place.startswith("1:3")


def test_a_lookup_finds_what_no_manifest_declares(world: World) -> None:
    """By name, in each tenant; what cannot be found is blocked, not guessed."""
    body = {"name": "Theirs", "deploymentConfiguration": {"variants": []}}
    model = world.sandbox.create("decision-model", body)
    lookup = {"lookup": {"kind": "decision-model", "name": "Theirs"}}
    variants = {"only": {"name": "Only", "decisionModels": [lookup]}}
    world.flow("hero", variants=variants)

    assert world.apply().exit_code == 0
    (variant,) = world.stored("experience/hero")["variants"]
    assert variant["tasks"][0]["input"]["decisionModelRefs"] == [model.ref]
    assert world.plan().is_empty

    world.edit("decision-model/Theirs", name="Others")
    (change,) = world.plan().changes
    assert [block.rule for block in change.blocked] == ["unresolved"]


def test_a_flow_waits_for_the_model_it_names(world: World) -> None:
    """A model whose deployment failed is not put into a flow."""
    world.model("banner", variants={"main": {"name": "Main", "definition": "x", "status": "DRAFT"}})
    world.flow("hero", variants={"only": {"name": "Only", "decisionModels": ["banner"]}})

    plan = world.plan()
    (flow,) = (c for c in plan.changes if c.address.kind == "experience")
    assert (flow.action, [str(a) for a in flow.depends_on]) == (
        Action.CREATE,
        ["decision-model/banner"],
    )
    (selected,) = world.plan(select=("experience/*",)).changes
    assert [block.rule for block in selected.blocked] == ["not-selected"]
    report = world.apply()
    assert report.exit_code == 0
    writes = [w.path for w in world.writes()]
    assert writes[-1] == "/v3/flowDefinitions"
