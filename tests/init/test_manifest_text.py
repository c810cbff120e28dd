"""Whatever a manifest is to say, its text says exactly that, in layouts that people use."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from personalize_sync.init.manifest_text import manifest_text
from personalize_sync.planning.compare import canonical
from personalize_sync.pull.edits import meanings

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(
        ["no", "007", "1e3", "a: b", "x #y", "- x", "line\n  two\n", "\n", " a\r\nb ", "'"]
    ),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["name", "on", "a b", "1"]), _VALUES, min_size=1))
def test_a_text_means_its_document(document: dict[str, Any]) -> None:
    """Read again, it is the same data, to the last blank."""
    text = manifest_text(document, "x.schema.json")

    assert text is not None
    assert canonical(list(meanings(text))) == canonical([document])


def test_a_text_is_laid_out_as_people_do() -> None:
    """Objects stand in blocks, inserts and short lists on a line, code as it is."""
    document = {
        "kind": "Template",
        "spec": {
            "name": "Promo strip",
            "body": '{"a": "${b}"}',
            "tags": ["home", "on"],
            "elements": {"html": {"fromFile": "a.html"}, "css": ".a {\n  top: 0\n}\n"},
            "items": [{"name": "Accept", "value": "text"}, {}],
            "none": {},
        },
    }

    assert manifest_text(document, "../s.json") == (
        "# yaml-language-server: $schema=../s.json\n"
        "kind: Template\n"
        "spec:\n"
        "  name: Promo strip\n"
        '  body: \'{"a": "${b}"}\'\n'
        '  tags: [home, "on"]\n'
        "  elements:\n"
        "    html: {fromFile: a.html}\n"
        "    css: |\n"
        "      .a {\n"
        "        top: 0\n"
        "      }\n"
        "  items:\n"
        "    - name: Accept\n"
        "      value: text\n"
        "    - {}\n"
        "  none: {}\n"
    )


def test_what_is_not_unicode_has_no_text() -> None:
    """Half a surrogate pair, which JSON can hold, is no YAML."""
    assert manifest_text({"name": "\ud800"}, "x") is None
