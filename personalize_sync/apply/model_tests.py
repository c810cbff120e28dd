"""Running the tests of decision models against a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.errors import TenantError
from personalize_sync.kinds.model_tests import (
    Judged,
    ModelTest,
    judge,
    request_body,
    without_answer,
)
from personalize_sync.kinds.questions import TEST_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.kinds import Refs
    from personalize_sync.tenant.live import Tenant


def run_tests(tests: Iterable[ModelTest], tenant: Tenant, refs: Refs) -> tuple[Judged, ...]:
    """Return how each test ended, in order; raises CredentialError where no key may ask."""
    return tuple(tenant.each(lambda test: _run(test, tenant, refs), tests))


def _run(test: ModelTest, tenant: Tenant, refs: Refs) -> Judged:
    model, variant = refs.ref(test.model), refs.ref(test.variant_address)
    if model is None or variant is None:
        missing = test.model if model is None else test.variant_address
        return without_answer(test, f"the tenant has no single {missing}; plan says why")
    try:
        answer = tenant.ask(TEST_MODEL, request_body(test, model, variant))
    except TenantError as error:
        return without_answer(test, error.message)
    tested = answer.get("decisionModelVariantRef")
    if isinstance(tested, str) and tested != variant:
        return without_answer(test, "the answer is about another variant")
    return judge(test, answer)
