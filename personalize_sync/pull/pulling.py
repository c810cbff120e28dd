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
from personalize_sync.pull.desk import Desk, Rewrite, put_back, write
from personalize_sync.pull.work import Taken, Work, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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

    `shielded` keeps signals away while several files are written. Raises InvalidInput, with every file as it was, if the manifests would not be valid any more.
    """
    desk = Desk(project.root)
    sources = {resource.address: resource.source for resource in resources}
    bench = [
        Work(contest, origin(contest.address, sources), desk, project, plan.target.environment)
        for contest in contests(plan, state, choice, declared=sources.keys())
    ]
    fields = [work.carry_out() for work in bench]
    fields = [work.placed(field) for work, field in zip(bench, fields, strict=True)]
    pulled = Pulled(tuple(fields), desk.rewrites())
    if not dry_run:
        with shielded():
            _write(desk, pulled.rewrites, project)
    return pulled


def _write(desk: Desk, rewrites: Sequence[Rewrite], project: Project) -> None:
    if not rewrites:
        return
    before = {_gist(problem) for problem in _errors(project)}
    write(desk, rewrites)
    errors = [problem for problem in _errors(project) if _gist(problem) not in before]
    if errors:
        put_back(desk, rewrites)
        raise InvalidInput(errors)


def _errors(project: Project) -> list[Problem]:
    problems = load_manifests(project).problems
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def _gist(problem: Problem) -> tuple[str, str, str]:
    return problem.id, problem.message, problem.address
