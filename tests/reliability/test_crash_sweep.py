"""Killed before or after any request, an apply is finished by the next one, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
from world import DMN

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

_SECRET = {"WEATHER_SECRET": "hush"}
_OAUTH = {
    "authType": "OAUTH",
    "clientId": "shop",
    "clientSecret": {"fromSecret": "WEATHER_SECRET", "version": "1"},
    "accessTokenUrl": "https://weather.example.test/token",
}


class Killed(BaseException):
    """The process is gone; nobody catches this."""


class Dying(httpx.BaseTransport):
    """Dies at the n-th request, before it is sent or after it was carried out."""

    def __init__(self, inner: httpx.BaseTransport, number: int, *, after: bool) -> None:
        self._inner = inner
        self._left = number
        self._after = after
        self.died = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Forward requests until the one that kills."""
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._after):
            self.died = True
            raise Killed
        response = self._inner.handle_request(request)
        if self._left == 0:
            self.died = True
            raise Killed
        return response


def _world(worlds: Callable[..., World]) -> World:
    """A tenant with objects of ours and of others, and a commit that touches every kind."""
    world = worlds(environ=dict(_SECRET), parallelism=1)
    for key in ("kept", "changed", "gone"):
        world.template(key)
    world.connection("weather", auth=_OAUTH)
    world.model("banner")
    assert world.apply().exit_code == 0
    world.sandbox.create("template", {"name": "Theirs", "friendlyId": "theirs", "type": "WEB"})
    world.sandbox.plant("template/changed", {"futureFlag": {"beta": True}})

    world.template("changed", name="Changed")
    world.forget("Template", "gone")
    world.template("new")
    world.connection("weather", auth=_OAUTH, description="Now described")
    world.connection("stock")
    variant = {"name": "Main", "definition": DMN.replace('id="d"', 'id="e"')}
    deployed = {"status": "PRODUCTION", "split": 100}
    world.model("banner", variants={"main": {**variant, **deployed}})
    world.model("basket")
    world.sandbox.forget_requests()
    return world


def _crash(world: World, number: int, *, after: bool) -> bool:
    """Apply until the process dies at one request; answers whether it did."""
    wires: list[Dying] = []

    def wire(inner: httpx.BaseTransport) -> httpx.BaseTransport:
        wires.append(Dying(inner, number, after=after))
        return wires[-1]

    world.wire = wire
    with suppress(Killed):
        world.apply(prune=True)
    world.wire = lambda transport: transport
    return wires[-1].died


def _assert_finished(world: World) -> None:
    """One plain apply later all is as Git says, once, and what is foreign is untouched."""
    assert world.apply(prune=True).exit_code == 0
    assert world.plan(prune=True).is_empty
    living = Counter(
        (r.kind, r.parent, r.body["name"])
        for r in world.sandbox.all()
        if not r.body.get("archived")
    )
    assert set(living.values()) == {1}
    assert len(living) == 10
    assert world.stored("template/theirs")["name"] == "Theirs"
    assert world.stored("template/changed")["futureFlag"] == {"beta": True}
    assert world.stored("connection/Weather")["auth"]["clientSecret"] == "hush"


def _requests(worlds: Callable[..., World]) -> int:
    world = _world(worlds)
    assert world.apply(prune=True).exit_code == 0
    return len(world.sandbox.requests)


def test_an_apply_killed_at_any_request_is_finished_by_the_next(
    worlds: Callable[..., World], record_property: Callable[[str, Any], None]
) -> None:
    """Stop before and after each request; the next apply converges without a duplicate."""
    total = _requests(worlds)
    points = [(number, after) for number in range(1, total + 1) for after in (False, True)]
    for number, after in points:
        world = _world(worlds)
        assert _crash(world, number, after=after), (number, after)
        _assert_finished(world)
    record_property("crash sweep", f"killed at {len(points)} points: 0 lost, 0 duplicated")


def test_the_sweep_would_notice_an_apply_that_never_dies(worlds: Callable[..., World]) -> None:
    """A point beyond the last request kills nothing, and the sweep would fail on it."""
    assert not _crash(_world(worlds), 10_000, after=False)
