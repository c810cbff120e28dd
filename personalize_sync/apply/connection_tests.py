"""Letting a tenant call the outside systems of its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.errors import TenantError
from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.connection_tests import Called, judge, request_body
from personalize_sync.kinds.questions import TEST_CONNECTION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.kinds import Refs
    from personalize_sync.resources import Resource
    from personalize_sync.tenant.live import Tenant


def call_connections(
    resources: Iterable[Resource], tenant: Tenant, refs: Refs
) -> tuple[tuple[Resource, Called], ...]:
    """Return what each of these connections answers, if the tenant has it: one real call each."""
    return tuple(
        (resource, _called(ref, tenant))
        for resource in resources
        if resource.address.kind == TEST_CONNECTION.kind and (ref := refs.ref(resource.address))
    )


def _called(ref: str, tenant: Tenant) -> Called:
    try:
        live = tenant.get(BY_NAME[TEST_CONNECTION.kind], ref)
        if live is None:
            return Called(complaint="it is gone from the tenant")
        return judge(tenant.ask(TEST_CONNECTION, request_body(live.record)))
    except TenantError as error:
        return Called(complaint=error.message)
