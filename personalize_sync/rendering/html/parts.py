"""Changes, drift, outcomes and problems, each as one part of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.planning.change import Action, Cause
from personalize_sync.planning.outcome import Result
from personalize_sync.problems import Severity
from personalize_sync.rendering import wording
from personalize_sync.rendering.complaints import place
from personalize_sync.rendering.diffs import DecisionDiff, EntriesDiff, compare
from personalize_sync.rendering.fields import shape_of, sides
from personalize_sync.rendering.html.canvases import canvas_diff
from personalize_sync.rendering.html.code import code_diff
from personalize_sync.rendering.html.markup import Markup, badge, code, join, tag, unseen
from personalize_sync.rendering.values import as_text, shown
from personalize_sync.resources import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.planning.change import Change, Drift, FieldChange
    from personalize_sync.planning.outcome import Outcome
    from personalize_sync.problems import Problem
    from personalize_sync.rendering.diffs import Diff
    from personalize_sync.rendering.diffs.text import TextDiff
    from personalize_sync.rendering.look import Look

# Lines wrap; only those longer than this many characters are cut at their tags.
_WIDTH = 400
_SHORT, _TINY = 80, 4
_MOST_LINES, _MOST_LINES_VERBOSE = 400, 4000
_NEW = (Action.CREATE, Action.RESTORE)
_CAUSES = {
    Cause.DRIFT: "edited in the tenant",
    Cause.CONFLICT: "edited on both sides",
    Cause.UNDETERMINED: "author unknown",
}
_RESULT_STYLES = {Result.FAILED: "blocked", Result.SKIPPED: "undetermined"}


def change_part(
    change: Change, entry: Drift | None, outcome: Outcome | None, look: Look, *, is_open: bool
) -> Markup:
    """Return one change with everything that is known about it."""
    return _folded(
        _change_title(change, outcome),
        join(
            [
                *_outcome(outcome),
                *(_objection(block.message, block.override) for block in change.blocked),
                *_remarks(change, entry, look),
                *(_field(field, change.address.kind, "plan", look) for field in _moved(change)),
                _stated(change, look) if change.action in _NEW and change.fields else None,
                *(_secret(path, change) for path in change.secrets),
            ]
        ),
        is_open=is_open,
    )


def change_line(change: Change, outcome: Outcome | None) -> Markup:
    """Return one change as a line, where there is no room for its details."""
    return tag("p", _change_title(change, outcome), class_="bare")


def drift_part(entry: Drift, look: Look, *, is_open: bool) -> Markup:
    """Return what somebody else did to one object."""
    sort = "conflict" if any(f.cause is Cause.CONFLICT for f in entry.fields) else "drift"
    title = join([_heading(str(entry.address)), " ", badge("drift", sort)])
    body = [
        tag("p", wording.moved(entry), class_="remark"),
        *(_field(field, entry.address.kind, "drift", look) for field in entry.fields),
    ]
    return _folded(title, join(body), is_open=is_open)


def problem_row(problem: Problem, look: Look) -> Markup:
    """Return one problem as a row of a table."""
    sort = "blocked" if problem.severity is Severity.ERROR else "undetermined"
    lines = [tag("p", line) for line in wording.lines_of(problem.message)]
    lines += [tag("p", line, class_="remedy") for line in wording.lines_of(problem.remedy)]
    at = place(problem.location, look.prefix, column=True) or problem.address
    return tag(
        "tr",
        tag("td", badge(problem.severity.value, sort), " ", code(problem.id)),
        tag("td", *lines),
        tag("td", code(at) if at else None),
    )


def _folded(title: Markup, body: Markup, *, is_open: bool) -> Markup:
    return tag("details", tag("summary", title), body, class_="part", open="" if is_open else None)


def _heading(address: str) -> Markup:
    return tag("h3", code(address))


def _change_title(change: Change, outcome: Outcome | None) -> Markup:
    words = [badge(change.action.value, change.action.value.replace("-", ""))]
    words += [badge(cause, "drift") for cause in wording.qualifiers(change)[1:]]
    words.append(badge(change.risk, f"risk {change.risk}"))
    if change.blocked:
        words.append(badge("blocked", "blocked"))
    if outcome:
        style = _RESULT_STYLES.get(outcome.result, "done")
        words.append(badge(outcome.result.value, style))
    marker = tag("span", wording.marker(change), class_="marker", aria_hidden="true")
    return join([marker, _heading(str(change.address)), *(join([" ", word]) for word in words)])


def _outcome(outcome: Outcome | None) -> Iterator[Markup]:
    if outcome is None:
        return
    revision = wording.revision_of(outcome)
    if revision:
        yield tag("p", f"Left {revision}.", class_="remark")
    for line in wording.lines_of(outcome.error):
        yield tag("p", f"{wording.why(outcome)}: {line}", class_="objection")
    for note in outcome.notes:
        yield tag("p", note, class_="remark")


def _objection(message: str, override: str) -> Markup:
    allow = join([" To allow it: ", code(override)]) if override else None
    return tag("p", tag("strong", "Blocked: "), message, ".", allow, class_="objection")


def _remarks(change: Change, entry: Drift | None, look: Look) -> Iterator[Markup]:
    texts = [
        wording.moved(entry) if entry else "",
        wording.since(change),
        wording.life(change, look.created_at),
        wording.used_by(change),
        *change.notes,
    ]
    return (tag("p", text, class_="remark") for text in texts if text)


def _secret(path: str, change: Change) -> Markup:
    return tag("p", badge("*", "secret"), " ", code(path), f" {wording.secret_sent(change)}")


def _moved(change: Change) -> tuple[FieldChange, ...]:
    return () if change.action in _NEW else change.fields


def _field(field: FieldChange, kind: str, view: str, look: Look) -> Markup:
    old, new = sides(field, view)
    title = [code(field.pointer)]
    if field.cause in _CAUSES:
        title.append(join([" ", badge(_CAUSES[field.cause], field.cause.value)]))
    title.append(_place(field, look))
    return tag(
        "div", tag("h4", *title), *_value(field, kind, (old, new), view, look), class_="field"
    )


def _place(field: FieldChange, look: Look) -> Markup:
    at = place(field.location, look.prefix)
    return tag("span", at, class_="place") if at else Markup()


def _value(
    field: FieldChange, kind: str, values: tuple[Any, Any], view: str, look: Look
) -> Iterator[Markup]:
    old, new = values
    if _is_short(old) and _is_short(new):
        yield _move(old, new)
    else:
        diff = compare(old, new, width=_WIDTH, shape=shape_of(kind, field.path))
        yield shown_diff(diff, field.pointer, look) if diff else _move(old, new)
    if field.cause is Cause.CONFLICT:
        word, third = ("Git", field.after) if view == "drift" else ("Our last write", field.base)
        yield tag("p", f"{word}: ", code(shown(third)), class_="remark")


def shown_diff(diff: Diff, about: str, look: Look) -> Markup:
    """Return a diff in the way that fits what was compared."""
    most = _MOST_LINES_VERBOSE if look.verbose else _MOST_LINES
    match diff:
        case DecisionDiff():
            return canvas_diff(diff, most)
        case EntriesDiff():
            return _entries(diff, about, most)
    return code_diff(diff, about, most)


def _entries(diff: EntriesDiff, about: str, most: int) -> Markup:
    rows = [
        tag(
            "tr",
            tag("th", code(e.path), scope="row"),
            tag("td", _entry(e.before, e.after, e.inner)),
        )
        for e in diff.entries[:most]
    ]
    if len(diff.entries) > most:
        more = f"… {len(diff.entries) - most} more places"
        rows.append(tag("tr", tag("td", more, colspan=2), class_="gap"))
    caption = tag("caption", f"What changed in {about}", class_="unseen")
    head = tag("tr", tag("th", "Place", scope="col"), tag("th", "Change", scope="col"))
    note = tag("p", diff.note, class_="note") if diff.note else None
    table = tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="entries")
    return join([note, table if rows else None])


def _entry(before: Any, after: Any, inner: TextDiff | None) -> Markup:
    return code_diff(inner, "this text", _MOST_LINES) if inner else _move(before, after)


def _move(old: Any, new: Any) -> Markup:
    return tag(
        "p",
        None if old is ABSENT else tag("del", unseen("before "), _block(old)),
        None if ABSENT in (old, new) else tag("span", " → ", class_="to", aria_hidden="true"),
        None if new is ABSENT else tag("ins", unseen("after "), _block(new)),
        class_="move",
    )


def _block(value: Any) -> Markup:
    """Return a value as code; only objects and lists take more than a line."""
    if isinstance(value, dict | list) and value:
        lines = as_text(value).split("\n")
        return join([tag("code", line, class_="line") for line in lines])
    return code(shown(value))


def _is_short(value: Any) -> bool:
    """Whether a value is best read on one line, which JSON within a text is not."""
    if isinstance(value, str) and ("\n" in value or value[:1] in ("{", "[")):
        return len(value) <= _TINY
    return len(shown(value)) <= _SHORT


def _stated(change: Change, look: Look) -> Markup:
    """Return what a new object will be: short values in a list, texts in full below."""
    pairs: list[Markup] = []
    texts: list[Markup] = []
    for field in change.fields:
        if _is_short(field.after):
            pairs += (tag("dt", code(field.pointer)), tag("dd", code(shown(field.after))))
            continue
        diff = compare(ABSENT, field.after, width=_WIDTH)
        body = shown_diff(diff, field.pointer, look) if diff else _move(ABSENT, field.after)
        title = tag("h4", code(field.pointer), _place(field, look))
        texts.append(tag("div", title, body, class_="field"))
    return join([tag("dl", *pairs, class_="facts") if pairs else None, *texts])
