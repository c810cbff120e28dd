"""An apply in its two halves, so that something can happen between plan and apply."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from personalize_sync import reconcile
from personalize_sync.apply.progress import Ways
from personalize_sync.planning.plan import SourceTree
from personalize_sync.planning.policy import Policy
from personalize_sync.tenant.client import Writer
from personalize_sync.tenant.keyring import Keyring
from personalize_sync.tenant.live import WritableTenant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from world import World

    from personalize_sync.planning.outcome import Report

NOTHING = Ways()


def plan_then_apply(
    world: World,
    meanwhile: Callable[[], object],
    *,
    ways: Ways = NOTHING,
    secrets_dir: Path | None = None,
    **wishes: Any,
) -> Report:
    """Plan, let something happen, and apply the plan."""
    environment, keyring = world.environment, Keyring(world.environment, world.environ)
    connection = world._connection()
    tenant = WritableTenant(Writer(connection, keyring), keyring, environment)
    with closing(tenant):
        plan, state = reconcile.plan(
            world.load(), tenant, Policy(environment, **wishes), source=SourceTree()
        )
        meanwhile()
        return reconcile.apply(
            plan,
            state,
            tenant,
            environ=world.environ,
            patience=connection.patience,
            ways=ways,
            secrets_dir=secrets_dir,
        )
