"""Each fault does what it says through both doors, and counts that it did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from sandbox.sandbox_world import (
    AUTH,
    CONNECTIONS,
    TEMPLATES,
    Api,
    connection,
    new_sandbox,
    template,
    tenant,
)

from personalize_sync.sandbox import Fault, FaultPlan
from personalize_sync.sandbox.faults import (
    ConcurrentEdit,
    DuplicateKeys,
    Instead,
    LateCommit,
    LostAnswer,
    PageShift,
    Redirect,
    Reset,
    ShortList,
    Slow,
    Status,
    Truncated,
)

if TYPE_CHECKING:
    from sandbox.sandbox_world import Door


@pytest.mark.parametrize("body", ["json", "empty", "html"])
def test_a_status_comes_before_anything_is_done(door: Door, body: str) -> None:
    """The planned status is answered, and the tenant has not seen the write."""
    fault = Fault(Status(503, body=body), method="POST", path=TEMPLATES)  # type: ignore[arg-type]
    with door(faults=(fault,)) as api:
        answer = api.post(TEMPLATES, template())

        assert answer.status_code == 503
        assert answer.content[:1] == {"json": b"{", "empty": b"", "html": b"<"}[body]
        assert api.sandbox.all() == ()
        assert fault.fired == 1


def test_a_status_may_come_after_the_write(door: Door) -> None:
    """The client sees a failure although the object exists."""
    fault = Fault(Status(504, applied=True), method="POST", path=TEMPLATES)
    with door(faults=(fault,)) as api:
        answer = api.post(TEMPLATES, template())

        assert answer.status_code == 504
        assert api.sandbox.stored("template/promo_strip").revision == 1
        assert fault.fired == 1


@pytest.mark.parametrize("text", ["1", "-1", "1000000000", "²", "soon", ""])
def test_retry_after_is_sent_as_it_was_written(door: Door, text: str) -> None:
    """Even a hostile Retry-After reaches the client."""
    fault = Fault(Status(429, retry_after=text), path=TEMPLATES)
    with door(faults=(fault,)) as api:
        answer = api.get(TEMPLATES)

        assert answer.headers["Retry-After"].encode("latin-1") in (
            text.encode("latin-1"),
            text.encode(),
        )


def test_retry_after_may_be_a_date_by_the_tenants_clock(door: Door) -> None:
    """The date lies as far after the answer's own Date as was asked."""
    fault = Fault(Status(429, retry_in=2), path=TEMPLATES)
    with door(faults=(fault,)) as api:
        answer = api.get(TEMPLATES)

        assert answer.headers["Date"] == "Tue, 03 Feb 2026 04:05:06 GMT"
        assert answer.headers["Retry-After"] == "Tue, 03 Feb 2026 04:05:08 GMT"


def test_a_header_may_come_twice(door: Door) -> None:
    """Two Retry-After headers stay two."""
    twice = (("Retry-After", "1"), ("Retry-After", "2"))
    with door(faults=(Fault(Status(429, headers=twice), path=TEMPLATES),)) as api:
        assert api.get(TEMPLATES).headers.get_list("Retry-After") == ["1", "2"]


def test_a_reset_comes_before_the_tenant_has_read(door: Door) -> None:
    """The connection breaks and nothing was written."""
    fault = Fault(Reset(), method="POST", path=CONNECTIONS)
    with door(faults=(fault,)) as api:
        with pytest.raises(httpx.ReadError):
            api.post(CONNECTIONS, connection())

        assert api.sandbox.all() == ()
        assert fault.fired == 1


def test_a_lost_answer_comes_after_the_write(door: Door) -> None:
    """The connection ends without an answer, and the object exists; the log shows status 0."""
    fault = Fault(LostAnswer(), method="POST", path=CONNECTIONS)
    with door(faults=(fault,)) as api:
        with pytest.raises(httpx.RemoteProtocolError):
            api.post(CONNECTIONS, connection())

        assert len(api.sandbox.all("connection")) == 1
        assert api.sandbox.requests[-1].status == 0
        assert fault.fired == 1
        assert api.get(CONNECTIONS).status_code == 200


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_truncated_body_breaks_off(door: Door, framing: str) -> None:
    """The client's HTTP library notices that the body is not complete."""
    fault = Fault(Truncated(framing=framing), method="POST", path=TEMPLATES)  # type: ignore[arg-type]
    with door(faults=(fault,)) as api:
        with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
            api.post(TEMPLATES, template())

        assert len(api.sandbox.all("template")) == 1
        assert fault.fired == 1


def test_a_body_without_length_ends_unnoticed(door: Door) -> None:
    """Only the JSON shows that the rest is missing."""
    fault = Fault(Truncated(framing="close"), path=TEMPLATES)
    with door(faults=(fault,)) as api:
        answer = api.get(TEMPLATES)

        assert answer.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            answer.json()
        assert fault.fired == 1


def test_a_slow_answer_outlasts_the_client(door: Door) -> None:
    """The write took place, the reader gives up."""
    fault = Fault(Slow(pause=5), method="POST", path=TEMPLATES)
    with door(faults=(fault,)) as api:
        api.http.timeout = httpx.Timeout(0.2)
        with pytest.raises(httpx.ReadTimeout):
            api.post(TEMPLATES, template())

        assert len(api.sandbox.all("template")) == 1
        assert fault.fired == 1


def test_duplicate_keys_hide_a_list(door: Door) -> None:
    """A lenient reader sees an empty list, the text holds both."""
    fault = Fault(DuplicateKeys(), method="GET", path=TEMPLATES)
    with door(faults=(fault,)) as api:
        api.made(TEMPLATES, template())
        text = api.get(TEMPLATES).text

        assert text.count('"items"') == 2
        assert json.loads(text)["items"] == []
        assert fault.fired == 1


def test_something_else_may_answer(door: Door) -> None:
    """A proxy's page with status 200 comes instead, and nothing is written."""
    fault = Fault(Instead(), method="POST", path=TEMPLATES)
    with door(faults=(fault,)) as api:
        answer = api.post(TEMPLATES, template())

        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
        assert api.sandbox.all() == ()
        assert fault.fired == 1


def test_a_redirect_points_to_another_host(door: Door) -> None:
    """The Location keeps the path and changes the host."""
    fault = Fault(Redirect(), path=TEMPLATES)
    with door(faults=(fault,)) as api:
        answer = api.get(TEMPLATES)

        assert answer.status_code == 307
        assert answer.headers["Location"] == "https://elsewhere.invalid/v3/templates"
        assert fault.fired == 1


@pytest.mark.parametrize(("by", "second_page"), [(1, ["d"]), (-1, ["b", "c"])])
def test_a_page_may_shift(door: Door, by: int, second_page: list[str]) -> None:
    """The second page skips an object, or repeats one; the first cannot shift."""
    fault = Fault(PageShift(by), path=TEMPLATES)
    with door(faults=(fault,)) as api:
        for name in "abcd":
            api.made(TEMPLATES, template(friendlyId=name))
        pages = [api.listed(TEMPLATES, limit=2, offset=offset) for offset in (0, 2, 2)]

        names = [[item["friendlyId"] for item in page] for page in pages]
        assert names == [["a", "b"], second_page, ["c", "d"]]
        assert fault.fired == 1


def test_a_list_may_be_short(door: Door) -> None:
    """The list shows fewer objects than there are, and does not say so."""
    fault = Fault(ShortList(keep=1), method="GET", path=TEMPLATES)
    with door(faults=(fault,)) as api:
        for name in "ab":
            api.made(TEMPLATES, template(friendlyId=name))

        assert [len(api.listed(TEMPLATES)) for _ in range(2)] == [1, 2]
        assert fault.fired == 1


def test_a_person_may_edit_between_get_and_put(door: Door) -> None:
    """The PUT answers a revision that is two higher; the person's edit is in the history."""
    edit = ConcurrentEdit("template/promo_strip", {"name": "Maria's"})
    fault = Fault(edit, method="PUT", path=f"{TEMPLATES}/*")
    with door(faults=(fault,)) as api:
        made = api.made(TEMPLATES, template())
        changed = api.changed(f"{TEMPLATES}/{made['ref']}", template())

        history = api.sandbox.history(made["ref"])
        assert (made["revision"], changed["revision"]) == (1, 3)
        assert [past.modified_by for past in history][1] == "auth0|maria"
        assert [past.body["name"] for past in history] == ["Promo strip", "Maria's", "Promo strip"]
        assert fault.fired == 1


def test_an_edit_that_cannot_be_made_does_not_count() -> None:
    """A fault with a wrong address leaves its counter at zero."""
    fault = Fault(ConcurrentEdit("template/typo", {"name": "x"}), path=TEMPLATES)
    api = tenant(faults=(fault,))
    api.get(TEMPLATES)

    assert (fault.matched, fault.fired) == (1, 0)


def test_a_commit_may_be_late(door: Door) -> None:
    """The client sees a broken connection; the object appears two requests later."""
    fault = Fault(LateCommit(requests=2), method="POST", path=CONNECTIONS)
    with door(faults=(fault,)) as api:
        with pytest.raises(httpx.RemoteProtocolError):
            api.post(CONNECTIONS, connection())

        assert [len(api.listed(CONNECTIONS)) for _ in range(3)] == [0, 0, 1]
        assert fault.fired == 1


def test_a_late_commit_may_answer_with_a_status() -> None:
    """A gateway gives up with 504 while the tenant still works."""
    fault = Fault(LateCommit(requests=1, code=504), method="PUT", path=f"{TEMPLATES}/*")
    api = tenant(faults=(fault,))
    path = f"{TEMPLATES}/{api.made(TEMPLATES, template())['ref']}"

    assert api.put(path, template(name="New")).status_code == 504
    assert [api.read(path)["name"] for _ in range(2)] == ["Promo strip", "New"]


def test_a_late_commit_of_a_refused_request_never_happens() -> None:
    """Without a valid token there is nothing to be late with."""
    fault = Fault(LateCommit(), method="POST")
    api = Api(new_sandbox(faults=(fault,)))

    assert api.post(CONNECTIONS, connection()).status_code == 401
    assert fault.fired == 0


def test_a_fault_waits_for_its_turn_and_ends() -> None:
    """`nth` and `times` choose the requests; `times=0` never ends."""
    few = Fault(Status(500), path=TEMPLATES, nth=2, times=2)
    endless = Fault(Status(502), path=CONNECTIONS, times=0)
    api = tenant(faults=(few, endless))

    assert [api.get(TEMPLATES).status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    assert [api.get(CONNECTIONS).status_code for _ in range(3)] == [502, 502, 502]
    assert (few.fired, few.matched, endless.fired) == (2, 5, 3)


def test_the_token_endpoint_can_fail_too() -> None:
    """A pattern that matches everything counts token requests."""
    fault = Fault(Status(500), path="/oauth/token")
    api = Api(new_sandbox(faults=(fault,)))

    assert api.http.post(AUTH).status_code == 500
    assert api.token_reply().status_code == 200


def test_a_plan_tells_which_faults_never_fired() -> None:
    """A test that ends with an unfired fault has proved nothing, and can say so."""
    plan = FaultPlan([Fault(Status(500), path="/nowhere")])
    api = tenant(faults=plan)
    added = plan.add(Fault(Status(500), path=TEMPLATES))
    api.get(TEMPLATES)

    assert [fault.effect for fault in plan.unfired] == [Status(500)]
    assert added not in plan.unfired
    plan.clear()
    assert list(plan) == []
