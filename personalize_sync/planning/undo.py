"""Undoing a run: the plan that brings back what its writes overwrote.

The prior state comes from the tenant's own revisions, or where it keeps none from what the run's
journal kept. An inverse is planned only for what nobody touched since; everything that cannot be
brought back is blocked, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME, Refs
from personalize_sync.kinds.connection import needs_secret
from personalize_sync.kinds.decision_model import deployed_variants
from personalize_sync.planning.change import Action, Block, Cause, Change, Evidence
from personalize_sync.planning.compare import WHOLE, differing, matches, value_at
from personalize_sync.planning.decide import Scene, amended
from personalize_sync.planning.guards import guard
from personalize_sync.planning.match import Matches
from personalize_sync.planning.order import in_order
from personalize_sync.planning.outcome import Result
from personalize_sync.planning.overwritten import unit_of
from personalize_sync.planning.plan import Plan, Scope, SourceTree, Target
from personalize_sync.planning.precondition import expect, stored
from personalize_sync.planning.prune import forgets
from personalize_sync.problems import Location
from personalize_sync.resources import ABSENT, AFTER_APPLY, Address, Resource, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalize_sync.kinds import Kind
    from personalize_sync.planning.overwritten import Step
    from personalize_sync.planning.policy import Policy
    from personalize_sync.resources import Document, Live, LiveState, Path

_MODEL, _VARIANT = "decision-model", "decision-variant"
# What stands for a value that was not there; a number has no such word.
_NOTHING: Mapping[type, Any] = {str: "", list: [], dict: {}, bool: False}


def make_undo(
    steps: Sequence[Step],
    state: LiveState,
    priors: Mapping[str, Live | None],
    *,
    policy: Policy,
    journal: str,
    source: SourceTree,
) -> Plan:
    """Return the plan that undoes what a run wrote.

    `priors` holds, by ref, the revision before the run's write, for kinds that have revisions.
    """
    undoing = _Undoing(steps, state, priors, policy, journal)
    for step in sorted(steps, key=lambda s: (not BY_NAME[s.address.kind].parent, s.address)):
        change = undoing.inverse(step)
        if change:
            undoing.scene.note(change)
    changes = [undoing.settled(change) for change in undoing.scene.changes.values()]
    guarded = guard(changes, undoing.scene.matches, state, policy=policy)
    return Plan(
        target=Target(policy.environment.name, policy.environment.base_url, state.client_key),
        changes=in_order(undoing.with_refusals(change) for change in guarded),
        source=source,
        scope=Scope(failed=state.incomplete, allow=policy.allow),
        refs=undoing.scene.matches.refs,
    )


class _Undoing:
    """What the inverses of one run share."""

    def __init__(
        self,
        steps: Sequence[Step],
        state: LiveState,
        priors: Mapping[str, Live | None],
        policy: Policy,
        journal: str,
    ) -> None:
        self._state = state
        self._priors = priors
        self._source = _Line(journal)
        self._steps = {step.address: step for step in steps}
        self._refusals: dict[Address, Block] = {}
        by_ref = {live.ref: live for live in state.objects}
        meant = {step.address: by_ref[step.ref] for step in steps if step.ref in by_ref}
        known = {address: ref for step in steps for address, ref in step.lost.refs.items()}
        known |= {address: live.ref for address, live in meant.items()}
        refs = _named(known, meant, state.objects, [p for p in priors.values() if p])
        others = {refs.address(o.kind, o.ref): o for o in state.objects}
        unclaimed = {a: o for a, o in others.items() if a is not None and a not in meant}
        self.scene = Scene(Matches(meant, unclaimed=unclaimed, refs=refs), state, policy)

    def inverse(self, step: Step) -> Change | None:
        """Return the change that undoes one write, None where there is nothing to undo."""
        live = self.scene.matches.live.get(step.address)
        never_learnt = step.result in (None, Result.FAILED)
        if not step.wrote or (never_learnt and live and live.revision == step.before):
            return None
        if live is None:
            gone = "it is gone from the tenant" if step.ref else "nobody knows which object it made"
            return self._refused(step, None, _moved(gone) if step.ref else _irrevocable(gone))
        if step.action is Action.CREATE:
            return None if live.archived else self._archive(step, live)
        was = self._was(step, live)
        if was.get("archived") is True:
            rest = ("all else in it stays as the run left it",)
            return None if live.archived else self._archive(step, live, rest)
        spec, unknown = self._wanted(step, live, was)
        resource = Resource(step.address, spec, self._source)
        change = amended(resource, live, stored(live, self.scene.matches.refs), self.scene)
        if change is None and not (unknown or step.lost.hidden):
            return None
        blocked = self._objection(step, live) or _secret(step, live, unknown)
        change = change or Change(step.address, Action.UPDATE, Cause.PENDING, live=live)
        if blocked:
            self._refusals[step.address] = blocked
        return change

    def settled(self, change: Change) -> Change:
        """Let a model go before the variants that it lets go of, and after all others."""
        others = self.scene.changes
        if change.address.kind == _MODEL:
            kept = (a for a in change.depends_on if others[a].action is not Action.ARCHIVE)
            return replace(change, depends_on=tuple(kept))
        model = others.get(Address(_MODEL, change.address.key.partition(":")[0]))
        if change.action is Action.ARCHIVE and model and model.action is not Action.ARCHIVE:
            return replace(change, depends_on=(model.address,))
        return change

    def with_refusals(self, change: Change) -> Change:
        """Add why a change cannot be carried out; that no manifest names a secret says less."""
        refusal = self._refusals.get(change.address)
        if refusal is None:
            return change
        others = (block for block in change.blocked if block.rule != "secret-unstated")
        return replace(change, blocked=(refusal, *others))

    def _archive(self, step: Step, live: Live, notes: tuple[str, ...] = ()) -> Change:
        objection = self._objection(step, live)
        if objection:
            self._refusals[step.address] = objection
        return Change(
            address=step.address,
            action=Action.ARCHIVE,
            cause=Cause.PENDING,
            credential=self._credential(live),
            base=Evidence("live", live.revision, live.author, live.modified_at),
            notes=(*notes, *forgets(live)),
            expect=expect(live, self.scene.matches.refs),
            live=live,
        )

    def _refused(self, step: Step, live: Live | None, why: Block) -> Change:
        self._refusals[step.address] = why
        return Change(step.address, Action.UPDATE, Cause.UNDETERMINED, live=live)

    def _credential(self, live: Live) -> str:
        kind = BY_NAME[live.kind]
        return self.scene.policy.environment.feature(kind.name, kind.write_with) or ""

    def _objection(self, step: Step, live: Live) -> Block | None:
        """Return why a living object is not to be touched: somebody did so since, or may have."""
        if step.result in (None, Result.FAILED):
            return _irrevocable(
                "the run never learnt what became of this write; finish the run first, "
                "with apply --resume"
            )
        if live.revision is None or live.revision != step.after:
            author = live.author or "somebody"
            when = live.modified_at or "at an unknown time"
            return _moved(
                f"written since the run: revision {step.after} -> {live.revision}, by {author}, {when}"
            )
        return None

    def _was(self, step: Step, live: Live) -> Document:
        """Return the state before the run's write: the tenant's own revision, else the journal's."""
        refs = self.scene.matches.refs
        prior = self._priors.get(live.ref)
        if prior:
            return stored(prior, refs)
        was = stored(live, refs)
        for path, value in step.lost.values.items():
            _put(was, path, value)
        for path in step.lost.absent:
            _put(was, path, ABSENT)
        return was

    def _wanted(self, step: Step, live: Live, was: Document) -> tuple[Document, list[str]]:
        """Return the fields that differ, as a spec, and those that cannot be taken away again."""
        kind = BY_NAME[live.kind]
        now = stored(live, self.scene.matches.refs)
        if live.kind == _MODEL:
            was = {**was, "variants": self._repinned(step.address, was.get("variants", {}))}
        spec: Document = {}
        unknown = []
        for path in differing(was, now):
            unit = unit_of(path, kind)
            if unit != path and value_at(spec, unit) is ABSENT:
                prior = value_at(was, unit)
                _put(spec, unit, {} if prior is ABSENT else prior)
            value = value_at(was, path)
            if unit != path and (value is not ABSENT or _goes_along(path, was, kind)):
                continue
            value = _NOTHING.get(type(value_at(now, path)), ABSENT) if value is ABSENT else value
            if value is ABSENT:
                unknown.append(pointer(path))
            else:
                _put(spec, path, value)
        if spec and kind.standing(live) and "status" in now:
            # Said, so that a flow which has to be paused for it goes on, even after a crash.
            spec.setdefault("status", now["status"])
        return spec, unknown

    def _repinned(self, model: Address, variants: Document) -> Document:
        """Pin the revisions that the variants of this run have, or will have, once undone.

        Those that it created leave the deployment altogether.
        """
        repinned = {}
        for key, was in variants.items():
            address = Address(_VARIANT, f"{model.key}:{key}")
            step = self._steps.get(address)
            if step and step.action is Action.CREATE:
                continue
            change, live = self.scene.changes.get(address), self.scene.matches.live.get(address)
            repinned[key] = was
            if step and live and "revision" in was:
                repinned[key] = {**was, "revision": AFTER_APPLY if change else live.revision}
        return repinned


def _named(
    known: Mapping[Address, str],
    meant: Mapping[Address, Live],
    objects: Iterable[Live],
    priors: Iterable[Live],
) -> Refs:
    """Add an address for every ref that is listed, or was deployed by a model then or now."""
    refs = Refs(dict(known))
    models = {live.ref: address.key for address, live in meant.items() if live.kind == _MODEL}
    for o in objects:
        if refs.address(o.kind, o.ref) is None:
            key = f"{models.get(o.parent, o.parent)}:{o.ref}" if o.parent else o.ref
            refs.learn(Address(o.kind, key), o.ref)
    for model in (*meant.values(), *priors):
        for ref in deployed_variants(model.record) if model.kind == _MODEL else ():
            if refs.address(_VARIANT, ref) is None:
                refs.learn(Address(_VARIANT, f"{models.get(model.ref, '')}:{ref}"), ref)
    return refs


def _goes_along(path: Path, was: Document, kind: Kind) -> bool:
    """Whether what was not there goes by not being stated: an entry of a collection, or all of it."""
    around = path[:-1]
    is_entry = any(s in WHOLE and matches(p, around) for p, s in kind.shapes.items())
    return is_entry or value_at(was, around) is ABSENT


def _put(document: Document, path: Path, value: Any) -> None:
    """Set the value at a path, ABSENT taking it away; objects on the way are copied or made."""
    *way, last = path
    for name in way:
        document[name] = dict(document.get(name) or {})
        document = document[name]
    if value is ABSENT:
        document.pop(last, None)
    else:
        document[last] = value


def _secret(step: Step, live: Live, unknown: Iterable[str]) -> Block | None:
    secrets = list(step.lost.hidden)
    if live.kind == "connection" and needs_secret(live.record) and not secrets:
        secrets = ["/auth"]
    if secrets:
        return _irrevocable(
            f"{', '.join(secrets)}: the API never returns a secret, and a write without it may "
            "wipe it; revert the manifest and apply instead"
        )
    fields = ", ".join(unknown)
    return _irrevocable(f"{fields} was not set before, and cannot be unset") if fields else None


def _moved(why: str) -> Block:
    return Block("moved-since", why)


def _irrevocable(why: str) -> Block:
    return Block("irrevocable", why)


@dataclass(frozen=True, slots=True)
class _Line:
    """The source of what an undo wants: the first line of the run's journal."""

    file: str

    def locate(self, _path: Path, *, key: bool = False) -> Location:
        """Return the place of everything."""
        del key
        return self.start

    @property
    def start(self) -> Location:
        """The line with what the run had planned."""
        return Location(self.file, 1, 1)
