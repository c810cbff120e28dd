"""Each knob changes exactly what it says: one probe per knob, one expectation per setting."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from sandbox.sandbox_world import (
    CANVAS,
    CONNECTIONS,
    FLOWS,
    MODELS,
    TEMPLATES,
    UNKNOWN_REF,
    VARIANTS,
    Api,
    connection,
    deployment,
    flow,
    model,
    oauth,
    template,
    tenant,
    variant,
)

from personalize_sync.sandbox import ALTERNATIVES
from personalize_sync.sandbox.keys import machine_uuid

if TYPE_CHECKING:
    from collections.abc import Callable

STAMP = "sandbox-multiple-resources@clients"
UUID_STAMP = machine_uuid(STAMP)


@dataclass(frozen=True, slots=True)
class Probe:
    observe: Callable[[Api], object]
    expected: dict[str, object]


PROBES: dict[str, Probe] = {}


def probe(
    number: str, expected: dict[str | int, object]
) -> Callable[[Callable[[Api], object]], None]:
    """Register what a probe observes under each setting."""

    def register(observe: Callable[[Api], object]) -> None:
        PROBES[number] = Probe(observe, {str(setting): it for setting, it in expected.items()})

    return register


@probe("K01", {900: 900, 86400: 86400, 600: 600})
def _token_reply_states_its_life(api: Api) -> object:
    return api.token_reply().json()["expires_in"]


@probe("K02", {"equal": (200, 401), "shorter": (401, 401), "longer": (200, 200)})
def _token_lives_as_long_as_stated(api: Api) -> object:
    early = [api.get(TEMPLATES).status_code for _ in range(11)][-1]
    api.clock.advance(1000)
    return early, api.get(TEMPLATES).status_code


@probe("K03", {403: 403, 401: 401})
def _wrong_scope(api: Api) -> object:
    return Api(api.sandbox, "connections").sign_in().get(TEMPLATES).status_code


@probe("K04", {200: 200, 201: 201})
def _put_succeeds(api: Api) -> object:
    made = api.made(TEMPLATES, template())
    return api.put(f"{TEMPLATES}/{made['ref']}", template()).status_code


@probe("K05", {201: 201, 200: 200})
def _post_succeeds(api: Api) -> object:
    return api.post(TEMPLATES, template()).status_code


@probe("K06", {"reset": (1000, None), "merge": (7000, "kept?")})
def _put_without_optional_fields(api: Api) -> object:
    made = api.made(CONNECTIONS, connection(connectionTimeout=7000, description="kept?"))
    after = api.changed(f"{CONNECTIONS}/{made['ref']}", connection())
    return after["connectionTimeout"], after.get("description")


@probe("K07", {"object": ("dict", 200), "array": ("list", 200)})
def _auth_and_request_are(api: Api) -> object:
    made = api.made(CONNECTIONS, connection())
    back = api.put(f"{CONNECTIONS}/{made['ref']}", made)
    assert type(made["auth"]) is type(made["request"])
    return type(made["auth"]).__name__, back.status_code


@probe("K08", {"upper": "OAUTH", "as-sent": "oauth"})
def _letter_case_of_auth_type(api: Api) -> object:
    return api.made(CONNECTIONS, connection(auth=oauth(authType="oauth")))["auth"]["authType"]


@probe("K09", {"omitted": "no key", "masked": "****", "null": None})
def _secret_on_read(api: Api) -> object:
    made = api.made(CONNECTIONS, connection(auth=oauth()))
    return api.read(f"{CONNECTIONS}/{made['ref']}")["auth"].get("clientSecret", "no key")


@probe("K10", {"wiped": None, "kept": "hush"})
def _put_without_the_secret(api: Api) -> object:
    made = api.made(CONNECTIONS, connection(auth=oauth()))
    api.changed(f"{CONNECTIONS}/{made['ref']}", made)
    return api.sandbox.stored(made["ref"]).body["auth"].get("clientSecret")


@probe(
    "K11",
    {
        "limit-10-max-100": (10, 10, 100, ["href", "items", "limit", "offset"]),
        "everything": (120, 120, 120, ["href", "items"]),
        "over-max-400": (10, 10, 400, ["href", "items", "limit", "offset"]),
        "max-1000": (10, 10, 120, ["href", "items", "limit", "offset"]),
    },
)
def _paging(api: Api) -> object:
    for number in range(120):
        api.sandbox.create("template", template(friendlyId=f"t{number}"))
    large = api.get(TEMPLATES, limit=500)
    page = api.read(TEMPLATES)
    return (
        len(page["items"]),
        len(api.listed(TEMPLATES, limit=10)),
        len(large.json()["items"]) if large.is_success else large.status_code,
        sorted(page),
    )


@probe("K12", {"full": (True, True), "href-only": (False, True)})
def _list_items_have_content(api: Api) -> object:
    api.made(TEMPLATES, template())
    plain, expanded = api.listed(TEMPLATES), api.listed(TEMPLATES, expand="true")
    assert plain[0]["href"] == expanded[0]["href"]
    return "name" in plain[0], "name" in expanded[0]


@probe("K13", {"included": ["old", "new"], "excluded": ["new"]})
def _lists_show_archived(api: Api) -> object:
    api.sandbox.create("template", template(friendlyId="old", archived=True))
    api.sandbox.create("template", template(friendlyId="new"))
    return [item["friendlyId"] for item in api.listed(TEMPLATES)]


@probe(
    "K14",
    {
        "by-creation": (["a", "b"], ["c", "d"]),
        "newest-first": (["d", "c"], ["b", "a"]),
        "shifting": (["a", "b"], ["b", "c"]),
    },
)
def _two_pages_of_a_list(api: Api) -> object:
    for name in "abcd":
        api.made(TEMPLATES, template(friendlyId=name))
    pages = [api.listed(TEMPLATES, limit=2, offset=offset) for offset in (0, 2)]
    return tuple([item["friendlyId"] for item in page] for page in pages)


@probe(
    "K15",
    {
        "decision-models": ("Next best banner - archived 2026-02-03 04:05", "Promo strip"),
        "all": (
            "Next best banner - archived 2026-02-03 04:05",
            "Promo strip - archived 2026-02-03 04:05",
        ),
        "none": ("Next best banner", "Promo strip"),
    },
)
def _names_after_archiving(api: Api) -> object:
    banner, strip = api.made(MODELS, model()), api.made(TEMPLATES, template())
    return (
        api.changed(f"{MODELS}/{banner['ref']}", model(archived=True))["name"],
        api.changed(f"{TEMPLATES}/{strip['ref']}", template(archived=True))["name"],
    )


@probe("K16", {400: (400, 400), 409: (409, 409), 500: (500, 500)})
def _taken_friendly_id(api: Api) -> object:
    api.made(TEMPLATES, template())
    api.sandbox.create("flow", flow(archived=True))
    return api.post(TEMPLATES, template()).status_code, api.post(FLOWS, flow()).status_code


@probe("K17", {"allowed": (201, 201, 200), 400: (400, 400, 400), 409: (409, 409, 409)})
def _taken_name(api: Api) -> object:
    api.made(CONNECTIONS, connection())
    api.made(MODELS, model())
    other = api.made(MODELS, model(name="Other"))
    return (
        api.post(CONNECTIONS, connection()).status_code,
        api.post(MODELS, model()).status_code,
        api.put(f"{MODELS}/{other['ref']}", model()).status_code,
    )


@probe(
    "K18",
    {
        "templates": ("new", 400),
        400: (400, 400),
        "ignored": ("promo_strip", "promo_strip_experience"),
    },
)
def _friendly_id_after_a_put_with_another(api: Api) -> object:
    strip, experience = api.made(TEMPLATES, template()), api.made(FLOWS, flow())
    answers = (
        api.put(f"{TEMPLATES}/{strip['ref']}", template(friendlyId="new")),
        api.put(f"{FLOWS}/{experience['ref']}", flow(friendlyId="new")),
    )
    return tuple(
        answer.json()["friendlyId"] if answer.is_success else answer.status_code
        for answer in answers
    )


@probe("K19", {"both": (200, 200), "flows": (404, 200)})
def _get_by_friendly_id(api: Api) -> object:
    api.made(TEMPLATES, template())
    api.made(FLOWS, flow())
    return (
        api.get(f"{TEMPLATES}/promo_strip").status_code,
        api.get(f"{FLOWS}/promo_strip_experience").status_code,
    )


@probe("K20", {404: (404, 404, 404), "creates": (201, 404, 404)})
def _put_to_an_unknown_ref(api: Api) -> object:
    return (
        api.put(f"{FLOWS}/{UNKNOWN_REF}", flow()).status_code,
        api.put(f"{FLOWS}/not_a_ref", flow()).status_code,
        api.put(f"{TEMPLATES}/{UNKNOWN_REF}", template()).status_code,
    )


@probe("K21", {405: (405, 200), 404: (404, 200), 403: (403, 200), "deletes": (200, 404)})
def _delete_and_get(api: Api) -> object:
    path = f"{TEMPLATES}/{api.made(TEMPLATES, template())['ref']}"
    return api.http.delete(path).status_code, api.get(path).status_code


@probe("K22", {"production": (400, 200), "all": (400, 400), "unchecked": (200, 200)})
def _splits_that_do_not_total_100(api: Api) -> object:
    owner, made = api.deployed_variant()
    path = f"{MODELS}/{owner['ref']}"
    return (
        api.put(path, model(deployment(made["ref"], split=60))).status_code,
        api.put(path, model(deployment(made["ref"], split=60, status="TEST"))).status_code,
    )


@probe("K23", {"undeployed": (0, 1), "as-draft": (1, 1)})
def _deployment_after_a_new_variant(api: Api) -> object:
    owner = api.made(MODELS, model())
    api.made(f"{MODELS}/{owner['ref']}/variants", variant())
    after = api.read(f"{MODELS}/{owner['ref']}")
    return len(after["deploymentConfiguration"]["variants"]), after["revision"]


@probe("K24", {"allowed": (200, 2), 400: (400, 1)})
def _edit_of_a_deployed_variant(api: Api) -> object:
    _, made = api.deployed_variant()
    path = f"{VARIANTS}/{made['ref']}"
    return api.put(path, variant(name="New")).status_code, api.read(path)["revision"]


@probe("K25", {400: 400, "accepted": 200})
def _deployment_of_a_missing_revision(api: Api) -> object:
    owner, made = api.deployed_variant()
    body = model(deployment(made["ref"], variantRevision=7))
    return api.put(f"{MODELS}/{owner['ref']}", body).status_code


@probe("K26", {"any": (201, 201), "xml": (400, 201)})
def _definitions(api: Api) -> object:
    path = f"{MODELS}/{api.made(MODELS, model())['ref']}/variants"
    return (
        api.post(path, variant(definition="Control")).status_code,
        api.post(path, variant()).status_code,
    )


@probe(
    "K27",
    {
        "kept": CANVAS,
        "rewritten": '<definitions id="i" name="n" xmlns="urn:dmn"><a/>\n<b/></definitions>',
    },
)
def _definition_after_writing(api: Api) -> object:
    path = f"{MODELS}/{api.made(MODELS, model())['ref']}/variants"
    return api.made(path, variant())["definition"]


@probe("K28", {"allowed": (200, 200, 200), 400: (400, 200, 200)})
def _edit_of_a_published_template(api: Api) -> object:
    strip = api.made(TEMPLATES, template(status="PUBLISHED"))
    path = f"{TEMPLATES}/{strip['ref']}"
    return (
        api.put(path, template(status="PUBLISHED", name="New")).status_code,
        api.put(path, template(status="DRAFT", name="New")).status_code,
        api.put(path, template(status="PUBLISHED", name="New")).status_code,
    )


@probe("K29", {400: (400, "Promo strip"), "unchanged": (200, "Promo strip")})
def _edit_of_a_published_module(api: Api) -> object:
    module = {"type": "JS_MODULE", "status": "PUBLISHED"}
    path = f"{TEMPLATES}/{api.made(TEMPLATES, template(**module))['ref']}"
    status = api.put(path, template(**module, name="New")).status_code
    return status, api.read(path)["name"]


@probe("K30", {"accepted": 201, 400: 400})
def _template_without_description_and_render(api: Api) -> object:
    body = template()
    del body["description"], body["render"]
    return api.post(TEMPLATES, body).status_code


@probe("K31", {"publishing": ["PUBLISHING"] * 4 + ["LIVE"] * 2, "production": ["PRODUCTION"] * 6})
def _status_after_production(api: Api) -> object:
    path = f"{FLOWS}/{api.made(FLOWS, flow())['ref']}"
    written = api.changed(path, flow(status="PRODUCTION"))["status"]
    return [written, *(api.read(path)["status"] for _ in range(5))]


@probe("K32", {400: 400, 409: 409, "accepted": 200})
def _put_while_publishing(api: Api) -> object:
    path = f"{FLOWS}/{api.made(FLOWS, flow())['ref']}"
    api.changed(path, flow(status="PRODUCTION"))
    return api.put(path, flow(status="PAUSED")).status_code


@probe("K33", {"accepted": (200, 200, 200), 400: (400, 200, 200)})
def _content_edit_of_a_running_flow(api: Api) -> object:
    path = f"{FLOWS}/{api.running_flow()['ref']}"
    return (
        api.put(path, flow(status="LIVE", name="New")).status_code,
        api.put(path, flow(status="PAUSED", name=api.read(path)["name"])).status_code,
        api.put(path, flow(status="PAUSED", name="Newer")).status_code,
    )


@probe("K34", {"accepted": 201, 400: 400})
def _create_in_production(api: Api) -> object:
    return api.post(FLOWS, flow(status="PRODUCTION")).status_code


@probe("K35", {"accepted": (200, 200), 400: (400, 200)})
def _archive_of_a_running_flow(api: Api) -> object:
    first = f"{FLOWS}/{api.running_flow()['ref']}"
    second = f"{FLOWS}/{api.running_flow(friendlyId='other')['ref']}"
    return (
        api.put(first, flow(status="LIVE", archived=True)).status_code,
        api.put(second, flow(friendlyId="other", status="PAUSED", archived=True)).status_code,
    )


@probe(
    "K36",
    {
        "request": "https://api-engage-eu.sitecorecloud.io/v3/templates/",
        "legacy": "https://api.boxever.com/v3/templates/",
    },
)
def _href(api: Api) -> object:
    made = api.made(TEMPLATES, template())
    return made["href"].removesuffix(made["ref"])


@probe(
    "K37",
    {
        "mixed": ("modifiedByRef", "modifiedByUserRef"),
        "modifiedByRef": ("modifiedByRef", "modifiedByRef"),
        "modifiedByUserRef": ("modifiedByUserRef", "modifiedByUserRef"),
        "absent": ("", ""),
    },
)
def _name_of_the_user_field(api: Api) -> object:
    made = api.made(MODELS, model())
    read = api.read(f"{MODELS}/{made['ref']}")
    return tuple("".join(key for key in it if key.startswith("modifiedBy")) for it in (made, read))


@probe("K38", {"present": (1, 2, 2), "absent": (None, None, 2)})
def _revision_of_connections(api: Api) -> object:
    made = api.made(CONNECTIONS, connection())
    path = f"{CONNECTIONS}/{made['ref']}"
    changed = api.changed(path, connection())
    return made.get("revision"), changed.get("revision"), api.read(path).get("revision")


@probe("K39", {"dropped": None, "stored": "x", 400: 400})
def _unknown_field(api: Api) -> object:
    answer = api.post(TEMPLATES, template(future="x"))
    return answer.json().get("future") if answer.is_success else answer.status_code


@probe("K40", {"ignored": 200, 409: 409})
def _put_with_a_stale_revision(api: Api) -> object:
    made = api.made(TEMPLATES, template())
    api.changed(f"{TEMPLATES}/{made['ref']}", made)
    return api.put(f"{TEMPLATES}/{made['ref']}", made).status_code


@probe("K41", {500: 500, 415: 415})
def _body_without_content_type(api: Api) -> object:
    return api.http.post(TEMPLATES, content=b"{}").status_code


@probe(
    "K42",
    {
        "none": [(200, None)] * 11,
        "429-retry-after": [(200, None)] * 4
        + [(429, "0")]
        + [(200, None)] * 4
        + [(429, "0"), (200, None)],
        429: [(200, None)] * 4 + [(429, None)] + [(200, None)] * 4 + [(429, None), (200, None)],
        "503-bursts": [(200, None)] * 9 + [(503, None)] * 2,
    },
)
def _eleven_requests(api: Api) -> object:
    answers = [api.get(TEMPLATES) for _ in range(11)]
    return [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers]


@probe("K43", {"immediate": [1, 1, 1, 1], "lagging": [0, 0, 0, 1]})
def _lists_after_a_write(api: Api) -> object:
    api.made(TEMPLATES, template())
    return [len(api.listed(TEMPLATES)) for _ in range(4)]


@probe("K44", {"added": (1000, [], []), "not-added": (None, None, None)})
def _server_defaults(api: Api) -> object:
    made, experience = api.made(CONNECTIONS, connection()), api.made(FLOWS, flow())
    return made.get("connectionTimeout"), experience.get("tags"), experience.get("triggers")


@probe(
    "K45",
    {
        3: "06.789Z",
        0: "06Z",
        1: "06.7Z",
        2: "06.78Z",
        4: "06.7890Z",
        5: "06.78900Z",
        6: "06.789000Z",
    },
)
def _precision_of_times(api: Api) -> object:
    return api.made(TEMPLATES, template())["modifiedAt"].removeprefix("2026-02-03T04:05:")


@probe(
    "K46",
    {
        "json": (404, "no template x", None),
        "string-status": ("404", "no template x", None),
        "messages": (404, None, ["no template x"]),
        "empty": b"",
        "html": b"<html><body><h1>404</h1><p>Request failed.</p></body></html>",
    },
)
def _error_body(api: Api) -> object:
    answer = api.get(f"{TEMPLATES}/x")
    if not answer.content.startswith(b"{"):
        return answer.content
    body = answer.json()
    return body["status"], body.get("message"), body.get("messages")


@probe("K47", {"ignored": 200, 400: 400})
def _limit_that_is_no_number(api: Api) -> object:
    return api.get(CONNECTIONS, limit="undefined", offset="undefined").status_code


@probe("K48", {"as-sent": ["css", "html"], "sorted": ["html", "css"]})
def _order_of_elements(api: Api) -> object:
    elements = [{"id": name, "template": "x"} for name in ("css", "html")]
    made = api.made(TEMPLATES, template(templateElements=elements))
    return [element["id"] for element in made["templateElements"]]


@probe("K49", {"kept": "a\r\nb\n", "normalised": "a\nb"})
def _line_ends(api: Api) -> object:
    elements = [{"id": "html", "template": "a\r\nb\n"}]
    return api.made(TEMPLATES, template(templateElements=elements))["templateElements"][0][
        "template"
    ]


@probe("K50", {"off": (2, 2), "on": (1, 2)})
def _answers_and_objects_of_two_posts(api: Api) -> object:
    answered = 0
    for _ in range(2):
        with suppress(httpx.RemoteProtocolError):
            api.post(CONNECTIONS, connection())
            answered += 1
    return answered, len(api.sandbox.all("connection"))


@probe("K51", {405: 405})
def _patch(api: Api) -> object:
    made = api.made(TEMPLATES, template())
    return api.http.patch(f"{TEMPLATES}/{made['ref']}", json={"name": "New"}).status_code


@probe("K52", {"goals": ["goals"], "goal": ["goal"]})
def _name_of_the_goals(api: Api) -> object:
    made = api.made(FLOWS, flow(goals={"primary": {"name": "Clicks"}}))
    return [name for name in made if name.startswith("goal")]


@probe(
    "K53",
    {
        "client-id": (STAMP, STAMP),
        "uuid-on-v2": (UUID_STAMP, STAMP),
        "uuid": (UUID_STAMP, UUID_STAMP),
    },
)
def _stamp_of_a_machine(api: Api) -> object:
    return (
        api.made(CONNECTIONS, connection())["modifiedByRef"],
        api.made(TEMPLATES, template())["modifiedByRef"],
    )


CASES = [
    pytest.param(number, setting, id=f"{number}={setting}")
    for number, found in PROBES.items()
    for setting in found.expected
]


@pytest.mark.parametrize(("number", "setting"), CASES)
def test_a_knob_does_what_it_says(number: str, setting: str) -> None:
    """Under each setting the tenant behaves the way that setting describes."""
    found = PROBES[number]

    observed = found.observe(tenant(f"{number}={setting}"))

    assert observed == found.expected[setting]


@pytest.mark.parametrize("number", [f"K{number:02d}" for number in range(1, 54)])
def test_every_setting_of_every_knob_is_told_apart(number: str) -> None:
    """No setting goes unproven, and no two settings of a knob look the same to their probe."""
    knob = ALTERNATIVES[number]
    expected = PROBES[number].expected

    assert set(expected) == {str(knob.default), *(str(other) for other in knob.others)}
    assert len({repr(value) for value in expected.values()}) == len(expected)
