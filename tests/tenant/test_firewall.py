"""What may leave the process: by command, by feature, and by nothing else."""

from __future__ import annotations

import httpx
import pytest
from tenant.access import BASE, TEMPLATES, TOKEN_PATH, Pretender, reader, writer

from personalize_sync.errors import CredentialError, RejectedError, TenantError, UnknownOutcomeError
from personalize_sync.kinds.questions import (
    QUESTIONS,
    RENDER_CODE,
    RENDER_STORED,
    TEST_CONNECTION,
    TEST_MODEL,
    Question,
)
from personalize_sync.project import FEATURES
from personalize_sync.tenant import firewall
from personalize_sync.tenant.client import Writer

_REF = "6f3a0c1e-0000-4000-8000-000000000000"
_CONNECTIONS = {
    ("GET", "/v2/connections"),
    ("POST", "/v2/connections"),
    ("GET", f"/v2/connections/{_REF}"),
    ("PUT", f"/v2/connections/{_REF}"),
}
_TEMPLATES = {
    ("GET", "/v3/templates"),
    ("POST", "/v3/templates"),
    ("GET", f"/v3/templates/{_REF}"),
    ("PUT", f"/v3/templates/{_REF}"),
    ("GET", f"/v3/templates/{_REF}/revisions"),
    ("GET", f"/v3/templates/{_REF}/revisions/3"),
}
_READ_MODELS = {
    ("GET", "/v2/decisionModelDefinitions"),
    ("GET", f"/v2/decisionModelDefinitions/{_REF}"),
    ("GET", f"/v2/decisionModelDefinitions/{_REF}/revisions"),
    ("GET", f"/v2/decisionModelDefinitions/{_REF}/revisions/3"),
    ("GET", f"/v2/decisionModelDefinitions/{_REF}/variants"),
    ("GET", f"/v2/decisionModelVariants/{_REF}"),
    ("GET", f"/v2/decisionModelVariants/{_REF}/revisions"),
    ("GET", f"/v2/decisionModelVariants/{_REF}/revisions/3"),
}
_WRITE_MODELS = {
    ("POST", "/v2/decisionModelDefinitions"),
    ("PUT", f"/v2/decisionModelDefinitions/{_REF}"),
    ("POST", f"/v2/decisionModelDefinitions/{_REF}/variants"),
    ("PUT", f"/v2/decisionModelVariants/{_REF}"),
}
_FLOWS = {
    ("GET", "/v3/flowDefinitions"),
    ("POST", "/v3/flowDefinitions"),
    ("GET", f"/v3/flowDefinitions/{_REF}"),
    ("PUT", f"/v3/flowDefinitions/{_REF}"),
}
_OPENED = {
    "connections": _CONNECTIONS,
    "developer-templates": _TEMPLATES,
    "decision-model-testing": _READ_MODELS,
    "multiple-resources": _CONNECTIONS | _TEMPLATES | _READ_MODELS | _WRITE_MODELS | _FLOWS,
}
_ELSEWHERE = {
    "/",
    "/v2",
    "/v2/guests",
    "/v2/connections/testConnection/now",
    "/v2/testDecisionModel",
    "/v2/decisionModelVariants",
    "/v3/templates/",
    "//v3/templates",
    "/V3/templates",
    "/v3/templatesx",
    f"/v3/templates/{_REF}/",
    f"/v3/templates/{_REF}/x",
    f"/v3/templates/{_REF}?archived=true",
    f"/v3/templates/{_REF}#x",
    "/v3/templates/..",
    "/v3/templates/.",
    "/v3/templates/%2e%2E",
    "/v3/templates/..%2f..%2fv3%2fflowDefinitions",
    "/v3/templates/%252e%252e",
    "/v3/templates/..\\flowDefinitions",
    f"/v3/templates/{_REF};archived=true",
    f"/v3/templates/{_REF}%3Farchived=true",
    f"/v3/templates/{_REF}%23",
    f"/v3/templates/{_REF}\n",
    f"/v3/templates/{_REF}\r\nX-Header: 1",
    "/v3/templates/\u2025",
    "/v3/templates/ ",
    "/v3/templates/../flowDefinitions",
    "/v2/decisionModelDefinitions/../variants",
    "/oauth/token",
    "https://elsewhere.example.test/v3/templates",
    "@elsewhere.example.test/v3/templates",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get")


def _allowed(feature: str, method: str, path: str) -> bool:
    try:
        firewall.check(feature, method, path)
    except CredentialError:
        return False
    return True


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_opens_exactly_what_the_reference_lists_for_it(feature: str) -> None:
    """Every method on every known path, and on paths that look like them."""
    paths = _ELSEWHERE | {path for opened in _OPENED.values() for _, path in opened}
    asked = {(method, path) for method in _METHODS for path in paths}

    opened = {request for request in asked if _allowed(feature, *request)}

    assert opened == _OPENED[feature]


_MAY_ASK = {
    "connections": {TEST_CONNECTION},
    "developer-templates": {RENDER_STORED, RENDER_CODE},
    "decision-model-testing": {TEST_MODEL},
    "multiple-resources": {TEST_CONNECTION, RENDER_STORED, RENDER_CODE, TEST_MODEL},
}


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.path)
def test_a_question_is_open_to_who_may_read_its_kind(feature: str, question: Question) -> None:
    """And only where the client was opened for this one, by POST alone."""
    path = question.path
    others = [other for other in QUESTIONS if other is not question]

    assert _may_ask(feature, "POST", path, question) == (question in _MAY_ASK[feature])
    assert not _may_ask(feature, "POST", path, *others)
    assert not _may_ask(feature, "PATCH", path, question)
    assert not _may_ask(feature, "POST", path + "/now", question)


def _may_ask(feature: str, method: str, path: str, *questions: Question) -> bool:
    try:
        firewall.check(feature, method, path, questions)
    except CredentialError:
        return False
    return True


def test_a_reader_asks_only_what_it_was_opened_for() -> None:
    """Its inner door knows the same questions, on the tenant's own address."""
    pretender = Pretender(b'{"error": false}')
    client = reader(pretender, questions=(TEST_MODEL,))

    assert client.ask("decision-model-testing", TEST_MODEL, {}) == {"error": False}
    with pytest.raises(CredentialError):
        client.ask("connections", TEST_CONNECTION, {})
    for url in (BASE + TEST_CONNECTION.path, "https://elsewhere.example.test" + TEST_MODEL.path):
        with pytest.raises(CredentialError, match="only reads"):
            client._http.post(url)
    assert pretender.seen == ["POST " + TEST_MODEL.path]


def test_a_question_may_be_asked_again_unless_it_calls_others() -> None:
    """A test of a model is asked until it is answered; a test of a connection once."""
    pretender = Pretender(status=503)
    client = reader(pretender, questions=QUESTIONS, attempts=3)

    with pytest.raises(TenantError, match="answered 503"):
        client.ask("decision-model-testing", TEST_MODEL, {})
    with pytest.raises(UnknownOutcomeError):
        client.ask("connections", TEST_CONNECTION, {})
    assert pretender.seen == ["POST " + TEST_MODEL.path] * 3 + ["POST " + TEST_CONNECTION.path]


def test_a_refused_connection_test_is_not_quoted() -> None:
    """Its body holds what the tenant keeps, and a refusal may repeat it."""
    pretender = Pretender(b'{"message": "bad header s3cret"}', status=400)
    client = reader(pretender, questions=QUESTIONS)

    with pytest.raises(RejectedError) as caught:
        client.ask("connections", TEST_CONNECTION, {"connection": {}})
    assert "s3cret" not in caught.value.message


def test_an_unknown_feature_opens_nothing() -> None:
    """Not even reading."""
    assert not _allowed("everything", "GET", TEMPLATES)


def test_what_the_firewall_refuses_costs_no_token() -> None:
    """The refusal names method, path and feature; nothing is sent."""
    pretender = Pretender()

    with pytest.raises(CredentialError, match=r'POST /v3/flowDefinitions .*"developer-templates"'):
        writer(pretender).post("developer-templates", "/v3/flowDefinitions", {})

    assert pretender.requests == []


@pytest.mark.parametrize("host", [BASE, "https://elsewhere.example.test"])
@pytest.mark.parametrize("path", [TEMPLATES, "/", TOKEN_PATH + "/", TOKEN_PATH + "?a=b", "/oauth"])
@pytest.mark.parametrize("method", [m for m in _METHODS if m.upper() != "GET"])
def test_a_reader_cannot_send_anything_but_get(method: str, path: str, host: str) -> None:
    """Not even through the HTTP client that it holds inside."""
    pretender = Pretender()
    client = reader(pretender)

    with pytest.raises(CredentialError, match="only reads"):
        client._http.request(method, host + path)

    assert pretender.requests == []


def test_a_reader_asks_for_tokens_by_post_only_where_tokens_are_given() -> None:
    """Another host with the same path is no token endpoint."""
    pretender = Pretender()
    client = reader(pretender)
    client.get("connections", "/v2/connections")
    with pytest.raises(CredentialError):
        client._http.post("https://elsewhere.example.test" + TOKEN_PATH)

    assert [(r.method, r.url.path) for r in pretender.requests] == [
        ("POST", TOKEN_PATH),
        ("GET", "/v2/connections"),
    ]


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_readers_inner_door_is_fenced_too(method: str) -> None:
    """The writer's own functions, used on a reader, send nothing but the token request."""
    pretender = Pretender()
    client = reader(pretender)
    path = TEMPLATES if method == "post" else f"{TEMPLATES}/{_REF}"

    with pytest.raises(CredentialError):
        getattr(Writer, method)(client, "developer-templates", path, {"name": "a"})

    assert pretender.seen == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
def test_a_writer_sends_only_what_the_api_documents(method: str) -> None:
    """GET, POST and PUT; no DELETE is documented for anything."""
    pretender = Pretender()

    with pytest.raises(CredentialError):
        writer(pretender)._http.request(method, BASE + TEMPLATES)

    assert pretender.requests == []


def test_tokens_go_to_the_configured_host_only() -> None:
    """Every request of a client has the base URL's or the token URL's host."""
    pretender = Pretender(b'{"items": []}')
    client = writer(pretender)
    for feature, path in (("connections", "/v2/connections"), ("developer-templates", TEMPLATES)):
        client.get(feature, path, limit=1)

    assert {r.url.copy_with(path="/", query=None) for r in pretender.requests} == {
        httpx.URL(BASE + "/")
    }
