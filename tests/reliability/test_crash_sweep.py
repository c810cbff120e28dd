"""Killed before or after any request, an apply is finished by the next one, and nothing is lost.

By default at some of the points, with a fixed seed; `make sweep` takes all of them.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from reliability.prepared import Prepared, apply

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

_SMALL, _BIG = 44, 8
_SEED = 20260302


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


def _crash(world: World, number: int, *, after: bool) -> bool:
    """Apply until the process dies at one request; answers whether it did."""
    wires: list[Dying] = []

    def wire(inner: httpx.BaseTransport) -> httpx.BaseTransport:
        wires.append(Dying(inner, number, after=after))
        return wires[-1]

    world.wire = wire
    with suppress(Killed):
        apply(world)
    world.wire = lambda transport: transport
    return wires[-1].died


def _sweep(prepared: Prepared, sample: int) -> str:
    """Die before and after each request, token requests included, or at some of these points."""
    numbers = range(1, len(prepared.requests) + 1)
    points = [(number, after) for number in numbers for after in (False, True)]
    if not os.environ.get("SWEEP"):
        points = random.Random(_SEED).sample(points, sample)
    for number, after in points:
        world = prepared()
        assert _crash(world, number, after=after), (number, after)
        prepared.assert_finished(world)
        prepared.done(world)
    return f"{prepared.changes} objects killed at {len(points)} points: 0 lost, 0 duplicated"


@pytest.mark.timeout(3600)
def test_a_small_apply_killed_at_any_request_is_finished_by_the_next(
    small: Prepared, record_property: Callable[[str, Any], None]
) -> None:
    """Stop before and after each request; the next apply converges without a duplicate."""
    record_property("crash sweep, small", _sweep(small, _SMALL))


@pytest.mark.timeout(3600)
def test_a_big_apply_killed_at_any_request_is_finished_by_the_next(
    big: Prepared, record_property: Callable[[str, Any], None]
) -> None:
    """The same with more than thirty objects of all kinds."""
    assert big.changes >= 30
    record_property("crash sweep, big", _sweep(big, _BIG))


def test_the_sweep_would_notice_an_apply_that_never_dies(small: Prepared) -> None:
    """A point beyond the last request kills nothing, and the sweep would fail on it."""
    assert not _crash(small(), 10_000, after=False)
