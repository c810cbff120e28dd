"""Keys of one tenant and the manifests of another never meet in a write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from apply.single_writes import TEMPLATES

from personalize_sync.errors import GuardError
from personalize_sync.planning.outcome import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

_OURS = {"client_key": "theTenantWeMean"}


def test_a_tenant_with_another_client_key_is_left_alone(worlds: Callable[..., World]) -> None:
    """The first object that the other tenant shows ends the run: exit code 12, no write."""
    world = worlds(rules=_OURS)
    world.sandbox.create("template", {"name": "x", "friendlyId": "x", "type": "WEB"})
    world.template()
    world.connection()

    with pytest.raises(GuardError, match=r"wrong tenant.*theTenantWeMean") as refused:
        world.apply()

    assert refused.value.exit_code == 12
    assert world.writes() == []


def test_a_plan_of_a_wrong_tenant_is_refused_too(worlds: Callable[..., World]) -> None:
    """Planning ends with exit code 12 as well."""
    world = worlds(rules=_OURS)
    world.sandbox.create("template", {"name": "x", "friendlyId": "x", "type": "WEB"})
    world.template()

    with pytest.raises(GuardError):
        world.plan()


def test_the_right_tenant_is_written_to(worlds: Callable[..., World]) -> None:
    """The same client key changes nothing."""
    world = worlds()
    world.rules["client_key"] = world.sandbox.client_key
    world.template()

    assert world.apply().exit_code == 0


def test_an_empty_wrong_tenant_is_left_after_its_first_answer(
    worlds: Callable[..., World],
) -> None:
    """Only an answer can show the client key: stop there, exit 14, and name what was written."""
    world = worlds(rules=_OURS)
    for key in ("a", "b", "c", "d", "e", "f"):
        world.template(key)

    report = world.apply()

    assert report.exit_code == 14
    posts = [r for r in world.writes() if r.path == TEMPLATES]
    assert len(report.wrote) == len(posts)
    assert len(posts) == 1  # nothing more is risked before an answer shows whose tenant it is
    assert all("wrong tenant" in o.error for o in report.wrote)
    assert all(r.ref in report.wrote[0].error for r in world.sandbox.all())
    skipped = [o for o in report.outcomes if o.result is Result.SKIPPED]
    assert len(skipped) == 6 - len(posts)
