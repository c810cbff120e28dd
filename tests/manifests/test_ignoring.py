"""A comment at the line of a warning asks not to be told of it; nothing else has that power."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests.trees import HEAD, connection, load, places

from personalize_sync.manifests.ignoring import comment, sift
from personalize_sync.manifests.scalars import Surroundings, ways_to_write
from personalize_sync.manifests.sources import SourceFile
from personalize_sync.problems import Location, Problem, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from personalize_sync.manifests import Loaded

_SIGN = "# personalize-sync: ignore PS3003"
_REST = "systemType: X, auth: {authType: NONE}, request: {}}"


def _named(name: str, above: str = "", metadata: str = "") -> str:
    """A connection whose name begins in line 5, or in line 6 below `above`."""
    head = f"{HEAD}kind: Connection\nmetadata: {{key: a{metadata}}}\nspec:\n"
    return f"{head}{above}  name: {name}\n  systemType: X\n  auth: {{authType: NONE}}\n  request: {{}}\n"


def _ignored(loaded: Loaded) -> list[str]:
    return [
        f"{at.line}:{at.column} {one.reason}"
        for one in loaded.ignored
        if (at := one.problem.location)
    ]


@pytest.mark.parametrize(
    ("name", "above"),
    [
        (f"a-b  {_SIGN} - as the tenant has it", ""),
        (f'"a-b"\t{_SIGN}: as the tenant has it', ""),
        (f"a-b {_SIGN}, PS1016 as the tenant has it", ""),
        (f"a-b # see the wiki {_SIGN} \u2014 as the tenant has it", ""),
        ("a-b #personalize-sync:ignore PS1016 PS3003 as the tenant has it  ", ""),
        (f"|-  {_SIGN} - as the tenant has it\n    a-b", ""),
        (f">2-  {_SIGN} - as the tenant has it\n    a-b", ""),
        ("'a-b'", f"  {_SIGN} - as the tenant has it\n"),
        ('"a\n    -b"', f"{_SIGN} as the tenant has it\n"),
        ("a-b", f"  description: |\n    x\n  {_SIGN} as the tenant has it\n"),
    ],
)
def test_a_comment_at_the_line_or_alone_above_it_counts(
    name: str, above: str, tmp_path: Path
) -> None:
    """The warning is not told, and is kept with the reason that the comment gives."""
    loaded = load(tmp_path, {"a.yaml": _named(name, above)})

    assert loaded.problems == ()
    line = 5 + above.count("\n")
    assert _ignored(loaded) == [f"{line}:9 as the tenant has it"]
    assert len(loaded.resources) == 1


@pytest.mark.parametrize(
    ("name", "above"),
    [
        (f'"a-b {_SIGN}"', ""),
        (f"'a-b {_SIGN}\n    '", ""),
        (f"|-\n    a-b {_SIGN}", ""),
        (f"|-\n    a-b\n    {_SIGN}", ""),
        ("a-b", f"  description: |\n    x\n    {_SIGN}\n"),
        ("a-b", f"  description: >+\n    x\n\n   {_SIGN}\n    \n".replace("   #", "    #")),
        ("a-b", f"  description: x {_SIGN}\n"),
        ("a-b", f"  {_SIGN}\n\n"),
        (f"a-b\n  description: x {_SIGN}", ""),
        ("a-b # personalize-sync: ignore PS1016", ""),
        ("a-b # personalize-sync: ignored PS3003", ""),
        ("a-b # ignore PS3003", ""),
    ],
)
def test_nothing_else_counts(name: str, above: str, tmp_path: Path) -> None:
    """Neither a part of a text, nor another line, nor another id."""
    loaded = load(tmp_path, {"a.yaml": _named(name, above)})

    line = 5 + above.count("\n")
    assert set(places(loaded.problems)) == {f"{line}:9 PS3003"}
    assert loaded.ignored == ()


@given(
    st.lists(
        st.sampled_from([_SIGN, "#", '"', "'", "\n", " ", "- ", "-x", "\\", "|", ": "]), max_size=8
    ),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.integers(0, 1),
)
def test_no_text_is_taken_for_a_comment(parts: list[str], style: str | None, above: int) -> None:
    """However a text is written that looks like the comment, beside the warning or before it."""
    text = "a" + "".join(parts)
    for written in ways_to_write(text, style, Surroundings(column=0, indent=2)):
        file = SourceFile("a.yaml", f"description: {written}\n" + "name: a-b\n" * above)
        lines = file.text.count("\n")
        assert {event for event in range(1, lines + 1) if _is_ignored(file, event)} == set()
        after = SourceFile("a.yaml", f"{file.text}{_SIGN}\nname: b-c\n")
        assert _is_ignored(after, lines + 2)


def _is_ignored(file: SourceFile, line: int) -> bool:
    warning = Problem("PS3003", "", "", Location(file.name, line, 1), Severity.WARNING)
    return bool(sift([warning], [file])[1])


def test_an_override_has_lines_of_its_own(tmp_path: Path) -> None:
    """What is ignored in the spec is told of an override's value, and the other way round."""
    text = _named(f"a-b  {_SIGN} - ours")
    text += f"overrides:\n  uat: {{name: c-d}}  {_SIGN} - theirs\n  live:\n    name: e-f\n"
    text += '  test: {name: "g "}\n  demo:\n    name: " g" #personalize-sync: ignore PS3003\n'

    loaded = load(tmp_path, {"a.yaml": text}, environments=["uat", "live", "test", "demo"])

    assert _ignored(loaded) == ["5:9 ours", "10:15 theirs", "15:11 "]
    assert places(loaded.problems) == ["12:11 PS3003", "13:16 PS3003"]


def test_names_that_look_alike_are_told_where_a_comment_is_missing(tmp_path: Path) -> None:
    """The later one has the warning, so there stands the comment."""
    first = connection("a", f'{{name: "Caf\u00e9", {_REST}')
    second = connection("b", f'{{name: "Cafe\u0301", {_REST}')
    assert places(load(tmp_path, {"a.yaml": first, "b.yaml": second}).problems) == ["4:14 PS3003"]

    second = second.rstrip("\n") + f" {_SIGN} - both exist\n"
    loaded = load(tmp_path, {"b.yaml": second}, environments=["uat", "live"])

    assert loaded.problems == ()
    assert _ignored(loaded) == ["4:14 both exist"]


def test_an_error_is_told_and_the_comment_answered(tmp_path: Path) -> None:
    """It stays an error, and its remedy says why the comment does nothing."""
    text = connection().replace("systemType: X", "systemTyp: X").rstrip("\n")
    loaded = load(tmp_path, {"a.yaml": f"{text}  # personalize-sync: ignore PS1010, PS1011\n"})

    assert [problem.id for problem in loaded.problems] == ["PS1011", "PS1010"]
    assert all(p.remedy.endswith(" An error cannot be ignored.") for p in loaded.problems)
    assert (loaded.resources, loaded.ignored) == ((), ())


@pytest.mark.parametrize(
    ("said", "column", "message", "remedy"),
    [
        (" PS3O03 - a reason", 41, 'no rule has the id "PS3O03"', 'Did you mean "PS3003"?'),
        (" ps3003", 41, 'no rule has the id "ps3003"', 'Did you mean "PS3003"?'),
        (" hyphens, please", 41, 'no rule has the id "hyphens"', "PS3003 - the reason"),
        ("", 40, "the comment asks to ignore something, and names no rule", "PS3003 - the reason"),
        (
            " - it is so",
            41,
            "the comment asks to ignore something, and names no rule",
            "PS3003 - the",
        ),
    ],
)
def test_a_comment_that_names_no_rule_is_a_warning_itself(
    said: str, column: int, message: str, remedy: str, tmp_path: Path
) -> None:
    """Beside the warning that it does not stop, at the place of the id."""
    loaded = load(tmp_path, {"a.yaml": _named(f"a-b  # personalize-sync: ignore{said}")})

    assert places(loaded.problems) == ["5:9 PS3003", f"5:{column} PS3009"]
    assert loaded.problems[1].message == message
    assert remedy in loaded.problems[1].remedy
    assert loaded.problems[1].severity is Severity.WARNING


def test_ids_beside_an_unknown_one_count(tmp_path: Path) -> None:
    """One slip of the pen does not undo the rest."""
    loaded = load(tmp_path, {"a.yaml": _named("a-b  # personalize-sync: ignore PS3003, PS9999")})

    assert [problem.id for problem in loaded.problems] == ["PS3009"]
    assert len(loaded.ignored) == 1


def test_what_is_written_is_understood() -> None:
    """The comment that an import writes is the comment that is looked for."""
    said = comment(["PS3003", "PS1016", "PS3003"], "as it is")
    assert said == "# personalize-sync: ignore PS1016, PS3003 - as it is"
    assert _is_ignored(SourceFile("a.yaml", f"name: a-b  {said}\n"), 1)
