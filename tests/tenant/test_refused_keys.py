"""A key that does not work is named by feature and variables, and its secret by nothing."""

from __future__ import annotations

import base64
import json
import pickle
import traceback
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest
from tenant.access import (
    SECRET,
    TEMPLATES,
    TOKEN_PATH,
    Pretender,
    Waits,
    credentials,
    environment,
    keyring,
    reader,
    writer,
)

from personalize_sync.errors import CredentialError, GuardError, SyncError, TenantError
from personalize_sync.kinds import BY_NAME
from personalize_sync.resources import Secret
from personalize_sync.sandbox import Fault, Knobs, Sandbox, SandboxTransport
from personalize_sync.sandbox.faults import Instead, Reset, Status
from personalize_sync.tenant.keyring import Keyring
from personalize_sync.tenant.live import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalize_sync.tenant.client import Reader

_VARIABLES = (
    "PERSONALIZE_SYNC_TEST_DEVELOPER_TEMPLATES_CLIENT_ID",
    "PERSONALIZE_SYNC_DEVELOPER_TEMPLATES_CLIENT_ID",
)


def _ask(client: Reader) -> SyncError:
    with pytest.raises(SyncError) as refused:
        client.get("developer-templates", TEMPLATES)
    return refused.value


def _everything(error: BaseException) -> str:
    hint = getattr(error, "hint", "")
    return "".join(traceback.format_exception(error)) + repr(error) + str(error) + hint


def test_a_wrong_secret_is_named_by_feature_and_variables() -> None:
    """Exit code 11 after one token request."""
    with Sandbox() as sandbox:
        error = _ask(reader(SandboxTransport(sandbox), secret=SECRET))
        sent = [r.path for r in sandbox.requests]

    assert (type(error), error.exit_code, sent) == (CredentialError, 11, [TOKEN_PATH])
    assert '"developer-templates"' in error.message
    assert all(name in error.hint for name in _VARIABLES)
    assert SECRET not in _everything(error)


def test_a_revoked_key_ends_the_run_at_its_next_request() -> None:
    """The token dies with the key, and there is no new one."""
    with Sandbox() as sandbox:
        client = reader(SandboxTransport(sandbox))
        client.get("developer-templates", TEMPLATES)
        assert sandbox.revoke_key("sandbox-developer-templates")
        error = _ask(client)
        statuses = [r.status for r in sandbox.requests]

    assert (type(error), error.exit_code) == (CredentialError, 11)
    assert "gave a token earlier in this run" in error.message
    assert "revoked" in error.hint
    assert statuses == [200, 200, 401, 401]
    assert "sandbox-developer-templates-secret" not in _everything(error)


@pytest.mark.parametrize(("code", "told"), [(403, "of another feature"), (401, "does not know it")])
def test_a_key_of_another_feature_is_told_by_what_it_was_granted(code: int, told: str) -> None:
    """403 says that the key is valid, 401 leaves more open; the granted scopes are shown."""
    with Sandbox(knobs=Knobs.parse([f"K03={code}"])) as sandbox:
        sandbox.add_key(
            "connections", "sandbox-developer-templates", "sandbox-developer-templates-secret"
        )
        error = _ask(reader(SandboxTransport(sandbox)))

    assert (type(error), error.exit_code) == (CredentialError, 11)
    assert told in error.hint
    assert "granted: personalize.external_webservices:manage" in error.hint


def test_keys_of_two_tenants_do_not_mix() -> None:
    """The project file names no tenant, and two answer: nothing is compared, let alone written."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN_PATH:
            return httpx.Response(200, json={"access_token": "t", "expires_in": 900})
        key = "A" if request.url.path.startswith("/v2") else "B"
        items = [{"ref": "r", "name": "n", "friendlyId": "f", "clientKey": key}]
        return httpx.Response(
            200, json={"items": items if request.url.params["offset"] == "0" else []}
        )

    client = reader(httpx.MockTransport(answer))
    with closing(Tenant(client, keyring(), environment())) as tenant:
        assert len(tenant.list_all(BY_NAME["connection"])) == 1
        with pytest.raises(GuardError, match=r'belong to two tenants.*"A" and "B"'):
            tenant.list_all(BY_NAME["template"])


@pytest.mark.parametrize("echo", [SECRET, f"x{SECRET}y", SECRET[2:14], "bearer-of-the-test"])
def test_scopes_that_echo_a_secret_are_not_shown(echo: str) -> None:
    """Scopes are printed by the audit, and are whatever the token endpoint says."""
    token = {"access_token": "bearer-of-the-test", "scope": f"personalize.templates:manage {echo}"}
    pretender = Pretender(token=json.dumps(token).encode(), status=403)
    client = reader(pretender, secret=SECRET)

    assert client.scopes("developer-templates") == ("personalize.templates:manage",)
    assert echo not in _everything(_ask(client))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_every_refusal_of_the_token_endpoint_is_about_the_key(status: int) -> None:
    """No retry; what the endpoint said is not repeated, as it may be what was sent."""
    echo = json.dumps({"error_description": f"client_secret={SECRET}"}).encode()
    pretender, waits = Pretender(token=echo, token_status=status), Waits()
    error = _ask(reader(pretender, secret=SECRET, sleep=waits))

    assert (type(error), error.exit_code, waits.asked) == (CredentialError, 11, [])
    assert len(pretender.requests) == 1
    assert str(status) in error.message
    assert SECRET not in _everything(error)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_token_endpoint_is_asked_again(status: int) -> None:
    """Twice in trouble, then the token comes."""
    fault = Fault(Status(status, retry_after=4), path=TOKEN_PATH, times=2)
    waits = Waits()
    with Sandbox(faults=(fault,)) as sandbox:
        answer = reader(SandboxTransport(sandbox), sleep=waits).get(
            "connections", "/v2/connections"
        )

    assert answer is not None
    assert (fault.fired, waits.asked) == (2, [4.0, 4.0])


@pytest.mark.parametrize("effect", [Status(429), Status(503), Reset()], ids=["429", "503", "reset"])
def test_a_token_endpoint_that_stays_down_ends_the_run(effect: Status | Reset) -> None:
    """A bounded number of attempts, exit code 1, no secret; the API is never asked."""
    fault = Fault(effect, path=TOKEN_PATH, times=0)
    with Sandbox(faults=(fault,)) as sandbox:
        error = _ask(reader(SandboxTransport(sandbox), secret=SECRET))
        paths = {r.path for r in sandbox.requests}

    assert isinstance(error, TenantError)
    assert (error.exit_code, fault.fired, paths) == (1, 10, {TOKEN_PATH})
    assert "oken" in error.message
    assert SECRET not in _everything(error)


@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in</html>", b"", b"{}", b'{"access_token": ""}', b'{"access_token": null}'],
    ids=["HTML", "empty", "no token", "an empty token", "null"],
)
def test_a_token_endpoint_that_is_none_is_said_so(body: bytes) -> None:
    """Status 200, but no token: a wrong address or a proxy, exit code 1."""
    fault = Fault(Instead(body), path=TOKEN_PATH)
    with Sandbox(faults=(fault,)) as sandbox:
        error = _ask(reader(SandboxTransport(sandbox), secret=SECRET))

    assert fault.fired == 1
    assert isinstance(error, TenantError)
    assert "the token endpoint answered" in error.message
    assert error.hint
    assert SECRET not in _everything(error)


def test_a_missing_key_is_named_by_every_variable_that_may_hold_it() -> None:
    """The environment's own variables first, then the general ones."""
    with pytest.raises(CredentialError) as missing:
        Keyring(environment(), {}).key("developer-templates")

    assert missing.value.exit_code == 11
    for name in _VARIABLES:
        assert name in missing.value.hint
        assert name.replace("_CLIENT_ID", "_CLIENT_SECRET") in missing.value.hint


@pytest.mark.parametrize("kept", ["_CLIENT_ID", "_CLIENT_SECRET"])
def test_half_a_key_is_an_error(kept: str) -> None:
    """The other half is named, the half that is there is not shown."""
    half = {n: v for n, v in credentials("connections", secret=SECRET).items() if n.endswith(kept)}

    with pytest.raises(CredentialError, match="half an API key") as refused:
        Keyring(environment(), half).key("connections")

    assert SECRET not in _everything(refused.value)


def test_the_more_specific_variable_wins_and_files_are_read(tmp_path: Path) -> None:
    """`…_FILE` names a file whose outer blanks are cut."""
    general = {
        "PERSONALIZE_SYNC_CONNECTIONS_CLIENT_ID": "general",
        "PERSONALIZE_SYNC_CONNECTIONS_CLIENT_SECRET": "g",
    }
    assert Keyring(environment(), general).key("connections").client_id == "general"
    both = {**general, **credentials("connections")}
    assert Keyring(environment(), both).key("connections").client_id == "sandbox-connections"
    file = tmp_path / "secret"
    file.write_text(f"  {SECRET}\n", encoding="utf-8")
    from_file = dict(general)
    del from_file["PERSONALIZE_SYNC_CONNECTIONS_CLIENT_SECRET"]
    from_file["PERSONALIZE_SYNC_CONNECTIONS_CLIENT_SECRET_FILE"] = str(file)
    assert Keyring(environment(), from_file).key("connections").secret.reveal() == SECRET


def test_a_key_file_that_cannot_be_read_is_named_by_its_variable() -> None:
    """Its path and content are nobody's business."""
    name = "PERSONALIZE_SYNC_CONNECTIONS_CLIENT_SECRET_FILE"
    with pytest.raises(CredentialError, match=name):
        Keyring(environment(), {name: "/nonexistent/file"}).key("connections")


def test_no_form_of_a_secret_shows_it() -> None:
    """`str`, `repr`, every format, JSON, pickle, and what holds it."""
    secret, ring = Secret(SECRET), keyring(secret=SECRET)
    shown = f"{secret} {secret!r} {secret:>40} {[secret]} {ring!r} {ring.key('connections')!r}"

    assert SECRET not in shown
    for dump in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError):
            dump(secret)


_ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "escaped JSON": lambda text: json.dumps(text)[1:-1],
    "percent": lambda text: quote(text, safe=""),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "reversed": lambda text: text[::-1],
    "cut": lambda text: text[3:15],
    "in pieces": " ".join,
}


@pytest.mark.parametrize("encoding", _ENCODINGS)
@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_refusal_of_a_body_with_a_secret_is_told_without_its_text(
    status: int, encoding: str
) -> None:
    """Whatever the tenant says about it may be the secret in disguise."""
    disguise = _ENCODINGS[encoding](SECRET)
    said = json.dumps({"message": f"bad value {disguise}", "developerMessage": disguise}).encode()
    body = {"name": "a", "auth": {"list": [{"clientSecret": Secret(SECRET)}]}}
    with pytest.raises(SyncError) as refused:
        writer(Pretender(said, status)).post("connections", "/v2/connections", body)

    assert disguise not in _everything(refused.value)
    assert str(status) in refused.value.message


def test_a_refusal_of_a_body_without_secrets_is_told_with_its_text() -> None:
    """The tenant's own words, cut to a readable length, but never with the token in them."""

    def said(text: str) -> str:
        body = json.dumps({"message": text}).encode()
        with pytest.raises(SyncError) as refused:
            writer(Pretender(body, 400)).put("developer-templates", f"{TEMPLATES}/a", {"name": "a"})
        return refused.value.message

    assert "friendlyId is taken" in said("friendlyId is taken")
    assert len(said("x" * 5000)) < 400
    for echo in ("Bearer bearer-of-the-test", "bearer-of-the-te", "r-of-the-test"):
        assert "of-the" not in said(f"header {echo}")
