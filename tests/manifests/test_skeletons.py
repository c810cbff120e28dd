"""Skeletons of manifests: valid as they stand, and with any one of the offered fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from manifests.trees import load

from personalize_sync.kinds import BY_MANIFEST, Kind
from personalize_sync.manifests import skeleton
from personalize_sync.manifests.schemas import schema

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = sorted(BY_MANIFEST.values(), key=lambda kind: kind.name)
_EACH = pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: kind.name)


@_EACH
@pytest.mark.parametrize("key", ["promo_strip", "null", "123", "_", "yes", "1e3", "0x_1"])
def test_a_skeleton_is_valid_whatever_its_key(kind: Kind, key: str, tmp_path: Path) -> None:
    """It declares one object of that key; a key that YAML takes for a number is still text."""
    loaded = load(tmp_path, {"a.yaml": skeleton(kind, key, "s.json")})

    assert loaded.problems == ()
    assert [str(resource.address) for resource in loaded.resources] == [f"{kind.name}/{key}"]


@_EACH
def test_every_field_is_offered_and_valid(kind: Kind, tmp_path: Path) -> None:
    """Each optional field can be used by removing its mark."""
    lines = skeleton(kind, "promo_strip", "s.json").splitlines()
    optional = [i for i, line in enumerate(lines) if _is_offer(line, kind)]
    named = {m[1] for line in lines if (m := re.match(r"  (?:# )?(\w+):", line))}
    assert set(schema(kind.name)["properties"]["spec"]["properties"]) <= named

    for i in optional:
        used = [*lines[:i], lines[i].replace("# ", "", 1), *lines[i + 1 :]]
        loaded = load(tmp_path, {"a.yaml": "\n".join(used) + "\n"})
        # A sample may name a file that nobody has written yet.
        assert {p.id for p in loaded.problems} <= {"PS2003"}, lines[i]


def _is_offer(line: str, kind: Kind) -> bool:
    found = re.match(r" +# (\w+): ", line)
    properties = schema(kind.name)["properties"]["spec"]["properties"]
    return bool(found and found[1] in properties)


@_EACH
def test_a_skeleton_begins_with_what_editors_look_for(kind: Kind) -> None:
    """The modeline is the first line, and no line is endless."""
    first, *rest = skeleton(kind, "promo_strip", "../../schemas/x.json").splitlines()

    assert first == "# yaml-language-server: $schema=../../schemas/x.json"
    assert max(map(len, rest)) < 160
