"""Random documents, tenants and manifests, small enough that collisions are common."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from planning.builders import (
    MARIA,
    US,
    connection,
    deployed,
    live_connection,
    live_model,
    live_template,
    live_variant,
    model,
    template,
)

from personalize_sync.resources import Base, Live, Manage, Resource

# The same examples in every run, and few enough for a suite that runs on every save.
thorough = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

_scalars = st.sampled_from([None, True, False, 0, 1, 2, -1, 2**70, "", "a", "b", "1", "true"])
_names = st.sampled_from(["a", "b", "c", "", "__x", "a/b", "~", "0", "\u00e4"])
json_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(_names, json_values, max_size=4)

_words = st.sampled_from(["", "a", "b", "c"])
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["a", "b", "c"]),
    "description": _words,
    "icon": _words,
    "status": st.sampled_from(["DRAFT", "PUBLISHED"]),
    "tags": st.lists(st.sampled_from(["x", "y"]), max_size=2),
    "templateElements": st.dictionaries(
        st.sampled_from(["html", "css", "js"]), st.sampled_from(["a", "b", "c"]), max_size=3
    ),
}


def template_specs() -> st.SearchStrategy[dict[str, Any]]:
    """Return specs of templates; any field may be left out."""
    return st.fixed_dictionaries({}, optional=_FIELDS)


def record_of(spec: dict[str, Any], **changes: Any) -> Live:
    """Return the live template of exactly these fields."""
    elements = spec.get("templateElements", {})
    stated = {name: value for name, value in spec.items() if name != "templateElements"}
    live = live_template(elements=elements, **changes)
    common = without_content(live.record)
    record = {**common, **stated, "templateElements": live.record["templateElements"]}
    return replace(live, record=record)


def without_content(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record's identity and authorship."""
    return {name: value for name, value in record.items() if name not in _FIELDS}


_authors = st.sampled_from([US, US, MARIA, None])
_keys = st.sampled_from(["one", "two", "three"])
_manages = st.sampled_from([Manage.FULL, Manage.FULL, Manage.CREATE_ONLY, Manage.OBSERVE])
_text = st.sampled_from(["a", "b"])


@st.composite
def manifests(draw: st.DrawFn) -> list[Resource]:
    """Manifests of all planned kinds, each address once."""
    settled = st.fixed_dictionaries({"manage": _manages})
    found: list[Resource] = [
        template(key, description=draw(_text), settings=draw(settled))
        for key in draw(st.sets(_keys))
    ]
    found += [
        connection(key, name=key, description=draw(_text), settings=draw(settled))
        for key in draw(st.sets(_keys))
    ]
    for key in draw(st.sets(_keys)):
        main = {"name": "Main", "definition": draw(st.sampled_from(["<a/>", "<b/>"]))}
        status = draw(st.sampled_from([("PRODUCTION", 100), ("DRAFT", 0), ("TEST", 0)]))
        deployment = {"status": status[0], "split": status[1]}
        found += model(key, name=key, variants={"main": {**main, **deployment}})
    return found


@st.composite
def tenants(draw: st.DrawFn) -> list[Live]:
    """Live objects of all planned kinds; names may repeat, refs do not."""
    found: list[Live] = []
    for number, key in enumerate(draw(st.lists(_keys, max_size=4, unique=True))):
        written = {"modifiedByRef": draw(_authors), "archived": draw(st.booleans())}
        text = draw(_text)
        found.append(live_template(key, ref=f"t{number}", description=text, **written))
    for number, key in enumerate(draw(st.lists(_keys, max_size=4))):
        written = {"modifiedByRef": draw(_authors), "archived": draw(st.booleans())}
        text = draw(_text)
        found.append(live_connection(key, ref=f"c{number}", description=text, **written))
    for number, key in enumerate(draw(st.lists(_keys, max_size=3))):
        written = {"modifiedByRef": draw(_authors), "archived": draw(st.booleans())}
        entry = deployed(
            variantRef=f"v{number}", status=draw(st.sampled_from(["DRAFT", "PRODUCTION"]))
        )
        entries = draw(st.sampled_from([[], [entry]]))
        found.append(live_model(key, *entries, ref=f"m{number}", **written))
        for which, name in enumerate(
            draw(st.lists(st.sampled_from(["Main", "Other"]), max_size=2))
        ):
            ref = f"v{number}" if which == 0 else f"w{number}"
            found.append(live_variant(name, of=f"m{number}", ref=ref, **written))
    return found


@st.composite
def histories_of(draw: st.DrawFn, objects: list[Live]) -> dict[str, Base | None]:
    """What the tenant answered when it was asked for the history of each object."""
    return {
        item.ref: Base(item.record, 1, US) if draw(st.booleans()) else None
        for item in objects
        if item.kind != "connection"
    }
