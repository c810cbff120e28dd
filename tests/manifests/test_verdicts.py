"""Two validators, one verdict; and every refusal has an explanation."""

from __future__ import annotations

import copy
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from personalize_sync.kinds import BY_MANIFEST
from personalize_sync.manifests.composing import compose
from personalize_sync.manifests.explaining import explain, validator
from personalize_sync.manifests.schemas import PROJECT, verdict
from personalize_sync.manifests.values import Values

_EXAMPLES = Path(__file__).parent / "examples/valid"
_STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.0, 0.5, 101, 10**20, 10**400, "", "a", "a\n", "WEB", "Ä"),
    *("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z\n", [], ["a"], ["a", "a"], [1, 1.0], [1, True]),
    *({}, {"a": 1}, {"": 1}, {"fromFile": "a"}, {"fromSecret": "A"}, {"fromSecret": 1}),
    *({"lookup": {"kind": "decision-model", "name": "a"}}, {"authType": "NONE", "clientId": "a"}),
)
_PROJECT = {
    "apiVersion": "personalize-sync/v1",
    "kind": "Project",
    "environments": {
        "a": {"region": "eu", "keys": {"connections": {"for": ["connection"]}}},
        "b": {"baseUrl": "https://a", "tokenUrl": "https://b", "keys": {"connections": {}}},
    },
}


def _documents() -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [(PROJECT, _PROJECT)]
    for path in sorted(_EXAMPLES.rglob("*.yaml")):
        for root in compose(path.read_text(encoding="utf-8")):
            document = Values().of(root)
            found.append((BY_MANIFEST[document["kind"]].name, document))
    return found


def _containers(value: Any) -> list[Any]:
    children = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list)):
        return []
    return [value, *(inner for child in children for inner in _containers(child))]


def _mutated(document: Any, chance: random.Random) -> Any:
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 2)):
        target = chance.choice(_containers(document))
        new = copy.deepcopy(chance.choice(_STRANGE))
        if isinstance(target, list):
            target[: chance.randint(0, 1)] = [new]
            continue
        keys = list(target)
        match chance.randint(0, 3):
            case 0 if keys:
                del target[chance.choice(keys)]
            case 1:
                target[chance.choice(["unknown", "a\n", "", "status", "split", "fromFile"])] = new
            case _ if keys:
                target[chance.choice(keys)] = new
    return document


@pytest.mark.parametrize("seed", range(20))
def test_both_validators_agree_and_refusals_are_explained(seed: int) -> None:
    """On mutated documents the fast and the explaining validator say the same."""
    chance = random.Random(seed)
    refused = 0
    for name, valid in _documents():
        for _ in range(15):
            document = _mutated(valid, chance)
            fits = verdict(name)(document)
            shown = json.dumps(document)[:2000]

            assert validator(name).is_valid(document) == fits, shown
            assert bool(explain(name, document)) != fits, shown
            refused += not fits
    assert refused > 50


def test_the_examples_are_valid_for_both() -> None:
    """What is mutated starts from documents that both accept."""
    for name, document in _documents():
        assert verdict(name)(document)
        assert validator(name).is_valid(document)


def test_explanations_are_sentences_about_the_place() -> None:
    """Each flaw has a rule, a message and a remedy, and none is told twice."""
    chance = random.Random(7)
    for name, valid in _documents():
        flaws = explain(name, _mutated(valid, chance))

        assert all(flaw.rule.startswith("PS") and flaw.message and flaw.remedy for flaw in flaws)
        assert len(set(flaws)) == len(flaws)


def test_without_the_fast_validator_the_verdict_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where jsonschema-rs has no wheel, jsonschema judges."""
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    slow = verdict.__wrapped__("template")

    assert all(slow(document) for name, document in _documents() if name == "template")
    assert not slow({})
    assert not type(slow).__module__.startswith("jsonschema_rs")
