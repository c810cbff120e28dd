"""Positions point at the token: whatever is wrong, the editor jumps to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifests.trees import HEAD, load, places, template

from personalize_sync.manifests.composing import compose
from personalize_sync.manifests.sources import ManifestSource, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WORDS = st.text("abcäß😀xyz", min_size=1, max_size=5)
_TREES = st.recursive(
    _WORDS,
    lambda children: (
        st.lists(children, min_size=1, max_size=3)
        | st.dictionaries(_WORDS, children, min_size=1, max_size=3)
    ),
    max_leaves=10,
)


def _block(value: Any, indent: int = 0) -> str:
    """Write a value in block style, each scalar in a form of its own."""
    pad = " " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{key}:{_inner(child, indent)}" for key, child in value.items())
    return "".join(f"{pad}-{_inner(child, indent)}" for child in value)


def _inner(child: Any, indent: int) -> str:
    if isinstance(child, str):
        return f' "{child}" # comment\n' if len(child) % 2 else f"   {child}\n"
    return "\n" + _block(child, indent + 2)


def _paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _paths(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _paths(child, (*path, str(index)))


@given(st.dictionaries(_WORDS, _TREES, min_size=1, max_size=3))
@settings(deadline=None)
def test_each_value_and_key_is_where_it_is_said_to_be(spec: dict[str, Any]) -> None:
    """The text at a location is the scalar or the key that was asked for, in code points."""
    text = "# comment\nspec:\n" + _block(spec, 2)
    source = ManifestSource.of(SourceFile("a.yaml", text), 0, next(compose(text)))
    lines = text.splitlines()

    for path, value in _paths(spec):
        if isinstance(value, str):
            at = source.locate(path)
            token = lines[at.line - 1][at.column - 1 : at.end_column - 1]
            assert token.strip('"') == value
        if path and not path[-1].isdecimal():
            at = source.locate(path, key=True)
            assert lines[at.line - 1][at.column - 1 :].startswith(path[-1] + ":")


@given(name=st.text("äß😀\u0301xy", max_size=8), stray=st.text("äß😀xy", min_size=1, max_size=8))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_columns_count_code_points(name: str, stray: str, tmp_path: Path) -> None:
    """A problem after wide characters is where an editor that counts characters looks."""
    start = f'{{name: "{name}x", type: WEB, '

    problems = load(tmp_path, {"a.yaml": template(spec=f"{start}{stray}: 1}}")}).problems

    assert places(problems) == [f"4:{len('spec: ' + start) + 1} PS1010"]


def test_line_breaks_of_every_system_count_once(tmp_path: Path) -> None:
    """LF, CR LF and CR end a line; nothing else does."""
    text = template(spec="\n  name: A\n  type: WEBB")

    found = [
        places(load(tmp_path, {"a.yaml": text.replace("\n", ending)}).problems)
        for ending in ("\n", "\r\n", "\r")
    ]

    assert found == [["6:9 PS1013"]] * 3


def test_an_aliased_value_stands_at_its_anchor(tmp_path: Path) -> None:
    """What is wrong with a value is shown where the value is written."""
    text = f"{HEAD}kind: Template\nmetadata: {{key: &key a}}\nspec: {{name: &type WEBB, type: *type}}\n"

    assert places(load(tmp_path, {"a.yaml": text}).problems) == ["4:14 PS1013"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab\u202e\x1b\x00'\"{", max_size=4),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "type", "variants", "fromFile", "fromSecret", "x\x1b"]),
            children,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(
    kind=st.sampled_from(["Template", "Connection", "DecisionModel", "Experience", "Experiment"]),
    spec=st.dictionaries(
        st.sampled_from(
            [
                "name",
                "type",
                "auth",
                "request",
                "templateElements",
                "variants",
                "traffic",
                "schedule",
                "channels",
                "customHeaders",
            ]
        ),
        _VALUES,
    ),
    metadata=st.dictionaries(
        st.sampled_from(["key", "environments", "manage", "renamedFrom"]), _VALUES
    ),
    overrides=_VALUES,
)
@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_document_ends_in_resources_or_problems(
    kind: str, spec: Any, metadata: Any, overrides: Any, tmp_path: Path
) -> None:
    """Whatever stands in a manifest, there is no traceback, and each problem has a place in it."""
    document = {
        "apiVersion": "personalize-sync/v1",
        "kind": kind,
        "metadata": {"key": "a", **metadata},
        "spec": spec,
        "overrides": {"uat": overrides},
    }

    loaded = load(tmp_path, {"a.yaml": json.dumps(document)})  # JSON is YAML

    assert loaded.resources or loaded.problems
    for problem in loaded.problems:
        assert problem.location
        assert problem.location.line == 1
        assert (problem.message + problem.remedy).isprintable()
