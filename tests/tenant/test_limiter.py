"""A busy tenant is asked less at once, and more again only after it has been calm for a while."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from tenant.access import Pretender, reader

from personalize_sync.errors import TenantError
from personalize_sync.tenant.limiter import Limiter
from personalize_sync.tenant.retrying import Again, Patience, Quota, persist

if TYPE_CHECKING:
    from collections.abc import Callable


def _answers(limiter: Limiter, count: int, *, busy: bool = False) -> None:
    for _ in range(count):
        with limiter.turn() as complain:
            if busy:
                complain()


def test_each_complaint_halves_and_never_below_one() -> None:
    """Eight, four, two, one, one."""
    limiter = Limiter(8)
    seen = []
    for _ in range(4):
        _answers(limiter, 1, busy=True)
        seen.append(limiter.allowed)

    assert seen == [4, 2, 1, 1]


def test_a_burst_of_complaints_about_requests_under_way_together_halves_once() -> None:
    """Eight requests that were sent at once are refused at once."""
    limiter = Limiter(8)
    together = Barrier(8)

    def refused(_number: int) -> None:
        with limiter.turn() as complain:
            together.wait(timeout=30)
            complain()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(refused, range(8)))

    assert limiter.allowed == 4


def test_calm_answers_win_one_request_back_at_a_time() -> None:
    """Sixteen calm answers for the third of four, and never more than were asked for."""
    limiter = Limiter(4)
    _answers(limiter, 1, busy=True)
    seen = []
    for _ in range(5):
        _answers(limiter, 8)
        seen.append(limiter.allowed)
    _answers(limiter, 200)

    assert seen == [2, 3, 3, 3, 4]
    assert limiter.allowed == 4


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_are_under_way_than_allowed(most: int) -> None:
    """Twenty threads share the turns, whatever goes wrong while one of them holds one."""
    limiter = Limiter(most)
    under_way: list[int] = []
    seen: list[int] = []

    def work(number: int) -> None:
        with suppress(ValueError), limiter.turn():
            under_way.append(number)
            seen.append(len(under_way))
            under_way.remove(number)
            if number % 2:
                raise ValueError(number)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(200)))

    assert len(seen) == 200
    assert max(seen) <= most


@pytest.mark.parametrize(("status", "allowed"), [(429, 1), (503, 1), (500, 4)])
def test_the_client_minds_what_the_tenant_says(status: int, allowed: int) -> None:
    """429 and 503 are complaints about too much at once; other troubles are not."""
    client = reader(Pretender(status=status))

    with pytest.raises(TenantError):
        client.get("connections", "/v2/connections")

    assert client._limiter.allowed == allowed


def _failing(times: int) -> Callable[[], str]:
    left = [times]

    def attempt() -> str:
        if left[0]:
            left[0] -= 1
            raise Again(TenantError("busy"))
        return "done"

    return attempt


def test_retries_are_rationed_over_a_whole_run() -> None:
    """Five requests may fail four times each; then each gets one try, until requests end well."""
    patience = Patience(attempts=5, sleep=lambda _seconds: None, random=random.Random(1))
    quota = Quota(20)
    calls = []

    def dead() -> str:
        calls.append(1)
        raise Again(TenantError("busy"))

    for _ in range(10):
        with pytest.raises(TenantError):
            persist(dead, patience, quota)
    assert len(calls) == 10 + 20

    assert persist(lambda: "done", patience, quota) == "done"
    assert persist(_failing(1), patience, quota) == "done"
    with pytest.raises(TenantError):
        persist(_failing(3), patience, Quota(1))


def test_a_dead_tenant_ends_a_long_list_of_requests_soon() -> None:
    """A thousand requests to it are not five thousand."""
    tenant = Pretender(status=503)
    client = reader(tenant)
    for _ in range(1000):
        with pytest.raises(TenantError):
            client.get("connections", "/v2/connections")

    assert 1000 <= len(tenant.seen) < 1000 + 150
