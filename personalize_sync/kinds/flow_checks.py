"""What a schema cannot say about a flow: dates, shares, the control, tasks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from personalize_sync.kinds.flow_parts import objects, tasks_of
from personalize_sync.kinds.kind import Finding
from personalize_sync.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.resources import Document, Path, Resource


def check(resource: Resource) -> Iterable[Finding]:
    """Yield what is wrong with a flow."""
    spec = resource.spec
    yield from _check_schedule(_object(spec, "schedule"))
    variants = objects(spec, "variants")
    yield from _check_splits(_object(spec, "traffic"), list(variants))
    if resource.address.kind == "experiment" and variants:
        yield from _check_control(variants)
    for key, variant in variants.items():
        yield from _check_tasks(variant, ("variants", key, "tasks"))


def _check_schedule(schedule: Document) -> Iterator[Finding]:
    days: dict[str, datetime] = {}
    for name in ("startDate", "endDate"):
        try:
            days[name] = datetime.fromisoformat(str(schedule.get(name, "9999-12-31T00:00:00Z")))
        except ValueError:
            message = f"{name} is not a day of the calendar"
            yield Finding(("schedule", name), "PS1014", message, "Correct the date.")
    if "endDate" in schedule and len(days) == 2 and days["endDate"] <= days["startDate"]:  # noqa: PLR2004 - both
        yield Finding(
            ("schedule", "endDate"),
            "PS3006",
            "the end is not after the start",
            "Correct one of the two dates.",
        )


def _check_splits(traffic: Document, variants: list[str]) -> Iterator[Finding]:
    place = ("traffic", "splits")
    splits = _object(traffic, "splits")
    for key in splits:
        if variants and key not in variants:
            yield Finding(
                (*place, key),
                "PS2001",
                f'there is no variant "{key}" in this manifest',
                f"Declared variants: {', '.join(sorted(variants))}.{did_you_mean(key, variants)}",
                at_key=True,
            )
    shares = [share for share in splits.values() if isinstance(share, int)]
    # Whole percentages that total 100 (API reference: traffic); only simple traffic states them.
    if shares and len(shares) == len(splits) and sum(shares) != 100:  # noqa: PLR2004 - a percentage
        yield Finding(
            place,
            "PS3001",
            f"the splits total {sum(shares)}, not 100",
            "Correct the splits of " + ", ".join(sorted(splits)) + ".",
            at_key=True,
        )
    for key, buckets in objects(traffic, "splits").items():
        low, high = buckets.get("lowSplit"), buckets.get("highSplit")
        if isinstance(low, int) and isinstance(high, int) and low > high:
            message = f"lowSplit {low} is above highSplit {high}"
            yield Finding((*place, key, "lowSplit"), "PS1016", message, "Exchange the two.")


def _check_control(variants: dict[str, Document]) -> Iterator[Finding]:
    controls = [key for key, variant in variants.items() if variant.get("isControl") is True]
    if len(controls) == 1:
        return
    names = ", ".join(controls or variants)
    yield Finding(
        ("variants",),
        "PS3005",
        f"{len(controls)} variants are marked as control; an experiment needs exactly one",
        f"Write isControl: true in one of {names}.",
        at_key=True,
    )


def _check_tasks(variant: Document, place: Path) -> Iterator[Finding]:
    for index, task in tasks_of(variant):
        if task.get("implementation") == "decisionModelTask":
            yield Finding(
                (*place, str(index), "implementation"),
                "PS1013",
                "decision models are named by key, not by a task with UUIDs",
                "Write decisionModels with their keys into the variant and remove the task.",
            )


def _object(document: Document, name: str) -> Document:
    value = document.get(name)
    return value if isinstance(value, dict) else {}
