"""A file without flaws is read in a short way, and what comes out is what the long way says."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from manifests.trees import connection, load, template

from personalize_sync.manifests import clean
from personalize_sync.manifests.clean import read_clean
from personalize_sync.manifests.composing import compose
from personalize_sync.manifests.memory import FOLDER
from personalize_sync.manifests.values import Values

_EXAMPLES = Path(__file__).parent / "examples"
_ODD: tuple[Any, ...] = (
    *("Name\twith tab", " padded ", "Ünïcode", "", "a" * 300, 0, 1.5, None, True, [], {}),
    *({"fromFile": "page.html"}, {"fromFile": "nowhere.html"}, {"fromSecret": "NAME"}),
    {"lookup": {"kind": "decision-model", "name": "Elsewhere"}},
    *(["next_best"], {"a": {"name": "A"}}, "DRAFT", "PRODUCTION", "2026-12-01T00:00:00.000Z"),
)


def _shown(root: Path) -> Any:
    loaded = load(root)
    resources = [
        (str(r.address), r.spec, r.source.start, r.manage, r.renamed_from, r.tags)
        for r in loaded.resources
    ]
    tests = [(test.model, test.name) for test in loaded.tests]
    return repr(resources), loaded.problems, tests, loaded.tree_digest, loaded.manifests


def _both_ways(root: Path, files: dict[str, str]) -> Any:
    """Return what is read, given that it is the same with and without the short way."""
    load(root, files)
    short = _shown(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clean, "read_clean", lambda _data: None)
        assert _shown(root) == short
    return short


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every container with each of its keys or indices."""
    if not isinstance(value, (dict, list)):
        return []
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    return [(value, key) for key, _ in pairs] + [
        hit for _, child in pairs for hit in _places(child)
    ]


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, "")


@pytest.mark.parametrize("path", sorted(_EXAMPLES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_reads_the_same_both_ways(path: Path, tmp_path: Path) -> None:
    """So do its mutants: values that a kind, a schema or nobody objects to, wherever they fit."""
    beside = {p.name: p.read_text() for p in path.parent.iterdir() if p.suffix != ".yaml"}
    text = path.read_text(encoding="utf-8")
    _both_ways(tmp_path, {**beside, "page.html": "<p>", "a.yaml": text})
    data = read_clean(path.read_bytes())
    if data is None:
        return
    chance = random.Random(path.stem)
    for _ in range(12):
        documents = [copy.deepcopy(document) for _, _, document, _ in data]
        where, key = chance.choice(_places(chance.choice(documents)["spec"]))
        where[key] = copy.deepcopy(chance.choice(_ODD))
        mutant = "\n---\n".join(json.dumps(document) for document in documents)
        _both_ways(tmp_path, {"a.yaml": mutant})


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (template(spec='{name: A, type: WEB, templateElements: {html: {"from\\x46ile": x}}}'), 1),
        (template(spec='{name: A, type: WEB, templateElements: {html: {"from\\u0046ile": p}}}'), 0),
        (template(spec='{name: "A\\tB", type: WEB}'), 1),
        (template(spec="{name: A, type: WEB}") + 'overrides: {uat: {name: "A\\tB"}}\n', 1),
        (template(spec="{name: A, type: WEB}", metadata=", manage: observe, tags: [a, b]"), 0),
        (template(spec="{name: A, type: WEB}", metadata=", renamedFrom: [a_former]"), 0),
        (template("a") + "---\n" + template("a"), 1),
        ("\ufeff" + template(), 0),
        (template() + "---\n# nothing\n", 0),
        (
            connection(
                spec="{name: C, systemType: X, request: {requestType: GET, connectionUrl: 'https://a'},"
                ' auth: {authType: OTHER, more: {"from\\x53ecret": NAME}}}'
            ),
            1,
        ),
    ],
)
def test_nothing_slips_through_the_short_way(text: str, rules: int, tmp_path: Path) -> None:
    """Escapes that hide a word, findings in an override, twins: counted as the long way counts."""
    _, problems, *_ = _both_ways(tmp_path, {"a.yaml": text, "p": "<p>"})

    assert len(problems) == rules, problems


def test_what_needs_a_file_is_never_settled() -> None:
    """What is settled is remembered as such, and the file could change or go."""
    named = template(spec="{name: A, type: WEB, templateElements: {html: {fromFile: p}}}")
    hidden = template(spec='{name: A, type: WEB, templateElements: {html: {"from\\x46ile": p}}}')
    odd = template(spec='{name: "A\\tB", type: WEB}')

    settled = [
        [document[3] for document in read_clean(text.encode()) or ()]
        for text in (template(), named, hidden, odd)
    ]

    assert settled == [[True], [False], [False], [False]]


def test_a_document_is_the_same_data_both_ways() -> None:
    """The short way composes as the long one does, anchors, tags and several documents included."""
    for path in sorted((_EXAMPLES / "valid").rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")

        found = [document for _, _, document, _ in read_clean(text.encode()) or ()]

        assert found == [Values().of(root) for root in compose(text)]
