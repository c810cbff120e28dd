"""Unique secrets go in; no error, plan, report or log that comes out holds any part of them."""

from __future__ import annotations

import base64
import json
import re
import traceback
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from apply.single_writes import CONNECTIONS

from personalize_sync.errors import SyncError
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Instead, LostAnswer, Reset, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from world import World

    from personalize_sync.sandbox.faults import Effect

_SECRET = "canary-of-the-connection/ü+=7f3a"
_HEADER = "canary-in-a-header-91bc"
_KEY = "canary-of-the-key-5d20"
_OAUTH = {
    "authType": "OAUTH",
    "clientId": "loyalty-client",
    "clientSecret": {"fromSecret": "LOYALTY"},
    "accessTokenUrl": "https://loyalty.example.test/oauth/token",
}
_ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "percent": lambda text: quote(text, safe=""),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "reversed": lambda text: text[::-1],
    "half": lambda text: text[: len(text) // 2],
    "escaped": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
}


def _shown(value: object, depth: int = 0) -> Iterator[str]:
    """Yield every text that printing a value, or anything inside it, would give."""
    yield str(value)
    yield repr(value)
    if depth > 6:
        return
    if isinstance(value, BaseException):
        yield "".join(traceback.format_exception(value))
        yield str(getattr(value, "hint", ""))
        yield from getattr(value, "__notes__", ())
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name not in ("live", "record", "source", "desired"):
                yield from _shown(getattr(value, field.name, None), depth + 1)
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from _shown(item, depth + 1)


def _assert_clean(value: object, tokens: set[str]) -> None:
    text = "\n".join(_shown(value))
    found = [
        f"{name} {encoding}"
        for name, secret in (("secret", _SECRET), ("header", _HEADER), ("key", _KEY))
        for encoding, encode in _ECHOES.items()
        if encode(secret) in text
    ]
    assert found == []
    assert not any(token in text for token in tokens)


class _Secretive:
    """A world whose every secret is a canary, and the tokens it gave out."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.environ["LOYALTY"] = _SECRET
        world.environ["HEADER"] = _HEADER
        for key in world.sandbox.keys:
            world.sandbox.add_key(key.feature, key.client_id, _KEY)
        world.environ.update({n: _KEY for n in list(world.environ) if n.endswith("_CLIENT_SECRET")})
        self.declare()

    def declare(self, **changes: Any) -> None:
        header = {"name": "X-Api-Key", "value": {"fromSecret": "HEADER"}}
        self.world.connection(auth=_OAUTH, customHeaders=[header], **changes)

    @property
    def tokens(self) -> set[str]:
        return set(self.world.sandbox._tokens._tokens)


@pytest.fixture
def secretive(world: World) -> _Secretive:
    """One connection with two secrets."""
    return _Secretive(world)


def test_what_goes_well_shows_nothing(secretive: _Secretive) -> None:
    """Plan, report, outcomes and sent resources of create, no change, update, drift, archive."""
    world = secretive.world
    created = world.apply()
    secretive.declare(description="New")
    updated = world.apply()
    world.edit("connection/Weather", description="By Maria")
    drifted = world.plan()

    assert [report.exit_code for report in (created, updated)] == [0, 0]
    assert drifted.drift
    for seen in (created, updated, drifted, *created.outcomes, *updated.outcomes):
        _assert_clean(seen, secretive.tokens)


@pytest.mark.parametrize("encoding", _ECHOES)
@pytest.mark.parametrize(("method", "status"), [("POST", 400), ("PUT", 422)])
def test_a_refusal_that_echoes_our_request_is_not_repeated(
    secretive: _Secretive, method: str, status: int, encoding: str
) -> None:
    """In none of its encodings, neither the secrets of the body nor the key's."""
    world = secretive.world
    if method == "PUT":
        assert world.apply().exit_code == 0
        secretive.declare(description="New")
    echo = " ".join(_ECHOES[encoding](text) for text in (_SECRET, _HEADER, _KEY))
    body = json.dumps({"message": f"invalid: {echo}", "developerMessage": echo}).encode()
    effect = Instead(body, status, (("Content-Type", "application/json"),))
    fault = world.sandbox.faults.add(Fault(effect, method, f"{CONNECTIONS}*"))

    report = world.apply()

    assert (fault.fired, report.exit_code) == (1, 14)
    assert str(status) in report.outcomes[0].error
    _assert_clean(report, secretive.tokens)


@pytest.mark.parametrize(
    ("effect", "path"),
    [
        (Status(401), "/oauth/token"),
        (Status(503), "/oauth/token"),
        (Instead(f"<html>{_KEY}</html>".encode()), "/oauth/token"),
        (
            Instead(json.dumps({"error": _KEY, "error_description": _KEY}).encode(), 403),
            "/oauth/token",
        ),
        (Reset(), "/oauth/token"),
        (Status(403), f"{CONNECTIONS}*"),
        (Status(503), f"{CONNECTIONS}*"),
        (Reset(), f"{CONNECTIONS}*"),
        (LostAnswer(), f"{CONNECTIONS}*"),
        (Instead(f'{{"a": "{_SECRET}"'.encode()), f"{CONNECTIONS}*"),
        (Instead(f"<html>{_SECRET} {_KEY}</html>".encode()), f"{CONNECTIONS}*"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_error_of_any_request_shows_nothing(
    secretive: _Secretive, effect: Effect, path: str
) -> None:
    """From the first token request on, everything of one sort fails."""
    world = secretive.world
    fault = world.sandbox.faults.add(Fault(effect, path=path, times=0))

    with pytest.raises(SyncError) as refused:
        world.apply()

    assert fault.fired
    _assert_clean(refused.value, secretive.tokens)


def test_a_value_that_lives_in_the_tenant_is_not_repeated_either(world: World) -> None:
    """A header that only the tenant knows travels in our PUT; a refusal that echoes it is cut."""
    world.connection()
    world.apply()
    world.edit("connection/Weather", customHeaders=[{"name": "X-Api-Key", "value": _HEADER}])
    world.connection(description="New")
    body = json.dumps({"message": f"bad header {_HEADER}"}).encode()
    effect = Instead(body, 400, (("Content-Type", "application/json"),))
    fault = world.sandbox.faults.add(Fault(effect, "PUT", f"{CONNECTIONS}/*"))

    report = world.apply()

    assert (fault.fired, report.exit_code) == (1, 14)
    _assert_clean(report, set())


def test_each_secret_is_sent_only_where_it_belongs(secretive: _Secretive) -> None:
    """Keys to the token endpoint, the connection's secrets in writes of the connection."""
    world = secretive.world
    world.template()
    world.apply()
    world.plan()

    def carriers(secret: str) -> set[str]:
        requests = world.sandbox.requests
        return {
            f"{r.method} {re.sub('/[0-9a-f-]{36}', '', r.path)}"
            for r in requests
            if secret
            in json.dumps([r.path, dict(r.query), r.body], ensure_ascii=False, default=str)
        }

    assert carriers(_SECRET) == carriers(_HEADER) == {f"POST {CONNECTIONS}"}
    assert carriers(_KEY) == {"POST /oauth/token"}
