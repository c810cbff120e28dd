"""The JSON document, and the way back from it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from rendering.build import (
    LOOK,
    address,
    change,
    drift,
    field,
    mixed,
    outcome,
    plan,
    problem,
    problems,
    report,
)
from rendering.hostile import TEXTS

from personalize_sync.errors import StaleError
from personalize_sync.planning.change import Cause, Evidence, Expect
from personalize_sync.planning.outcome import Leftover, Result
from personalize_sync.planning.plan import Scope
from personalize_sync.problems import Ignored
from personalize_sync.rendering import plan_document, plan_from, render
from personalize_sync.resources import ABSENT, AFTER_APPLY, Lookup, Secret, SecretRef, Unset

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "schemas/plan.schema.json").read_text("utf-8")
)


def strict(schema: Any) -> Any:
    """The schema with every object closed: what we emit is described, down to the last property."""
    match schema:
        case dict():
            closed = {name: strict(part) for name, part in schema.items()}
            if "properties" in schema and schema.get("type") == "object":
                closed["additionalProperties"] = False
            return closed
        case list():
            return [strict(part) for part in schema]
    return schema


def full() -> Any:
    """A plan that uses every property."""
    one = change(
        "decision-model/m",
        field("/deployment", [1], [{"revision": AFTER_APPLY}]),
        field("/gone", {"a": 1}, ABSENT),
        field("/a~1b", Unset.SECRET, Unset.SECRET),
        field("/lookup", None, [Lookup("template", "x"), SecretRef("N")]),
        field("/auth", ABSENT, SecretRef("N", "1")),
        base=Evidence("revision", 11, "us", "T"),
        expect=Expect("ref-1", 12, "sha256:cc"),
        depends_on=(address("decision-variant/m:v"),),
    )
    base = mixed()
    return replace(
        base,
        changes=(*base.changes, one),
        diagnostics=(problem(), problem(location=None)),
        scope=Scope(("a*",), True, ("why",), ("b*",), (("conflict", "template/*"),), "keep"),
    )


def read(document: Any, **look: Any) -> dict[str, Any]:
    """A document rendered and parsed again."""
    parsed: dict[str, Any] = json.loads(render(document, "json", replace(LOOK, **look)))
    return parsed


def applied() -> Any:
    """A report that uses every property."""
    return report(
        full(),
        outcome(),
        outcome("template/torn", result=Result.SKIPPED, error="blocked", notes=("n",)),
        leftovers=(Leftover(address("template/a"), "/f", Secret("x"), ABSENT),),
        strangers=("uuid",),
        unproven="no answer",
    )


@pytest.mark.parametrize(
    "document", [read(plan()), read(full()), read(full(), view="drift"), read(applied())]
)
def test_every_document_is_as_its_schema_describes(document: dict[str, Any]) -> None:
    """No property is missing, and none is undescribed."""
    Draft202012Validator.check_schema(SCHEMA)
    errors = Draft202012Validator(strict(SCHEMA)).iter_errors(document)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_every_property_of_the_schema_is_described() -> None:
    """An editor can explain each property to its reader."""

    def undescribed(schema: Any, at: str) -> list[str]:
        if not isinstance(schema, dict):
            return []
        own = [
            f"{at}/{name}"
            for name, part in schema.get("properties", {}).items()
            if "description" not in part and "$ref" not in part
        ]
        return own + [
            hit for name, part in schema.items() for hit in undescribed(part, f"{at}/{name}")
        ]

    assert undescribed(SCHEMA, "") == []


def test_problems_have_the_published_shape() -> None:
    """A check's document is a list of the schema's problems."""
    told = problems(problem(), problem(location=None))
    document = read(replace(told, ignored=(Ignored(problem(), "so it is"),)))
    validator = Draft202012Validator({"$ref": "#/$defs/problem", "$defs": SCHEMA["$defs"]})
    assert list(document) == ["problems", "ignored"]
    assert document["ignored"] == [
        {**read(problems(problem()))["problems"][0], "reason": "so it is"}
    ]
    assert all(validator.is_valid(entry) for entry in document["problems"])
    assert document["problems"][0]["file"] is None


def test_null_is_explained() -> None:
    """Missing, not yet known and null are told apart, and a mask from a text."""
    fields = {entry["path"]: entry for entry in read(full())["changes"][-1]["fields"]}
    assert fields["/gone"]["after"] is None
    assert fields["/gone"]["absent"] == ["after"]
    assert fields["/deployment"]["after"] == [{"revision": None}]
    assert fields["/deployment"]["known_after_apply"] == ["after"]
    assert fields["/auth"]["after"] == "(secret)"
    assert fields["/auth"]["masked"] == ["after"]
    assert fields["/lookup"]["absent"] == []


def test_the_digest_covers_content_only() -> None:
    """Two runs that plan the same have the same digest, whenever and wherever they ran."""
    first = plan_document(mixed(), LOOK)["digest"]
    later = replace(LOOK, id="run-2", created_at="later", expires_at="later", prefix="x/", width=7)
    assert plan_document(mixed(), later)["digest"] == first
    assert read(mixed(), view="drift")["digest"] == first
    assert read(report(mixed()))["digest"] == first
    assert plan_document(plan(), LOOK)["digest"] != first


def test_the_digest_tells_what_null_hides() -> None:
    """Removing a field and setting it to a value not known yet are not the same plan."""
    removed = plan(change("template/a", field("/f", 1, ABSENT)))
    unknown = plan(change("template/a", field("/f", 1, AFTER_APPLY)))
    assert plan_document(removed, LOOK)["digest"] != plan_document(unknown, LOOK)["digest"]


def test_complete_and_applyable() -> None:
    """A plan is applyable if there is something to do and nothing objects to it."""
    assert (read(plan())["complete"], read(plan())["applyable"]) == (True, False)
    assert read(plan(change()))["applyable"] is True
    assert read(mixed())["applyable"] is False
    assert read(plan(scope=Scope(failed=("why",))))["complete"] is False


def test_an_apply_says_what_became_of_each_change() -> None:
    """Changes that were not reached have no outcome."""
    by_address = {entry["address"]: entry for entry in read(applied())["changes"]}
    assert by_address["template/promo_strip"]["outcome"] == "updated"
    assert by_address["template/torn"]["error"] == "blocked"
    assert by_address["template/old"]["outcome"] is None


@pytest.mark.parametrize("view", ["plan", "drift"])
@pytest.mark.parametrize("format_", ["terminal", "json", "markdown", "github", "summary"])
def test_a_plan_read_back_shows_the_same(view: str, format_: str) -> None:
    """A saved plan can be reviewed in every format without the tenant."""
    look = replace(LOOK, view=view)
    again = plan_from(json.loads(json.dumps(plan_document(full(), look))))
    assert render(again, format_, look) == render(full(), format_, look)


@given(TEXTS)
def test_hostile_text_survives_the_way_there_and_back(text: str) -> None:
    """Escaping in the document loses nothing."""
    evil = plan(
        change("template/a", field(f"/{text}", text, [text]), notes=(text,)),
        drift=(drift("template/b", field(cause=Cause.DRIFT), author=text),),
    )
    document = read(evil)
    document.pop("view")
    assert document == plan_document(evil, LOOK)
    assert plan_document(plan_from(document), LOOK) == document


@pytest.mark.parametrize("broken", [{}, {"target": []}, {"changes": 1}, {"drift": [{}]}])
def test_what_is_no_plan_is_refused(broken: dict[str, Any]) -> None:
    """A file of another sort ends in a sentence, never in a traceback."""
    document = {**plan_document(mixed(), LOOK), **broken} if broken else {}
    with pytest.raises(StaleError):
        plan_from(document)


def test_the_same_input_gives_the_same_bytes() -> None:
    """The order in which a value's names were read does not show."""
    one = plan(change("template/a", field("/f", {"a": 1, "b": 2}, [{"x": 1, "y": 2}])))
    two = plan(change("template/a", field("/f", {"b": 2, "a": 1}, [{"y": 2, "x": 1}])))
    for format_ in ("terminal", "json", "markdown", "github", "summary"):
        assert render(one, format_, LOOK) == render(two, format_, LOOK)
