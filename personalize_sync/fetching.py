"""What a plan needs to know of a tenant: which objects are read, and how none is overlooked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError
from personalize_sync.kinds import BY_NAME, KINDS
from personalize_sync.kinds.decision_model import DECISION_VARIANT, deployment
from personalize_sync.planning.lookups import kinds_looked_up
from personalize_sync.resources import Live, LiveState

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from personalize_sync.kinds import Kind
    from personalize_sync.planning.overwritten import Step
    from personalize_sync.planning.policy import Policy
    from personalize_sync.project import Environment
    from personalize_sync.resources import Resource
    from personalize_sync.tenant.live import Tenant

# Anything else in a deployment is no ref to ask for.
_REF = re.compile(r"[0-9A-Fa-f-]{8,64}")


def fetch(desired: Sequence[Resource], tenant: Tenant, policy: Policy) -> LiveState:
    """Read every object of the kinds that are declared, or that prune may archive."""
    read = reads(desired, policy)
    if missing := tenant.missing(read=read):
        raise CredentialError.together(missing)
    top = [kind for kind in read if not kind.parent]
    names = _names(desired, DECISION_VARIANT.parent)
    objects = _listed(top, tenant, below=lambda live: live.name in names)
    objects += hidden_twins(desired, objects, tenant)
    objects += _unlisted(objects, names, tenant)
    return LiveState(
        tuple(objects),
        client_key=tenant.client_key,
        ours=tenant.ours,
        incomplete=tuple(sorted(tenant.doubts)),
    )


def survey(tenant: Tenant, environment: Environment) -> LiveState:
    """Read every object of every kind that some declared key opens."""
    tops = [k for k in KINDS if not k.parent and is_open(k.name, environment)]
    objects = everything(tops, tenant)
    if tenant.doubts:  # a list that shifted once is whole when it is read twice
        objects |= everything(tops, tenant)
    return LiveState(
        tuple(objects.values()),
        client_key=tenant.client_key,
        ours=tenant.ours,
        incomplete=tuple(sorted(tenant.doubts)),
    )


def touched(steps: Sequence[Step], tenant: Tenant) -> LiveState:
    """Read all of the kinds that a run wrote to, and what no list shows, such as archived objects."""
    kinds = [kind for kind in KINDS if kind.name in {s.address.kind for s in steps}]
    lists = [(kind, "") for kind in kinds if not kind.parent]
    lists += [
        (kind, parent)
        for kind in kinds
        if kind.parent
        for parent in sorted({s.parent for s in steps if s.address.kind == kind.name and s.parent})
    ]
    objects = [
        o
        for found in tenant.each(lambda a: tenant.list_all(a[0], parent=a[1]), lists)
        for o in found
    ]
    known = {live.ref for live in objects}
    missing = [step for step in steps if step.ref and step.ref not in known]
    looked_for = tenant.each(
        lambda s: tenant.get(BY_NAME[s.address.kind], s.ref, parent=s.parent), missing
    )
    return LiveState(
        (*objects, *(live for live in looked_for if live)),
        client_key=tenant.client_key,
        ours=tenant.ours,
        incomplete=tuple(sorted(tenant.doubts)),
    )


def reads(desired: Iterable[Resource], policy: Policy) -> list[Kind]:
    """Return the kinds that a plan reads."""
    wanted = {resource.address.kind for resource in desired} | kinds_looked_up(desired)
    if policy.prune:
        wanted |= {k.name for k in KINDS if is_open(k.name, policy.environment)}
    return [kind for kind in KINDS if kind.name in wanted]


def _listed(kinds: Sequence[Kind], tenant: Tenant, *, below: Callable[[Live], bool]) -> list[Live]:
    """Read each list once, and the children of those that live and that `below` is true of.

    Raises one CredentialError for all the keys that are refused.
    """
    refused: list[CredentialError] = []

    def listed(shown: tuple[Kind, ...]) -> tuple[Live, ...]:
        try:
            return tenant.list_all(*shown)
        except CredentialError as error:
            refused.append(error)
            return ()

    # Those with children come first: a thousand short lists fill the time that long ones take.
    lists = sorted(tenant.in_lists(kinds), key=lambda shown: not any(map(_children, shown)))
    found: list[Live] = []
    children: list[Iterator[tuple[Live, ...]]] = []
    for shown in tenant.begun(listed, lists):
        found += shown
        pairs = [
            (kind, live)
            for live in shown
            if not live.archived and below(live)
            for kind in _children(BY_NAME[live.kind])
        ]
        children.append(tenant.begun(lambda p: tenant.list_all(p[0], parent=p[1].ref), pairs))
    if refused:
        raise CredentialError.together(sorted(refused, key=lambda error: error.message))
    return [*found, *(live for each in children for shown in each for live in shown)]


def _children(kind: Kind) -> list[Kind]:
    return [each for each in KINDS if each.parent == kind.name]


def everything(tops: Sequence[Kind], tenant: Tenant) -> dict[str, Live]:
    """Return every object of some kinds and, of those that live, every child, by ref."""
    return {live.ref: live for live in _listed(tops, tenant, below=lambda _live: True)}


def hidden_twins(
    desired: Iterable[Resource], objects: Sequence[Live], tenant: Tenant
) -> list[Live]:
    """Ask for each friendlyId that no list showed: lists may lag, shift, or hide archived ones.

    An experiment may find that its friendlyId belongs to an experience, and the other way round.
    """
    listed = {(live.kind, live.friendly_id) for live in objects}
    sisters = {
        kind.name: [k for k in KINDS if k.collection == kind.collection and k.by_friendly_id]
        for kind in KINDS
    }
    missing = [
        (kind, resource.address.key)
        for resource in desired
        if (resource.address.kind, resource.address.key) not in listed
        for kind in sisters[resource.address.kind]
    ]
    found = tenant.each(lambda pair: tenant.get(*pair), missing)
    known = {live.ref for live in objects}
    return [
        live
        for (_, key), live in zip(missing, found, strict=True)
        if live and live.friendly_id == key and live.ref not in known
    ]


def _names(desired: Iterable[Resource], kind: str) -> set[str]:
    """Return what the objects of a kind that manifests mean are called, or were."""
    return {
        name
        for resource in desired
        if resource.address.kind == kind
        for name in (resource.name, *resource.renamed_from)
    }


def _unlisted(objects: Sequence[Live], names: Container[str], tenant: Tenant) -> list[Live]:
    """Ask for each deployed variant that no list showed, as it would be created a second time."""
    shown = {live.ref for live in objects}
    hidden = [
        (model, ref)
        for model in objects
        if model.kind == DECISION_VARIANT.parent and not model.archived and model.name in names
        for ref in sorted(deployment(model.record).keys() - shown)
        if _REF.fullmatch(ref)
    ]
    found = tenant.each(lambda p: tenant.get(DECISION_VARIANT, p[1], parent=p[0].ref), hidden)
    for (model, _), live in zip(hidden, found, strict=True):
        if live and not live.archived:  # archived ones are left out of some lists
            tenant.doubts.add(
                f"the list of the variants of {model.name} lacks some that it deploys"
            )
    return [live for live in found if live]


def is_open(kind: str, environment: Environment) -> bool:
    """Whether some declared key may read a kind."""
    return environment.feature(kind, BY_NAME[kind].read_with) is not None
