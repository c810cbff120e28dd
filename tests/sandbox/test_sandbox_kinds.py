"""The rules of each kind, as the vendor's reference tells them."""

from __future__ import annotations

import pytest
from sandbox.sandbox_world import (
    CONNECTIONS,
    FLOWS,
    MODELS,
    TEMPLATES,
    UNKNOWN_REF,
    VARIANTS,
    Api,
    Body,
    connection,
    deployment,
    flow,
    model,
    oauth,
    template,
    tenant,
    variant,
)

BODIES = {
    CONNECTIONS: connection(),
    MODELS: model(),
    TEMPLATES: template(),
    FLOWS: flow(),
}
SERVER_MADE = {"clientKey", "href", "ref", "modifiedByRef", "modifiedAt", "revision", "archived"}


@pytest.fixture
def api() -> Api:
    """A tenant with default knobs."""
    return tenant()


@pytest.mark.parametrize("path", BODIES)
def test_a_created_object_carries_the_server_made_fields(api: Api, path: str) -> None:
    """The answer is what was sent plus identity, authorship, time and revision 1."""
    answer = api.post(path, BODIES[path])
    made = answer.json()

    assert answer.status_code == 201
    assert made.keys() >= SERVER_MADE
    assert {name: made[name] for name in ("name", "revision", "archived")} == {
        "name": BODIES[path]["name"],
        "revision": 1,
        "archived": False,
    }
    assert made["modifiedByRef"] == "sandbox-multiple-resources@clients"
    assert made["href"] == f"https://api-engage-eu.sitecorecloud.io{path}/{made['ref']}"


@pytest.mark.parametrize("path", BODIES)
def test_an_object_that_is_sent_back_is_unchanged_but_for_its_revision(api: Api, path: str) -> None:
    """Server-owned fields in a PUT are tolerated and ignored; even an empty edit is a revision."""
    made = api.read(f"{path}/{api.made(path, BODIES[path])['ref']}")
    lies = {"clientKey": "x", "href": "x", "modifiedAt": "x", "modifiedByRef": "x"}
    api.clock.advance(60)
    api.changed(f"{path}/{made['ref']}", {**made, **lies, "ref": UNKNOWN_REF})
    after = api.read(f"{path}/{made['ref']}")

    changed = {name for name in made if after[name] != made[name]}
    assert changed - {"traffic"} == {"revision", "modifiedAt"}
    assert after["revision"] == 2


@pytest.mark.parametrize("path", [f"{path}/{UNKNOWN_REF}" for path in BODIES] + ["/v2/other", "/"])
def test_what_does_not_exist_is_404(api: Api, path: str) -> None:
    """Unknown refs and unknown paths are not found."""
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("path", BODIES)
def test_collections_tolerate_a_trailing_slash(api: Api, path: str) -> None:
    """Real clients send one."""
    assert api.post(f"{path}/", BODIES[path]).status_code == 201
    assert len(api.listed(f"{path}/")) == 1


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", TEMPLATES), ("DELETE", TEMPLATES), ("POST", f"{TEMPLATES}/x")]
)
def test_a_verb_that_a_path_does_not_have_is_405(api: Api, method: str, path: str) -> None:
    """The Allow header names the verbs there are."""
    answer = api.http.request(method, path, json={})

    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b'{"name": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    api: Api, content: bytes, content_type: str, status: int
) -> None:
    """Broken JSON, a list, NaN, a lone surrogate, a bomb, another type."""
    answer = api.http.post(TEMPLATES, content=content, headers={"Content-Type": content_type})

    assert answer.status_code == status


REQUIRED = {
    CONNECTIONS: ["name", "auth", "request", "systemType"],
    MODELS: ["name", "deploymentConfiguration"],
    TEMPLATES: ["name", "friendlyId", "type", "status", "defaultTemplate", "customTemplate"],
    FLOWS: [
        "name", "friendlyId", "type", "subtype", "status", "channels", "businessProcess",
        "variants", "traffic", "schedule", "sampleSizeConfig",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in REQUIRED.items() for name in names]
)
@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_a_required_field_is_required(api: Api, verb: str, path: str, name: str) -> None:
    """Create and update both refuse a body without it, and say so."""
    ref = api.made(path, BODIES[path])["ref"]
    body = {key: value for key, value in BODIES[path].items() if key != name}
    answer = api.post(path, body) if verb == "POST" else api.put(f"{path}/{ref}", body)

    assert answer.status_code == 400
    assert f"{name} is required" in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "body", "complaint"),
    [
        (TEMPLATES, template(friendlyId="Promo-Strip"), "friendlyId must match"),
        (TEMPLATES, template(type="WBE"), "type must be one of WEB"),
        (TEMPLATES, template(status="LIVE"), "status must be one of DRAFT"),
        (TEMPLATES, template(name=7), "name must be a string"),
        (TEMPLATES, template(render="no"), "render must be a boolean"),
        (TEMPLATES, template(defaultTemplate=True), "defaultTemplate must be false"),
        (TEMPLATES, template(customTemplate=False), "customTemplate must be true"),
        (TEMPLATES, template(templateElements=[{"id": "HTML"}]), "id must be one of html"),
        (TEMPLATES, template(templateElements=[{"id": "js"}]), "template must be a string"),
        (TEMPLATES, template(templateElements=["js"]), "id must be one of html"),
        (
            TEMPLATES,
            template(templateElements=[{"id": "freemarker", "template": "x"}]),
            "curly bracket",
        ),
        (CONNECTIONS, connection(auth={}), "auth.authType is required"),
        (CONNECTIONS, connection(auth=[]), "auth must be one object"),
        (CONNECTIONS, connection(request={}), "request.connectionUrl is required"),
        (CONNECTIONS, connection(auth=oauth(accessTokenUrl="http://x.test")), "must be https"),
        (CONNECTIONS, connection(connectionTimeout=True), "connectionTimeout must be an integer"),
        (MODELS, {"name": "x", "deploymentConfiguration": {}}, "variants is required"),
        (MODELS, model(deployment(UNKNOWN_REF)), "is no variant of this model"),
        (FLOWS, flow(friendlyId="a-b"), "friendlyId must match"),
        (FLOWS, flow(type="WEB"), "type must be one of INTERACTIVE_WEB_FLOW"),
        (FLOWS, flow(subtype="X"), "subtype must be one of EXPERIMENT"),
        (FLOWS, flow(status="X"), "status must be one of DRAFT"),
        (FLOWS, flow(channels=[]), "channels must hold at least one"),
        (FLOWS, flow(channels=["FAX"]), "channels must hold at least one"),
        (FLOWS, flow(schedule={"type": "simpleSchedule"}), "schedule.startDate is required"),
        (FLOWS, flow(schedule={"type": "s", "startDate": "soon"}), "ISO 8601"),
        (FLOWS, flow(traffic={}), "traffic.type is required"),
        (FLOWS, flow(traffic={"type": "simpleTraffic", "allocation": 101}), "from 0 to 100"),
        (
            FLOWS,
            flow(traffic={"type": "simpleTraffic", "splits": [{"ref": "x", "split": 60}]}),
            "total 100",
        ),
    ],
)
def test_a_value_outside_the_rules_is_refused(
    api: Api, path: str, body: Body, complaint: str
) -> None:
    """The answer is 400 and names the field; nothing is stored."""
    answer = api.post(path, body)

    assert answer.status_code == 400
    assert complaint in answer.json()["message"]
    assert api.sandbox.all() == ()


def test_all_objections_come_together(api: Api) -> None:
    """One answer lists everything that is wrong."""
    answer = api.post(TEMPLATES, template(type="WBE", status="LIVE"))

    assert answer.json()["message"].count("must be one of") == 2


# Connections


def test_the_secret_is_stored_and_never_told(api: Api) -> None:
    """No answer of the API contains the secret; the tenant keeps it."""
    made = api.made(CONNECTIONS, connection(auth=oauth()))
    answers = [
        api.get(CONNECTIONS).text,
        api.get(f"{CONNECTIONS}/{made['ref']}").text,
        api.put(f"{CONNECTIONS}/{made['ref']}", connection(auth=oauth())).text,
    ]

    assert not any("hush" in text for text in answers)
    assert api.sandbox.stored(made["ref"]).body["auth"]["clientSecret"] == "hush"


def test_a_null_secret_counts_as_left_out() -> None:
    """What K09=null shows does no harm when it is sent back, if K10 keeps secrets."""
    api = tenant("K09=null", "K10=kept")
    made = api.made(CONNECTIONS, connection(auth=oauth()))
    api.changed(f"{CONNECTIONS}/{made['ref']}", made)

    assert made["auth"]["clientSecret"] is None
    assert api.sandbox.stored(made["ref"]).body["auth"]["clientSecret"] == "hush"


def test_a_secret_may_be_demanded() -> None:
    """Beyond the documented answers, a tenant may refuse a PUT that lacks the secret."""
    api = tenant("K10=refused")
    made = api.made(CONNECTIONS, connection(auth=oauth()))

    assert api.put(f"{CONNECTIONS}/{made['ref']}", made).status_code == 400


def test_a_secret_may_be_echoed() -> None:
    """Beyond the documented answers, a tenant may tell the secret to everybody."""
    made = tenant("K09=echoed").made(CONNECTIONS, connection(auth=oauth()))

    assert made["auth"]["clientSecret"] == "hush"


def test_testing_a_connection_calls_nobody(api: Api) -> None:
    """The report knows whether a secret is stored for the object that a GET returned."""
    known = api.made(CONNECTIONS, connection(auth=oauth()))
    bare = api.made(CONNECTIONS, connection(auth=oauth(clientSecret=None)))
    reports = [
        api.made(f"{CONNECTIONS}/testConnection", {"connection": it})["statusCode"]
        for it in (known, bare)
    ]

    assert reports == [200, 401]
    assert api.post(f"{CONNECTIONS}/testConnection", {}).status_code == 400


@pytest.mark.parametrize("path", [CONNECTIONS, FLOWS])
def test_connections_and_flows_have_no_revisions_endpoint(api: Api, path: str) -> None:
    """The link in a flow leads nowhere."""
    ref = api.made(path, BODIES[path])["ref"]

    assert api.get(f"{path}/{ref}/revisions").status_code == 404


# Revisions


def test_revisions_are_kept_as_they_were(api: Api) -> None:
    """The list is newest first; one revision is the whole object of that time."""
    path = f"{TEMPLATES}/{api.made(TEMPLATES, template())['ref']}"
    api.clock.advance(60)
    api.changed(path, template(name="New", revisionComment="renamed"))

    revisions = api.listed(f"{path}/revisions")
    first = api.read(f"{path}/revisions/1")
    assert [(it["revision"], it["name"]) for it in revisions] == [(2, "New"), (1, "Promo strip")]
    assert first == revisions[1]
    assert first["modifiedAt"] == "2026-02-03T04:05:06.789Z"
    assert revisions[0]["revisionComment"] == "renamed"
    assert api.get(f"{path}/revisions/3").status_code == 404
    assert api.get(f"{path}/revisions/x").status_code == 404


def test_models_and_variants_have_revisions_too(api: Api) -> None:
    """A variant's revision links to its model."""
    owner, made = api.deployed_variant()

    assert [it["revision"] for it in api.listed(f"{MODELS}/{owner['ref']}/revisions")] == [2, 1]
    revision = api.read(f"{VARIANTS}/{made['ref']}/revisions/1")
    assert revision["decisionModelDefinition"]["href"].endswith(f"{MODELS}/{owner['ref']}")


def test_revisions_that_are_only_links_can_be_followed() -> None:
    """Under K12=href-only each item leads to its own revision."""
    api = tenant("K12=href-only")
    path = f"{TEMPLATES}/{api.made(TEMPLATES, template())['ref']}"

    (item,) = api.listed(f"{path}/revisions")
    assert api.read(item["href"])["revision"] == 1


# Decision models


def test_a_variant_lives_below_its_model(api: Api) -> None:
    """It is created and listed there, read and changed under its own path."""
    owner, made = api.deployed_variant()
    (listed,) = api.listed(f"{MODELS}/{owner['ref']}/variants")
    read = api.read(f"{VARIANTS}/{made['ref']}")

    assert read["decisionModelDefinitionRef"] == owner["ref"]
    assert read["transpiledDefinition"] == read["definition"]
    assert "transpiledDefinition" not in listed
    assert (made["inProduction"], read["inProduction"]) == (False, True)
    assert api.get(VARIANTS).status_code == 404
    assert api.post(f"{MODELS}/{UNKNOWN_REF}/variants", variant()).status_code == 404


def test_editing_a_variant_does_not_move_the_deployment(api: Api) -> None:
    """The model pins a revision until it is told another."""
    owner, made = api.deployed_variant()
    api.changed(f"{VARIANTS}/{made['ref']}", variant(definition="Control"))
    pinned = api.read(f"{MODELS}/{owner['ref']}")["deploymentConfiguration"]["variants"][0]
    body = model(deployment(made["ref"], variantRevision=2))

    assert pinned["variantRevision"] == 1
    assert api.put(f"{MODELS}/{owner['ref']}", body).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"split": 101}, {"split": "100"}, {"status": "LIVE"}, {"variantRevision": 0}, {"variantRevision": None}],
)  # fmt: skip
def test_a_wrong_deployment_entry_is_refused(api: Api, change: Body) -> None:
    """Share, state and revision have their ranges."""
    owner, made = api.deployed_variant()
    body = model(deployment(made["ref"], **change))

    assert api.put(f"{MODELS}/{owner['ref']}", body).status_code == 400


def test_a_variant_of_another_model_cannot_be_deployed(api: Api) -> None:
    """The reference must stay inside the model."""
    _, made = api.deployed_variant()
    other = api.made(MODELS, model(name="Other"))

    answer = api.put(f"{MODELS}/{other['ref']}", model(deployment(made["ref"]), name="Other"))
    assert answer.status_code == 400


def test_an_archived_model_is_renamed_once_and_can_come_back(api: Api) -> None:
    """A second archive adds no second suffix; the name must be sent to restore it."""
    path = f"{MODELS}/{api.made(MODELS, model())['ref']}"
    archived = api.changed(path, model(archived=True))["name"]
    again = api.changed(path, model(name=archived, archived=True))["name"]
    restored = api.changed(path, model(archived=False))

    assert archived == again == "Next best banner - archived 2026-02-03 04:05"
    assert (restored["name"], restored["archived"]) == ("Next best banner", False)


def test_the_name_of_an_archived_object_is_free() -> None:
    """Even a tenant with unique names lets it be used again."""
    api = tenant("K17=409", "K15=none")
    api.changed(f"{MODELS}/{api.made(MODELS, model())['ref']}", model(archived=True))

    assert api.post(MODELS, model()).status_code == 201


def test_variant_names_are_unique_within_their_model_only() -> None:
    """K17 looks at the siblings."""
    api = tenant("K17=400")
    first, second = (api.made(MODELS, model(name=name))["ref"] for name in "ab")
    api.made(f"{MODELS}/{first}/variants", variant())

    assert api.post(f"{MODELS}/{second}/variants", variant()).status_code == 201
    assert api.post(f"{MODELS}/{first}/variants", variant()).status_code == 400


# Templates


def test_a_built_in_template_cannot_be_changed(api: Api) -> None:
    """It stands in the list like any other."""
    made = api.sandbox.create("template", template(defaultTemplate=True), "Sitecore")

    assert api.listed(TEMPLATES)[0]["defaultTemplate"] is True
    assert api.put(f"{TEMPLATES}/{made.ref}", template()).status_code == 400


def test_a_template_is_put_by_ref_only(api: Api) -> None:
    """GET finds it by friendlyId, PUT does not."""
    api.made(TEMPLATES, template())

    assert api.get(f"{TEMPLATES}/promo_strip").status_code == 200
    assert api.put(f"{TEMPLATES}/promo_strip", template()).status_code == 404


def test_a_published_module_can_still_be_archived(api: Api) -> None:
    """Archiving is no edit of its content."""
    module = template(type="JS_MODULE", status="PUBLISHED")
    path = f"{TEMPLATES}/{api.made(TEMPLATES, module)['ref']}"

    assert api.changed(path, {**module, "archived": True})["archived"] is True
    assert api.put(path, {**module, "archived": True, "status": "DRAFT"}).status_code == 400


PARAMETERS = "[[ Text | string | Hello | {required: true} ]] [[Text]] [[Missing]] [[1,2],[3,4]]"


def test_stored_templates_are_rendered(api: Api) -> None:
    """Parameters take the given value, else the declared default, else nothing."""
    elements = [{"id": "html", "template": PARAMETERS}, {"id": "css", "template": "/*[[Text]]*/"}]
    api.made(TEMPLATES, template(templateElements=elements))
    wanted = {
        "a": {"friendlyId": "promo_strip"},
        "b": {"friendlyId": "promo_strip", "templateParams": {"Text": "Hi"}},
    }

    rendered = api.made(f"{TEMPLATES}/renderTemplates", {"templates": wanted})["renderedTemplates"]
    assert rendered["a"][0]["template"] == "Hello Hello  [[1,2],[3,4]]"
    assert rendered["b"] == [
        {"id": "html", "template": "Hi Hi  [[1,2],[3,4]]"},
        {"id": "css", "template": "/*Hi*/"},
    ]
    unknown = {"templates": {"c": {"friendlyId": "nobody"}}}
    assert api.post(f"{TEMPLATES}/renderTemplates", unknown).status_code == 404


def test_code_that_is_not_stored_is_processed(api: Api) -> None:
    """The same rules hold for elements in the request."""
    body = {
        "templates": [{"id": "js", "template": "show([[ Count | number | 1 ]], [[ On ]])"}],
        "templateVariables": {"Count": 3, "On": True},
    }

    processed = api.made(f"{TEMPLATES}/process", body)
    assert processed == {"templates": [{"id": "js", "template": "show(3, true)"}]}
    assert api.post(f"{TEMPLATES}/process", {}).status_code == 400


# Flows


def test_a_flow_is_read_and_put_by_friendly_id_even_when_archived(api: Api) -> None:
    """Archiving and coming back need no ref."""
    api.made(FLOWS, flow())
    path = f"{FLOWS}/promo_strip_experience"
    archived = api.changed(path, flow(archived=True, status="PAUSED"))
    restored = api.changed(path, flow(archived=False))

    assert (archived["archived"], archived["name"]) == (True, "Promo strip experience")
    assert (restored["archived"], restored["revision"]) == (False, 3)


def test_a_flow_with_a_later_start_is_scheduled(api: Api) -> None:
    """After publishing it waits for its start date, then goes live by itself."""
    schedule = {"type": "simpleSchedule", "startDate": "2026-02-04T00:00:00.000Z"}
    scheduled = api.running_flow(schedule=schedule)
    api.clock.advance(24 * 3600)
    api.sign_in()

    assert scheduled["status"] == "SCHEDULED"
    assert api.read(f"{FLOWS}/{scheduled['ref']}")["status"] == "LIVE"


def test_publishing_can_take_real_time() -> None:
    """With a span in seconds the clock decides."""
    api = tenant("publishing_lasts=20s")
    path = f"{FLOWS}/{api.made(FLOWS, flow())['ref']}"
    api.changed(path, flow(status="PRODUCTION"))
    early = [api.read(path)["status"] for _ in range(10)][-1]
    api.clock.advance(20)

    assert (early, api.read(path)["status"]) == ("PUBLISHING", "LIVE")


def test_sending_back_the_status_that_was_shown_changes_nothing(api: Api) -> None:
    """A PUT of a live flow with LIVE in it leaves it live."""
    live = api.running_flow()

    assert api.changed(f"{FLOWS}/{live['ref']}", {**live, "name": "New"})["status"] == "LIVE"


def test_only_web_flows_are_published(api: Api) -> None:
    """For an API flow PRODUCTION stays as it was written."""
    made = api.made(FLOWS, flow(type="INTERACTIVE_API_FLOW", status="PRODUCTION"))

    assert made["status"] == "PRODUCTION"


def test_a_put_to_an_unknown_ref_creates_under_that_ref() -> None:
    """Under K20=creates the client's UUID becomes the ref."""
    api = tenant("K20=creates")
    created = api.changed(f"{FLOWS}/{UNKNOWN_REF}", flow())

    assert (created["ref"], created["revision"]) == (UNKNOWN_REF, 1)


def test_the_traffic_is_stamped_at_each_put(api: Api) -> None:
    """What a client sends as its time is not kept."""
    made = api.made(FLOWS, flow())
    api.clock.advance(60)
    made["traffic"]["modifiedAt"] = "2020-01-01T00:00:00.000Z"

    changed = api.changed(f"{FLOWS}/{made['ref']}", made)
    assert changed["traffic"]["modifiedAt"] == changed["modifiedAt"] == "2026-02-03T04:06:06.789Z"


def test_conditions_are_compiled_at_save_time(api: Api) -> None:
    """A later change of the condition template does not reach the flow before its next save."""
    script = {"id": "js", "template": "return [[ Days | number | 7 ]];"}
    condition = template(friendlyId="recent", type="CONDITION", templateElements=[script])
    recent = api.made(TEMPLATES, condition)
    groups = [{"conditions": [{"templateId": "recent", "params": {"Days": 3}}]}]
    traffic = {
        "type": "audienceTraffic",
        "splits": [{"variantName": "A", "conditionGroups": groups}],
    }
    made = api.made(FLOWS, flow(traffic=traffic))
    script["template"] = "return 1;"
    api.changed(f"{TEMPLATES}/{recent['ref']}", condition)

    def compiled() -> object:
        return api.read(f"{FLOWS}/{made['ref']}")["transpiledVariants"][0]["conditions"]

    before = compiled()
    api.changed(f"{FLOWS}/{made['ref']}", flow(traffic=traffic))
    assert (before, compiled()) == (["return 3;"], ["return 1;"])


def test_goals_are_stored_under_either_name() -> None:
    """Of two names in one body the one that says something new counts."""
    api = tenant("K52=goal")
    path = f"{FLOWS}/{api.made(FLOWS, flow(goals={'primary': 'a'}))['ref']}"
    changed = api.changed(path, {**api.read(path), "goals": {"primary": "b"}})

    assert changed["goal"] == {"primary": "b"}
    assert "goals" not in changed


def test_the_flows_of_a_site_are_listed_in_short(api: Api) -> None:
    """First-party clients use this path."""
    api.made(FLOWS, flow(siteId="s1"))
    api.made(FLOWS, flow(siteId="s2", friendlyId="other"))

    assert api.listed(f"{FLOWS}/sites/s1") == [
        {
            "name": "Promo strip experience",
            "friendlyId": "promo_strip_experience",
            "status": "DRAFT",
        }
    ]


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        (TEMPLATES, {"type": "DECISION"}, ["b"]),
        (TEMPLATES, {"type": ""}, ["a", "b"]),
        (FLOWS, {"search": "PROMO"}, ["promo_f"]),
        (FLOWS, {"type": "INTERACTIVE_API_FLOW"}, ["g"]),
        (FLOWS, {"type": "EMBEDDED"}, []),
        (FLOWS, {"flowType": "embedded,interactive_web_flow"}, ["promo_f"]),
        (FLOWS, {"limit": "1", "offset": "1"}, ["g"]),
        (FLOWS, {"offset": "2"}, []),
    ],
)
def test_lists_can_be_narrowed(api: Api, path: str, query: Body, found: list[str]) -> None:
    """The filters that real clients send."""
    api.made(TEMPLATES, template(friendlyId="a"))
    api.made(TEMPLATES, template(friendlyId="b", type="DECISION"))
    api.made(FLOWS, flow(friendlyId="promo_f", name="F"))
    api.made(FLOWS, flow(friendlyId="g", name="G", type="INTERACTIVE_API_FLOW"))

    assert [item["friendlyId"] for item in api.listed(path, **query)] == found


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": -1}, {"offset": -1}])
def test_a_senseless_window_is_refused(api: Api, query: Body) -> None:
    """A page holds at least one object."""
    assert api.get(TEMPLATES, **query).status_code == 400


def test_variants_and_revisions_come_in_pages_too(api: Api) -> None:
    """Ten by default, like every list."""
    path = f"{MODELS}/{api.made(MODELS, model())['ref']}"
    for number in range(12):
        api.made(f"{path}/variants", variant(name=f"v{number}"))
        api.changed(path, model())

    assert len(api.listed(f"{path}/variants")) == 10
    assert [it["revision"] for it in api.listed(f"{path}/revisions", offset=10)] == [3, 2, 1]


def test_lagging_lists_show_the_state_of_before() -> None:
    """Under K43 an update is seen late, too, while a GET sees it at once."""
    api = tenant("K43=lagging", "list_lag=1r")
    path = f"{TEMPLATES}/{api.made(TEMPLATES, template())['ref']}"
    for _ in range(2):
        api.get(TEMPLATES)
    api.changed(path, template(name="New"))

    assert api.listed(TEMPLATES)[0]["name"] == "Promo strip"
    assert api.read(path)["name"] == "New"
    assert api.listed(TEMPLATES)[0]["name"] == "New"
