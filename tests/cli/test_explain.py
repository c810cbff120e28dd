"""Explaining one object or field: where Git says it, what the tenant has, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Shop

_STRIP = """\
    apiVersion: personalize-sync/v1
    kind: Template
    metadata: {key: strip}
    spec:
      name: Strip
      type: WEB
      status: DRAFT
      templateElements:
        html: {fromFile: strip.html}
    overrides:
      test: {name: Test strip}
      uat: {description: null, templateElements: {html: "<p>UAT</p>"}}
    """


@pytest.fixture
def written(shops: Callable[..., Shop]) -> Shop:
    """A shop with a template whose text is a file, and which differs between environments."""
    shop = shops()
    shop.write("strip.yaml", _STRIP)
    shop.write("strip.html", "<p>\n  Hello\n</p>\n")
    assert shop("apply", "--auto-approve").code == 0
    return shop


def _explained(shop: Shop, place: str, *arguments: str) -> dict[str, Any]:
    said = shop("explain", place, "--format", "json", *arguments)
    assert said.code == 0, said
    return said.document


def test_the_winning_place_is_marked(written: Shop) -> None:
    """spec and each override that speaks of the field stand with their lines."""
    said = written("explain", "template/strip/name")

    assert said.code == 0
    assert '    spec: "Strip"   strip.yaml:5\n' in said.out
    assert '  > overrides.test: "Test strip"   strip.yaml:11\n' in said.out
    assert "Git and the tenant agree.\n" in said.out


@pytest.mark.parametrize(
    "place",
    [
        "template/strip/templateElements/html",
        "template/strip.templateElements.html",
        "template/strip#/templateElements/html",
    ],
)
def test_a_path_may_be_written_in_three_ways(written: Shop, place: str) -> None:
    """As in a plan, with dots, or as --send-secret takes it; a named file is told."""
    found = _explained(written, place)

    assert found["path"] == "/templateElements/html"
    spec, uat = found["stated"]
    assert (spec["where"], spec["wins"], spec["file"]) == ("spec", True, "strip.html")
    assert (uat["where"], uat["wins"], uat["value"]) == ("overrides.uat", False, "<p>UAT</p>")


def test_drift_is_explained_by_all_three_sides(written: Shop) -> None:
    """The tenant's value with its author, ours with its revision, and what apply does."""
    written.edit("template/strip", name="Hers")

    found = _explained(written, "template/strip/name")

    assert (found["live"]["value"], found["live"]["author"]) == ("Hers", "auth0|maria")
    base = found["base"]
    assert (base["value"], base["evidence"], base["revision"]) == ("Test strip", "revision", 1)
    assert found["fields"][0]["cause"] == "drift"
    assert found["why"] == [
        "drift: Git is as we last wrote it and the tenant moved; apply reverts it."
    ]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("    onDrift: keep\n", "onDrift is keep, so it stays until it is pulled."),
        ("    onDrift: block\n", "Blocked (drift):"),
        (
            "    ignore: [{address: template/strip, path: /name, reason: hers}]\n",
            "The project file ignores it (hers): neither compared nor changed.",
        ),
    ],
)
def test_rules_are_named_where_they_decide(written: Shop, rule: str, why: str) -> None:
    """Kept, refused and ignored each have their own reason."""
    written.edit("template/strip", name="Hers")
    written.write("personalize-sync.yaml", written.project(rule))

    assert why in "\n".join(_explained(written, "template/strip/name")["why"])


def test_a_conflict_says_how_to_go_on(written: Shop) -> None:
    """The guard's way out stands with it."""
    written.edit("template/strip", name="Hers")
    written.write("strip.yaml", _STRIP.replace("Test strip", "Ours"))

    (cause, block) = _explained(written, "template/strip/name")["why"]

    assert cause.startswith("conflict: ")
    assert block.endswith("To allow it: --allow conflict=template/strip")


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("template/strip/icon", "The manifest does not state it"),
        ("template/strip", "Git and the tenant agree in everything that the manifest states."),
        ("template/strip/templateElements", "in all of it that the manifest states."),
    ],
)
def test_what_is_no_difference_is_explained_too(written: Shop, place: str, why: str) -> None:
    """Unstated is not the same as equal."""
    assert why in "\n".join(_explained(written, place)["why"])


def test_an_object_shows_what_its_overrides_change(written: Shop) -> None:
    """The chain of a whole object is the fields in which environments differ."""
    said = written("explain", "template/strip")
    assert '  > overrides.test /name: "Test strip"   strip.yaml:11\n' in said.out
    assert '    overrides.uat /templateElements/html: "<p>UAT</p>"   strip.yaml:12\n' in said.out


def test_a_new_object_would_be_created(written: Shop) -> None:
    """Nothing in the tenant, and why."""
    written.template("fresh")
    found = _explained(written, "template/fresh")
    assert (found["live"], found["action"]) == (None, "create")
    assert found["why"] == ["The tenant has no such object; apply creates it."]


def test_an_object_without_a_manifest_is_unmanaged(written: Shop) -> None:
    """It is found by the address under which a plan would show it."""
    written.sandbox.create("template", {"name": "Theirs", "friendlyId": "theirs", "type": "WEB"})
    found = _explained(written, "template/theirs")
    assert found["live"]["name"] == "Theirs"
    assert found["why"] == ["No manifest declares it: it is left alone, and counts as unmanaged."]


def test_history_is_asked_even_where_nothing_differs(written: Shop) -> None:
    """A plan spares the request; an explanation is about the evidence."""
    written.edit("template/strip", icon="hers.svg")
    assert _explained(written, "template/strip/name")["base"]["evidence"] == "revision"


def test_a_variant_is_found_where_it_stands(shop: Shop) -> None:
    """The path in the model's manifest leads to the variant."""
    shop.model()
    shop("apply", "--auto-approve")
    found = _explained(shop, "decision-model/banner/variants/main/definition")
    assert (found["address"], found["path"]) == ("decision-variant/banner:main", "/definition")
    split = _explained(shop, "decision-model/banner/variants/main/split")
    assert (split["address"], split["live"]["value"]) == ("decision-model/banner", 100)


def test_secrets_are_not_shown(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the secret, nor a header of the tenant, at any depth; the variable is named."""
    monkeypatch.setenv("KEY", "hush-hush")
    auth = {
        "authType": "OAUTH",
        "clientId": "shop",
        "clientSecret": {"fromSecret": "KEY"},
        "accessTokenUrl": "https://weather.example.test/token",
    }
    headers = [{"name": "X-Key", "value": {"fromSecret": "KEY"}}]
    shop.connection(auth=auth, customHeaders=headers)
    shop("apply", "--auto-approve")
    for path in ("", "/auth", "/auth/clientSecret", "/customHeaders", "/customHeaders/0/value"):
        for format_ in ("json", "terminal"):
            said = shop("explain", f"connection/weather{path}", "--format", format_)
            assert said.code == 0
            assert "hush-hush" not in said.out + said.err
    (why,) = _explained(shop, "connection/weather/auth/clientSecret")["why"]
    assert "every write of the object sends KEY" in why


def test_without_keys_the_manifests_still_speak(
    written: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file part needs no tenant, and it is said that it was not asked."""
    for feature in ("CONNECTIONS", "DEVELOPER_TEMPLATES", "MULTIPLE_RESOURCES"):
        monkeypatch.delenv(f"PERSONALIZE_SYNC_TEST_{feature}_CLIENT_ID")
    said = written("explain", "template/strip/name")
    assert said.code == 0
    assert "The tenant was not asked" in said.err
    assert "overrides.test" in said.out
    assert "In the tenant" not in said.out

    written.sandbox.forget_requests()
    assert not _explained(written, "template/strip/name", "--offline")["asked_tenant"]
    assert not written.sandbox.requests


def test_an_environment_without_the_manifest_says_so(shop: Shop) -> None:
    """What Git says elsewhere is shown, and that it does not count here."""
    spec = {"name": "strip", "type": "WEB"}
    shop.manifest("Template", "strip", spec, environments=["uat"])
    found = _explained(shop, "template/strip/name", "--offline")
    assert [s["wins"] for s in found["stated"]] == [False]
    assert found["why"] == ["Its manifest is not for test (metadata.environments)."]


@pytest.mark.parametrize("place", ["template/stripp", "strip", "template/", "template"])
def test_a_slip_of_the_pen(written: Shop, place: str) -> None:
    """What nobody knows is refused, with the form of an address."""
    said = written("explain", place)
    assert said.code == 64
    assert "Addresses are KIND/KEY" in said.err


def test_a_field_that_nobody_knows_is_refused(written: Shop) -> None:
    """Neither manifest, schema nor tenant has it; the closest one of them is named."""
    said = written("explain", "template/strip/templateElement")
    assert said.code == 64
    assert "template/strip has no /templateElement\n" in said.err
    assert 'Did you mean "templateElements"?' in said.err


def test_it_only_reads(written: Shop) -> None:
    """Nothing but GET and the token request."""
    written.sandbox.forget_requests()
    written("explain", "template/strip")
    assert not written.writes()


def test_hostile_names_are_harmless(written: Shop) -> None:
    """What the tenant calls itself passes the gate."""
    written.edit("template/strip", name="\x1b[31mred\n::error::x")
    said = written("explain", "template/strip/name")
    assert "\x1b" not in said.out
    assert "\n::error" not in said.out
