"""Tests of decision models: what a variant must decide for a guest, and whether it did.

Only what a test states is compared. Of the answer (API reference: testing a decision model) little
is documented, so a node is found by name or id, and one output may stand without its list.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds.decision_model import variant_address
from personalize_sync.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.problems import Location
    from personalize_sync.resources import Address, Document, Source

_NODES = "decisionModelResultNodes"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class ModelTest:
    """One test of a manifest; `expect` holds, by result node, outputs that must be among its own.

    `source` is the manifest seen from the test.
    """

    model: Address
    name: str
    variant: str
    context: Document
    expect: Mapping[str, list[Any]]
    source: Source = field(compare=False, repr=False)

    @property
    def variant_address(self) -> Address:
        """The variant that is asked."""
        return variant_address(self.model.key, self.variant)


class Verdict(StrEnum):
    """How a test ended: as expected, otherwise, or without an answer that could be judged."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Judged:
    """A test that was run: what was wrong, each with its place, and the revision that answered."""

    test: ModelTest
    verdict: Verdict
    complaints: tuple[tuple[str, Location], ...] = ()
    revision: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All tests of one run, in the order of the manifests."""

    environment: str
    tests: tuple[Judged, ...] = ()

    @property
    def failed(self) -> tuple[Judged, ...]:
        """The tests that did not pass."""
        return tuple(tested for tested in self.tests if tested.verdict is not Verdict.PASSED)


def request_body(test: ModelTest, model_ref: str, variant_ref: str) -> Document:
    """Return the body of the POST that runs a test."""
    return {
        "decisionModelRef": model_ref,
        "decisionModelVariantRef": variant_ref,
        "context": test.context,
    }


def judge(test: ModelTest, answer: Document) -> Judged:
    """Return how a test ended that was answered with this."""
    revision = answer.get("decisionModelVariantRevision")
    number = revision if isinstance(revision, int) and not isinstance(revision, bool) else None
    if answer.get("error") not in (None, False):
        return without_answer(test, f"the model ended in an error{_cause(answer)}", number)
    if _NODES not in answer:
        return without_answer(test, f"the answer has no {_NODES}", number)
    complaints = tuple(
        (complaint, test.source.locate(("expect", name), key=True))
        for name, wanted in test.expect.items()
        for complaint in _complaints(name, wanted, _objects(answer[_NODES]))
    )
    return Judged(test, Verdict.FAILED if complaints else Verdict.PASSED, complaints, number)


def without_answer(test: ModelTest, why: str, revision: int | None = None) -> Judged:
    """Return a test that could not be judged."""
    return Judged(test, Verdict.ERROR, ((why, test.source.locate((), key=True)),), revision)


def _complaints(name: str, wanted: list[Any], nodes: list[Document]) -> Iterator[str]:
    meant = [node for node in nodes if name in (node.get("name"), node.get("id"))]
    if not meant:
        names = [str(node.get("name")) for node in nodes]
        there = ", ".join(sorted(names)) or "none"
        yield f'no result node is called "{name}"; there are: {there}.{did_you_mean(name, names)}'
    for node in meant:
        if node.get("error") not in (None, False):
            yield f"{name}: the node ended in an error{_cause(node)}"
            continue
        outputs = _list(node.get("outputs"))
        if not wanted and outputs:
            yield f"{name}: no output is expected, and it gave {_shown(outputs)}"
        for output in wanted:
            if not any(_holds(found, output) for found in outputs):
                yield f"{name}: {_shown(output)} is not among its outputs {_shown(outputs)}"


def _holds(found: object, wanted: object) -> bool:
    """Whether a value is as wanted: an object may have more fields, a list no more items."""
    match wanted:
        case dict():
            return isinstance(found, dict) and all(
                name in found and _holds(found[name], value) for name, value in wanted.items()
            )
        case list():
            return (
                isinstance(found, list)
                and len(found) == len(wanted)
                and all(map(_holds, found, wanted))
            )
    # For Python true is 1; for a decision table it is not.
    return isinstance(found, bool) == isinstance(wanted, bool) and found == wanted


def _cause(answer: Document) -> str:
    cause = answer.get("errorCause")
    return f": {_clipped(cause)}" if isinstance(cause, str) and cause else ""


def _list(value: object) -> list[Any]:
    match value:
        case list():
            return value
        case None:
            return []
    return [value]


def _objects(value: object) -> list[Document]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _shown(value: object) -> str:
    return _clipped(json.dumps(value, ensure_ascii=False, default=str))


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
