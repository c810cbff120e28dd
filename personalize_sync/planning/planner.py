"""From desired and live state to the plan: pure, total, and independent of the order of its input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Action, Change, Drift, Evidence
from personalize_sync.planning.decide import Scene, decide, is_observed
from personalize_sync.planning.guards import guard
from personalize_sync.planning.likeness import departed, lookalikes
from personalize_sync.planning.lookups import look_up
from personalize_sync.planning.match import Matches, match
from personalize_sync.planning.order import RANK, in_order
from personalize_sync.planning.plan import Plan, Scope, SourceTree, Target
from personalize_sync.planning.prune import Pruning, is_built_in, prune
from personalize_sync.planning.three_way import base_of, has_history
from personalize_sync.planning.users import users, users_of
from personalize_sync.problems import Problem, Severity
from personalize_sync.resources import Manage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalize_sync.planning.change import FieldChange
    from personalize_sync.planning.policy import Policy
    from personalize_sync.resources import Address, Live, LiveState, Resource


def make_plan(
    desired: Sequence[Resource],
    state: LiveState,
    *,
    policy: Policy,
    source: SourceTree | None = None,
) -> Plan:
    """Return all that has to be done so that the tenant is as the manifests say."""
    desired, matches = look_up(desired, match(desired, state.objects))
    scene = Scene(matches, state, policy)
    untouched: list[Address] = []
    for resource in sorted(desired, key=_turn):
        if not policy.selected(resource):
            continue
        change = decide(resource, scene)
        if change:
            scene.note(change)
        elif resource.address in matches.live and resource.manage is Manage.FULL:
            untouched.append(resource.address)
    pruned = prune(matches, state, policy) if policy.prune and not policy.narrowed else Pruning()
    changes = scene.changes.values()
    drift = tuple(_drift(change) for change in changes if _was_moved(change))
    todo = [change for change in changes if scene.is_work(change)]
    unmanaged = [
        a
        for a, item in matches.unclaimed.items()
        if a not in pruned.archives and not is_built_in(item)
    ]
    unexplained = [c.live for c in changes if c.live and c.base.found == "none"]
    target = Target(policy.environment.name, policy.environment.base_url, state.client_key)
    guarded = guard([*todo, *pruned.archives.values()], matches, state, policy=policy)
    concerned = users(desired, matches) if guarded else {}
    return Plan(
        target=target,
        changes=in_order(replace(c, used_by=users_of(c.address, concerned)) for c in guarded),
        drift=tuple(sorted(drift, key=lambda entry: entry.address)),
        diagnostics=(
            *_diagnostics(desired, matches, policy),
            *(_not_adopted(desired, scene) if policy.adopt else ()),
            *lookalikes(todo, matches),
            *departed(todo, state.objects),
        ),
        source=source or SourceTree(),
        scope=Scope(
            policy.select,
            policy.prune,
            (*policy.unproven, *state.incomplete, *pruned.unproven),
            exclude=policy.exclude,
            allow=policy.allow,
            on_drift=policy.on_drift.value,
        ),
        unmanaged=len(unmanaged),
        adoptable=tuple(a for a in untouched if _is_foreign(matches.live[a], state)),
        refs=matches.refs,
        questions=tuple(o for o in (*unexplained, *pruned.questions) if has_history(o, state)),
    )


def _not_adopted(desired: Sequence[Resource], scene: Scene) -> Iterator[Problem]:
    """Say of everything that was named, and that adoption leaves alone, why."""
    for resource in desired:
        if resource.address in scene.changes or not scene.policy.selected(resource):
            continue
        live = scene.matches.live.get(resource.address)
        evidence, _ = base_of(live, scene.state) if live else (Evidence("none"), None)
        if resource.manage is not Manage.FULL:
            why = f"manage is {resource.manage}, so nothing of it is to be ours"
            remedy = "Let the manifest manage it fully first."
        elif evidence.found == "unreadable":
            why = "the tenant does not say who wrote it, so a write of ours would prove nothing"
            remedy = "Without readable authorship plan shows differences as undetermined."
        else:
            why = f"it is ours already: {evidence.author} wrote revision {evidence.revision}"
            remedy = "Nothing has to be done."
        yield Problem(
            "PS7004",
            f"{resource.address} is not adopted: {why}",
            remedy,
            location=resource.source.start,
            severity=Severity.WARNING,
            address=str(resource.address),
        )


def _turn(resource: Resource) -> tuple[bool, int, Address]:
    """Children first: a model pins the revisions that their changes will make. Users last."""
    address = resource.address
    return (not BY_NAME[address.kind].parent, RANK[address.kind], address)


def _is_foreign(live: Live, state: LiveState) -> bool:
    return live.author is not None and live.author not in state.ours


def _was_moved(change: Change) -> bool:
    """Whether somebody else is, or may be, behind some difference in an existing object."""
    return change.action is not Action.CREATE and bool(change.live and _reported(change))


def _drift(change: Change) -> Drift:
    live = change.live
    return Drift(
        change.address,
        author=live.author if live else None,
        at=live.modified_at if live else None,
        revision=live.revision if live else None,
        fields=_reported(change),
        location=change.location,
    )


def _reported(change: Change) -> tuple[FieldChange, ...]:
    """An object that is only observed has no other place where its differences could be said."""
    return change.fields if is_observed(change) else change.suspect


def _diagnostics(
    desired: Sequence[Resource], matches: Matches, policy: Policy
) -> tuple[Problem, ...]:
    missing = (
        Problem(
            "PS7001",
            f"{resource.address} is only observed, and the tenant has no such object",
            "Create it in the tenant, or let the manifest manage it.",
            location=resource.source.start,
            severity=Severity.WARNING,
            address=str(resource.address),
        )
        for resource in desired
        if resource.manage is Manage.OBSERVE
        and resource.address not in matches.live
        and resource.address not in matches.ambiguous
        and policy.selected(resource)
    )
    return tuple(sorted(missing, key=lambda problem: problem.sort_key))
