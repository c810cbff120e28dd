"""What each document says on its page, and in which order: the verdict first."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from personalize_sync.planning.change import RISKS, Action
from personalize_sync.rendering import complaints, wording
from personalize_sync.rendering.html.frame import Section, page
from personalize_sync.rendering.html.graph import reach
from personalize_sync.rendering.html.markup import Markup, badge, code, join, scrolling, tag
from personalize_sync.rendering.html.parts import (
    change_line,
    change_part,
    drift_part,
    problem_row,
)
from personalize_sync.rendering.ordering import drift_of, drift_without_change, in_plan_order
from personalize_sync.rendering.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from personalize_sync.planning.change import Change, Drift
    from personalize_sync.planning.outcome import Outcome, Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.problems import Problem
    from personalize_sync.rendering.look import Look, Problems

# Details beyond this many characters make a page that browsers are slow to open.
_ROOM = 4_000_000
_OPEN_AT_FIRST = 12
_MOST_PROBLEMS = 5000
_CHECKS = {"validate": "Check of the manifests", "auth-audit": "Audit of the API keys"}
_RISKS = {
    "destructive": "archives an object",
    "statistical": "changes who sees what, or how success is measured",
    "lifecycle": "publishes, starts or stops something",
    "content": "changes what visitors see or what is decided",
    "cosmetic": "changes names and descriptions",
}


def plan_page(plan: Plan, look: Look) -> str:
    """Return the page of a plan, or of its drift."""
    verdict = wording.verdict(plan, look.view)
    word = "Drift" if look.view == "drift" else "Plan"
    sections = _drift_sections(plan, look) if look.view == "drift" else _plan_sections(plan, look)
    return page(
        f"{word} for {plan.target.environment}: {verdict}",
        _head(word, verdict, _tone(plan, look.view), _scene(plan, look)),
        [*sections, _remarks(plan, look)],
        _foot(wording.last_line(plan, look.view), look),
    )


def report_page(report: Report, look: Look) -> str:
    """Return the page of an apply: what became of each change, the failed ones first."""
    verdict = wording.apply_verdict(report)
    plan = report.plan
    outcomes = {outcome.address: outcome for outcome in in_plan_order(report)}
    changes = sorted(plan.changes, key=lambda c: -_weight(c, outcomes.get(c.address)))
    results = {result.value: count for result, count in wording.results(report).items()}
    return page(
        f"Apply to {plan.target.environment}: {verdict}",
        _head("Apply", verdict, "bad" if report.exit_code else "good", _scene(plan, look)),
        [
            Section("summary", "Summary", None, _counts(results, "What became of the changes")),
            _changes(changes, plan, look, outcomes.get),
            Section("leftovers", "Did not converge", len(report.leftovers), _leftovers(report)),
            Section("notes", "Notes", None, _list(wording.remarks(report))),
        ],
        _foot(f"{wording.written(report)} {wording.apply_line(report)}", look),
    )


def problems_page(document: Problems, look: Look) -> str:
    """Return the page of a check: the problems, file by file."""
    found = complaints.ordered(document)
    verdict = complaints.last_line(document)
    what = _CHECKS.get(document.check.partition("/")[0], document.check)
    files = groupby(found[:_MOST_PROBLEMS], key=lambda p: p.location.file if p.location else "")
    tables = [_problem_table(file, list(problems), look) for file, problems in files]
    more = len(found) - _MOST_PROBLEMS
    left_out = [tag("p", f"… and {more} more problems", class_="note")] if more > 0 else []
    return page(
        f"{what}: {verdict}",
        _head(what, verdict, "bad" if found else "good", Markup()),
        [Section("problems", "Problems", len(found), join([*tables, *left_out]))],
        _foot(verdict, look),
    )


def _head(word: str, verdict: str, tone: str, scene: Markup) -> Markup:
    kicker = tag("p", f"personalize-sync · {word}", class_="kicker")
    return tag("header", kicker, tag("h1", verdict), scene, class_=tone)


def _tone(plan: Plan, view: str) -> str:
    if plan.blocked and view != "drift":
        return "bad"
    return "warn" if plan.drift or plan.scope.failed else "good"


def _scene(plan: Plan, look: Look) -> Markup:
    commit = plan.source.commit[:12] + (" with uncommitted changes" if plan.source.dirty else "")
    stated = (
        ("Environment", plan.target.environment),
        ("Tenant", plan.target.client_key),
        ("Manifests", commit if plan.source.commit else ""),
        ("Made", look.created_at),
    )
    pairs = [tag("div", tag("dt", name), tag("dd", code(value))) for name, value in stated if value]
    return tag("dl", *pairs, class_="scene")


def _foot(last: str, look: Look) -> Markup:
    version = f"personalize-sync {look.tool_version}".strip()
    return tag("footer", tag("p", last), tag("p", version))


def _plan_sections(plan: Plan, look: Look) -> Iterator[Section]:
    names = ("create", "update", "archive", "restore", "adopt", "secret_writes")
    worries = ("drift", "conflicts", "undetermined", "blocked", "unmanaged")
    counts = {name: plan.summary[name] for name in (*names, *worries)}
    body = join([_counts(counts, "What the plan holds"), _risks(plan.changes)])
    yield Section("summary", "Summary", None, body)
    changes = sorted(plan.changes, key=lambda change: -_weight(change, None))
    yield _changes(changes, plan, look, lambda _: None)
    alone = drift_without_change(plan)
    title = "Changed in the tenant, and left alone"
    yield Section("drift", title, len(alone), _drifted(alone, look))
    yield Section("reach", "What the changes reach", None, reach(plan.changes))


def _drift_sections(plan: Plan, look: Look) -> Iterator[Section]:
    counts = {**wording.drift_counts(plan), "pending changes in Git": wording.pending(plan)}
    yield Section("summary", "Summary", None, _counts(counts, "What the tenant changed"))
    yield Section("drift", "Changed in the tenant", len(plan.drift), _drifted(plan.drift, look))


def _changes(
    changes: Sequence[Change],
    plan: Plan,
    look: Look,
    outcome: Callable[..., Outcome | None],
) -> Section:
    """Show each change; the gravest come first, and keep their details when room runs out."""
    moved = drift_of(plan)
    room = _ROOM
    shown_parts: list[Markup] = []
    for number, change in enumerate(changes):
        became = outcome(change.address)
        line = change_line(change, became)
        if room > 0:
            entry = moved.get(change.address)
            is_open = number < _OPEN_AT_FIRST
            line = change_part(change, entry, became, look, is_open=is_open)
        room -= len(line)
        shown_parts.append(line)
    return Section("changes", "Changes", len(changes), join(shown_parts))


def _drifted(entries: Sequence[Drift], look: Look) -> Markup:
    room = _ROOM
    parts: list[Markup] = []
    for number, entry in enumerate(entries):
        if room <= 0:
            left_out = f"… and {len(entries) - number} more"
            parts.append(tag("p", left_out, class_="note"))
            break
        parts.append(drift_part(entry, look, is_open=number < _OPEN_AT_FIRST))
        room -= len(parts[-1])
    return join(parts)


def _weight(change: Change, outcome: Outcome | None) -> int:
    """How much a reader would miss a change: what failed or is blocked most, then by risk."""
    is_grave = bool(change.blocked) or bool(outcome and outcome.error)
    return RISKS.index(change.risk) + len(RISKS) * is_grave


def _counts(counts: dict[str, int], caption: str) -> Markup:
    cells = [
        tag("div", tag("dt", name.replace("_", " ")), tag("dd", str(count)), class_=_quiet(count))
        for name, count in counts.items()
    ]
    return tag("dl", *cells, class_="counts", aria_label=caption)


def _quiet(count: int) -> str | None:
    return None if count else "zero"


def _risks(changes: Iterable[Change]) -> Markup | None:
    found = Counter((change.risk, change.action) for change in changes)
    blocked = Counter(change.risk for change in changes if change.blocked)
    actions = [a for a in Action if any(action is a for _, action in found)]
    risks = [risk for risk in reversed(RISKS) if any(name == risk for name, _ in found)]
    if not risks:
        return None
    rows = [
        tag(
            "tr",
            tag("th", badge(risk, f"risk {risk}"), f" {_RISKS[risk]}", scope="row"),
            *(_figure(found[risk, action]) for action in actions),
            _figure(blocked[risk]),
        )
        for risk in risks
    ]
    titles = ("Risk", *(action.value for action in actions), "blocked")
    head = tag("tr", *(tag("th", title, scope="col") for title in titles))
    about = "Changes by what they put at risk"
    parts = (tag("caption", about), tag("thead", head), tag("tbody", *rows))
    return scrolling(tag("table", *parts, class_="risks"), about)


def _figure(count: int) -> Markup:
    return tag("td", str(count) if count else "", class_="figure")


def _leftovers(report: Report) -> Markup:
    if not report.leftovers:
        return Markup()
    rows = [
        tag(
            "tr",
            tag("th", code(str(left.address)), " ", code(left.path), scope="row"),
            tag("td", code(shown(left.sent))),
            tag("td", code(shown(left.stored))),
        )
        for left in report.leftovers
    ]
    head = tag("tr", *(tag("th", title, scope="col") for title in ("Field", "Sent", "Stored")))
    caption = tag("caption", "Fields that the tenant stored differently")
    return tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="entries")


def _remarks(plan: Plan, look: Look) -> Section:
    tables = [_problem_table("", list(plan.diagnostics), look)] if plan.diagnostics else []
    notes = [f"incomplete: {reason}" for reason in plan.scope.failed]
    if look.view != "drift":
        notes += [note for note in (wording.keys_needed(plan), wording.unmanaged(plan)) if note]
    return Section("notes", "Notes", None, join([*tables, _list(notes)]))


def _list(notes: Sequence[str]) -> Markup:
    return tag("ul", *(tag("li", note) for note in notes)) if notes else Markup()


def _problem_table(file: str, problems: list[Problem], look: Look) -> Markup:
    caption = tag("caption", code(look.prefix + file) if file else "Problems")
    head = tag("tr", *(tag("th", title, scope="col") for title in ("Rule", "Problem", "Place")))
    rows = [problem_row(problem, look) for problem in problems]
    return tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="problems")
