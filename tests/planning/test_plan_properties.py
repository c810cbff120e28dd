"""What holds for any plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from planning.builders import MARIA, US, plan_for, template
from planning.strategies import (
    histories_of,
    manifests,
    record_of,
    template_specs,
    tenants,
    thorough,
)

from personalize_sync.kinds import BY_NAME, Refs
from personalize_sync.planning.change import Action, Cause, Change
from personalize_sync.planning.plan import Plan
from personalize_sync.resources import AFTER_APPLY, Address, Base, Live, Resource
from personalize_sync.tenant.live import live_from

ABSENT = object()


def flat(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a template's managed values by pointer, so that they can be looked up."""
    found = {f"/{name}": value for name, value in spec.items() if name != "templateElements"}
    if "tags" in spec:
        found["/tags"] = sorted(spec["tags"])
    elements = spec.get("templateElements", {})
    return found | {f"/templateElements/{name}": text for name, text in elements.items()}


def expected(base: Any, desired: Any, live: Any) -> Cause | None:
    """Return what the table says of one field. Nothing and an empty value are the same."""
    base, desired, live = ("" if v is ABSENT or v == [] else v for v in (base, desired, live))
    if desired == live:
        return None
    if base == desired:
        return Cause.DRIFT
    return Cause.PENDING if base == live else Cause.CONFLICT


@thorough
@given(template_specs(), template_specs(), template_specs())
def test_the_causes_follow_the_table(
    base: dict[str, Any], desired: dict[str, Any], live: dict[str, Any]
) -> None:
    """Field by field, for every field that the manifest manages."""
    resource = replace(template(), spec=desired)
    ours = Base(record_of(base).record, 1, US)
    maria = record_of(live, modifiedByRef=MARIA, revision=2)
    plan = plan_for([resource], maria, bases={maria.ref: ours})

    then, wanted, now = flat(base), flat(desired), flat(live)
    managed = set(wanted)
    if "templateElements" in desired:
        managed |= {path for path in now if path.startswith("/templateElements/")}
    table = {
        path: expected(then.get(path, ABSENT), wanted.get(path, ABSENT), now.get(path, ABSENT))
        for path in managed
    }
    found = {f.pointer: f.cause for change in plan.changes for f in change.fields}
    assert found == {path: cause for path, cause in table.items() if cause}


@thorough
@given(template_specs(), template_specs())
def test_without_a_base_everything_is_undetermined(
    desired: dict[str, Any], live: dict[str, Any]
) -> None:
    """A base is never guessed."""
    resource = replace(template(), spec=desired)

    plan = plan_for([resource], record_of(live, modifiedByRef=MARIA))

    assert {f.cause for change in plan.changes for f in change.fields} <= {Cause.UNDETERMINED}


@thorough
@given(template_specs())
def test_equal_states_give_an_empty_plan(spec: dict[str, Any]) -> None:
    """Whoever wrote it."""
    for author in (US, MARIA, None):
        live = record_of(spec, modifiedByRef=author)
        plan = plan_for([replace(template(), spec=spec)], live, prune=True)
        assert (plan.changes, plan.drift, plan.diagnostics) == ((), (), ())


@thorough
@given(st.data())
def test_a_plan_does_not_depend_on_the_order_of_its_input(data: st.DataObject) -> None:
    """Of manifests, of live objects, or of both."""
    desired, objects = data.draw(manifests()), data.draw(tenants())
    bases = data.draw(histories_of(objects))
    shuffled = data.draw(st.permutations(desired)), data.draw(st.permutations(objects))

    assert plan_for(desired, *objects, bases=bases, prune=True) == plan_for(
        shuffled[0], *shuffled[1], bases=bases, prune=True
    )


@thorough
@given(st.data())
def test_no_address_is_in_a_plan_twice(data: st.DataObject) -> None:
    """Every change can be named, allowed and reported alone."""
    desired, objects = data.draw(manifests()), data.draw(tenants())

    plan = plan_for(desired, *objects, prune=True)

    assert max(Counter(change.address for change in plan.changes).values(), default=1) == 1


@thorough
@given(st.data())
def test_nothing_is_archived_without_evidence(data: st.DataObject) -> None:
    """Each archive is of a living object that no manifest means and that we wrote once."""
    desired, objects = data.draw(manifests()), data.draw(tenants())
    bases = data.draw(histories_of(objects))
    declared = {resource.address for resource in desired}

    plan = plan_for(desired, *objects, bases=bases, prune=True)

    for change in plan.changes:
        if change.action is Action.ARCHIVE:
            live = change.live
            assert live
            assert not live.archived
            assert change.address not in declared
            assert live.author == US or (live.author is not None and bases.get(live.ref))
    unpruned = plan_for(desired, *objects, bases=bases)
    assert all(change.action is not Action.ARCHIVE for change in unpruned.changes)


@thorough
@given(st.data())
def test_what_depends_on_a_change_comes_after_it(data: st.DataObject) -> None:
    """Archives after everything else."""
    plan = plan_for(data.draw(manifests()), *data.draw(tenants()), prune=True)

    done: set[Address] = set()
    for change in plan.changes:
        assert done.issuperset(change.depends_on)
        done.add(change.address)
    archives = [change.action is Action.ARCHIVE for change in plan.changes]
    assert archives == sorted(archives)


def work(plan: Plan) -> list[Change]:
    """Return the changes that are not blocked, and wait for none that is."""
    blocked = {change.address for change in plan.blocked}
    return [c for c in plan.changes if not blocked & {c.address, *c.depends_on}]


def applied(plan: Plan, objects: list[Live]) -> list[Live]:
    """Carry out a plan on plain records, as a tenant that stores what it is sent would."""
    stored = {item.ref: item for item in objects}
    refs = dict(plan.refs.by_address)
    made: dict[Address, Live] = {}
    for change in work(plan):
        live = _written(change, refs, made)
        refs[change.address] = live.ref
        made[change.address] = stored[live.ref] = live
    return list(stored.values())


def _written(change: Change, refs: dict[Address, str], made: dict[Address, Live]) -> Live:
    kind = BY_NAME[change.address.kind]
    record = change.live.record if change.live else {}
    if change.action is Action.ARCHIVE or change.desired is None:
        body = kind.retire(record)
    else:
        desired = _pinned(change.desired, made)
        body = {**kind.overlay(record, desired, Refs(refs)), "archived": False}
    parent = change.live.parent if change.live else ""
    if kind.parent and not parent:
        parent = refs[Address(kind.parent, change.address.key.partition(":")[0])]
    stamped = {
        **body,
        "ref": record.get("ref", f"new {change.address}"),
        "revision": record.get("revision", 0) + 1,
        "modifiedByRef": US,
    }
    return live_from(kind, stamped, parent=parent)


def _pinned(resource: Resource, made: dict[Address, Live]) -> Resource:
    """Fill in the revisions that the variants' changes have made by now."""
    if resource.address.kind != "decision-model":
        return resource
    pinned = {}
    for key, entry in resource.spec.get("variants", {}).items():
        variant = made.get(Address("decision-variant", f"{resource.address.key}:{key}"))
        known = {"revision": variant.revision} if variant else {}
        waits = entry.get("revision") is AFTER_APPLY
        pinned[key] = {**entry, **known} if waits else entry
    return replace(resource, spec={**resource.spec, "variants": pinned})


@thorough
@given(st.data())
def test_an_applied_plan_leaves_nothing_to_do(data: st.DataObject) -> None:
    """But for what is blocked or waits for it; a new model is deployed in a second write."""
    desired, objects = data.draw(manifests()), data.draw(tenants())
    limits: dict[str, Any] = {"allow": (("archive", "*"), ("update", "*"), ("conflict", "*"))}
    bases = dict.fromkeys(item.ref for item in objects)
    first = plan_for(desired, *objects, bases=bases, prune=True, **limits)

    after = applied(first, objects)
    second = plan_for(desired, *after, bases=bases, prune=True, **limits)
    if any(c.action is Action.CREATE and c.address.kind == "decision-model" for c in first.changes):
        after = applied(second, after)
        second = plan_for(desired, *after, bases=bases, prune=True, **limits)

    assert work(second) == []
