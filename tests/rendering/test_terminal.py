"""What people read at a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from rendering.build import (
    LOOK,
    address,
    at,
    block,
    change,
    create,
    drift,
    field,
    mixed,
    outcome,
    plan,
    problem,
    problems,
    report,
)
from rendering.hostile import TEXTS

from personalize_sync.planning.change import Action, Cause, Evidence
from personalize_sync.planning.outcome import Leftover, Result
from personalize_sync.planning.plan import Plan, Scope, Target
from personalize_sync.problems import Severity
from personalize_sync.rendering import render
from personalize_sync.resources import ABSENT, AFTER_APPLY, SecretRef, Unset

DRIFT = replace(LOOK, view="drift")


def lines(document: Plan, look: object = LOOK) -> list[str]:
    """A rendered plan, line by line."""
    return render(document, "terminal", look).splitlines()  # type: ignore[arg-type]


def test_a_plan_of_all_sorts() -> None:
    """Each change has its marker, its cause, who was there, its fields, and what objects."""
    assert (
        render(mixed(), "terminal", LOOK)
        == """\
Environment: production, tenant pqsPERS0000, manifests at 4f2a9c1d8e7b

+ connection/loyalty_points   connections/loyalty.yaml:1
    /name: "LoyaltyPoints"
    /request/requestBody: 2 lines
  * /auth/clientSecret: secret sent

? connection/weather (update, undetermined)
    last written by maria@example.test at 2026-02-28T09:14:00.000Z, revision 13; our own last write is not known
    note: somebody else wrote last
  ? /request/requestType: "GET" -> "POST"
  * /auth/clientSecret: secret re-sent

! template/alert_bar (update, drift)
    changed by maria@example.test at 2026-02-28T09:14:00.000Z, revision 13
  ! /name: "Alert bar (Black Friday)" -> "Alert bar"   templates/promo.yaml:12

~ template/promo_strip
    /name: "Promo" -> "Promo strip"   templates/promo.yaml:12
    /templateElements/html: 4 lines -> 4 lines   templates/promo.yaml:20
      | @@ -1,4 +1,4 @@
      |  <div>
      |    <p>One</p>
      | -  <p>Two</p>
      | +  <p>2</p>
      |  </div>

X template/torn (update, conflict)
    changed by an unknown author at 2026-02-28T09:14:00.000Z, revision 13
  X /description: "Theirs" -> "Ours" (our last write: "Before")
  X blocked (conflict): Git and the tenant both changed the same field
    to allow it: --allow conflict=template/torn

- template/old

keys this apply needs: connections, developer-templates
4 objects of these kinds are in no manifest

Plan: 1 to create, 4 to update, 1 to archive, 0 to restore. Drift: 3. Conflicts: 1. Blocked: 1.
"""
    )


def test_a_drift_report_lists_only_what_the_tenant_changed() -> None:
    """Drift goes from what was to what the tenant has; Git's own changes are counted."""
    assert (
        render(mixed(), "terminal", DRIFT)
        == """\
Environment: production, tenant pqsPERS0000, manifests at 4f2a9c1d8e7b

? connection/weather  last written by maria@example.test at 2026-02-28T09:14:00.000Z, revision 13; our own last write is not known
    /request/requestType: "POST" -> "GET"

! template/alert_bar  changed by maria@example.test at 2026-02-28T09:14:00.000Z, revision 13
    /name: "Alert bar" -> "Alert bar (Black Friday)"   templates/promo.yaml:12

X template/torn  changed by an unknown author at 2026-02-28T09:14:00.000Z, revision 13
    /description: "Before" -> "Theirs" (Git: "Ours")

Drift: 3 objects. Conflicts: 1. Undetermined: 1. Pending changes in Git: 3.
"""
    )


def test_an_apply_report() -> None:
    """Outcomes stand in plan order, then what did not converge, and what was written."""
    done = report(
        mixed(),
        outcome("template/torn", result=Result.SKIPPED, error="blocked: conflict", wrote=False),
        outcome(
            "template/promo_strip",
            result=Result.FAILED,
            error="lost answer",
            revision=None,
            perhaps=True,
        ),
        outcome("connection/weather", notes=("a note",)),
        leftovers=(Leftover(address("connection/weather"), "/name", "a ", "a"),),
        strangers=("uuid-1",),
    )
    assert (
        render(done, "terminal", LOOK)
        == """\
Environment: production, tenant pqsPERS0000, manifests at 4f2a9c1d8e7b

updated connection/weather   revision 8
    note: a note
failed template/promo_strip
    error: lost answer
skipped template/torn   revision 8
    reason: blocked: conflict

Did not converge:
  connection/weather /name
    sent:   "a "
    stored: "a"

note: our writes are stamped uuid-1: add it to writers in the project file
Written: 1 object; 1 more may have been.
Apply: 0 created, 1 updated, 0 archived, 0 restored, 0 unchanged, 1 failed, 1 skipped.
"""
    )


@pytest.mark.parametrize(
    ("perhaps", "line"),
    [
        ((False, False), "Written: 2 objects."),
        ((False, True), "Written: 1 object; 1 more may have been."),
        ((True, True), "Nothing is known to be written; 2 objects may have been."),
    ],
)
def test_a_failed_write_that_surely_happened_counts_as_written(
    perhaps: tuple[bool, ...], line: str
) -> None:
    """Only where nobody knows it says that something may have been."""
    failed = [outcome(result=Result.FAILED, error="raced", perhaps=p) for p in perhaps]
    assert f"\n{line}\n" in render(report(mixed(), *failed), "terminal", LOOK)


def test_an_apply_that_wrote_nothing_says_so() -> None:
    """A refused run owes its reader that sentence."""
    done = report(mixed(), outcome(result=Result.FAILED, wrote=False, error="400"))
    assert "\nNothing was written.\n" in render(done, "terminal", LOOK)


def test_problems() -> None:
    """One line a machine can parse, then what to do, then the counts."""
    found = problems(
        problem(),
        problem("a name with a hyphen", severity=Severity.WARNING, id="PS3003", remedy=""),
        problem("no API key", id="PS6001", location=None, remedy="Set it."),
    )
    assert (
        render(found, "terminal", replace(LOOK, prefix="manifests/"))
        == """\
error[PS6001]: no API key
  Set it.
manifests/templates/promo.yaml:4:15: error[PS1013]: type is "WBE"
  Did you mean "WEB"?
manifests/templates/promo.yaml:4:15: warning[PS3003]: a name with a hyphen
2 errors, 1 warning in 12 manifests.
"""
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (problems(), "12 manifests are valid."),
        (problems(manifests=1), "1 manifest is valid."),
        (problems(manifests=0), "No manifests found."),
        (problems(problem(), manifests=0), "1 error."),
        (problems(problem(severity=Severity.WARNING)), "12 manifests are valid, with 1 warning."),
    ],
)
def test_the_last_line_of_a_check(found: object, said: str) -> None:
    """Valid is said only of manifests that were found."""
    assert render(found, "terminal", LOOK).splitlines()[-1] == said  # type: ignore[arg-type]


def test_no_changes() -> None:
    """An empty plan of a whole tenant has one stable last line."""
    assert lines(plan())[-1] == "No changes. The tenant matches the manifests."
    selected = plan(scope=Scope(select=("template/*",)))
    assert lines(selected)[-1] == "No changes. The tenant matches the selected manifests."


@pytest.mark.parametrize(
    "uncertain",
    [
        plan(drift=(drift("template/a", field(cause=Cause.DRIFT)),)),
        plan(scope=Scope(failed=("a page was short",))),
        plan(change(blocked=(block(),))),
        plan(diagnostics=(problem(id="PS7001", severity=Severity.WARNING),)),
    ],
)
def test_all_is_well_only_where_it_is(uncertain: Plan) -> None:
    """No changes is not said beside drift, blocks, missing objects or an incomplete view."""
    assert lines(uncertain)[-1].startswith("Plan: 0 to create, ")


def test_an_incomplete_view_is_said_in_the_last_line() -> None:
    """Whoever reads only the last line is not fooled."""
    partial = plan(scope=Scope(failed=("a page was short",)))
    assert lines(partial)[-1].endswith("Blocked: 0. Incomplete: 1.")
    assert "incomplete: a page was short" in lines(partial)
    assert lines(partial, DRIFT)[-1].startswith("No drift found in what could be read.")


def test_no_drift() -> None:
    """A drift report without drift still counts what waits in Git."""
    last = "No drift. Nobody changed the tenant behind Git's back. Pending changes in Git: 1."
    assert lines(plan(change("template/a", field())), DRIFT)[-1] == last


def test_drift_that_apply_leaves_alone_is_listed_apart() -> None:
    """Under onDrift keep the edit is no change, but it is shown."""
    edited = field("/name", "Theirs", "Ours", cause=Cause.DRIFT)
    shown = lines(plan(drift=(drift("template/a", edited),)))
    assert '    /name: "Ours" -> "Theirs"' in shown
    assert "Changed in the tenant, and left alone:" in shown


def test_adoptable_objects_are_listed_only_on_request() -> None:
    """An object that merely could be adopted is noise unless somebody asks."""
    one = plan(adoptable=(address("template/footer"),))
    assert not any(line.startswith("=") for line in lines(one))
    assert any(
        line.startswith("= template/footer") for line in lines(one, replace(LOOK, verbose=True))
    )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (ABSENT, "x", '/f: (absent) -> "x"'),
        ("x", ABSENT, '/f: "x" -> (absent)'),
        (3, AFTER_APPLY, "/f: 3 -> (known after apply)"),
        (Unset.SECRET, Unset.SECRET, "/f: (sensitive) -> (sensitive)"),
        (ABSENT, SecretRef("NAME"), "/f: (absent) -> (secret)"),
        ("(secret)", None, '/f: "(secret)" -> null'),
        (True, [1, {"b": 2, "a": None}], '/f: true -> [1, {"a": null, "b": 2}]'),
    ],
)
def test_values(before: object, after: object, said: str) -> None:
    """Words of ours stand bare; only what Git or the tenant say stands in quotes."""
    assert f"    {said}" in lines(plan(change("template/a", field("/f", before, after))))


def test_a_long_value_that_is_known_after_apply_has_no_diff() -> None:
    """What is not known yet is not compared."""
    shown = lines(plan(change("template/a", field("/f", "a\nb\n", AFTER_APPLY))))
    assert "    /f: 2 lines -> (known after apply)" in shown
    assert not any("|" in line for line in shown)


def test_a_blocked_change_still_says_what_it_is() -> None:
    """The marker X does not hide the action."""
    assert "X template/a (archive)" in lines(
        plan(change("template/a", action=Action.ARCHIVE, blocked=(block(),)))
    )


def test_an_older_write_of_ours_is_named_as_the_base() -> None:
    """A three-way verdict says which write of ours it was judged by."""
    torn = change("template/a", field(cause=Cause.DRIFT), base=Evidence("revision", 11, "us", "T"))
    assert "    our last write was revision 11 at T" in lines(plan(torn))


def test_colour_repeats_what_the_markers_say() -> None:
    """Without the colours the bytes are the same."""
    coloured = render(mixed(), "terminal", replace(LOOK, color=True))
    stripped = coloured
    for code in ("0", "1", "2", "31", "32", "33", "35", "36"):
        stripped = stripped.replace(f"\x1b[{code}m", "")
    assert coloured != stripped == render(mixed(), "terminal", LOOK)


@given(TEXTS)
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    """Hostile names, values, authors and messages are shown, not obeyed."""
    evil = plan(
        change(f"template/{text}", field(f"/{text}", text, text + "x"), notes=(text,)),
        change("template/b", field("/f", f"a\n{text}", f"{text}\nb"), blocked=(block(text, text),)),
        create("template/c", field("/f", after=text), location=at(text)),
        drift=(drift("template/d", field(cause=Cause.DRIFT), author=text, at=text),),
        diagnostics=(problem(text, remedy=text, location=at(text)),),
        target=Target(text, text, text),
    )
    for look in (LOOK, DRIFT, replace(LOOK, ascii=True)):
        for format_ in ("terminal", "summary"):
            shown = render(evil, format_, look)
            assert shown.replace("\n", "").isprintable()
            assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))
            assert "##[" not in shown
            assert shown.endswith("\n")
            assert not look.ascii or shown.isascii()
