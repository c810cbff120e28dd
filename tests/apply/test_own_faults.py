"""A bug of ours in the middle of an apply still ends in an honest report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from personalize_sync.planning.outcome import Result

if TYPE_CHECKING:
    from world import World


class _Broken(httpx.BaseTransport):
    """A transport with a bug of its own at the first write of a template."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Forward everything but that."""
        if request.method == "POST" and request.url.path == "/v3/templates":
            raise ZeroDivisionError
        return self._inner.handle_request(request)


def test_a_bug_in_one_change_does_not_hide_the_others(world: World) -> None:
    """The change is reported as failed and perhaps written, the others as they went."""
    world.template("strip")
    world.connection("weather")
    world.wire = _Broken

    report = world.apply()

    results = {outcome.address.kind: outcome.result for outcome in report.outcomes}
    assert results == {"template": Result.FAILED, "connection": Result.CREATED}
    (failed,) = (o for o in report.outcomes if o.result is Result.FAILED)
    assert failed.wrote
    assert "ZeroDivisionError" in failed.error
    assert report.exit_code == 14
