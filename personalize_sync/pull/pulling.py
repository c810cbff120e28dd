"""Pull: edits made in the tenant come back into the manifests, field by field."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalize_sync.errors import InvalidInput
from personalize_sync.manifests import load_manifests
from personalize_sync.problems import Problem, Severity
from personalize_sync.pull.choice import Choice
from personalize_sync.pull.contests import contests
from personalize_sync.pull.desk import Desk, Rewrite, write
from personalize_sync.pull.work import Taken, Work, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from personalize_sync.planning.plan import Plan
    from personalize_sync.project import Project
    from personalize_sync.resources import LiveState, Resource


@dataclass(frozen=True, slots=True)
class Pulled:
    """All that a pull decided, and the files that it changes, or would."""

    fields: tuple[Taken, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()

    @property
    def has_conflicts(self) -> bool:
        """Whether a person has to look at some field."""
        return any(field.is_conflict for field in self.fields)


def pull(
    plan: Plan,
    state: LiveState,
    resources: Sequence[Resource],
    project: Project,
    *,
    choice: Choice,
    dry_run: bool,
    shielded: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Pulled:
    """Bring the tenant's side of each differing field into the manifests.

    `shielded` keeps signals away while several files are written. Raises InvalidInput, and writes
    nothing, if the manifests would not be valid any more.
    """
    desk = Desk(project.root)
    sources = {resource.address: resource.source for resource in resources}
    bench = [
        Work(contest, origin(contest.address, sources), desk, project, plan.target.environment)
        for contest in contests(plan, state, choice, resources)
    ]
    fields = [work.carry_out() for work in bench]
    fields = [work.placed(field) for work, field in zip(bench, fields, strict=True)]
    pulled = Pulled(tuple(fields), desk.rewrites())
    _demand_valid(project, {rewrite.name: rewrite.after for rewrite in pulled.rewrites})
    if pulled.rewrites and not dry_run:
        with shielded():
            write(desk, pulled.rewrites)
    return pulled


def _demand_valid(project: Project, rewritten: Mapping[str, bytes]) -> None:
    if not rewritten:
        return
    before = {_gist(problem) for problem in _errors(project, {})}
    errors = [e for e in _errors(project, rewritten) if _gist(e) not in before]
    if errors:
        raise InvalidInput(errors)


def _errors(project: Project, instead: Mapping[str, bytes]) -> list[Problem]:
    problems = load_manifests(project, instead=instead).problems
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def _gist(problem: Problem) -> tuple[str, str, str]:
    return problem.id, problem.message, problem.address
