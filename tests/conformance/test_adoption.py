"""Adoption under every open question about the API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from world import by_a_stranger

from personalize_sync.planning.change import Cause
from personalize_sync.planning.outcome import Result
from personalize_sync.sandbox import starred_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

_EXAMPLE = Path(__file__).resolve().parents[2] / "manifests"
# Lists that lag show yesterday's tenant; without authors there is nothing to begin.
_BLIND = {"K43=lagging", "K37=absent"}
# What is in service is only edited after it was taken out of it, and adoption does not.
_FIRM = "K24=400"


@pytest.mark.parametrize("setting", ["K01=900", *sorted({*starred_settings()} - _BLIND - {_FIRM})])
def test_an_inherited_shop_becomes_ours(worlds: Callable[..., World], setting: str) -> None:
    """Adoption changes no content, is done once, and from then on an edit is drift."""
    secret = {"LOYALTY_CLIENT_SECRET": "hush"}
    world = worlds(knobs=(setting,), env="sandbox", environ=secret)
    for path in _EXAMPLE.rglob("*"):
        if path.is_file() and path.name != "personalize-sync.yaml":
            world.write(str(path.relative_to(_EXAMPLE)), path.read_bytes())
    by_a_stranger(world)
    before = {r.ref: _content(r.body) for r in world.sandbox.all()}

    report = world.apply(adopt=True)

    assert [(str(o.address), o.error) for o in report.outcomes if o.error] == []
    assert {o.address for o in report.outcomes} == {r.address for r in world.load().resources}
    assert report.exit_code == 0
    assert all(_keeps(_content(r.body), before[r.ref]) for r in world.sandbox.all())
    world.rules["writers"] = report.strangers
    assert world.apply(adopt=True).plan.is_empty
    assert not world.plan().adoptable
    world.edit("template/promo_strip", name="Hers")
    (change,) = world.plan().changes
    assert change.cause is Cause.DRIFT


def test_nothing_is_taken_out_of_service_to_be_adopted(worlds: Callable[..., World]) -> None:
    """A tenant that only edits drafts refuses, and the variant serves on as it was."""
    world = worlds(knobs=(_FIRM,))
    world.model()
    by_a_stranger(world)
    deployed = world.stored("decision-model/banner")
    before = len(world.writes())

    report = world.apply(adopt=True)

    (refused,) = [o for o in report.outcomes if o.result is Result.FAILED]
    assert "becomes ours with its first change" in refused.error
    assert len(world.writes()) == before + 1
    assert world.stored("decision-model/banner") == deployed


def _content(body: dict[str, object]) -> dict[str, object]:
    """What people see: not the marker of a secret, nor which revision a deployment pins."""
    return {n: v for n, v in body.items() if n not in ("description", "deploymentConfiguration")}


def _keeps(after: object, before: object) -> bool:
    """Whether all that was there is there; a default that was read may now be stored, too.

    A tenant that sorts what it shows gets it back sorted.
    """
    if isinstance(after, dict) and isinstance(before, dict):
        return all(name in after and _keeps(after[name], before[name]) for name in before)
    if isinstance(after, list) and isinstance(before, list):
        return sorted(map(repr, after)) == sorted(map(repr, before))
    return after == before


class _Indifferent(httpx.BaseTransport):
    """A tenant that takes a PUT without storing a revision of it."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            request = httpx.Request("GET", request.url, headers=request.headers)
        return self._inner.handle_request(request)


def test_a_tenant_that_stores_no_revision_for_nothing_is_told_apart(
    worlds: Callable[..., World],
) -> None:
    """Where a write that changes nothing leaves the author as it was, adoption did not happen."""
    world = worlds(wire=_Indifferent)
    world.template()
    by_a_stranger(world)

    report = world.apply(adopt=True)

    (outcome,) = report.outcomes
    assert report.exit_code == 14
    assert "still names elsewhere-developer-templates@clients as the last author" in outcome.error
