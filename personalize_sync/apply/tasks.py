"""Which tasks a plan consists of: one a change, and more for what cannot be done in one go.

What is created by name is settled (see `yielding`) before anything is built upon it; a new model is
deployed once its variants are there.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from personalize_sync.apply.schedule import Task
from personalize_sync.apply.write import deploy, write
from personalize_sync.apply.yielding import settle
from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.change import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalize_sync.apply.progress import Progress
    from personalize_sync.planning.change import Change

_DEPLOY, _SETTLE = "deploy ", "settle "
_MODEL, _VARIANT = "decision-model", "decision-variant"


def tasks_of(changes: Sequence[Change], progress: Progress) -> list[Task]:
    """Return the tasks of all changes; what has an outcome already ends badly."""
    left_out = frozenset(progress.outcomes)
    names = {str(change.address): _names(change) for change in changes}
    variants = _variants(changes, names)
    tasks: list[Task] = []
    created: list[Change] = []
    for change in changes:
        archive = change.action is Action.ARCHIVE
        if created and created[-1].address.kind != change.address.kind:
            # All of a kind together: one list, read after the last create, answers for each.
            tasks += [_settlement(each, progress) for each in created]
            created = []
        tasks.append(
            Task(
                str(change.address),
                run=partial(progress.carry, change, write)
                if change.address not in left_out
                else lambda: False,
                skip=partial(_skip, change, progress),
                needs=tuple(
                    name
                    for needed in change.depends_on
                    for name in names.get(str(needed), ())
                    # What a new model holds comes before its deployment.
                    if not (change.address.kind == _VARIANT and name.startswith(_DEPLOY))
                ),
                # Archives come last and one by one, so that nothing in use loses its base.
                after=tuple(task.name for task in tasks) if archive else (),
            )
        )
        if _is_named(change):
            created.append(change)
        if _is_deployed_later(change):
            tasks.append(_deployment(change, variants[change.address.key], progress))
    return [*tasks, *(_settlement(each, progress) for each in created)]


def _names(change: Change) -> tuple[str, ...]:
    """Return the names of the tasks of a change, in their order."""
    name = str(change.address)
    settled = (_SETTLE + name,) if _is_named(change) else ()
    return (name, *settled, *((_DEPLOY + name,) if _is_deployed_later(change) else ()))


def _is_named(change: Change) -> bool:
    return change.action is Action.CREATE and BY_NAME[change.address.kind].identity == "name"


def _is_deployed_later(change: Change) -> bool:
    return change.action is Action.CREATE and change.address.kind == _MODEL


def _variants(
    changes: Iterable[Change], names: Mapping[str, tuple[str, ...]]
) -> Mapping[str, list[str]]:
    """Return the tasks of the variants, by the key of their model."""
    found: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.address.kind == _VARIANT:
            model = change.address.key.partition(":")[0]
            found[model] += names[str(change.address)]
    return found


def _settlement(change: Change, progress: Progress) -> Task:
    name = str(change.address)
    return Task(
        _SETTLE + name,
        run=partial(progress.check, change, lambda change, run: settle(change.address, run)),
        # If the run has to stop, the next plan sees what is there.
        skip=lambda _lacking: None,
        needs=(name,),
    )


def _deployment(change: Change, variants: Iterable[str], progress: Progress) -> Task:
    name = str(change.address)
    return Task(
        _DEPLOY + name,
        run=partial(progress.carry, change, deploy),
        skip=lambda lacking: progress.leave(change, _about(lacking)),
        needs=(name, _SETTLE + name, *variants),
    )


def _skip(change: Change, progress: Progress, lacking: str) -> None:
    progress.skip(change, _about(lacking))


def _about(lacking: str) -> str:
    """Return the address that a task is about; a reason of another kind stays as it is."""
    return lacking.removeprefix(_DEPLOY).removeprefix(_SETTLE)
