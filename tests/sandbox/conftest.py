"""The two doors of the sandbox: in process, and over a real socket."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from sandbox.sandbox_world import Api, new_sandbox, tenant

from personalize_sync.sandbox import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.sandbox_world import Door

    from personalize_sync.sandbox.faults import Fault


@contextmanager
def _in_process(*settings: str, faults: tuple[Fault, ...] = ()) -> Iterator[Api]:
    yield tenant(*settings, faults=faults)


@contextmanager
def _over_a_socket(*settings: str, faults: tuple[Fault, ...] = ()) -> Iterator[Api]:
    with (
        new_sandbox(*settings, faults=faults) as sandbox,
        Server(sandbox) as server,
        httpx.Client(base_url=server.base_url, timeout=10) as http,
    ):
        yield Api(sandbox, http=http, token_url=server.token_url).sign_in()


@pytest.fixture(params=[_in_process, _over_a_socket], ids=["in-process", "socket"])
def door(request: pytest.FixtureRequest) -> Door:
    """Opens a tenant with given knobs and faults, once in process and once over a socket."""
    opened: Door = request.param
    return opened
