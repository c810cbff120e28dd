"""One token per feature, only for what is needed, renewed in time and never in a loop."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING

import pytest
from tenant.access import TEMPLATES, TOKEN_PATH, Pretender, reader, writer

from personalize_sync.errors import CredentialError
from personalize_sync.project import FEATURES
from personalize_sync.resources import Secret
from personalize_sync.sandbox import Knobs, ManualClock, Sandbox, SandboxTransport
from personalize_sync.tenant.tokens import Token, Tokens, token_from

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPLATE = {
    "name": "a",
    "friendlyId": "a",
    "type": "WEB",
    "status": "DRAFT",
    "description": "",
    "render": False,
    "defaultTemplate": False,
    "customTemplate": True,
    "templateElements": [],
}
_PATHS = {
    "connections": "/v2/connections",
    "developer-templates": TEMPLATES,
    "decision-model-testing": "/v2/decisionModelDefinitions",
    "multiple-resources": "/v3/flowDefinitions",
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An empty tenant."""
    with Sandbox() as made:
        yield made


def _token_requests(sandbox: Sandbox) -> Counter[str]:
    forms = [r.body for r in sandbox.requests if r.path == TOKEN_PATH]
    return Counter(form["client_id"] for form in forms if isinstance(form, dict))


@pytest.mark.parametrize("feature", FEATURES)
def test_a_token_is_asked_for_once_and_only_for_the_feature_in_use(
    sandbox: Sandbox, feature: str
) -> None:
    """Three requests of one feature cost one token; no other key is ever sent."""
    client = reader(SandboxTransport(sandbox))
    for _ in range(3):
        assert client.get(feature, _PATHS[feature]) is not None

    assert _token_requests(sandbox) == {f"sandbox-{feature}": 1}


def test_nothing_is_asked_before_it_is_needed(sandbox: Sandbox) -> None:
    """Making a client sends nothing."""
    reader(SandboxTransport(sandbox)).close()

    assert sandbox.requests == []


def test_the_token_request_is_the_documented_one() -> None:
    """A form with four fields, without Authorization."""
    pretender = Pretender()
    reader(pretender).get("connections", "/v2/connections")

    request = pretender.requests[0]
    assert (request.method, request.url.path) == ("POST", TOKEN_PATH)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    assert request.content.decode() == (
        "grant_type=client_credentials&client_id=sandbox-connections"
        "&client_secret=sandbox-connections-secret"
        "&audience=https%3A%2F%2Fapi.sitecorecloud.io"
    )


@pytest.mark.parametrize(
    ("expires_in", "lives"),
    [(900, 840), (86400, 86340), (600, 540), (100, 90), (2, 5), (0, 5), (-5, 5), ("900", 540)],
)
def test_a_token_is_renewed_before_it_ends(expires_in: object, lives: float) -> None:
    """A tenth of its life early, a minute at most; what is no number counts as ten minutes."""
    token = token_from({"access_token": "a", "expires_in": expires_in}, now=1000.0)

    assert token is not None
    assert token.renew_at == pytest.approx(1000 + lives)


def test_the_number_in_the_answer_decides_when_the_next_token_is_asked_for() -> None:
    """Not a second earlier, not a second later."""
    now, asked = 0.0, 0

    def request(_feature: str) -> Token:
        nonlocal asked
        asked += 1
        token = token_from({"access_token": f"t{asked}", "expires_in": 900}, now)
        assert token is not None
        return token

    tokens = Tokens(request, clock=lambda: now)
    seen = []
    for moment in (0.0, 839.0, 840.0, 1679.0, 1680.0):
        now = moment
        seen.append(tokens.get("connections").bearer.reveal())

    assert seen == ["t1", "t1", "t2", "t2", "t3"]


def test_a_401_costs_one_new_token_and_the_request_is_repeated(sandbox: Sandbox) -> None:
    """The token ended early in the tenant: nobody notices but the log."""
    client = reader(SandboxTransport(sandbox))
    client.get("connections", "/v2/connections")
    sandbox.expire_tokens()

    assert client.get("connections", "/v2/connections") is not None

    assert [r.status for r in sandbox.requests] == [200, 200, 401, 200, 200]
    assert _token_requests(sandbox) == {"sandbox-connections": 2}


def test_a_write_survives_the_end_of_its_token(sandbox: Sandbox) -> None:
    """A 401 was not processed, so even a POST may be sent again."""
    client = writer(SandboxTransport(sandbox))
    client.scopes("developer-templates")
    sandbox.expire_tokens()

    client.post("developer-templates", TEMPLATES, _TEMPLATE)

    assert len(sandbox.all("template")) == 1


@pytest.mark.parametrize("life", [1, 2, 3, 7])
def test_a_token_may_die_after_any_number_of_requests(life: int) -> None:
    """Twenty requests are all answered; the number of tokens is bounded by the deaths."""
    knobs = Knobs.parse(["K02=shorter", f"token_dies_after={life}r"])
    with Sandbox(knobs=knobs) as sandbox:
        client = reader(SandboxTransport(sandbox))
        answers = [client.get("connections", "/v2/connections") for _ in range(20)]
        tokens = _token_requests(sandbox)["sandbox-connections"]

    assert all(answer is not None for answer in answers)
    assert tokens <= 1 + 20 // life


@pytest.mark.parametrize("life", [1, 2, 3])
def test_tokens_that_others_use_up_are_no_reason_to_stop(life: int) -> None:
    """Eight workers share tokens that die after a few requests: all 64 requests are answered."""
    knobs = Knobs.parse(["K02=shorter", f"token_dies_after={life}r"])
    with Sandbox(knobs=knobs) as sandbox, ThreadPoolExecutor(8) as pool:
        client = reader(SandboxTransport(sandbox))
        ask = partial(client.get, "connections")
        answers = list(pool.map(ask, ["/v2/connections"] * 64))
        tokens = _token_requests(sandbox)["sandbox-connections"]

    assert None not in answers
    assert 64 // life <= tokens <= 65


@pytest.mark.parametrize("code", [401, 403])
def test_workers_with_a_wrong_scope_stop_together(code: int) -> None:
    """Eight workers, one useless key: two token requests in all, and an error for each."""
    with Sandbox(knobs=Knobs.parse([f"K03={code}"])) as sandbox, ThreadPoolExecutor(8) as pool:
        sandbox.add_key(
            "connections", "sandbox-developer-templates", "sandbox-developer-templates-secret"
        )
        client, start = reader(SandboxTransport(sandbox)), Barrier(8)

        def work(_: int) -> int:
            start.wait(5)
            with pytest.raises(CredentialError) as refused:
                client.get("developer-templates", TEMPLATES)
            return refused.value.exit_code

        assert list(pool.map(work, range(8))) == [11] * 8
        tokens = _token_requests(sandbox)["sandbox-developer-templates"]

    assert tokens == (1 if code == 403 else 2)


def test_a_token_that_expires_in_the_tenant_first_is_renewed() -> None:
    """The tenant's clock runs an hour ahead of ours: the 401 is the only sign."""
    clock = ManualClock()
    with Sandbox(clock=clock) as sandbox:
        client = reader(SandboxTransport(sandbox))
        client.get("connections", "/v2/connections")
        clock.advance(3600)

        assert client.get("connections", "/v2/connections") is not None


@pytest.mark.parametrize("code", [401, 403])
def test_a_wrong_scope_does_not_lead_to_a_loop(code: int) -> None:
    """At most one new token, then an error that names the feature; the same key is no narrower."""
    with Sandbox(knobs=Knobs.parse([f"K03={code}"])) as sandbox:
        sandbox.add_key("connections", "sandbox-developer-templates", "other")
        sandbox.add_key(
            "connections", "sandbox-developer-templates", "sandbox-developer-templates-secret"
        )
        client = reader(SandboxTransport(sandbox))
        with pytest.raises(CredentialError, match='"developer-templates"') as refused:
            client.get("developer-templates", TEMPLATES)
        sent = [r.path for r in sandbox.requests]

    assert refused.value.exit_code == 11
    assert sent == ([TOKEN_PATH, TEMPLATES] if code == 403 else [TOKEN_PATH, TEMPLATES] * 2)


def test_workers_wait_for_a_single_token_request(sandbox: Sandbox) -> None:
    """Eight threads start at once, and again after the token died: two requests in all."""
    client, start = reader(SandboxTransport(sandbox)), Barrier(8)

    def work(_: int) -> object:
        start.wait(5)
        return client.get("connections", "/v2/connections")

    with ThreadPoolExecutor(8) as pool:
        assert None not in list(pool.map(work, range(8)))
        sandbox.expire_tokens()
        assert None not in list(pool.map(work, range(8)))

    assert _token_requests(sandbox) == {"sandbox-connections": 2}


def test_no_second_request_starts_while_one_is_under_way() -> None:
    """The first one waits for company in vain, however many threads want the token."""
    together, alone = Barrier(2), []

    def request(_feature: str) -> Token:
        try:
            together.wait(0.1)
        except BrokenBarrierError:
            alone.append(True)
        return Token(Secret("t"), (), 1e9)

    tokens = Tokens(request, clock=lambda: 0.0)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(tokens.get, ["connections"] * 4))

    assert alone == [True]
    assert len({id(token) for token in found}) == 1


def test_features_do_not_wait_for_each_other() -> None:
    """One feature's token request may take its time while another one's is answered."""
    started = Barrier(2)

    def request(_feature: str) -> Token:
        started.wait(5)  # both are inside at once, or this breaks
        return Token(Secret("t"), (), 1e9)

    tokens = Tokens(request, clock=lambda: 0.0)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(tokens.get, ["connections", "developer-templates"]))

    assert len(found) == 2
