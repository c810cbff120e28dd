"""Annotations for GitHub."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from rendering.build import LOOK, at, block, change, drift, field, outcome, plan, problem, problems
from rendering.build import report as build_report
from rendering.hostile import TEXTS
from rendering.readers import parsed

from personalize_sync.planning.change import Cause
from personalize_sync.planning.outcome import Result
from personalize_sync.problems import Severity
from personalize_sync.rendering import render


def test_a_problem_stands_at_its_line() -> None:
    """File, line, column, rule and remedy arrive."""
    found = problems(problem(location=replace(at(line=4, column=15), end_line=4, end_column=20)))
    shown = render(found, "github", replace(LOOK, prefix="m/"))
    assert shown == (
        "::error file=m/templates/promo.yaml,line=4,endLine=4,col=15,endColumn=20,"
        'title=PS1013 value not allowed::type is "WBE"%0ADid you mean "WEB"?\n'
        "::notice title=personalize-sync::1 error in 12 manifests.\n"
    )


def test_errors_come_first_and_the_tenth_counts_the_rest() -> None:
    """GitHub drops the eleventh silently, so the tenth speaks for it."""
    many = [problem(f"e{n:02}", location=at(line=n + 1)) for n in range(25)]
    many += [problem(f"w{n}", severity=Severity.WARNING) for n in range(3)]
    commands = parsed(render(problems(*many), "github", LOOK))
    assert [name for name, _, _ in commands] == ["error"] * 10 + ["warning"] * 3 + ["notice"]
    assert commands[9][2] == "+16 more, see the whole document"


def test_the_eleventh_is_one_too_many() -> None:
    """Ten annotations are shown as they are, eleven are not."""
    for count, last in ((10, "e09"), (11, "+2 more, see the whole document")):
        many = [problem(f"e{n:02}", remedy="", location=at(line=n + 1)) for n in range(count)]
        errors = [c for c in parsed(render(problems(*many), "github", LOOK)) if c[0] == "error"]
        assert (len(errors), errors[-1][2]) == (10, last)


def test_a_plan_annotates_blocks_and_drift() -> None:
    """What needs somebody's decision is an error, what somebody did is a warning."""
    one = plan(
        change("template/a", field(), blocked=(block(),), location=at()),
        drift=(drift("template/b", field(cause=Cause.DRIFT)),),
    )
    commands = parsed(render(one, "github", LOOK))
    assert [name for name, _, _ in commands] == ["error", "warning", "notice"]
    assert commands[0][1]["file"] == "templates/promo.yaml"
    drifting = parsed(render(one, "github", replace(LOOK, view="drift")))
    assert [name for name, _, _ in drifting] == ["warning", "notice"]


def test_a_remark_sits_on_the_line_it_is_about() -> None:
    """A conflict is shown at the field in conflict, an edit at the first edited field."""
    torn = field("/description", cause=Cause.CONFLICT, location=at(line=7))
    moved = field("/name", cause=Cause.DRIFT, location=at("b.yaml", line=3))
    target = field("/request/connectionUrl", location=at("c.yaml", line=9))
    one = plan(
        change("template/a", field(), torn, blocked=(block("conflict"),), location=at(line=1)),
        change(
            "connection/c", field(), target, blocked=(block("retarget"),), location=at("c.yaml")
        ),
        drift=(drift("template/b", field("/x"), moved, location=at("b.yaml", line=1)),),
    )
    places = [(p.get("file"), p.get("line")) for _, p, _ in parsed(render(one, "github", LOOK))]
    assert places == [
        ("templates/promo.yaml", "7"),
        ("c.yaml", "9"),
        ("b.yaml", "3"),
        (None, None),
    ]


def test_a_failed_change_is_an_error_at_its_manifest() -> None:
    """An apply points at the manifest that could not be carried out."""
    failed = outcome("template/a", result=Result.FAILED, error="refused", wrote=False)
    one = build_report(plan(change("template/a", location=at())), failed)
    commands = parsed(render(one, "github", LOOK))
    assert commands[0] == (
        "error",
        {"file": "templates/promo.yaml", "line": "12", "col": "9", "title": "template/a failed"},
        "refused",
    )
    assert commands[-1][2].startswith("Nothing was written. Apply: ")


@given(TEXTS)
def test_no_text_becomes_a_command_or_a_property(text: str) -> None:
    """Whatever a name holds, the runner reads our commands and no others."""
    evil = plan(
        change(f"template/{text}", blocked=(block(text, text),), location=at("f" + text)),
        drift=(drift(f"template/{text}", field(f"/{text}", cause=Cause.DRIFT), author=text),),
        diagnostics=(problem(text, remedy=text, location=at("f" + text)),),
    )
    shown = render(evil, "github", LOOK)
    commands = parsed(shown)
    assert [name for name, _, _ in commands] == ["error", "error", "warning", "notice"]
    for _, properties, _ in commands:
        assert set(properties) <= {"file", "line", "col", "title"}
    assert len(shown.splitlines()) == len(commands)
