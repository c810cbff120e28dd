"""Whatever a tenant holds in a flow: read, written and read again, it says the same."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from planning.builders import stored, wanted

from personalize_sync.kinds import BY_NAME, Refs
from personalize_sync.planning.compare import align, differing
from personalize_sync.resources import Address

_KIND = BY_NAME["experiment"]
_NAMES = st.text("abAB ö/_", min_size=1, max_size=3)
_Strategy = st.SearchStrategy[Any]
_ANY: _Strategy = (
    st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
)
_TASK: _Strategy = st.one_of(
    st.just({"implementation": "templateRenderTask", "input": {"template": "x"}}),
    st.lists(st.sampled_from(["m1", "m2", "?"]), max_size=2).map(
        lambda refs: {"implementation": "decisionModelTask", "input": {"decisionModelRefs": refs}}
    ),
    st.fixed_dictionaries({"implementation": st.just("other"), "input": _ANY}),
)
_VARIANT: _Strategy = st.fixed_dictionaries(
    {"ref": st.sampled_from("12345"), "name": _NAMES},
    optional={
        "assets": st.dictionaries(st.sampled_from(["html", "css", "js"]), st.sampled_from("xy")),
        "tasks": st.lists(_TASK, max_size=3),
        "isControl": st.booleans(),
        "future": _ANY,
    },
)
_SPLIT: _Strategy = st.fixed_dictionaries(
    {"ref": st.sampled_from("123456"), "split": st.integers(0, 100)}, optional={"future": _ANY}
)
_RECORD: _Strategy = st.fixed_dictionaries(
    {
        "ref": st.just("flow"),
        "friendlyId": st.just("hero"),
        "subtype": st.just("EXPERIMENT"),
        "name": _NAMES,
        "status": st.sampled_from(["DRAFT", "LIVE", "PUBLISHING", "PAUSED", "COMPLETED"]),
        "variants": st.lists(_VARIANT, max_size=4, unique_by=lambda v: v["ref"]),
        "traffic": st.fixed_dictionaries(
            {
                "type": st.sampled_from(["simpleTraffic", "advancedTraffic"]),
                "splits": st.lists(_SPLIT, max_size=4, unique_by=lambda s: s["ref"]),
            }
        ),
    },
    optional={
        "goals": st.fixed_dictionaries({"primary": st.fixed_dictionaries({"name": _NAMES})}),
        "triggers": st.lists(st.fixed_dictionaries({"name": _NAMES}), max_size=2),
        "future": _ANY,
    },
)
_MODELS = {Address("decision-model", "one"): "m1", Address("decision-model", "two"): "m2"}
_FLOW = {Address("experiment", "hero"): "flow"}
_EXAMPLES = settings(max_examples=int(os.environ.get("SWEEP", "60")), deadline=None)


def _read(record: dict[str, Any], refs: Refs) -> dict[str, Any]:
    return _KIND.normalise(stored("experiment", record), refs)


@_EXAMPLES
@given(record=_RECORD)
def test_what_was_read_is_written_back_to_the_last_field(record: dict[str, Any]) -> None:
    """Nothing is lost or moved by a manifest that states all it can see."""
    before = deepcopy(record)
    refs = Refs({**_FLOW, **_MODELS})

    body = _KIND.overlay(record, wanted("experiment", "hero", _read(record, refs)), refs)

    assert record == before
    assert body == record


@_EXAMPLES
@given(record=_RECORD, other=_RECORD)
def test_what_was_written_is_what_is_read(record: dict[str, Any], other: dict[str, Any]) -> None:
    """Laid over any other flow, a spec leaves nothing to do, and a second time changes nothing."""
    spec = _read(other, Refs({**_FLOW, **_MODELS}))
    # A share of a variant that nobody has means nothing elsewhere.
    spec["traffic"]["splits"] = {
        key: share for key, share in spec["traffic"]["splits"].items() if key in spec["variants"]
    }
    resource = wanted("experiment", "hero", spec)
    live = stored("experiment", record)
    inside = _KIND.inside(resource, live)
    if inside.unclear:
        return
    refs = Refs({**_FLOW, **_MODELS, **inside.refs})

    body = _KIND.overlay(record, resource, refs)

    assert differing(spec, align(spec, _read(body, refs), _KIND.shapes)) == ()
    assert _KIND.overlay(body, resource, refs) == body
