"""What is read from and sent to the API, against a table transcribed from its reference."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from contract.wire import BY_KIND, CONNECTION, DECISION_MODEL, TEMPLATE, WIRE, Wire
from planning.builders import wanted

from personalize_sync.kinds import BY_NAME, KINDS, Refs
from personalize_sync.resources import Address
from personalize_sync.tenant.live import live_from

FUTURE = {"futureField": {"deep": [1, {"x": None}]}, "anotherOne": "x"}


def refs(wire: Wire) -> Refs:
    """Return the refs that a row's answer names."""
    return Refs({Address(*address): ref for address, ref in wire.refs.items()})


def body_of(wire: Wire, record: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return the body that is sent over a record for a spec."""
    before = deepcopy(record)
    body = BY_NAME[wire.kind].overlay(record, wanted(wire.kind, wire.key, spec), refs(wire))
    assert record == before, "the record must not be changed in place"
    return body


def read(wire: Wire, **record: Any) -> dict[str, Any]:
    """Return the documented answer, with changes, in the manifest's shape."""
    kind = BY_NAME[wire.kind]
    return kind.normalise(live_from(kind, {**wire.answer, **record}), refs(wire))


def test_the_table_has_a_row_for_every_kind() -> None:
    """A new kind is not done before it is transcribed."""
    assert set(BY_KIND) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("wire", WIRE, ids=lambda wire: wire.kind)
def test_paths(wire: Wire) -> None:
    """Where a kind is created, listed, read and written."""
    kind = BY_NAME[wire.kind]

    assert (kind.collection, kind.item) == (wire.collection, wire.item)


@pytest.mark.parametrize("wire", WIRE, ids=lambda wire: wire.kind)
def test_a_create_sends_exactly_the_documented_body(wire: Wire) -> None:
    """Every required attribute, those of the manifest, and nothing else."""
    body = body_of(wire, {}, **wire.spec)

    assert body == wire.created
    assert body.keys() >= wire.required


@pytest.mark.parametrize("wire", WIRE, ids=lambda wire: wire.kind)
def test_an_update_sends_all_of_the_record(wire: Wire) -> None:
    """A PUT replaces: what is not managed, and what nobody knows yet, goes back as it came."""
    record = {**wire.answer, **FUTURE}

    assert body_of(wire, record, name="New") == {**wire.sent_back(record), "name": "New"}


@pytest.mark.parametrize("wire", WIRE, ids=lambda wire: wire.kind)
def test_server_made_fields_are_in_no_manifest(wire: Wire) -> None:
    """What the server makes is never compared."""
    assert not wire.server_made & read(wire).keys()


@pytest.mark.parametrize("wire", WIRE, ids=lambda wire: wire.kind)
def test_what_nobody_knows_yet_is_read(wire: Wire) -> None:
    """A field of tomorrow can be stated tomorrow."""
    assert read(wire, **FUTURE).items() >= FUTURE.items()


@pytest.mark.parametrize("wire", WIRE, ids=lambda wire: wire.kind)
def test_removal_is_an_update(wire: Wire) -> None:
    """No DELETE is documented: `archived` is set, everything else stays."""
    record = {**wire.answer, **FUTURE}
    archived = {**wire.sent_back(record), "archived": True}
    if wire is DECISION_MODEL:
        archived["deploymentConfiguration"] = {"variants": []}
    if wire.collection == "/v3/flowDefinitions":
        archived["status"] = "PAUSED"

    assert BY_NAME[wire.kind].retire(record) == archived


def test_template_elements_are_a_map_in_manifests() -> None:
    """And an array on the wire, in the order the tenant has."""
    assert read(TEMPLATE)["templateElements"] == {
        "html": '<div id="strip">[[ Text | string | Hello ]]</div>',
        "css": "#strip{padding:4px}",
        "freemarker": "{}",
    }

    sent = body_of(TEMPLATE, TEMPLATE.answer, templateElements={"js": "1", "css": "x", "html": "y"})
    assert sent["templateElements"] == [
        {"id": "html", "template": "y"},
        {"id": "css", "template": "x"},
        {"id": "js", "template": "1"},
    ]


def test_an_element_keeps_what_nobody_knows_yet() -> None:
    """Only its text is managed."""
    record = {**TEMPLATE.answer, "templateElements": [{"id": "js", "template": "1", "future": 2}]}

    assert body_of(TEMPLATE, record, templateElements={"js": "3"})["templateElements"] == [
        {"id": "js", "template": "3", "future": 2}
    ]


@pytest.mark.parametrize("strange", [None, "html", [None], [{"template": "x"}], [{"id": ["html"]}]])
def test_strange_elements_are_no_elements(strange: object) -> None:
    """A lenient reader does not fail on what it cannot name."""
    assert read(TEMPLATE, templateElements=strange)["templateElements"] == {}


@pytest.mark.parametrize("text", ["a\r\nb", "a\n\n", " \t", "", "\u2028\U0001f600", "[[ x ]]${y}"])
def test_element_texts_are_opaque(text: str) -> None:
    """Byte for byte, the final newline and all."""
    sent = body_of(TEMPLATE, TEMPLATE.answer, templateElements={"html": text})

    assert sent["templateElements"] == [{"id": "html", "template": text}]


def test_a_deployment_is_a_map_of_variants_in_manifests() -> None:
    """Refs become keys, `variantRevision` is the revision that is pinned."""
    assert read(DECISION_MODEL)["variants"] == {
        "seasonal": {"status": "PRODUCTION", "split": 100, "revision": 1}
    }

    variants = {"seasonal": {"status": "TEST", "split": 0, "revision": 2}}
    sent = body_of(DECISION_MODEL, DECISION_MODEL.answer, variants=variants)
    (entry,) = DECISION_MODEL.answer["deploymentConfiguration"]["variants"]
    assert sent["deploymentConfiguration"] == {
        "variants": [{**entry, "status": "TEST", "split": 0, "variantRevision": 2}]
    }
    assert sent["variants"] == DECISION_MODEL.answer["variants"]


def test_a_deployment_may_be_a_bare_array() -> None:
    """As one table of the reference has it."""
    entries = DECISION_MODEL.answer["deploymentConfiguration"]["variants"]

    assert read(DECISION_MODEL, deploymentConfiguration=entries) == read(DECISION_MODEL)


def test_a_deployment_keeps_what_nobody_knows_yet() -> None:
    """Beside its entries, too."""
    deployment = {**DECISION_MODEL.answer["deploymentConfiguration"], "future": 1}
    record = {**DECISION_MODEL.answer, "deploymentConfiguration": deployment}

    assert body_of(DECISION_MODEL, record, variants={})["deploymentConfiguration"] == {
        "variants": [],
        "future": 1,
    }


@pytest.mark.parametrize("name", ["auth", "request"])
def test_an_object_may_come_in_an_array(name: str) -> None:
    """As the tables of the reference have it; it is read and sent as the examples do."""
    wrapped = {name: [CONNECTION.answer[name]]}

    assert read(CONNECTION, **wrapped) == read(CONNECTION)
    assert body_of(CONNECTION, {**CONNECTION.answer, **wrapped})[name] == CONNECTION.answer[name]


@pytest.mark.parametrize("name", ["auth", "request"])
@pytest.mark.parametrize("strange", [None, [], "x", [None]])
def test_a_strange_object_is_an_empty_one(name: str, strange: object) -> None:
    """A lenient reader does not fail on it."""
    assert read(CONNECTION, **{name: strange})[name] == {}


def test_the_type_of_authentication_is_read_in_capitals() -> None:
    """One table shows it in small letters."""
    auth = {**CONNECTION.answer["auth"], "authType": "oauth"}

    assert read(CONNECTION, auth=auth) == read(CONNECTION)


def test_auth_and_request_are_managed_field_by_field() -> None:
    """What the manifest leaves out stays."""
    sent = body_of(
        CONNECTION,
        CONNECTION.answer,
        auth={"clientId": "new"},
        request={"requestType": "PUT"},
    )

    assert sent["auth"] == {**CONNECTION.answer["auth"], "clientId": "new"}
    assert sent["request"] == {**CONNECTION.answer["request"], "requestType": "PUT"}


@pytest.mark.parametrize("mask", ["****", None, "", "hush"])
@pytest.mark.parametrize("name", ["clientSecret", "password", "apiKey", "token", "secret"])
def test_what_stands_in_the_place_of_a_secret_is_never_read_or_sent_back(
    name: str, mask: object
) -> None:
    """Sent back, a mask would become the secret."""
    record = {**CONNECTION.answer, "auth": {**CONNECTION.answer["auth"], name: mask}}
    retired = BY_NAME["connection"].retire(record)

    assert read(CONNECTION, **record) == read(CONNECTION)
    assert body_of(CONNECTION, record)["auth"] == CONNECTION.answer["auth"]
    assert retired["auth"] == CONNECTION.answer["auth"]
    assert body_of(CONNECTION, record, auth={name: "new"})["auth"][name] == "new"


LISTS = (
    ("customHeaders", "name"),
    ("inputMappings", "key"),
    ("outputMappings", "outputReference"),
)


@pytest.mark.parametrize(("name", "key"), LISTS)
def test_a_listed_item_keeps_what_the_manifest_leaves_out(name: str, key: str) -> None:
    """It is not compared, so a write of another field must not take it away."""
    items = [{key: "a", "value": 1, "more": 2}, {key: "a", "more": 3}, {key: "b"}]
    record = {**CONNECTION.answer, name: items}

    sent = body_of(CONNECTION, record, **{name: [{key: "c"}, {key: "a", "value": 9}, {key: "a"}]})

    assert sent[name] == [{key: "c"}, {key: "a", "value": 9, "more": 2}, {key: "a", "more": 3}]


@pytest.mark.parametrize("name", ["oauthCustomHeaders", "formUrlEncodedItems"])
def test_so_does_one_below_auth(name: str) -> None:
    """The lists there are no others."""
    auth = {**CONNECTION.answer["auth"], name: [{"name": "a", "more": 1}]}

    sent = body_of(CONNECTION, {**CONNECTION.answer, "auth": auth}, auth={name: [{"name": "a"}]})

    assert sent["auth"] == auth
