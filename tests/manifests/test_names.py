"""Names that people read as something else than the tenant does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from manifests.trees import HEAD, connection, load, places, places_by_file, template

from personalize_sync.problems import Severity

if TYPE_CHECKING:
    from pathlib import Path

_COMPOSED, _DECOMPOSED = "Caf\u00e9", "Cafe\u0301"


def _named(key: str, name: str) -> str:
    spec = f"{{name: {json.dumps(name)}, systemType: X, auth: {{authType: NONE}}, request: {{}}}}"
    return connection(key, spec)


@pytest.mark.parametrize("name", ["a\tb", "two\nlines", "end\n", " a", "a ", "a\u2028b", "a\x85b"])
def test_what_nobody_sees_in_a_name_is_told(name: str, tmp_path: Path) -> None:
    """A tab, a line break, or a blank at an end: only warned of, as a tenant may hold such a name."""
    loaded = load(tmp_path, {"a.yaml": _named("a", name)})

    assert places(loaded.problems) == ["4:14 PS3003"]
    assert {p.severity for p in loaded.problems} == {Severity.WARNING}
    assert len(loaded.resources) == 1


def test_a_block_that_ends_with_a_line_break_is_told_how_to_do_without(tmp_path: Path) -> None:
    """The usual way to such a name."""
    text = f"{HEAD}kind: Template\nmetadata: {{key: a}}\nspec:\n  type: WEB\n  name: |\n    Strip\n"
    (problem,) = load(tmp_path, {"a.yaml": text}).problems
    assert problem.id == "PS3003"
    assert "use |-" in problem.remedy


@pytest.mark.parametrize("name", ["Café", _DECOMPOSED, "شريط", "👩\u200d🔬 lab", "a b", "Ünï-cödé"])
def test_other_scripts_are_no_problem(name: str, tmp_path: Path) -> None:
    """Letters, marks and joiners that a script needs stay as they are."""
    spec = json.dumps({"name": name, "type": "WEB"}, ensure_ascii=False)
    assert load(tmp_path, {"a.yaml": template(spec=spec)}).problems == ()


def test_variants_have_names_too(tmp_path: Path) -> None:
    """The place is that of the variant's name."""
    text = (
        f"{HEAD}kind: DecisionModel\nmetadata: {{key: a}}\nspec:\n  name: A\n  variants:\n"
        '    main: {name: "Main\\t", definition: <d/>}\n'
    )
    assert places(load(tmp_path, {"a.yaml": text}).problems) == ["7:18 PS3003"]


def test_names_that_look_the_same_are_told(tmp_path: Path) -> None:
    """Two spellings of one letter are two names for the tenant, and one for people."""
    files = {"a.yaml": _named("a", _COMPOSED), "b.yaml": _named("b", _DECOMPOSED)}
    loaded = load(tmp_path, files)

    assert places_by_file(loaded.problems) == ["b.yaml:4:14 PS3003"]
    assert "connection/a" in loaded.problems[0].message


def test_equal_names_are_still_an_error(tmp_path: Path) -> None:
    """One name is one object, whatever its letters."""
    files = {"a.yaml": _named("a", _COMPOSED), "b.yaml": _named("b", _COMPOSED)}
    assert places_by_file(load(tmp_path, files).problems) == ["b.yaml:4:14 PS1021"]


def test_another_manifest_is_no_suggestion_for_a_missing_file(tmp_path: Path) -> None:
    """A file that is named like the manifest beside it is surely not the manifest."""
    spec = "{name: A, type: WEB, templateElements: {html: {fromFile: strip.htm}}}"
    (problem,) = load(tmp_path, {"strip.yaml": template(spec=spec)}).problems
    assert (problem.id, "Did you mean" in problem.remedy) == ("PS2003", False)
    files = {"strip.yaml": template(spec=spec), "strip.html": "<p/>"}
    (problem,) = load(tmp_path, files).problems
    assert 'Did you mean "strip.html"?' in problem.remedy
