"""Reports for GitLab."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from rendering.build import LOOK, at, block, change, field, mixed, plan, problem, problems
from rendering.hostile import TEXTS

from personalize_sync.planning.change import Action
from personalize_sync.problems import Severity
from personalize_sync.rendering import gitlab


def test_the_widget_counts_in_its_own_words() -> None:
    """An archive is a delete and a restore a create, since the widget knows no other words."""
    made = plan(
        change("template/a", action=Action.ARCHIVE),
        change("template/b", action=Action.RESTORE),
        change("template/c", action=Action.CREATE),
        change("template/d", field()),
    )

    assert json.loads(gitlab.terraform(made)) == {"create": 2, "update": 1, "delete": 1}


def test_a_problem_stands_beside_its_line() -> None:
    """Path, line, rule and gravity arrive."""
    look = replace(LOOK, prefix="m/")
    (entry,) = json.loads(gitlab.code_quality(problems(problem()), look))

    assert entry["location"] == {"path": "m/templates/promo.yaml", "lines": {"begin": 4}}
    assert (entry["check_name"], entry["severity"]) == ("PS1013", "critical")
    assert 'type is "WBE"' in entry["description"]


def test_a_remark_keeps_its_fingerprint_when_it_moves() -> None:
    """A line that only moved is no new remark; another rule, file or text is."""
    found = problem()
    same = replace(found, location=at(line=90))
    others = [
        replace(found, id="PS1012"),
        replace(found, location=at("other.yaml", 4, 15)),
        replace(found, message="type is missing"),
        replace(found, severity=Severity.WARNING, message="x"),
    ]

    def fingerprint(one: object) -> str:
        (entry,) = json.loads(gitlab.code_quality(problems(one), LOOK))  # type: ignore[arg-type]
        return str(entry["fingerprint"])

    assert fingerprint(found) == fingerprint(same)
    assert len({fingerprint(each) for each in [found, *others]}) == 5


def test_no_two_entries_share_a_fingerprint() -> None:
    """GitLab takes that for a broken report."""
    twice = problems(problem(), replace(problem(), location=at(line=9)))

    assert len(json.loads(gitlab.code_quality(twice, LOOK))) == 1


def test_what_has_no_place_is_left_out() -> None:
    """The report has no room for remarks about no file."""
    blocked = change("template/a", field(), blocked=(block(),))

    assert json.loads(gitlab.code_quality(plan(blocked), LOOK)) == []
    assert all("location" in entry for entry in json.loads(gitlab.code_quality(mixed(), LOOK)))


@given(TEXTS)
def test_any_text_gives_a_report(text: str) -> None:
    """Whatever a manifest or a tenant says, the report is JSON without anything that acts."""
    report = gitlab.code_quality(problems(problem(text or "x")), LOOK)

    assert len(json.loads(report)) == 1
    assert all(char.isprintable() or char == "\n" for char in report)
