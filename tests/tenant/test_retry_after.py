"""How long to wait is the server's word, within reason, and never the local clock's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tenant.access import TEMPLATES, Pretender, Waits, reader

from personalize_sync.errors import TenantError
from personalize_sync.sandbox import Fault, Sandbox, SandboxTransport
from personalize_sync.sandbox.faults import Status

_DATE = ("Date", "Tue, 03 Feb 2026 04:05:06 GMT")
_TABLE = [
    ([("Retry-After", "0")], 0.0),
    ([("Retry-After", "7")], 7.0),
    ([("Retry-After", " 7 ")], 7.0),
    ([("Retry-After", "120")], 120.0),
    ([("Retry-After", "121")], 120.0),
    ([("Retry-After", "1000000000")], 120.0),
    ([("Retry-After", "9" * 5000)], 120.0),
    ([_DATE, ("Retry-After", "Tue, 03 Feb 2026 04:05:36 GMT")], 30.0),
    ([_DATE, ("Retry-After", "Tue, 03 Feb 2026 05:05:36 +0100")], 30.0),
    ([_DATE, ("Retry-After", "Tue, 03 Feb 2026 03:00:00 GMT")], 0.0),
    ([_DATE, ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")], 120.0),
]
_UNREADABLE = [
    [],
    [("Retry-After", "")],
    [("Retry-After", "-1")],
    [("Retry-After", "1.5")],
    [("Retry-After", "1e9")],
    [("Retry-After", "NaN")],
    [("Retry-After", "²")],
    [("Retry-After", "٣")],
    [("Retry-After", "soon")],
    [("Retry-After", "1"), ("Retry-After", "2")],
    [("Retry-After", "Tue, 03 Feb 2026 04:05:36 GMT")],  # no Date to measure it by
    [("Date", "yesterday"), ("Retry-After", "Tue, 03 Feb 2026 04:05:36 GMT")],
    [_DATE, ("Retry-After", "Tue, 99 Feb 2026 04:05:36 GMT")],
    [_DATE, ("Retry-After", "Tue, 03 Feb 99999999999 04:05:36 GMT")],
    [_DATE, ("Retry-After", "Tue, 03 Feb 2026 04:05:36 -0000")],  # a zone that is none
]
_NAMES = [str(headers)[:60] for headers in _UNREADABLE]


def _waits(headers: list[tuple[str, str]], status: int = 429) -> list[float]:
    waits = Waits()
    client = reader(Pretender(b"", status, tuple(headers)), sleep=waits, attempts=3)
    with pytest.raises(TenantError):
        client.get("developer-templates", TEMPLATES)
    return waits.asked


@pytest.mark.parametrize(("headers", "seconds"), _TABLE, ids=[str(h)[-50:] for h, _ in _TABLE])
def test_the_server_is_obeyed_up_to_two_minutes(
    headers: list[tuple[str, str]], seconds: float
) -> None:
    """Seconds or a date, the date measured by the answer's own Date."""
    assert _waits(headers) == [seconds, seconds]


@pytest.mark.parametrize("headers", _UNREADABLE, ids=_NAMES)
def test_what_cannot_be_read_counts_as_absent(headers: list[tuple[str, str]]) -> None:
    """Then the wait is our own: short, growing, with jitter."""
    first, second = _waits(headers)

    assert 0 <= first <= 0.25
    assert 0 <= second <= 0.5


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_may_ask_to_wait_too(status: int) -> None:
    """Retry-After counts with every status that is worth repeating."""
    assert _waits([("Retry-After", "3")], status) == [3.0, 3.0]


@pytest.mark.parametrize("skew", [-86400, 0, 86400])
def test_a_clock_that_is_a_day_off_makes_no_difference(skew: int) -> None:
    """The tenant's clock, wherever it stands, is the only one that is read."""
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC) + timedelta(seconds=skew)
    fault = Fault(Status(429, retry_in=11), "GET")
    waits = Waits()
    with Sandbox(clock=lambda: moment, faults=(fault,)) as sandbox:
        client = reader(SandboxTransport(sandbox), sleep=waits)
        answer = client.get("developer-templates", TEMPLATES)

    assert answer is not None
    assert (fault.fired, waits.asked) == (1, [11.0])


def test_patience_ends() -> None:
    """Ten attempts by default, then the error names the status; no wait is longer than ten seconds."""
    pretender, waits = Pretender(b"", 503), Waits()
    client = reader(pretender, sleep=waits)

    with pytest.raises(TenantError, match="503"):
        client.get("developer-templates", TEMPLATES)

    assert len(pretender.seen) == 10
    assert len(waits.asked) == 9
    assert all(wait <= min(10, 0.25 * 2**n) for n, wait in enumerate(waits.asked))


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 415, 422])
def test_a_refusal_is_not_repeated(status: int) -> None:
    """One request, no wait."""
    pretender, waits = Pretender(b"", status), Waits()
    client = reader(pretender, sleep=waits)

    if status == 404:
        assert client.get("developer-templates", TEMPLATES) is None
    else:
        with pytest.raises(Exception, match=str(status)):
            client.get("developer-templates", TEMPLATES)

    assert (len(pretender.seen), waits.asked) == (1, [])
