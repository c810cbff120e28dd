"""Environments and overrides: who gets what, and where a value that was overridden stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests.trees import HEAD, connection, load, places, template, write

from personalize_sync.manifests.patches import merge
from personalize_sync.resources import Manage, SecretRef

if TYPE_CHECKING:
    from pathlib import Path

    from personalize_sync.resources import Resource

_ENVIRONMENTS = ("production", "uat")
_MANIFEST = """\
apiVersion: personalize-sync/v1
kind: Template
metadata: {key: a, manage: observe, renamedFrom: [b]}
spec:
  name: A
  type: WEB
  tags: [x, y]
  icon: old
  templateElements:
    html: {fromFile: a.html}
    css: "1"
overrides:
  uat:
    name: "[UAT] A"
    icon: null
    tags: [z]
    templateElements:
      html: {fromFile: b.html}
      js: "2"
"""
_FILES = {"m.yaml": _MANIFEST, "a.html": "base", "b.html": "uat"}


def _only(root: Path, environment: str | None) -> Resource:
    loaded = load(root, environments=_ENVIRONMENTS, environment=environment)
    assert loaded.problems == ()
    return loaded.resources[0]


def test_an_override_is_a_merge_patch(tmp_path: Path) -> None:
    """Objects are merged, null removes, everything else replaces; files are read afterwards."""
    write(tmp_path, _FILES)

    assert _only(tmp_path, "uat").spec == {
        "name": "[UAT] A",
        "type": "WEB",
        "tags": ["z"],
        "templateElements": {"html": "uat", "css": "1", "js": "2"},
    }
    assert _only(tmp_path, "production").spec == _only(tmp_path, None).spec
    assert _only(tmp_path, None).spec["templateElements"] == {"html": "base", "css": "1"}


def test_metadata_travels_with_the_resource(tmp_path: Path) -> None:
    """How it is managed and what it was called is the same in every environment."""
    write(tmp_path, _FILES)

    assert [_only(tmp_path, e).manage for e in (None, "uat")] == [Manage.OBSERVE] * 2
    assert _only(tmp_path, "uat").renamed_from == ("b",)


@pytest.mark.parametrize(
    ("environment", "path", "key", "place"),
    [
        (None, ("name",), False, "5:9"),
        ("uat", ("name",), False, "14:11"),
        ("uat", ("name",), True, "14:5"),
        ("uat", ("type",), False, "6:9"),
        ("production", ("name",), False, "5:9"),
        (None, ("tags", "1"), False, "7:13"),
        ("uat", ("tags", "0"), False, "16:12"),
        ("uat", ("tags", "1"), False, "16:11"),
        ("uat", ("templateElements", "css"), False, "11:10"),
        ("uat", ("templateElements", "html"), False, "18:13"),
        ("uat", ("templateElements", "js"), True, "19:7"),
        (None, ("templateElements", "js"), False, "10:5"),
        (None, ("templateElements", "js"), True, "9:3"),
        (None, (), True, "4:1"),
        (None, ("nothing", "here"), True, "4:1"),
    ],
)
def test_a_value_stands_where_it_was_written(
    environment: str | None,
    path: tuple[str, ...],
    *,
    key: bool,
    place: str,
    tmp_path: Path,
) -> None:
    """An overridden value is located in the override; an unknown path in what encloses it."""
    write(tmp_path, _FILES)

    at = _only(tmp_path, environment).source.locate(path, key=key)

    assert (at.file, f"{at.line}:{at.column}") == ("m.yaml", place)


def test_a_place_ends_where_the_value_ends(tmp_path: Path) -> None:
    """Ends are exclusive, and a block ends with its last value."""
    source = _only(write(tmp_path, _FILES), None).source

    name = source.locate(("name",))
    elements = source.locate(("templateElements",))

    assert (name.end_line, name.end_column) == (5, 10)
    assert (elements.end_line, elements.end_column) == (11, 13)
    assert str(source.start) == "m.yaml:1:1"


def test_variants_are_located_below_their_model(tmp_path: Path) -> None:
    """The resources a manifest stands for share its text."""
    text = f"{HEAD}kind: DecisionModel\nmetadata: {{key: m}}\nspec:\n  name: M\n  variants:\n    v: {{name: V, definition: x}}\n"
    loaded = load(tmp_path, {"m.yaml": text})

    model, variant = loaded.resources

    assert [str(model.address), str(variant.address)] == [
        "decision-model/m",
        "decision-variant/m:v",
    ]
    assert str(variant.source.locate(("definition",))) == "m.yaml:7:30"
    assert str(variant.source.start) == "m.yaml:7:5"


def test_environments_select_manifests(tmp_path: Path) -> None:
    """A manifest counts where it says so, and everywhere if it does not."""
    files = {
        "a.yaml": template("a"),
        "b.yaml": template("b", metadata=", environments: [uat]"),
    }
    write(tmp_path, files)

    keys = {
        environment: [
            r.address.key
            for r in load(tmp_path, environments=_ENVIRONMENTS, environment=environment).resources
        ]
        for environment in (None, *_ENVIRONMENTS)
    }

    assert keys == {None: ["a", "b"], "uat": ["a", "b"], "production": ["a"]}


def test_unknown_environments_are_problems(tmp_path: Path) -> None:
    """Names that the project does not declare are reported where they stand, with a suggestion."""
    text = (
        template(metadata=", environments: [uat, prodution]")
        + "overrides: {uta: {}, production: {}}\n"
    )

    problems = load(tmp_path, {"a.yaml": text}, environments=_ENVIRONMENTS).problems

    assert places(problems) == ["3:40 PS2006", "5:13 PS2006", "5:22 PS2006"]
    assert problems[0].remedy.endswith('Did you mean "production"?')


def test_without_a_project_file_any_environment_may_be_named(tmp_path: Path) -> None:
    """Where nothing is declared, nothing can be misspelt."""
    text = template(metadata=", environments: [qa]") + "overrides: {qa: {name: B}}\n"

    loaded = load(tmp_path, {"a.yaml": text}, environment="qa")

    assert loaded.problems == ()
    assert loaded.resources[0].name == "B"


def test_secrets_are_names_until_apply(tmp_path: Path) -> None:
    """The loader knows where a secret will come from, and never what it is."""
    spec = (
        "{name: A, systemType: X, request: {}, customHeaders: [{name: K, value: {fromSecret: H}}],"
        " auth: {authType: OAUTH, clientSecret: {fromSecret: S, version: '1'}}}"
    )

    resource = load(tmp_path, {"a.yaml": connection(spec=spec)}).resources[0]

    assert dict(resource.secrets) == {
        ("auth", "clientSecret"): SecretRef("S", "1"),
        ("customHeaders", "0", "value"): SecretRef("H"),
    }


_JSON = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda children: st.dictionaries(st.sampled_from("abc"), children | st.none(), max_size=3),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_merging_follows_rfc_7396(base: Any, patch: Any) -> None:
    """Merging is the algorithm of the RFC, and changes neither of its arguments."""

    def rfc(target: Any, change: Any) -> Any:
        if not isinstance(change, dict):
            return change
        target = dict(target) if isinstance(target, dict) else {}
        for name, value in change.items():
            if value is None:
                target.pop(name, None)
            else:
                target[name] = rfc(target.get(name), value)
        return target

    before = repr((base, patch))

    assert merge(base, patch) == rfc(base, patch)
    assert merge(merge(base, patch), patch) == merge(base, patch)
    assert repr((base, patch)) == before
