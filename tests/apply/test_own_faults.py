"""A bug of ours in the middle of an apply still ends in an honest report."""

from __future__ import annotations

import errno
import json
import os
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


class _Keeps(httpx.BaseTransport):
    """A tenant that takes an archive and ignores it."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Let a PUT through as if it had not asked for that."""
        if request.method == "PUT":
            body = {**json.loads(request.read()), "archived": False}
            headers = {"Authorization": request.headers["Authorization"]}
            request = httpx.Request("PUT", request.url, headers=headers, json=body)
        return self._inner.handle_request(request)


def test_an_archive_that_did_not_happen_is_told(world: World) -> None:
    """The answer was good, the object still lives: exit 17 names the field."""
    world.template("strip")
    world.template("other")
    world.apply()
    world.forget("Template", "strip")
    world.wire = _Keeps

    report = world.apply(prune=True)

    assert [(str(left.address), left.path) for left in report.leftovers] == [
        ("template/strip", "/archived")
    ]
    assert report.exit_code == 17


def test_a_journal_that_cannot_go_on_stops_the_run_with_its_report(world: World) -> None:
    """A full disk: what was written is told, and nothing further is begun."""
    world.template("strip")
    world.template("other")
    world.parallelism = 1

    def full(_outcome: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    report = world.apply(done=full)

    results = [outcome.result for outcome in report.outcomes]
    assert results == [Result.CREATED, Result.SKIPPED]
    assert "journal" in report.outcomes[1].error
