"""A tenant that is down ends the run once, not once for each request."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest
from tenant.access import TEMPLATES, connection, keyring

from personalize_sync.errors import RejectedError, TenantError, UnreachableError
from personalize_sync.tenant.client import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 90.0
_TOKEN = {"access_token": "bearer-of-the-test", "expires_in": 9000}


@dataclass
class Hours:
    """A clock that only moves when somebody waits."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.now += seconds


@dataclass
class Down(httpx.BaseTransport):
    """Answers after a second what `answer` says; nothing at all takes thirty to notice."""

    hours: Hours
    answer: Callable[[int], httpx.Response | None] = lambda _number: None
    asked: list[float] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Give out tokens at once, and let everything else wait."""
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json=_TOKEN)
        self.asked.append(self.hours.now)
        answer = self.answer(len(self.asked))
        if answer is None:
            self.hours.sleep(30.0)
            raise httpx.ReadTimeout("silence", request=request)
        self.hours.sleep(1.0)
        return answer


def _writer(tenant: Down) -> Writer:
    way = connection(tenant, sleep=tenant.hours.sleep, clock=tenant.hours)
    return Writer(way, keyring())


def _put(client: Writer) -> TenantError:
    with pytest.raises(TenantError) as caught:
        client.put("developer-templates", f"{TEMPLATES}/a", {})
    return caught.value


def _get(client: Writer) -> TenantError:
    with pytest.raises(TenantError) as caught:
        client.get("developer-templates", TEMPLATES)
    return caught.value


def test_a_tenant_that_never_answers_is_given_up_once_for_all_requests() -> None:
    """After a minute and a half each further request fails before anything is sent."""
    hours = Hours()
    tenant = Down(hours)
    client = _writer(tenant)
    begun = hours.now

    for _ in range(20):
        _put(client)
        last = _get(client)

    assert hours.now - begun <= _PATIENCE + 30
    assert len(tenant.asked) <= 4
    assert isinstance(last, UnreachableError)
    assert "no useful answer for 90 seconds" in last.message


def test_a_tenant_that_only_says_how_busy_it_is_is_given_up() -> None:
    """503 is an answer of something in between, perhaps for ever."""
    hours = Hours()
    tenant = Down(hours, lambda _number: httpx.Response(503, json={}))
    client = _writer(tenant)
    begun = hours.now

    for _ in range(200):
        error = _get(client)

    assert isinstance(error, UnreachableError)
    assert hours.now - begun < 2 * _PATIENCE


def test_a_pause_that_the_tenant_asked_for_is_no_silence() -> None:
    """It asks for two minutes, which is longer than it may be silent, and answers after them."""
    hours = Hours()
    busy = httpx.Response(429, headers={"Retry-After": "120"}, json={})
    good = httpx.Response(200, json={"items": []})
    tenant = Down(hours, lambda number: busy if number == 1 else good)

    assert _writer(tenant).get("developer-templates", TEMPLATES) == {"items": []}
    assert len(tenant.asked) == 2


@pytest.mark.parametrize("status", [200, 400, 404])
def test_one_useful_answer_is_enough_to_go_on(status: int) -> None:
    """Silence is counted from the last one, refusals included."""
    hours = Hours()
    useful = httpx.Response(status, json={"items": []})
    tenant = Down(hours, lambda number: useful if number % 3 == 0 else None)
    client = _writer(tenant)

    for _ in range(20):
        with suppress(RejectedError):
            client.get("developer-templates", TEMPLATES)

    assert len(tenant.asked) == 60
