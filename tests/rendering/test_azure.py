"""Logging commands of Azure Pipelines."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from rendering.build import LOOK, mixed, problem, problems
from rendering.hostile import TEXTS

from personalize_sync.rendering import azure


def parsed(line: str) -> tuple[str, dict[str, str], str] | None:
    """A command as the agent reads it, wherever in the line it stands; None where there is none."""
    start = line.find("##vso[")
    if start < 0:
        return None
    head, separator, message = line[start + 6 :].partition("]")
    if not separator:
        return None
    name, _, rest = head.partition(" ")
    pairs = (part.partition("=") for part in rest.split(";") if "=" in part)
    return name, {key.strip(): unescaped(value) for key, _, value in pairs}, unescaped(message)


def unescaped(text: str) -> str:
    """What the agent makes of an escaped text."""
    for escaped, char in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]")):
        text = text.replace(escaped, char)
    return text.replace("%AZP25", "%")


def test_a_problem_is_an_issue_at_its_line() -> None:
    """File, line, column and rule arrive."""
    (line,) = azure.issues(problems(problem()), LOOK)

    assert parsed(line) == (
        "task.logissue",
        {
            "type": "error",
            "sourcepath": "templates/promo.yaml",
            "linenumber": "4",
            "columnnumber": "15",
            "code": "PS1013",
        },
        'PS1013 value not allowed: type is "WBE" Did you mean "WEB"?',
    )


def test_outputs_are_variables_in_its_spelling() -> None:
    """Other jobs read them as `hasChanges`."""
    (line,) = azure.variables({"has_changes": "true"})

    assert line == "##vso[task.setvariable variable=hasChanges;isOutput=true;]true"


def test_the_summary_is_a_file() -> None:
    """The agent takes its path."""
    assert azure.upload_summary("/w/a b.md") == "##vso[task.uploadsummary]/w/a b.md"


def test_errors_come_first() -> None:
    """Whatever cuts the list cuts the lesser ones."""
    types = [
        found[1]["type"]
        for line in azure.issues(mixed(), LOOK)
        if (found := parsed(line)) is not None
    ]

    assert types == sorted(types)


@given(TEXTS, TEXTS)
def test_no_text_makes_another_command(message: str, name: str) -> None:
    """A line stays one command with the text as its message, whatever the text says."""
    (line,) = azure.issues(problems(problem(message, address=name)), LOOK)
    found = parsed(line)

    assert found is not None
    assert found[0] == "task.logissue"
    assert set(found[1]) == {"type", "sourcepath", "linenumber", "columnnumber", "code"}
    assert line.isprintable()
    assert len(re.findall(r"##\w*\[", line)) == 1


@given(st.text(max_size=30))
def test_a_variable_holds_what_it_was_given(value: str) -> None:
    """A value is one value; what is no printable text arrives escaped."""
    (line,) = azure.variables({"plan_file": value})
    found = parsed(line)

    assert found is not None
    assert found[:2] == ("task.setvariable", {"variable": "planFile", "isOutput": "true"})
    assert not value.isprintable() or "##" in value or found[2] == value
