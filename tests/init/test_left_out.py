"""What a manifest cannot say is left out, or left alone, and said; the rest comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from init.ground import bring_in

from personalize_sync.init.fitting import fitted
from personalize_sync.kinds.template import TEMPLATE
from personalize_sync.manifests.files import MAX_BYTES
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from world import World

_TEMPLATE: dict[str, Any] = {
    "type": "WEB",
    "status": "DRAFT",
    "description": "",
    "render": False,
    "defaultTemplate": False,
    "customTemplate": True,
    "templateElements": [{"id": "html", "template": "<p/>"}],
}
_CONNECTION: dict[str, Any] = {
    "systemType": "DATA_SYSTEM",
    "auth": {"authType": "NONE"},
    "request": {"requestType": "GET", "connectionUrl": "https://x.example.test"},
}


def _template(world: World, key: str, **fields: Any) -> None:
    world.sandbox.create("template", {**_TEMPLATE, "name": key, "friendlyId": key})
    world.sandbox.plant(f"template/{key}", fields)


def _spec(world: World, address: str) -> dict[str, Any]:
    return next(r.spec for r in world.load().resources if str(r.address) == address)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"tags": ["", "a"]}, "/tags"),
        ({"tags": ["a", "a"]}, "/tags"),
        ({"status": "REVIEW"}, "/status"),
        ({"templateElements": [{"id": "json", "template": "{}"}]}, "/templateElements"),
        ({"templateElements": [{"id": "freemarker", "template": "x"}]}, "/templateElements"),
        (
            {"templateElements": [{"id": "html", "template": "x" * (MAX_BYTES + 1)}]},
            "/templateElements",
        ),
        ({"additionalFields": {"a": {"b": 1}, "c": "d"}}, "/additionalFields/a"),
    ],
)
def test_a_field_that_does_not_fit_is_left_alone(
    world: World, fields: dict[str, Any], path: str
) -> None:
    """The manifest does not state it, so nothing will touch it."""
    _template(world, "odd", **fields)
    drafts = bring_in(world)

    assert [u.path for u in drafts.unmanaged] == [path]
    assert path.split("/")[1] not in _spec(world, "template/odd") or path.count("/") > 1
    assert world.plan().is_empty


def test_an_attribute_that_nobody_knows_is_left_alone(world: World) -> None:
    """A newer server may have more; it says nothing about them, but that they are there."""
    _template(world, "new", flavour={"a": 1}, mood=None)
    drafts = bring_in(world)

    assert [(u.path, u.reason) for u in drafts.unmanaged] == [("/flavour", "")]
    assert world.plan().is_empty


def test_an_object_without_a_usable_friendly_id_is_left_out(world: World) -> None:
    """Its key would have to be that friendlyId."""
    _template(world, "good")
    _template(world, "bad", friendlyId="Bad-Id")
    drafts = bring_in(world)

    assert [left.what for left in drafts.left_out] == ['template "bad"']
    assert "Bad-Id" in drafts.left_out[0].reason
    assert [str(a) for a in drafts.by_address] == ["template/good"]


def test_a_nameless_object_is_left_out(world: World) -> None:
    """A manifest must have a name."""
    _template(world, "good")
    _template(world, "bare", name="")
    drafts = bring_in(world)

    assert [left.what for left in drafts.left_out] == ["template/bare"]
    assert not (world.root / "templates/bare.html").exists()
    assert world.plan().is_empty


def test_twins_among_variants_are_left_out_and_the_deployment_with_them(world: World) -> None:
    """A model that deploys one of two variants of one name comes in without its variants."""
    empty: dict[str, Any] = {"variants": []}
    model = world.sandbox.create("decision-model", {"name": "M", "deploymentConfiguration": empty})
    twins = [
        world.sandbox.create(
            "decision-variant", {"name": "V", "definition": "<d/>"}, parent=model.ref
        )
        for _ in range(2)
    ]
    entry = {"variantRef": twins[0].ref, "variantRevision": 1, "status": "PRODUCTION", "split": 100}
    with world.sandbox.writing() as tenant:
        body = {**model.body, "deploymentConfiguration": {"variants": [entry]}}
        tenant.amend(world.sandbox.stored(model.ref), body, "auth0|maria")
    drafts = bring_in(world)

    assert [left.what for left in drafts.left_out] == ['decision-variant "V" of decision-model/m']
    assert [str(r.address) for r in world.load().resources] == ["decision-model/m"]
    assert [u.path for u in drafts.unmanaged] == ["/variants"]
    assert world.plan().is_empty


def _model(world: World, name: str, shares: dict[str, tuple[str, int]]) -> dict[str, str]:
    """Put a model into the tenant, each variant deployed at revision 1; returns their refs."""
    empty: dict[str, Any] = {"variants": []}
    model = world.sandbox.create("decision-model", {"name": name, "deploymentConfiguration": empty})
    refs = {
        word: world.sandbox.create(
            "decision-variant", {"name": word, "definition": "<d/>"}, parent=model.ref
        ).ref
        for word in shares
    }
    entries = [
        {"variantRef": refs[word], "variantRevision": 1, "status": status, "split": split}
        for word, (status, split) in shares.items()
    ]
    with world.sandbox.writing() as tenant:
        body = {**model.body, "deploymentConfiguration": {"variants": entries}}
        tenant.amend(world.sandbox.stored(model.ref), body, "auth0|maria")
    return refs


def _edited(world: World, ref: str) -> None:
    with world.sandbox.writing() as tenant:
        record = world.sandbox.stored(ref)
        tenant.amend(record, {**record.body, "definition": "<newer/>"}, "auth0|maria")


@pytest.mark.parametrize(
    "shares",
    [
        {"A": ("PRODUCTION", 100)},
        {"A": ("PRODUCTION", 60), "B": ("PRODUCTION", 40)},
        {"A": ("TEST", 0), "B": ("PRODUCTION", 100)},
    ],
)
def test_a_revision_that_is_not_deployed_stays_so(
    world: World, shares: dict[str, tuple[str, int]]
) -> None:
    """Its variant comes in without its status, which would deploy it; others are managed whole."""
    edited = _model(world, "M", shares)["A"]
    _model(world, "Calm", shares)
    _edited(world, edited)
    drafts = bring_in(world)

    assert drafts.left_out == []
    (left,) = drafts.unmanaged
    assert (str(left.address), left.path) == ("decision-model/m", "/variants/a/status")
    assert left.reason.startswith("revision 1 is deployed, and 2,")
    assert left.reason.endswith(f"add status: {shares['A'][0]} to deploy it")
    assert _spec(world, "decision-model/m")["variants"]["a"].keys() == {"split"}
    assert _spec(world, "decision-model/calm")["variants"]["a"].keys() == {"status", "split"}
    assert _spec(world, "decision-variant/m:a")["definition"] == "<newer/>"
    assert world.plan().is_empty

    manifest = world.root / "decision-models/m.yaml"
    as_advised = manifest.read_text().replace(
        "name: A\n", f"name: A\n      status: {shares['A'][0]}\n"
    )
    manifest.write_text(as_advised)
    (change,) = world.plan().changes
    assert [field.pointer for field in change.fields] == ["/variants/a/revision"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"urlParameters": [{"name": "apikey", "value": "hush"}]}, "/urlParameters"),
        (
            {"request": {**_CONNECTION["request"], "connectionUrl": "https://u:hush@x.test"}},
            "/request/connectionUrl",
        ),
        (
            {"request": {**_CONNECTION["request"], "connectionUrl": "https://x.test?api_key=hush"}},
            "/request/connectionUrl",
        ),
        (
            {"request": {**_CONNECTION["request"], "requestBody": '{"password": "hush"}'}},
            "/request/requestBody",
        ),
        (
            {"request": {**_CONNECTION["request"], "requestBody": "a=b&client_secret=hush"}},
            "/request/requestBody",
        ),
        ({"auth": {"authType": "CUSTOM", "signingSecret": "hush"}}, "/auth/signingSecret"),
    ],
)
def test_a_secret_in_the_open_stays_in_the_tenant(
    world: World, fields: dict[str, Any], path: str
) -> None:
    """Where no manifest can name a secret, what looks like one is left alone and listed."""
    world.sandbox.create("connection", {"name": "Open", **_CONNECTION})
    world.sandbox.plant("connection/Open", fields)
    drafts = bring_in(world)

    assert [u.path for u in drafts.unmanaged] == [path]
    assert b"hush" not in b"".join(p.read_bytes() for p in world.root.rglob("*") if p.is_file())
    assert world.plan().is_empty


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("Accept", "application/json", False),
        ("X-Channel", "web", False),
        ("X-Guest", "${email}", False),
        ("X-Api-Version", "2024.1", False),
        ("X-Functions-Key", "plain", True),
        ("Authorization", "Bearer ${token}", True),
        ("X-Whatever", "q83hf-2k", True),
        ("Cookie", "a", True),
    ],
)
def test_header_values_that_may_be_secrets_become_names(
    world: World, name: str, value: str, *, is_secret: bool
) -> None:
    """In doubt a value is not written down."""
    headers = [{"name": name, "value": value}]
    world.sandbox.create("connection", {"name": "C", **_CONNECTION, "customHeaders": headers})
    drafts = bring_in(world)

    assert bool(drafts.secrets) is is_secret
    assert len(_spec(world, "connection/c")["customHeaders"]) == 1
    assert world.plan().is_empty


def test_long_names_make_file_names_that_every_file_system_takes(world: World) -> None:
    """Variants whose long names differ only at their ends have files of their own."""
    refs = [f"00000000-0000-4000-8000-{n:012}" for n in range(2)]
    variants = [
        {"ref": ref, "name": "x" * 400 + ref, "isControl": not n, "assets": {"html": f"<p>{n}\n"}}
        for n, ref in enumerate(refs)
    ]
    splits = [{"ref": ref, "split": 50} for ref in refs]
    world.sandbox.create(
        "flow",
        {
            "name": "Long",
            "friendlyId": "l" * 200,
            "type": "INTERACTIVE_WEB_FLOW",
            "subtype": "EXPERIMENT",
            "status": "DRAFT",
            "channels": ["WEB"],
            "schedule": {"type": "simpleSchedule", "startDate": "2026-02-03T00:00:00.000Z"},
            "traffic": {"type": "simpleTraffic", "allocation": 100, "splits": splits},
            "variants": variants,
        },
    )
    drafts = bring_in(world)

    assert drafts.left_out == []
    (draft,) = drafts.by_address.values()
    assert sorted(draft.files.values()) == ["<p>0\n", "<p>1\n"]
    assert all(len(name.encode()) <= 255 for name in draft.files)
    assert world.plan().is_empty


def test_text_that_is_not_unicode_is_left_alone() -> None:
    """JSON can hold half a surrogate pair; neither YAML nor a file can."""
    spec = {"name": "T", "type": "WEB", "description": "\ud800", "tags": ["a"]}

    result = fitted(TEMPLATE, Address("template", "t"), spec)

    assert [(cut.pointer, cut.reason) for cut in result.cuts] == [
        ("/description", "the text is not Unicode")
    ]
    assert result.document["spec"] == {"name": "T", "type": "WEB", "tags": ["a"]}
