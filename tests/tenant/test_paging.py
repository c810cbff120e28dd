"""A list is read to its end, each object once, whatever the tenant thinks a page is."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from threading import Barrier
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tenant.access import TEMPLATES, Pretender, connection, environment, keyring, page
from world import DMN

from personalize_sync.errors import TenantError
from personalize_sync.kinds import BY_NAME
from personalize_sync.sandbox import Fault, Knobs, Sandbox, SandboxTransport
from personalize_sync.sandbox.faults import DuplicateKeys, Instead, PageShift, Status, Truncated
from personalize_sync.tenant.client import Reader
from personalize_sync.tenant.live import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANY = 250
_REQUEST = {"requestType": "GET", "connectionUrl": "https://weather.example.test"}
_BODIES: dict[str, dict[str, Any]] = {
    "template": {"type": "WEB"},
    "connection": {"auth": {"authType": "NONE"}, "request": _REQUEST, "systemType": "DATA_SYSTEM"},
    "decision-model": {"deploymentConfiguration": {"variants": []}},
}


@contextmanager
def _tenant(transport: httpx.BaseTransport) -> Iterator[Tenant]:
    client = Reader(connection(transport, attempts=2), keyring())
    with closing(Tenant(client, keyring(), environment())) as tenant:
        yield tenant


def _filled(*settings: str, kind: str = "template", count: int = _MANY) -> Sandbox:
    sandbox = Sandbox(knobs=Knobs.parse(settings))
    for number in range(count):
        name = f"n{number:03}"
        sandbox.create(kind, {"name": name, "friendlyId": name, **_BODIES[kind]})  # type: ignore[arg-type]
    return sandbox


_PAGINGS = [
    "",
    "K11=everything",
    "K11=over-max-400",
    "K11=max-1000",
    "K12=href-only",
    "K12=href-only K11=everything",
    "K14=newest-first",
    "K36=legacy K12=href-only",
]


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        *((settings, "template") for settings in _PAGINGS),
        *((settings, kind) for settings in ("", "K12=href-only") for kind in list(_BODIES)[1:]),
    ],
)
def test_250_objects_are_all_found_and_each_once(settings: str, kind: str) -> None:
    """Pages of 10, 100, 1000 or none; short links or whole objects."""
    with (
        _filled(*settings.split(), kind=kind) as sandbox,
        _tenant(SandboxTransport(sandbox)) as tenant,
    ):
        found = tenant.list_all(BY_NAME[kind])
        paths = {r.path for r in sandbox.requests}

    assert sorted(live.name for live in found) == [f"n{number:03}" for number in range(_MANY)]
    assert all("name" in live.record for live in found)
    assert len(paths) <= 2  # the token and the list: no link is followed one by one


class _Capped(httpx.BaseTransport):
    """Gives ten items a page, whatever is asked for, and repeats the limit that was asked for."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._inner = SandboxTransport(sandbox)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if request.url.path != TEMPLATES:
            return answer
        document = json.loads(answer.read())
        return httpx.Response(200, json={**document, "items": document["items"][:10]})


def test_a_short_page_is_no_end_where_the_limit_is_only_repeated() -> None:
    """Such a list would hide what is there, and a create would make it twice."""
    with _filled(count=25) as sandbox, _tenant(_Capped(sandbox)) as tenant:
        assert len(tenant.list_all(BY_NAME["template"])) == 25


@pytest.mark.parametrize(("others", "variants", "asked"), [(100, 5, 1), (100, 6, 2), (99, 5, 2)])
def test_a_few_variants_are_all_where_other_pages_are_twenty_times_as_long(
    others: int, variants: int, asked: int
) -> None:
    """Asking a thousand models for a second page that is not there would take most of the time."""
    with _filled(count=others) as sandbox, _tenant(SandboxTransport(sandbox)) as tenant:
        model = sandbox.create("decision-model", {"name": "Banner", **_BODIES["decision-model"]})
        for number in range(variants):
            body = {"name": f"v{number}", "definition": DMN}
            sandbox.create("decision-variant", body, parent="decision-model/Banner")
        tenant.list_all(BY_NAME["template"])
        found = tenant.list_all(BY_NAME["decision-variant"], parent=model.ref)
        requests = [r for r in sandbox.requests if r.path.endswith("/variants")]

    assert (len(found), len(requests)) == (variants, asked)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 99, 100, 101, 200])
def test_a_list_may_end_exactly_with_a_page(count: int) -> None:
    """Nothing is lost and nothing invented at the seams."""
    with _filled(count=count) as sandbox, _tenant(SandboxTransport(sandbox)) as tenant:
        assert len(tenant.list_all(BY_NAME["template"])) == count


class _Together(httpx.BaseTransport):
    """Answers the pages from 200 on only when two of them are under way at once."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._inner = SandboxTransport(sandbox)
        self._both = Barrier(2, timeout=30)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.params.get("offset") in ("200", "300"):
            self._both.wait()
        return self._inner.handle_request(request)


def test_pages_are_read_at_once_when_a_list_has_shown_that_it_has_pages() -> None:
    """The order stays that of the list, and only the last window can hold pages that are empty."""
    with _filled(count=420) as sandbox, _tenant(_Together(sandbox)) as tenant:
        found = tenant.list_all(BY_NAME["template"])
        asked = [r.query["offset"] for r in sandbox.requests if r.path == TEMPLATES]

    assert [live.name for live in found] == [f"n{number:03}" for number in range(420)]
    assert sorted(asked, key=int)[:5] == ["0", "100", "200", "300", "400"]
    assert len(asked) <= 5 + 4


class _Uneven(httpx.BaseTransport):
    """Gives fewer items in the middle of a list, twice, and repeats the limit that was asked for."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._inner = SandboxTransport(sandbox)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if request.url.params.get("offset") not in ("200", "250"):
            return answer
        document = json.loads(answer.read())
        return httpx.Response(200, json={**document, "items": document["items"][:50]})


def test_a_short_page_in_the_middle_loses_nothing_that_was_asked_for_ahead() -> None:
    """Requests that were given up at the short page are made again when their turn comes."""
    with _filled(count=520) as sandbox, _tenant(_Uneven(sandbox)) as tenant:
        found = tenant.list_all(BY_NAME["template"])

    assert [live.name for live in found] == [f"n{number:03}" for number in range(520)]


def test_lists_that_are_read_together_share_what_may_be_under_way() -> None:
    """Each asks for fewer pages that are not there."""
    with _filled(count=420) as sandbox, _tenant(SandboxTransport(sandbox)) as tenant:
        for number in range(420):
            sandbox.create("connection", {"name": f"n{number}", **_BODIES["connection"]})
        found = tenant.each(tenant.list_all, [BY_NAME["template"], BY_NAME["connection"]])
        asked = [r for r in sandbox.requests if r.method == "GET"]

    assert [len(lives) for lives in found] == [420, 420]
    assert len(asked) <= 2 * (5 + 4)


def test_a_list_that_comes_whole_is_not_asked_for_again_and_again() -> None:
    """One answer with everything, and one that shows nothing new."""
    with _filled("K11=everything") as sandbox, _tenant(SandboxTransport(sandbox)) as tenant:
        tenant.list_all(BY_NAME["template"])
        asked = [r for r in sandbox.requests if r.path == TEMPLATES]

    assert len(asked) == 2


@pytest.mark.parametrize("seam", [1, 2])
def test_an_object_that_is_repeated_on_the_next_page_counts_once(seam: int) -> None:
    """Somebody created an object meanwhile, and the pages moved by one."""
    with _filled() as sandbox, _tenant(SandboxTransport(sandbox)) as tenant:
        fault = sandbox.faults.add(Fault(PageShift(-1), "GET", TEMPLATES, nth=seam))
        found = tenant.list_all(BY_NAME["template"])

    assert fault.fired == 1
    assert len({live.ref for live in found}) == len(found)


def test_items_that_shift_under_every_page_are_found_once() -> None:
    """The order changes between pages: what is found is found once."""
    with (
        _filled("K14=shifting") as sandbox,
        _tenant(SandboxTransport(sandbox)) as tenant,
    ):
        found = tenant.list_all(BY_NAME["template"])

    assert len({live.ref for live in found}) == len(found)


def test_a_list_that_ignores_paging_altogether_ends() -> None:
    """The same page again and again has nothing new."""
    pretender = Pretender(page({"ref": "a", "name": "a"}, {"ref": "b", "name": "b"}))
    with _tenant(pretender) as tenant:
        found = tenant.list_all(BY_NAME["template"])

    assert [live.ref for live in found] == ["a", "b"]
    assert len(pretender.seen) == 2


def test_an_object_that_changed_between_two_pages_counts_once() -> None:
    """It is listed twice, with two revisions."""
    twice = page({"ref": "a", "name": "a", "revision": 1}, {"ref": "a", "name": "b", "revision": 2})
    with _tenant(Pretender(twice)) as tenant:
        assert [live.ref for live in tenant.list_all(BY_NAME["template"])] == ["a"]


@pytest.mark.parametrize(
    "effect",
    [Status(503), Truncated(), Truncated(framing="close"), DuplicateKeys(), Instead()],
    ids=["503", "cut off", "cut off unnoticed", "items twice", "HTML"],
)
def test_a_later_page_that_cannot_be_read_is_an_error(effect: Any) -> None:
    """Two good pages are no list."""
    with _filled() as sandbox, _tenant(SandboxTransport(sandbox)) as tenant:
        fault = sandbox.faults.add(Fault(effect, "GET", TEMPLATES, nth=2, times=0))
        with pytest.raises(TenantError):
            tenant.list_all(BY_NAME["template"])

    assert fault.fired


def test_a_missing_collection_is_an_error_and_no_empty_list() -> None:
    """404 of a list means a wrong address."""
    with _tenant(Pretender(b"{}", 404)) as tenant, pytest.raises(TenantError, match="not found"):
        tenant.list_all(BY_NAME["template"])


def test_links_to_another_host_are_not_followed() -> None:
    """Only the id at the end of a link is used, on our own host."""
    pretender = Pretender(page({"href": "https://elsewhere.example.test/v3/templates/abc"}))
    with _tenant(pretender) as tenant, pytest.raises(TenantError):
        tenant.list_all(BY_NAME["template"])

    assert {request.url.host for request in pretender.requests} == {"127.0.0.1"}
    assert f"GET {TEMPLATES}/abc" in pretender.seen


def test_a_hidden_object_leads_to_no_twin(worlds: Any) -> None:
    """A page skips our connection while planning: the look before the create finds it."""
    world = worlds()
    for number in range(120):
        world.sandbox.create("connection", {"name": f"n{number}", **_BODIES["connection"]})
    world.connection()
    assert world.apply().exit_code == 0
    world.sandbox.create("connection", {"name": "Last", **_BODIES["connection"]})
    # Twice, since a list is read on until nothing new appears.
    shift = world.sandbox.faults.add(Fault(PageShift(21), "GET", "/v2/connections", times=2))
    before = len(world.writes())

    report = world.apply()

    assert (shift.fired, report.exit_code) == (2, 13)
    assert len(world.writes()) == before
