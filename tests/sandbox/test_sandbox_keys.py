"""API keys, tokens, and what each feature opens."""

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
    connection,
    model,
    new_sandbox,
    template,
    tenant,
    variant,
)

ALL_SCOPES = (
    "personalize.decision_models:manage personalize.templates:manage"
    " personalize.external_webservices:manage personalize.flows:manage"
)


def test_a_token_reply_looks_as_documented() -> None:
    """The reply holds token, scopes, life and type, and no refresh token."""
    reply = Api(new_sandbox()).token_reply()

    assert reply.status_code == 200
    assert sorted(reply.json()) == ["access_token", "expires_in", "scope", "token_type"]
    assert reply.json()["scope"] == ALL_SCOPES
    assert reply.json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("feature", "scope"),
    [
        ("connections", "personalize.external_webservices:manage"),
        ("developer-templates", "personalize.templates:manage"),
        ("decision-model-testing", "personalize.decision_models:r"),
        ("multiple-resources", ALL_SCOPES),
    ],
)
def test_a_fresh_tenant_has_one_key_per_feature(feature: str, scope: str) -> None:
    """Each feature's well-known key gets the scopes of that feature."""
    assert Api(new_sandbox(), feature).token_reply().json()["scope"] == scope


@pytest.mark.parametrize(
    ("wrong", "status", "error"),
    [
        ({"client_secret": "guess"}, 401, "access_denied"),
        ({"client_id": "nobody"}, 401, "access_denied"),
        ({"audience": "https://elsewhere.example.test"}, 403, "access_denied"),
        ({"grant_type": "password"}, 403, "unauthorized_client"),
    ],
)
def test_a_wrong_token_request_is_refused(wrong: dict[str, str], status: int, error: str) -> None:
    """The issuer answers the way Auth0 does."""
    reply = Api(new_sandbox()).token_reply(**wrong)

    assert (reply.status_code, reply.json()["error"]) == (status, error)


def test_no_request_passes_without_a_token() -> None:
    """A missing, a made-up and an expired token are all answered with 401 and a textual status."""
    api = Api(new_sandbox())
    missing = api.get(TEMPLATES)
    api.http.headers["Authorization"] = "Bearer made-up"
    made_up = api.get(TEMPLATES)
    api.sign_in().clock.advance(901)
    expired = api.get(TEMPLATES)

    assert [it.status_code for it in (missing, made_up, expired)] == [401, 401, 401]
    assert expired.json()["status"] == "401"
    assert "developerMessage" not in expired.json()


OPEN = {
    "connections": {("GET", CONNECTIONS), ("PUT", f"{CONNECTIONS}/{UNKNOWN_REF}")},
    "developer-templates": {("GET", TEMPLATES), ("POST", f"{TEMPLATES}/process")},
    "decision-model-testing": {
        ("GET", MODELS),
        ("GET", f"{VARIANTS}/{UNKNOWN_REF}"),
        ("POST", "/v2/testDecisionModel"),
    },
    "multiple-resources": {("GET", FLOWS), ("POST", MODELS)},
}


@pytest.mark.parametrize("feature", OPEN)
def test_a_key_opens_its_own_feature_only(feature: str) -> None:
    """Every other endpoint and verb is refused with 403, except to multiple-resources."""
    api = Api(new_sandbox(), feature).sign_in()
    refused = {
        request
        for requests in OPEN.values()
        for request in requests
        if api.http.request(*request, json={}).status_code == 403
    }

    everything = {request for requests in OPEN.values() for request in requests}
    expected = set() if feature == "multiple-resources" else everything - OPEN[feature]
    assert refused == expected


def test_the_testing_key_reads_variants_but_writes_nothing() -> None:
    """GET on models and variants is open, writing them is not."""
    admin = tenant()
    owner, made = admin.deployed_variant()
    reader = Api(admin.sandbox, "decision-model-testing").sign_in()

    assert reader.read(f"{MODELS}/{owner['ref']}")["name"] == "Next best banner"
    assert reader.listed(f"{MODELS}/{owner['ref']}/variants")[0]["ref"] == made["ref"]
    assert reader.put(f"{MODELS}/{owner['ref']}", model()).status_code == 403
    assert reader.put(f"{VARIANTS}/{made['ref']}", variant()).status_code == 403


def test_keys_can_be_added_and_revoked() -> None:
    """A new key signs under its own id; a revoked one loses its living tokens too."""
    api = Api(new_sandbox(), "connections")
    api.sandbox.add_key("connections", "ci", "ci-secret")
    api.sign_in(client_id="ci", client_secret="ci-secret")
    made = api.made(CONNECTIONS, connection())

    assert made["modifiedByRef"] == "ci@clients"
    assert api.sandbox.revoke_key("ci")
    assert not api.sandbox.revoke_key("ci")
    assert api.get(CONNECTIONS).status_code == 401
    assert api.token_reply(client_id="ci", client_secret="ci-secret").status_code == 401


def test_the_text_of_a_key_has_no_secret() -> None:
    """Nobody learns a secret from a test report."""
    texts = [repr(key) for key in new_sandbox().keys]

    assert texts[0] == "ApiKey('sandbox-connections', feature='connections')"
    assert not any("-secret" in text for text in texts)


def test_a_short_lived_token_dies_after_its_uses() -> None:
    """Under K02=shorter a token serves ten requests, a new one ten more."""
    api = tenant("K02=shorter", "token_dies_after=2r")
    first = [api.get(TEMPLATES).status_code for _ in range(3)]
    second = [api.sign_in().get(TEMPLATES).status_code]

    assert first + second == [200, 200, 401, 200]


def test_the_log_names_feature_and_client_of_each_request() -> None:
    """Token requests are in the log, too, with their form."""
    api = tenant()
    api.get(TEMPLATES, limit=5)
    api.post(TEMPLATES, template())
    token, listing, creation = api.sandbox.requests

    assert (token.path, token.status, token.client_id) == (
        "/oauth/token",
        200,
        "sandbox-multiple-resources",
    )
    assert isinstance(token.body, dict)
    assert token.body["grant_type"] == "client_credentials"
    assert (listing.method, listing.query, listing.feature) == (
        "GET",
        {"limit": "5"},
        "multiple-resources",
    )
    assert (creation.status, creation.body) == (201, template())


def test_the_log_can_be_forgotten_and_is_bounded() -> None:
    """A long-running server keeps only the newest requests."""
    api = tenant(keep_requests=2)
    for limit in (1, 2, 3):
        api.get(TEMPLATES, limit=limit)
    kept = [it.query["limit"] for it in api.sandbox.requests]
    api.sandbox.forget_requests()

    assert kept == ["2", "3"]
    assert api.sandbox.requests == []
