"""From desired and live state to the plan: pure, total, and independent of the order of its input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME, Form
from personalize_sync.planning.change import Action, Cause, Change, Drift
from personalize_sync.planning.guards import guard
from personalize_sync.planning.match import Matches, match
from personalize_sync.planning.order import in_order
from personalize_sync.planning.plan import Plan, Scope, SourceTree, Target
from personalize_sync.planning.precondition import expect
from personalize_sync.planning.prune import Pruning, is_built_in, prune
from personalize_sync.planning.three_way import (
    base_of,
    field_changes,
    has_history,
    stated_fields,
    unverifiable,
)
from personalize_sync.problems import Problem, Severity
from personalize_sync.project import OnDrift
from personalize_sync.resources import AFTER_APPLY, Address, Manage, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalize_sync.planning.change import FieldChange
    from personalize_sync.planning.policy import Policy
    from personalize_sync.resources import Document, Live, LiveState, Path, Resource


def make_plan(
    desired: Sequence[Resource],
    state: LiveState,
    *,
    policy: Policy,
    source: SourceTree | None = None,
) -> Plan:
    """Return all that has to be done so that the tenant is as the manifests say."""
    matches = match(desired, state.objects)
    changes: dict[Address, Change] = {}
    untouched: list[Address] = []
    # Variants first: a model's deployment pins the revisions that their changes will make.
    for resource in sorted(desired, key=lambda r: (not BY_NAME[r.address.kind].parent, r.address)):
        if not policy.selected(resource):
            continue
        change = _change(resource, matches, state, policy=policy, changes=changes)
        if change:
            changes[resource.address] = change
        elif resource.address in matches.live and resource.manage is Manage.FULL:
            untouched.append(resource.address)
    pruned = prune(matches, state, policy) if policy.prune and not policy.narrowed else Pruning()
    drift = tuple(_drift(change) for change in changes.values() if _was_moved(change))
    todo = [change for change in changes.values() if _is_work(change, policy)]
    unmanaged = [
        a
        for a, item in matches.unclaimed.items()
        if a not in pruned.archives and not is_built_in(item)
    ]
    unexplained = [c.live for c in changes.values() if c.live and c.base.found == "none"]
    target = Target(policy.environment.name, policy.environment.base_url, state.client_key)
    return Plan(
        target=target,
        changes=in_order(guard([*todo, *pruned.archives.values()], matches, state, policy=policy)),
        drift=tuple(sorted(drift, key=lambda entry: entry.address)),
        diagnostics=_diagnostics(desired, matches, policy),
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


def _change(
    resource: Resource,
    matches: Matches,
    state: LiveState,
    *,
    policy: Policy,
    changes: Mapping[Address, Change],
) -> Change | None:
    kind = BY_NAME[resource.address.kind]
    spec = kind.settle(resource.spec, _child_revisions(resource.address, matches, changes, policy))
    live = matches.live.get(resource.address)
    holder = live or matches.twins.get(resource.address)
    stored = kind.normalise(holder, matches.refs) if holder else None
    if stored is not None:
        spec = _without_ignored(spec, stored, resource.address, policy)
    resource = replace(resource, spec=spec)
    if resource.address in matches.ambiguous:
        return _unclear(resource)
    if live is None or stored is None:
        return _new(resource, matches, policy)
    if resource.manage is Manage.CREATE_ONLY:
        return None
    evidence, base = base_of(live, state)
    fields = field_changes(
        spec,
        stored,
        kind.normalise(replace(live, record=base.record), matches.refs) if base else None,
        evidence=evidence,
        kind=kind,
        resource=resource,
    )
    unsent = kind.unsent(live, resource)
    if resource.secrets and str(resource.address) in policy.send_secret:
        unsent = unsent or "asked for with --send-secret"
    if not fields and not unsent:
        return None
    return Change(
        address=resource.address,
        action=Action.UPDATE,
        cause=_overall(f.cause for f in fields),
        credential=policy.environment.feature(kind.name, kind.write_with) or "",
        fields=fields,
        secrets=_secrets_sent(resource),
        notes=(*unverifiable(live, evidence), *([unsent] if unsent else [])),
        depends_on=_dependencies(resource, changes, policy),
        base=evidence,
        expect=expect(live, matches.refs),
        location=resource.source.start,
        desired=resource,
        live=live,
    )


def _unclear(resource: Resource) -> Change:
    """Several live objects of one name: which one is meant is nobody's guess."""
    return Change(
        address=resource.address,
        action=Action.UPDATE,
        cause=Cause.UNDETERMINED,
        location=resource.source.start,
        desired=resource,
    )


def _new(resource: Resource, matches: Matches, policy: Policy) -> Change | None:
    kind = BY_NAME[resource.address.kind]
    twin = matches.twins.get(resource.address)
    parent = Address(kind.parent, resource.address.key.partition(":")[0])
    if resource.manage is Manage.OBSERVE or parent in matches.ambiguous:
        return None
    is_child_of_new = bool(kind.parent) and parent not in matches.live
    return Change(
        address=resource.address,
        action=Action.RESTORE if twin else Action.CREATE,
        cause=Cause.PENDING,
        credential=policy.environment.feature(kind.name, kind.write_with) or "",
        fields=stated_fields(resource.spec, kind, resource),
        secrets=_secrets_sent(resource),
        depends_on=(parent,) if is_child_of_new else (),
        expect=expect(twin, matches.refs) if twin else None,
        location=resource.source.start,
        desired=resource,
        live=twin,
    )


def _child_revisions(
    address: Address, matches: Matches, changes: Mapping[Address, Change], policy: Policy
) -> dict[str, Any]:
    if address.kind != "decision-model":
        return {}
    prefix = address.key + ":"
    return {
        child.key.removeprefix(prefix): _next_revision(live, changes.get(child), policy)
        for child, live in matches.live.items()
        if child.kind == "decision-variant" and child.key.startswith(prefix)
    }


def _next_revision(live: Live, change: Change | None, policy: Policy) -> Any:
    if change is None:
        return live.revision
    # An edit that is kept is not written, and not deployed behind its author's back either.
    return AFTER_APPLY if _is_work(change, policy) else None


def _dependencies(
    resource: Resource, changes: Mapping[Address, Change], policy: Policy
) -> tuple[Address, ...]:
    if resource.address.kind != "decision-model":
        return ()
    prefix = resource.address.key + ":"
    return tuple(
        sorted(
            address
            for address, change in changes.items()
            if address.kind == "decision-variant"
            and address.key.startswith(prefix)
            and _is_work(change, policy)
        )
    )


def _without_ignored(
    spec: Document, stored: Document, address: Address, policy: Policy
) -> Document:
    """Leave ignored fields out; in a collection that is managed whole, leave them as stored."""
    shapes = BY_NAME[address.kind].shapes
    ignored = {r.path for r in policy.environment.ignore if r.covers(str(address), r.path)}

    def spare(value: Any, found: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            return value
        found = found if isinstance(found, dict) else {}
        kept = {
            name: spare(child, found.get(name), (*path, name))
            for name, child in value.items()
            if pointer((*path, name)) not in ignored
        }
        if shapes.get(pointer(path)) is Form.MAP:
            kept |= {n: child for n, child in found.items() if pointer((*path, n)) in ignored}
        return kept

    pruned: Document = spare(spec, stored, ()) if ignored else spec
    return pruned


def _overall(causes: Iterable[Cause]) -> Cause:
    present = set(causes)
    gravest = (Cause.CONFLICT, Cause.UNDETERMINED, Cause.DRIFT)
    return next((cause for cause in gravest if cause in present), Cause.PENDING)


def _secrets_sent(resource: Resource) -> tuple[str, ...]:
    return tuple(sorted(pointer(path) for path in resource.secrets))


def _is_foreign(live: Live, state: LiveState) -> bool:
    return live.author is not None and live.author not in state.ours


def _was_moved(change: Change) -> bool:
    """Whether somebody else is, or may be, behind some difference in an existing object."""
    return change.action is Action.UPDATE and bool(change.live and _reported(change))


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
    return change.fields if _is_observed(change) else change.suspect


def _is_observed(change: Change) -> bool:
    return change.desired is not None and change.desired.manage is Manage.OBSERVE


def _is_work(change: Change, policy: Policy) -> bool:
    if _is_observed(change):
        return False
    only_drift = all(f.cause is Cause.DRIFT for f in change.fields) and bool(change.fields)
    return not (only_drift and policy.on_drift is OnDrift.KEEP)


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
