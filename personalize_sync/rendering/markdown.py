"""Markdown for pull request comments and step summaries: the verdict first, details folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.planning.change import RISKS, Action
from personalize_sync.planning.outcome import Report
from personalize_sync.planning.plan import Plan
from personalize_sync.rendering import complaints, wording
from personalize_sync.rendering.budget import Block, within
from personalize_sync.rendering.changes import drift_marker
from personalize_sync.rendering.complaints import place
from personalize_sync.rendering.diffs.parts import Grid, Lines, parts
from personalize_sync.rendering.fields import brief, seen, stated
from personalize_sync.rendering.gates import ascii_only, code, fence
from personalize_sync.rendering.ordering import drift_of, drift_without_change, in_plan_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.planning.change import Change, Drift, FieldChange
    from personalize_sync.planning.outcome import Outcome
    from personalize_sync.problems import Problem
    from personalize_sync.rendering.diffs import Diff
    from personalize_sync.rendering.look import Look, Problems

# A comment on GitHub holds 65,536 characters; the rest is for the marker of whoever posts it.
LIMIT = 60_000
_WIDTH = 120
_DIFF_LINES = 60


def render(document: Plan | Report | Problems, look: Look, *, limit: int = LIMIT) -> str:
    """Return a document as Markdown of at most `limit` characters; by default it fits a comment."""
    match document:
        case Plan():
            head, blocks, tail = _plan(document, look)
        case Report():
            head, blocks, tail = _report(document)
        case _:
            head, blocks, tail = _problems(document, look)
    text = within(limit, head, blocks, tail)
    return "\n".join(map(ascii_only, text.split("\n"))) if look.ascii else text


_Parts = tuple[list[str], list[Block], list[str]]


def _plan(plan: Plan, look: Look) -> _Parts:
    head = [
        f"**{wording.verdict(plan, look.view)}**",
        "",
        _scene(plan),
        "",
        *_table(_counts(plan, look.view)),
    ]
    if look.view == "drift":
        blocks = [_drift_block(entry, look) for entry in plan.drift]
    else:
        moved = drift_of(plan)
        changes = sorted(plan.changes, key=lambda change: -_weight(change))
        blocks = [_change_block(change, moved.get(change.address), look) for change in changes]
        blocks += [_drift_block(entry, look) for entry in drift_without_change(plan)]
    remarks = [] if look.view == "drift" else [wording.keys_needed(plan), wording.unmanaged(plan)]
    tail = [
        *(_problem(problem, look).bare for problem in plan.diagnostics),
        *(f"- incomplete: {code(reason)}" for reason in plan.scope.failed),
        *(f"- {code(remark)}" for remark in remarks if remark),
        "",
        wording.last_line(plan, look.view),
    ]
    return head, blocks, tail


def _scene(plan: Plan) -> str:
    parts = [f"Environment {code(plan.target.environment)}"]
    if plan.target.client_key:
        parts.append(f"tenant {code(plan.target.client_key)}")
    if plan.source.commit:
        dirty = " with uncommitted changes" if plan.source.dirty else ""
        parts.append(f"manifests at {code(plan.source.commit[:12])}{dirty}")
    return ", ".join(parts)


def _counts(plan: Plan, view: str) -> dict[str, int]:
    count = plan.summary
    if view == "drift":
        return {**wording.drift_counts(plan), "pending in Git": wording.pending(plan)}
    names = ("create", "update", "archive", "restore", "drift", "conflicts", "blocked")
    return {name: count[name] for name in names}


def _table(counts: dict[str, int]) -> list[str]:
    return [
        f"| {' | '.join(counts)} |",
        f"|{' ---: |' * len(counts)}",
        f"| {' | '.join(map(str, counts.values()))} |",
    ]


def _weight(change: Change) -> int:
    """How much a reader would miss a change: blocked ones most, then by risk."""
    return RISKS.index(change.risk) + len(RISKS) * bool(change.blocked)


def _change_block(change: Change, entry: Drift | None, look: Look) -> Block:
    words = [change.action.value, *wording.qualifiers(change)[1:], change.risk]
    words += ["<strong>blocked</strong>"] if change.blocked else []
    body = [
        *([f"- {code(wording.moved(entry))}"] if entry else []),
        *([f"- {code(wording.since(change))}"] if wording.since(change) else []),
        *(f"- {code(r)}" for r in _remarks(change, look) if r),
        *(f"- note: {code(note)}" for note in change.notes),
        *(line for field in change.fields for line in _field(field, change, look)),
        *(f"- {code('* ' + path)} {wording.secret_sent(change)}" for path in change.secrets),
        *(line for block in change.blocked for line in _objection(block.message, block.override)),
    ]
    title = f"{code(wording.marker(change))} {code(str(change.address))} {', '.join(words)}"
    return Block(title, body, _weight(change))


def _remarks(change: Change, look: Look) -> tuple[str, str]:
    return wording.life(change, look.created_at), wording.used_by(change)


def _objection(message: str, override: str) -> list[str]:
    allow = f"; to allow it: {code(override)}" if override else ""
    return [f"- blocked: {code(message)}{allow}"]


def _field(field: FieldChange, change: Change, look: Look) -> list[str]:
    if change.action in (Action.CREATE, Action.RESTORE):
        return [f"- {code(stated(field))}"]
    return _seen(field, change.address.kind, "plan", look)


def _seen(field: FieldChange, kind: str, view: str, look: Look) -> list[str]:
    shown = seen(field, kind, view, width=_WIDTH)
    at = place(field.location, look.prefix)
    marker = wording.CAUSE_MARKERS[field.cause].strip()
    line = f"- {code(marker) + ' ' if marker else ''}{code(shown.line)}"
    line += f" {code(at)}" if at else ""
    return [line, *(line for part in _parts(shown.diff) for line in part)]


def _parts(diff: Diff | None) -> Iterator[list[str]]:
    """Blank lines on both sides of each block, and no indent: it stands on its own."""
    for part in parts(diff, _DIFF_LINES) if diff else ():
        match part:
            case Lines():
                yield ["", *fence(part.lines, "diff"), ""]
            case Grid():
                yield ["", *_grid(part), ""]
            case _:
                yield [f"- {code(part.text)}"]


def _grid(grid: Grid) -> list[str]:
    columns = len(grid.head)
    rows = [[code(cell) for cell in row] + [" "] * (columns - len(row)) for row in grid.rows]
    head = [code(title) if title else " " for title in grid.head]
    return [
        f"| {' | '.join(head)} |",
        f"|{' --- |' * columns}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def _drift_block(entry: Drift, look: Look) -> Block:
    kind = entry.address.kind
    lines = [line for field in entry.fields for line in _seen(field, kind, "drift", look)]
    title = f"{code(drift_marker(entry))} {code(str(entry.address))} {code(wording.moved(entry))}"
    return Block(title, lines)


def _report(report: Report) -> _Parts:
    counts = {result.value: n for result, n in wording.results(report).items()}
    head = [f"**{wording.apply_verdict(report)}**", "", _scene(report.plan), "", *_table(counts)]
    blocks = [_outcome_block(outcome) for outcome in in_plan_order(report)]
    tail = [
        f"- did not converge: {code(f'{left.address} {left.path}')}, sent {code(brief(left.sent))}, "
        f"stored {code(brief(left.stored))}"
        for left in report.leftovers
    ]
    tail += [f"- note: {code(remark)}" for remark in wording.remarks(report)]
    return head, blocks, [*tail, "", wording.written(report), "", wording.apply_line(report)]


def _outcome_block(outcome: Outcome) -> Block:
    revision = wording.revision_of(outcome)
    body = [
        *(f"- {wording.why(outcome)}: {code(line)}" for line in wording.lines_of(outcome.error)),
        *(f"- note: {code(note)}" for note in outcome.notes),
    ]
    title = f"{outcome.result.value} {code(str(outcome.address))} {revision}".rstrip()
    return Block(title, body, len(RISKS) if outcome.error else 0)


def _problems(document: Problems, look: Look) -> _Parts:
    head = [f"**{complaints.last_line(document)}**"]
    return head, [_problem(p, look) for p in complaints.ordered(document)], []


def _problem(problem: Problem, look: Look) -> Block:
    remedy = f"<br>{code(problem.remedy)}" if problem.remedy else ""
    return Block(code(complaints.complaint(problem, look.prefix)) + remedy, [])
