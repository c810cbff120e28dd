"""The marketer, who edits in the UI what Git thinks it owns."""

from __future__ import annotations

import pytest
from sandbox.sandbox_world import (
    FLOWS,
    MODELS,
    TEMPLATES,
    Api,
    connection,
    flow,
    model,
    oauth,
    template,
    tenant,
    variant,
)

from personalize_sync.sandbox import Edited, NotEdited, edit


@pytest.fixture
def api() -> Api:
    """A tenant with one object of each kind."""
    api = tenant()
    api.sandbox.create("template", template(), author="Ci")
    api.sandbox.create("connection", connection(auth=oauth()), author="Ci")
    api.deployed_variant()
    bold = {"ref": "b01d0000-0000-4000-8000-000000000001", "name": "Bold", "assets": {"html": "x"}}
    splits = [{"ref": bold["ref"], "split": 100}]
    traffic = {"type": "simpleTraffic", "allocation": 50, "splits": splits}
    experiment = flow(friendlyId="hero", subtype="EXPERIMENT", variants=[bold], traffic=traffic)
    api.sandbox.create("flow", experiment, author="Ci")
    return api


def test_an_edit_makes_a_revision_with_the_persons_stamp(api: Api) -> None:
    """The live object changes, its revision rises by one, and the author is a person."""
    done = edit(api.sandbox, "template/promo_strip", {"name": "New"}, author="Maria Lopez")

    assert isinstance(done, Edited)
    assert (done.revision, done.author, done.changed) == (2, "auth0|maria_lopez", ("name",))
    live = api.read(f"{TEMPLATES}/promo_strip")
    assert (live["name"], live["revision"], live["modifiedByRef"]) == (
        "New",
        2,
        "auth0|maria_lopez",
    )
    assert live["description"] == "Thin strip"


def test_several_fields_change_in_one_revision(api: Api) -> None:
    """One edit is one save."""
    edit(api.sandbox, "template/promo_strip", {"name": "New", "/templateElements/css": "b{}"})

    stored = api.sandbox.stored("template/promo_strip")
    assert stored.revision == 2
    assert [it["id"] for it in stored.body["templateElements"]] == ["html", "css"]


@pytest.mark.parametrize(
    ("address", "path", "value", "stored_at", "expected"),
    [
        ("template/promo_strip", "/templateElements/html", "<i/>", ("templateElements", 0, "template"), "<i/>"),
        ("template/promo_strip", "templateElements/js", "1", ("templateElements", 1, "template"), "1"),
        ("template/promo_strip", "render", "true", ("render",), True),
        ("template/promo_strip", "name", "42", ("name",), "42"),
        ("template/promo_strip", "tags", '["a"]', ("tags",), ["a"]),
        ("connection/LoyaltyPoints", "auth/clientId", "other", ("auth", "clientId"), "other"),
        ("connection/loyaltypoints", "connectionTimeout", "5000", ("connectionTimeout",), 5000),
        ("connection/loyaltypoints", "description", "{x}", ("description",), "{x}"),
        ("experiment/hero", "/variants/bold/name", "Bolder", ("variants", 0, "name"), "Bolder"),
        ("experiment/hero", "variants/0/assets/html", "y", ("variants", 0, "assets", "html"), "y"),
        ("experiment/hero", "traffic/allocation", "80", ("traffic", "allocation"), 80),
        ("experiment/hero", "traffic/splits/bold", "90", ("traffic", "splits", 0, "split"), 90),
        ("decision-model/next_best_banner", "variants/seasonal_variant/split", "60", ("deploymentConfiguration", "variants", 0, "split"), 60),
        ("decision-model/Next best banner", "deploymentConfiguration/variants/Seasonal variant/status", "TEST", ("deploymentConfiguration", "variants", 0, "status"), "TEST"),
        ("decision-variant/next_best_banner:seasonal_variant", "definition", "Control", ("definition",), "Control"),
    ],
)  # fmt: skip
def test_a_path_leads_to_a_field(
    *,
    api: Api,
    address: str,
    path: str,
    value: str,
    stored_at: tuple[str | int, ...],
    expected: object,
) -> None:
    """Items are found by id, name, slug of the name or index; texts become JSON where they may."""
    ref = api.sandbox.stored(address).ref
    assert isinstance(edit(api.sandbox, address, {path: value}), Edited)

    found: object = api.sandbox.stored(ref).body
    for step in stored_at:
        found = found[step]  # type: ignore[index] # a path through JSON
    assert found == expected


def test_a_person_deploys_a_variant_that_was_not_deployed() -> None:
    """The entry is made with the variant's newest revision."""
    api = tenant()
    owner = api.made(MODELS, model())
    made = api.made(f"{MODELS}/{owner['ref']}/variants", variant())
    changes = {"variants/seasonal_variant/status": "TEST"}
    edit(api.sandbox, "decision-model/next_best_banner", changes)

    assert api.read(f"{MODELS}/{owner['ref']}")["deploymentConfiguration"]["variants"] == [
        {"variantRef": made["ref"], "split": 0, "status": "TEST", "variantRevision": 1}
    ]


def test_archiving_in_the_ui_renames_a_decision_model(api: Api) -> None:
    """The UI archives the way the API does."""
    ref = api.sandbox.stored("decision-model/next_best_banner").ref
    edit(api.sandbox, "decision-model/next_best_banner", {"archived": "true"})

    stored = api.sandbox.stored(ref)
    assert stored.body["archived"] is True
    assert stored.body["name"] == "Next best banner - archived 2026-02-03 04:05"


def test_a_person_starts_a_flow(api: Api) -> None:
    """Starting in the UI publishes the flow."""
    edit(api.sandbox, "experiment/hero", {"status": "PRODUCTION"})

    assert api.read(f"{FLOWS}/hero")["status"] == "PUBLISHING"


@pytest.mark.parametrize(
    ("address", "message", "suggestions"),
    [
        ("template/promo_strp", "there is no template/promo_strp", ("template/promo_strip",)),
        ("experience/hero", "there is no experience/hero", ()),
        ("templat/promo_strip", 'there is no kind "templat"', ("template",)),
        (
            "decision-variant/next_best_banner:seasonal",
            "there is no decision-variant/next_best_banner:seasonal",
            ("decision-variant/next_best_banner:seasonal_variant",),
        ),
    ],
)
def test_an_unknown_address_comes_with_suggestions(
    api: Api, address: str, message: str, suggestions: tuple[str, ...]
) -> None:
    """Nothing is changed, and the answer says what was probably meant."""
    assert edit(api.sandbox, address, {"name": "x"}) == NotEdited(message, suggestions)


@pytest.mark.parametrize(
    "path", ["variants/nobody/name", "revision", "", "templateElements/html/template/deeper"]
)
def test_a_path_that_leads_nowhere_changes_nothing(api: Api, path: str) -> None:
    """A missing item, a server-owned field and an empty path are errors."""
    address = "experiment/hero" if path.startswith("variants") else "template/promo_strip"
    done = edit(api.sandbox, address, {"name": "New", path: "x"})

    assert isinstance(done, NotEdited)
    assert api.sandbox.stored(address).revision == 1
    assert api.sandbox.stored(address).body["name"] != "New"


def test_the_server_refuses_a_person_too(api: Api) -> None:
    """A friendlyId that is taken stays taken in the UI."""
    api.made(TEMPLATES, template(friendlyId="other"))
    done = edit(api.sandbox, "template/other", {"friendlyId": "promo_strip"})

    assert done == NotEdited("friendlyId promo_strip is already in use")


def test_living_objects_come_before_archived_and_exact_before_slug() -> None:
    """An archived namesake is meant only when nothing living has the name."""
    sandbox = tenant().sandbox
    archived = sandbox.create("connection", connection(name="crm", archived=True))
    spelled = sandbox.create("connection", connection(name="Crm"))
    exact = sandbox.create("connection", connection(name="CRM"))
    sandbox.create("connection", connection(name="old", archived=True))

    assert sandbox.stored("connection/CRM").ref == exact.ref
    assert sandbox.stored("connection/Crm").ref == spelled.ref
    assert sandbox.stored("connection/old").body["archived"]
    assert sandbox.stored(f"connection/{archived.ref}").ref == archived.ref
    with pytest.raises(LookupError, match="means 2 objects"):
        sandbox.stored("connection/crm")


def test_an_edit_keeps_the_secret_of_a_connection(api: Api) -> None:
    """Who edits another field does not touch the stored secret."""
    edit(api.sandbox, "connection/loyaltypoints", {"description": "points"})

    stored = api.sandbox.stored("connection/loyaltypoints")
    assert stored.body["auth"]["clientSecret"] == "hush"
    assert stored.modified_by == "auth0|maria"
