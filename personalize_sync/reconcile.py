"""The whole story: load the manifests, check them, fetch what is live, plan, guard, apply, test."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError, GuardError, InvalidInput
from personalize_sync.fetching import (
    everything,
    fetch,
    hidden_twins,
    is_open,
    reads,
    survey,
    touched,
)
from personalize_sync.kinds import BY_NAME, KINDS
from personalize_sync.kinds.model_tests import Verdicts
from personalize_sync.manifests import Loaded, load_manifests
from personalize_sync.planning.decide import parent_of
from personalize_sync.planning.explaining import Explanation, in_tenant
from personalize_sync.planning.match import match
from personalize_sync.planning.plan import Plan, SourceTree
from personalize_sync.planning.planner import make_plan
from personalize_sync.planning.snapshot import Snapshot, comparable, withheld
from personalize_sync.planning.three_way import has_history
from personalize_sync.problems import Severity
from personalize_sync.project import OnDrift
from personalize_sync.resources import LiveState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from personalize_sync.apply.journal import PastRun
    from personalize_sync.apply.progress import Ways
    from personalize_sync.kinds.model_tests import ModelTest
    from personalize_sync.planning.change import Change
    from personalize_sync.planning.outcome import Report
    from personalize_sync.planning.policy import Policy
    from personalize_sync.project import Project
    from personalize_sync.pull import Choice, Pulled
    from personalize_sync.resources import Address, Secret, SecretRef
    from personalize_sync.tenant.live import Tenant, WritableTenant
    from personalize_sync.tenant.retrying import Patience

__all__ = [
    "apply",
    "demand_unblocked",
    "explain",
    "fetch",
    "load",
    "plan",
    "plan_against",
    "pull",
    "snapshot",
    "survey",
    "test",
    "undo",
]


def load(project: Project, environment: str) -> Loaded:
    """Return the manifests of one environment; raises InvalidInput unless all of them are valid."""
    loaded = load_manifests(project, environment=environment)
    errors = [p for p in loaded.problems if p.severity is Severity.ERROR]
    if errors:
        raise InvalidInput(errors)
    return loaded


def plan(
    loaded: Loaded, tenant: Tenant, policy: Policy, *, source: SourceTree | None = None
) -> tuple[Plan, LiveState]:
    """Fetch what the manifests are about and compare; sends nothing but GET and the token POST."""
    if policy.prune and not loaded.manifests:
        policy = replace(policy, unproven=(*policy.unproven, "no manifest was found"))
    state = fetch(loaded.resources, tenant, policy)
    result = make_plan(loaded.resources, state, policy=policy, source=source)
    if result.questions:
        asked = result.questions
        bases = tenant.each(lambda live: tenant.history(BY_NAME[live.kind], live), asked)
        known = {live.ref: base for live, base in zip(asked, bases, strict=True)}
        state = replace(state, bases=known)
        result = make_plan(loaded.resources, state, policy=policy, source=source)
    warnings = tuple(p for p in loaded.problems if p.severity is not Severity.ERROR)
    features = {
        policy.environment.feature(kind.name, kind.read_with) or ""
        for kind in reads(loaded.resources, policy)
    }
    return replace(
        result,
        diagnostics=(*result.diagnostics, *warnings),
        reads_with=tuple(sorted(features)),
    ), state


def explain(told: Explanation, loaded: Loaded, tenant: Tenant, policy: Policy) -> Explanation:
    """Add to what the manifests say of one object what the tenant says, and what follows."""
    found, state = plan(loaded, tenant, policy)
    address = told.address
    live = match(loaded.resources, state.objects).live.get(address)
    if live and live.ref not in state.bases and has_history(live, state):
        # A plan asks only where something differs.
        base = None if live.author in state.ours else tenant.history(BY_NAME[live.kind], live)
        state = replace(state, bases={**state.bases, live.ref: base})
    return in_tenant(told, loaded.resources, state, found, policy)


def pull(
    loaded: Loaded,
    tenant: Tenant,
    policy: Policy,
    project: Project,
    *,
    choice: Choice,
    dry_run: bool = False,
    shielded: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Pulled:
    """Write what the tenant changed into the manifests; the tenant itself is only read."""
    from personalize_sync.pull import pull as bring_back  # noqa: PLC0415 - only pull needs it

    # All differences are wanted, whatever apply would do about them.
    policy = replace(policy, prune=False, on_drift=OnDrift.REVERT)
    found, state = plan(loaded, tenant, policy)
    return bring_back(
        found,
        state,
        loaded.resources,
        project,
        choice=choice,
        dry_run=dry_run,
        shielded=shielded,
    )


def test(loaded: Loaded, tenant: Tenant, policy: Policy) -> Verdicts:
    """Run the tests of the selected models on what the tenant holds; nothing is written."""
    resources = {resource.address: resource for resource in loaded.resources}
    tests = [t for t in loaded.tests if policy.selected(resources[t.variant_address])]
    models = {test.model for test in tests}
    about = [r for r in loaded.resources if {r.address, parent_of(r.address)} & models]
    from personalize_sync.apply.model_tests import run_tests  # noqa: PLC0415 - not for a plan

    state = fetch(about, tenant, policy)
    found = make_plan(about, state, policy=replace(policy, prune=False, select=(), exclude=()))
    pending = {change.address for change in found.changes}
    note = "the tenant's variant is not as Git says; what was tested is the tenant's"
    return Verdicts(
        policy.environment.name,
        tuple(
            replace(tested, notes=(note,)) if tested.test.variant_address in pending else tested
            for tested in run_tests(tests, tenant, found.refs)
        ),
    )


def plan_against(
    snapshot: Snapshot, loaded: Loaded, policy: Policy, *, source: SourceTree
) -> tuple[Plan, tuple[str, ...]]:
    """Compare with a snapshot instead of the tenant, offline; the plan can never be applied.

    Also returns the addresses of which something stated is not in a snapshot, so not compared.
    """
    resources = comparable(loaded.resources, snapshot, policy.environment)
    result = make_plan(resources, snapshot.state, policy=policy, source=source)
    warnings = tuple(p for p in loaded.problems if p.severity is not Severity.ERROR)
    return (
        replace(
            result,
            against=snapshot.created_at,
            target=replace(result.target, base_url=snapshot.base_url),
            diagnostics=(*result.diagnostics, *warnings),
        ),
        withheld(loaded.resources, resources),
    )


def snapshot(loaded: Loaded, tenant: Tenant, policy: Policy) -> tuple[LiveState, tuple[str, ...]]:
    """Read all that a plan of other manifests could want to know, and of which kinds that is all.

    Only reads. Kinds that no manifest declares are included where there is a key to read them.
    """
    declared = {resource.address.kind for resource in loaded.resources}
    if missing := tenant.missing(read=[kind for kind in KINDS if kind.name in declared]):
        raise CredentialError.together(missing)
    tops = [
        kind
        for kind in KINDS
        if not kind.parent
        and is_open(kind.name, policy.environment)
        and not tenant.missing(read=[kind])
    ]
    objects = [*everything(tops, tenant).values()]
    objects += hidden_twins(loaded.resources, objects, tenant)
    state = LiveState(tuple(objects), client_key=tenant.client_key, ours=tenant.ours)
    asked = [o for o in objects if o.author not in state.ours and has_history(o, state)]
    bases = tenant.each(lambda live: tenant.history(BY_NAME[live.kind], live), asked)
    known = {live.ref: base for live, base in zip(asked, bases, strict=True)}
    state = replace(state, bases=known, incomplete=tuple(sorted(tenant.doubts)))
    covered = {kind.name for kind in KINDS if kind in tops or BY_NAME.get(kind.parent) in tops}
    return state, tuple(sorted(covered))


def apply(
    plan: Plan,
    state: LiveState,
    tenant: WritableTenant,
    *,
    environ: Mapping[str, str],
    patience: Patience,
    ways: Ways,
    secrets_dir: Path | None = None,
    skip_blocked: bool = False,
    stale: Mapping[Address, str] | None = None,
    learn: Callable[[Secret], None] = lambda _secret: None,
    tests: Sequence[ModelTest] = (),
) -> Report:
    """Carry out a plan. Raises GuardError or CredentialError before anything is written.

    The traffic of a decision model moves only when those of its `tests` pass.

    `learn` is told each secret when it is loaded, so that a log can be taught to mask it.
    """
    from personalize_sync.apply.apply import apply as carry_out  # noqa: PLC0415 - not for a plan

    demand_unblocked(plan, skip_blocked=skip_blocked)
    todo = [c for c in plan.changes if not c.blocked and c.address not in (stale or {})]
    secrets = _credentials(todo, tenant, environ, secrets_dir)
    for secret in secrets.values():
        learn(secret)
    return carry_out(
        plan,
        tenant,
        state=state,
        secrets=secrets,
        patience=patience,
        ways=ways,
        stale=stale,
        tests=tests,
    )


def _credentials(
    todo: Sequence[Change],
    tenant: WritableTenant,
    environ: Mapping[str, str],
    directory: Path | None,
) -> dict[SecretRef, Secret]:
    """Return the secrets that the changes send; raises one CredentialError for all that is missing."""
    from personalize_sync.apply.secrets import resolve  # noqa: PLC0415 - not for a plan

    written = {change.address.kind for change in todo}
    missing = tenant.missing(write=[kind for kind in KINDS if kind.name in written])
    secrets: dict[SecretRef, Secret] = {}
    try:
        secrets = resolve(todo, environ, directory=directory)
    except CredentialError as error:
        missing.append(error)
    if missing:
        raise CredentialError.together(missing)
    return secrets


def undo(
    past: PastRun, tenant: Tenant, policy: Policy, *, source: SourceTree, journal: str
) -> tuple[Plan, LiveState]:
    """Return the plan that undoes an earlier run; sends nothing but GET and the token POST.

    `journal` names the file of the run. Raises GuardError where this is another tenant than then.
    """
    from personalize_sync.planning.undo import make_undo  # noqa: PLC0415 - not for a plan

    steps = [step for step in past.steps if step.wrote]
    state = touched(steps, tenant)
    if past.client_key and state.client_key and past.client_key != state.client_key:
        raise GuardError(
            f"run {past.run} wrote to tenant {past.client_key}, and {state.client_key} answered",
            "Check which tenant the API keys belong to.",
        )
    by_ref = {live.ref: live for live in state.objects}
    asked = [
        (live, step.before)
        for step in steps
        if (live := by_ref.get(step.ref)) and step.before and BY_NAME[live.kind].revisions
    ]
    found = tenant.each(lambda a: tenant.revision(BY_NAME[a[0].kind], *a), asked)
    priors = {live.ref: prior for (live, _), prior in zip(asked, found, strict=True)}
    plan = make_undo(steps, state, priors, policy=policy, journal=journal, source=source)
    return plan, state


def demand_unblocked(plan: Plan, *, skip_blocked: bool) -> None:
    """Raise GuardError where guards object, unless only what they do not object to is wanted."""
    if plan.blocked and not skip_blocked:
        raise GuardError(
            f"{len(plan.blocked)} of {len(plan.changes)} changes are blocked; nothing was written",
            f"{_way_out(plan.blocked)}, or carry out the rest with --skip-blocked.",
        )


def _way_out(blocked: Sequence[Change]) -> str:
    """Return what to do about blocked changes; what no override allows has to be mended."""
    allowable = sum(all(block.override for block in change.blocked) for change in blocked)
    if allowable == len(blocked):
        return "Allow each by its address"
    if allowable:
        return "Allow by its address what can be allowed, mend the others as their reasons say"
    return "Mend them as their reasons say: nothing can be allowed here"
