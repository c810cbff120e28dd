"""Changes and drift as blocks of a terminal page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.planning.change import Action, Cause
from personalize_sync.rendering import wording
from personalize_sync.rendering.complaints import place
from personalize_sync.rendering.fields import seen, stated
from personalize_sync.rendering.grid import diff_lines
from personalize_sync.rendering.ordering import drift_of, drift_without_change
from personalize_sync.rendering.page import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.planning.change import Change, Drift, FieldChange
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering.page import Page

_DIFF_LINES = 40
_DIFF_LINES_VERBOSE = 2000
_STYLES = {
    "+": "good",
    "^": "good",
    "=": "good",
    "~": "change",
    "-": "bad",
    "X": "bad",
    "!": "drift",
    "?": "unknown",
    "*": "change",
}
_NEW = (Action.CREATE, Action.RESTORE)


def add_changes(page: Page, plan: Plan) -> None:
    """Add what a plan changes, and what others changed; that alone where drift is asked for."""
    if page.look.view == "drift":
        for entry in plan.drift:
            page.gap()
            _add_drift(page, entry)
        return
    moved = drift_of(plan)
    for change in plan.changes:
        page.gap()
        _add_change(page, change, moved.get(change.address))
    unlisted = drift_without_change(plan)
    if unlisted:
        page.gap()
        page.add(Span("Changed in the tenant, and left alone:", "strong"))
    for entry in unlisted:
        _add_drift(page, entry)


def _add_change(page: Page, change: Change, entry: Drift | None) -> None:
    _add_head(page, change, entry)
    for remark in (wording.life(change, page.look.created_at), wording.used_by(change)):
        if remark:
            page.add(remark, indent=4)
    for note in change.notes:
        page.add(f"note: {note}", indent=4)
    if page.look.verbose and change.credential:
        page.add(f"key: {change.credential}", indent=4)
    if change.action in _NEW:
        for field in change.fields:
            page.add(stated(field), indent=4)
    else:
        add_fields(page, change.fields, change.address.kind, "plan")
    for secret in change.secrets:
        page.add(_mark("*"), f" {secret}: {wording.secret_sent(change)}", indent=2)
    for block in change.blocked:
        page.add(_mark("X"), f" blocked ({block.rule}): {block.message}", indent=2)
        if block.override:
            page.add(f"to allow it: {block.override}", indent=4)


def _add_drift(page: Page, entry: Drift) -> None:
    marker = drift_marker(entry)
    page.add(_mark(marker), Span(f" {entry.address}", "strong"), f"  {wording.moved(entry)}")
    add_fields(page, entry.fields, entry.address.kind, "drift", expected=marker)


def drift_marker(entry: Drift) -> str:
    """Return the sign of the gravest cause among the fields of a drifted object."""
    causes = {field.cause for field in entry.fields}
    gravest = (Cause.CONFLICT, Cause.DRIFT, Cause.UNDETERMINED)
    cause = next((cause for cause in gravest if cause in causes), Cause.UNDETERMINED)
    return wording.CAUSE_MARKERS[cause]


def add_fields(
    page: Page, fields: Iterable[FieldChange], kind: str, view: str, *, expected: str = " "
) -> None:
    """Add a line per field, with a diff below where the values are long."""
    most = _DIFF_LINES_VERBOSE if page.look.verbose else _DIFF_LINES
    for field in fields:
        width = page.look.room - 8
        shown = seen(field, kind, view, width=width)
        marker = wording.CAUSE_MARKERS[field.cause]
        marker = " " if marker == expected else marker
        at = place(field.location, page.look.prefix)
        page.add(
            _mark(marker),
            f" {shown.line}",
            Span(f"   {at}" if at else "", "quiet"),
            indent=2,
        )
        if shown.diff:
            page.diff(diff_lines(shown.diff, width, most), indent=6)


def _add_head(page: Page, change: Change, entry: Drift | None) -> None:
    words = ", ".join(wording.qualifiers(change))
    at = place(change.location, page.look.prefix) if change.action in _NEW else ""
    page.add(
        _mark(wording.marker(change)),
        Span(f" {change.address}", "strong"),
        f" ({words})" if words else "",
        Span(f"   {at}" if at else "", "quiet"),
    )
    history = [wording.moved(entry)] if entry else []
    since = wording.since(change)
    if history or since:
        page.add("; ".join([*history, *([since] if since else [])]), indent=4)


def _mark(marker: str) -> Span:
    return Span(marker, _STYLES.get(marker, ""))
