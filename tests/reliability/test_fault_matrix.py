"""Every fault meets every kind of request of an apply: it ends well, or says so and is finished next.

A cell counts only if its fault fired. By default some of the cells, in a fixed pattern;
`make sweep` takes all.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from reliability.prepared import Prepared, apply

from personalize_sync.errors import SyncError
from personalize_sync.sandbox import Fault
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
    from collections.abc import Callable

    from world import World

    from personalize_sync.sandbox.faults import Effect

_EFFECTS: dict[str, Effect] = {
    **{f"{code}": Status(code) for code in (400, 401, 403, 404, 409, 415, 422, 500, 502, 504)},
    **{f"{code} after": Status(code, applied=True) for code in (500, 502, 503, 504)},
    "429 with seconds": Status(429, retry_after=7),
    "429 with a date": Status(429, retry_in=5),
    "429 with nonsense": Status(429, retry_after="\u00b2"),
    "503 as HTML": Status(503, body="html"),
    "500 without a body": Status(500, body="empty"),
    "reset": Reset(),
    "lost answer": LostAnswer(),
    **{f"cut by {f}": Truncated(framing=f) for f in ("length", "chunked", "close")},
    "slow": Slow(pause=0.0),
    "duplicate keys": DuplicateKeys(),
    "a login page": Instead(),
    "an empty object": Instead(b"{}", 200, (("Content-Type", "application/json"),)),
    "redirect": Redirect(),
    "late": LateCommit(2),
    "late, and 504": LateCommit(1, code=504),
}
# A list that is cut off without a trace. What it hides is never created twice, but nobody can know
# that it is there to be archived: that is left to the next apply, though this one ends with 0.
_SHORT = ShortList(0)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_SHARE = 13


def _kinds(prepared: Prepared) -> list[tuple[str, str]]:
    """The kinds of request of the apply: method and path, with a pattern for each id."""
    return sorted({(method, _UUID.sub("*", path)) for method, path in prepared.requests})


def _cells(prepared: Prepared) -> list[tuple[str, Effect, str, str]]:
    kinds = _kinds(prepared)
    lists = [(m, p) for m, p in kinds if m == "GET" and p.rpartition("/")[2] in _COLLECTIONS]
    cells = [
        (name, effect, method, path)
        for name, effect in _EFFECTS.items()
        for method, path in kinds
        if not (isinstance(effect, LateCommit) and path == "/oauth/token")  # it commits nothing
    ]
    cells += [("short list", _SHORT, m, p) for m, p in lists]
    if os.environ.get("SWEEP"):
        return cells
    return [cell for number, cell in enumerate(cells) if number % _SHARE == 3]


_COLLECTIONS = {"templates", "connections", "decisionModelDefinitions", "flowDefinitions"}


def _outcome(world: World) -> int:
    """The exit code of an apply, whichever way it ends."""
    try:
        return apply(world).exit_code
    except SyncError as error:
        refusal = error
    assert not refusal.wrote, "an error that hides what was written"
    return refusal.exit_code


@pytest.mark.timeout(3600)
def test_every_fault_at_every_kind_of_request(
    small: Prepared, record_property: Callable[[str, Any], None]
) -> None:
    """Exit 0 means done; anything else is finished by the next apply; nothing twice, nothing lost."""
    cells = _cells(small)
    ends: Counter[str] = Counter()
    for name, effect, method, path in cells:
        world = small()
        fault = world.sandbox.faults.add(Fault(effect, method, path))
        code = _outcome(world)
        cell = (name, method, path, code)
        assert fault.fired == 1, cell
        world.sandbox.faults.clear()
        if code == 0 and effect is not _SHORT:
            small.assert_converged(world)
        else:
            assert code in (0, 1, 11, 13, 14, 17), cell
            small.assert_finished(world)
        ends["converged" if code == 0 else "said so"] += 1
        small.done(world)
    record_property(
        "fault matrix",
        f"{len(_EFFECTS) + 1} faults x {len(_kinds(small))} kinds of request, "
        f"{len(cells)} cells: {ends['converged']} converged, {ends['said so']} said so and were "
        "finished by the next apply, 0 duplicated, 0 lost",
    )


@pytest.mark.timeout(3600)
def test_a_tenant_that_stays_troubled_ends_every_apply(
    small: Prepared, record_property: Callable[[str, Any], None]
) -> None:
    """The same fault for ever, from the n-th request of a kind on: the run ends, and says so."""
    effects: list[Effect] = [Reset(), Status(503), Status(500, applied=True), Instead()]
    kinds = _kinds(small) if os.environ.get("SWEEP") else _kinds(small)[3::9]
    for effect in effects:
        for method, path in kinds:
            world = small()
            fault = world.sandbox.faults.add(Fault(effect, method, path, times=0))
            code = _outcome(world)
            assert fault.fired, (effect, method, path)
            # An answer that is lost every time is no trouble where a look can replace it.
            assert code in (0, 1, 11, 14), (effect, method, path, code)
            assert len(world.sandbox.requests) < 1500
            world.sandbox.faults.clear()
            if code == 0:
                small.assert_converged(world)
            small.assert_finished(world)
            small.done(world)
    record_property(
        "lasting troubles", f"{len(effects) * len(kinds)} ended, and were finished later"
    )


@pytest.mark.parametrize("by", [1, -1])
def test_a_page_that_shifts_never_archives(small: Prepared, by: int) -> None:
    """An object that slipped between two pages is not taken for one that no manifest declares."""
    world = small()
    for number in range(120):
        world.sandbox.create(
            "template", {"name": f"x{number}", "friendlyId": f"x{number}", "type": "WEB"}
        )
    fault = world.sandbox.faults.add(Fault(PageShift(by), "GET", "/v3/templates", times=0))

    code = _outcome(world)

    assert fault.fired
    assert code in (0, 12)
    world.sandbox.faults.clear()
    assert apply(world).exit_code == 0
    assert sum(r.body.get("archived") is not True for r in world.sandbox.all("template")) == 120 + 5
    small.done(world)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v3/templates/*-*"), ("PUT", "/v3/templates/*-*"), ("PUT", "/v2/connections/*")],
)
def test_a_persons_edit_at_any_moment_is_kept_or_told(
    small: Prepared, method: str, path: str
) -> None:
    """Before our look it stops the write; between look and write it is told, with exit 13."""
    address = "template/changed" if "templates" in path else "connection/Weather"
    target = small()
    ref = target.sandbox.stored(address).ref
    where = path.replace("*-*", ref).replace("*", ref)
    edit = ConcurrentEdit(address, {"icon": "by-maria"})
    fault = target.sandbox.faults.add(Fault(edit, method, where))

    report = apply(target)

    assert (fault.fired, report.exit_code) == (1, 13)
    if method == "GET":
        assert target.stored(address)["icon"] == "by-maria"
    else:
        assert any("went over revision" in outcome.error for outcome in report.outcomes)
    small.done(target)
