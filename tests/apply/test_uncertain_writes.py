"""A write whose answer is lost, late or refused for a while is made exactly once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from apply.single_writes import WRITES, duplicates

from personalize_sync.planning.outcome import Result
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import (
    Instead,
    LateCommit,
    LostAnswer,
    Reset,
    Status,
    Truncated,
)

if TYPE_CHECKING:
    from world import World

    from personalize_sync.sandbox.faults import Effect

_JSON = (("Content-Type", "application/json"),)
_EVERYWHERE: dict[str, Effect] = {
    "lost answer": LostAnswer(),
    "reset before": Reset(),
    "nothing of the body": Truncated(share=0.0, framing="close"),
    "500 before": Status(500),
    "503 after": Status(503, applied=True),
    **{f"late by {n}": LateCommit(n) for n in (1, 3)},
    "429 with a wait": Status(429, retry_after=7),
}
_ONCE_PER_VERB: dict[str, Effect] = {
    "late by 2": LateCommit(2),
    "cut by length": Truncated(),
    "cut chunk": Truncated(framing="chunked"),
    "cut without length": Truncated(framing="close"),
    **{f"{code} before": Status(code) for code in (502, 503, 504)},
    **{f"{code} after": Status(code, applied=True) for code in (500, 502, 504)},
    "504 and late by 2": LateCommit(2, code=504),
    "429": Status(429),
}
_CASES = [
    *((write, name, effect) for write in WRITES for name, effect in _EVERYWHERE.items()),
    *(
        (write, name, effect)
        for write in ("create-connection", "create-template", "update-connection")
        for name, effect in _ONCE_PER_VERB.items()
    ),
]


@pytest.mark.parametrize(
    ("write", "effect"), [pytest.param(w, e, id=f"{w}-{n}") for w, n, e in _CASES]
)
def test_a_write_happens_once_whatever_becomes_of_its_answer(
    world: World, write: str, effect: Effect
) -> None:
    """The object ends as the manifest says, nothing exists twice, and a second apply is idle."""
    wanted = WRITES[write]
    wanted.prepare(world)
    fault = world.sandbox.faults.add(Fault(effect, wanted.method, wanted.path))

    report = wanted.apply(world)

    assert fault.fired == 1
    assert duplicates(world) == []
    assert {o.result for o in report.outcomes} & {Result.FAILED, Result.SKIPPED} == set(), report
    assert (report.exit_code, report.leftovers) == (0, ())
    before = len(world.writes())
    assert wanted.apply(world).plan.is_empty
    assert len(world.writes()) == before


def test_a_write_that_cannot_be_looked_for_is_reported_as_perhaps_made(world: World) -> None:
    """The answer is lost and the tenant then fails: "nothing was written" would be a lie."""
    world.template()
    lost = world.sandbox.faults.add(Fault(LostAnswer(), "POST", "/v3/templates"))
    # Planning and the look before the write see the tenant alive.
    down = world.sandbox.faults.add(Fault(Status(503), "GET", "*/strip", nth=3, times=0))

    report = world.apply()

    assert (lost.fired, report.exit_code) == (1, 14)
    assert down.fired > 0
    assert [o.wrote for o in report.outcomes] == [True]


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"ref": ""}', b'{"ref": 7, "name": "strip"}', b"[]", b"", b"<html>", b'"created"'],
    ids=["no ref", "empty ref", "ref is no text", "a list", "nothing", "HTML", "a text"],
)
def test_a_write_with_a_strange_answer_is_looked_for(world: World, body: bytes) -> None:
    """Something answered 201 without writing: the object is made by the next attempt, once."""
    world.template()
    fault = world.sandbox.faults.add(Fault(Instead(body, 201, _JSON), "POST", "/v3/templates"))

    report = world.apply()

    assert (fault.fired, report.exit_code) == (1, 0)
    assert [r.status for r in world.writes()] == [201, 201]
    assert len(world.sandbox.all("template")) == 1


def test_a_write_whose_answers_stay_strange_is_reported_as_perhaps_made(world: World) -> None:
    """Every attempt is answered by something that is not the tenant."""
    world.template()
    fault = world.sandbox.faults.add(
        Fault(Instead(b"{}", 201, _JSON), "POST", "/v3/templates", times=0)
    )

    report = world.apply()

    assert fault.fired > 1
    assert report.exit_code == 14
    assert [(o.result, o.wrote) for o in report.outcomes] == [(Result.FAILED, True)]


class _Beaten(httpx.BaseTransport):
    """Loses the first POST to templates, while a key that nobody knows makes one of that friendlyId."""

    def __init__(self, inner: httpx.BaseTransport, name: str) -> None:
        self._inner = inner
        self._name = name
        self.fired = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Forward everything else."""
        if self.fired or (request.method, request.url.path) != ("POST", "/v3/templates"):
            return self._inner.handle_request(request)
        self.fired = True
        request.read()
        who = {"grant_type": "client_credentials", "client_id": "elsewhere", "client_secret": "s"}
        audience = {"audience": "https://api.sitecorecloud.io"}
        address = request.url.copy_with(path="/oauth/token")
        answer = self._inner.handle_request(
            httpx.Request("POST", address, data={**who, **audience})
        )
        token = json.loads(answer.read())["access_token"]
        theirs = httpx.Request(
            "POST",
            request.url,
            headers={"Authorization": f"Bearer {token}"},
            json={**json.loads(request.content), "name": self._name},
        )
        assert self._inner.handle_request(theirs).is_success
        raise httpx.ReadError("lost", request=request)


@pytest.mark.parametrize(("name", "result"), [("Theirs", Result.FAILED), ("Ours", Result.CREATED)])
def test_what_an_unknown_key_made_is_ours_only_if_it_is_what_we_sent(
    world: World, name: str, result: Result
) -> None:
    """Some tenants stamp our key with an id that nobody told us; another pipeline's looks the same."""
    world.template(name="Ours")
    world.sandbox.add_key("developer-templates", "elsewhere", "s")
    wires: list[_Beaten] = []

    def wire(inner: httpx.BaseTransport) -> httpx.BaseTransport:
        wires.append(_Beaten(inner, name))
        return wires[-1]

    world.wire = wire
    report = world.apply()

    assert wires[-1].fired
    (outcome,) = report.outcomes
    assert (outcome.result, world.stored("template/strip")["name"]) == (result, name)
    if result is Result.FAILED:
        assert report.exit_code == 13
        assert "created by somebody else meanwhile" in outcome.error
