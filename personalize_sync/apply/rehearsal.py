"""Rehearsing a deployment: the tests of a model pass before its traffic moves.

A variant that guests do not get yet is deployed as TEST first. One that they get already stays
where it is: the tenant tests its newest revision while the deployment still pins an older one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.apply import certainty
from personalize_sync.apply.model_tests import run_tests
from personalize_sync.errors import RejectedError, SyncError
from personalize_sync.kinds.decision_model import DECISION_MODEL, in_production, on_trial
from personalize_sync.kinds.model_tests import Judged, Verdict, without_answer
from personalize_sync.planning.change import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalize_sync.apply.run import Run
    from personalize_sync.kinds.model_tests import ModelTest
    from personalize_sync.planning.change import Change
    from personalize_sync.resources import Address, Live, Resource


def assigned(
    tests: Iterable[ModelTest], todo: Iterable[Change]
) -> Mapping[Address, tuple[ModelTest, ...]]:
    """Return which tests must pass for a change: of its model, else of the variant alone."""
    touched = {change.address for change in todo if change.action is not Action.ARCHIVE}
    found: dict[Address, tuple[ModelTest, ...]] = {}
    for test in tests:
        for address in (test.model, test.variant_address):
            if address in touched:
                found[address] = (*found.get(address, ()), test)
                break
    return found


def rehearsed(model: Live, desired: Resource, run: Run) -> tuple[Live, tuple[str, ...]]:
    """Test a model before it is deployed as wanted; return it as it is then, and what to note.

    Raises SyncError where a test does not pass: traffic stays where it was.
    """
    tests = run.tests.get(desired.address, ())
    if not tests:
        return model, ()
    staged, notes = _staged(model, desired, tests, run)
    try:
        passed = demand(tests, run, "traffic stays where it was")
        # Tests take their time, in which somebody may have edited the model.
        staged = certainty.as_left(DECISION_MODEL, staged, run)
    except SyncError as error:
        error.wrote = error.wrote or staged is not model
        if staged is not model:
            error.hint = " ".join((*notes, error.hint)).strip()
        raise
    return staged, (*notes, passed)


def demand(tests: Sequence[ModelTest], run: Run, otherwise: str) -> str:
    """Run tests; return a word on it, or raise SyncError if one does not pass."""
    judged = [_of_what_was_written(j, run) for j in run_tests(tests, run.tenant, run.refs)]
    failed = [j for j in judged if j.verdict is not Verdict.PASSED]
    count = f"{len(tests)} test" + ("" if len(tests) == 1 else "s")
    if failed:
        about = "; ".join(map(_brief, failed))
        raise SyncError(f"{len(failed)} of {count} did not pass, so {otherwise}: {about}")
    return f"{count} passed"


def _of_what_was_written(judged: Judged, run: Run) -> Judged:
    """Count an answer about another revision than the one just written as none."""
    live = run.written.get(judged.test.variant_address)
    if live is None or None in (live.revision, judged.revision) or live.revision == judged.revision:
        return judged
    why = f"revision {judged.revision} was tested, not {live.revision}, which is to be deployed"
    return without_answer(judged.test, why, judged.revision)


def _brief(judged: Judged) -> str:
    return f"{judged.test.name}: {'; '.join(text for text, _ in judged.complaints)}"


def _staged(
    model: Live, desired: Resource, tests: Sequence[ModelTest], run: Run
) -> tuple[Live, tuple[str, ...]]:
    """Deploy as TEST what is tested and meant for guests who do not get it yet."""
    serving = in_production(model.record)
    stated = desired.spec.get("variants") or {}
    trials: dict[str, int | None] = {}
    for test in tests:
        ref, entry = run.refs.ref(test.variant_address), stated.get(test.variant, {})
        if ref and ref not in serving and entry.get("status") == "PRODUCTION":
            revision = entry.get("revision")
            trials[ref] = revision if isinstance(revision, int) else None
    body = on_trial(model.record, trials)
    if not trials or body == model.record:
        return model, ()
    names = sorted({t.variant for t in tests if run.refs.ref(t.variant_address) in trials})
    try:
        staged = certainty.replace(DECISION_MODEL, model, body, run=run)
    except RejectedError as refusal:
        return model, (f"the tenant refused {', '.join(names)} as TEST ({refusal.status})",)
    return staged, (f"deployed as TEST first: {', '.join(names)}",)
