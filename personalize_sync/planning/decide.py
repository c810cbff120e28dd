"""What is to be done to one resource: nothing, or one change with its causes and precondition."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Action, Cause, Change
from personalize_sync.planning.ignoring import without_ignored
from personalize_sync.planning.precondition import alive, expect, stored
from personalize_sync.planning.three_way import (
    base_of,
    field_changes,
    stated_fields,
    unverifiable,
)
from personalize_sync.project import OnDrift
from personalize_sync.resources import AFTER_APPLY, Address, Manage, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.planning.match import Matches
    from personalize_sync.planning.policy import Policy
    from personalize_sync.resources import Base, Document, Live, LiveState, Resource


@dataclass(frozen=True, slots=True)
class Scene:
    """What every decision of one plan looks at.

    `changes` are those decided so far: children come before their parents, since a model's
    deployment pins the revisions that the changes of its variants will make.
    """

    matches: Matches
    state: LiveState
    policy: Policy
    changes: dict[Address, Change] = field(default_factory=dict)
    _children: dict[Address, set[Address]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for address in self.matches.live:
            if BY_NAME[address.kind].parent:
                self._children[parent_of(address)].add(address)

    def note(self, change: Change) -> None:
        """Keep a decision, so that the parent's can follow from it."""
        self.changes[change.address] = change
        self._children[parent_of(change.address)].add(change.address)

    def is_work(self, change: Change) -> bool:
        """Whether apply would write: not what is only observed, nor drift that is kept."""
        if is_observed(change):
            return False
        only_drift = all(f.cause is Cause.DRIFT for f in change.fields) and bool(change.fields)
        return not (only_drift and self.policy.on_drift is OnDrift.KEEP)

    def child_revisions(self, parent: Address) -> dict[str, Any]:
        """Return the revision, by child key, that each living child has or will have."""
        return {
            child.key.partition(":")[2]: self._next_revision(child)
            for child in self._children.get(parent, ())
            if child in self.matches.live
        }

    def pending_children(self, parent: Address) -> tuple[Address, ...]:
        """Return the children that apply would write."""
        changes = (self.changes.get(child) for child in self._children.get(parent, ()))
        return tuple(sorted(c.address for c in changes if c and self.is_work(c)))

    def needs(self, resource: Resource) -> tuple[Address, ...]:
        """Return what a resource names and apply has to write first, or that does not exist yet."""
        matches = self.matches
        found = set()
        for reference in BY_NAME[resource.address.kind].references(resource.spec):
            target = reference.target
            if isinstance(target, Address):
                change = self.changes.get(target)
                is_written = change is not None and self.is_work(change)
                is_there = target in matches.live or target in matches.unclaimed
                if is_written or not (reference.is_copy or is_there):
                    found.add(target)
        return tuple(sorted(found))

    def _next_revision(self, child: Address) -> Any:
        change = self.changes.get(child)
        if change is None:
            return self.matches.live[child].revision
        # An edit that is kept is not written, and not deployed behind its author's back either.
        return AFTER_APPLY if self.is_work(change) else None


def parent_of(address: Address) -> Address:
    """Return the address of a child's parent; of anything else, one that nothing has."""
    return Address(BY_NAME[address.kind].parent, address.key.partition(":")[0])


def is_observed(change: Change) -> bool:
    """Whether the manifest asks for reports only."""
    return change.desired is not None and change.desired.manage is Manage.OBSERVE


def decide(resource: Resource, scene: Scene) -> Change | None:
    """Return the one change that makes a live object as a resource wants it, if it needs one."""
    change = _decide(resource, scene)
    if change is None:
        return None
    return replace(change, depends_on=(*change.depends_on, *scene.needs(resource)))


def _decide(resource: Resource, scene: Scene) -> Change | None:
    matches, policy = scene.matches, scene.policy
    kind = BY_NAME[resource.address.kind]
    spec = kind.settle(resource.spec, scene.child_revisions(resource.address))
    live = matches.live.get(resource.address) or matches.twins.get(resource.address)
    if spec is not resource.spec:
        resource = replace(resource, spec=spec)
    is_left_alone = live is not None and resource.manage is Manage.CREATE_ONLY
    if matches.is_unclear(resource.address) and not is_left_alone:
        return _unclear(resource)
    if live is None:
        return _new(resource, scene)
    if is_left_alone:
        return None
    found = stored(live, matches.refs)
    wanted = without_ignored(alive(resource), found, resource.address, policy)
    return amended(replace(resource, spec=wanted), live, found, scene)


def amended(resource: Resource, live: Live, found: Document, scene: Scene) -> Change | None:
    """Return the change that gives a live object the fields of a settled resource, if any differ."""
    matches, policy = scene.matches, scene.policy
    kind = BY_NAME[resource.address.kind]
    evidence, base = base_of(live, scene.state)
    fields = field_changes(
        resource.spec,
        found,
        stored(as_it_was(live, base), matches.refs) if base else None,
        evidence=evidence,
        kind=kind,
        resource=resource,
    )
    unsent = kind.unsent(live, resource)
    if str(resource.address) in policy.send_secret and resource.secrets:
        unsent = unsent or "asked for with --send-secret"
    is_adoption = (
        policy.adopt and not fields and evidence.found == "none" and resource.manage is Manage.FULL
    )
    if not (fields or unsent or is_adoption):
        return None
    action = Action.RESTORE if live.archived else Action.UPDATE
    return Change(
        address=resource.address,
        action=Action.ADOPT if is_adoption else action,
        cause=Cause.CONVERGED if is_adoption else _overall(f.cause for f in fields),
        credential=policy.environment.feature(kind.name, kind.write_with) or "",
        fields=fields,
        secrets=_secrets_sent(resource),
        notes=(*unverifiable(live, evidence), *([unsent] if unsent else [])),
        # A model that exists is deployed after its variants were written.
        depends_on=scene.pending_children(resource.address),
        base=evidence,
        expect=expect(live, matches.refs),
        location=resource.source.start,
        desired=resource,
        live=live,
    )


def as_it_was(live: Live, base: Base) -> Live:
    """Return a live object as an earlier revision of it was."""
    friendly_id = base.record.get("friendlyId")
    archived = base.record.get("archived") is True
    return replace(live, record=base.record, archived=archived, friendly_id=friendly_id)


def _unclear(resource: Resource) -> Change:
    """Several live objects of one name, say: which one is meant is nobody's guess."""
    return Change(
        address=resource.address,
        action=Action.UPDATE,
        cause=Cause.UNDETERMINED,
        location=resource.source.start,
        desired=resource,
    )


def _new(resource: Resource, scene: Scene) -> Change | None:
    matches, policy = scene.matches, scene.policy
    kind = BY_NAME[resource.address.kind]
    parent = parent_of(resource.address)
    if resource.manage is Manage.OBSERVE or parent in matches.ambiguous:
        return None
    is_child_of_new = bool(kind.parent) and parent not in matches.live
    return Change(
        address=resource.address,
        action=Action.CREATE,
        cause=Cause.PENDING,
        credential=policy.environment.feature(kind.name, kind.write_with) or "",
        fields=stated_fields(resource.spec, kind, resource),
        secrets=_secrets_sent(resource),
        depends_on=(parent,) if is_child_of_new else (),
        location=resource.source.start,
        desired=resource,
    )


def _overall(causes: Iterable[Cause]) -> Cause:
    present = set(causes)
    gravest = (Cause.CONFLICT, Cause.UNDETERMINED, Cause.DRIFT)
    return next((cause for cause in gravest if cause in present), Cause.PENDING)


def _secrets_sent(resource: Resource) -> tuple[str, ...]:
    return tuple(sorted(pointer(path) for path in resource.secrets))
