"""Whatever a tenant calls things, no medium does more than show it."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rendering.hostile import TEXTS

from personalize_sync.rendering.gates import (
    ascii_only,
    code,
    data,
    json_text,
    not_a_command,
    plain,
    prop,
)


@given(TEXTS)
def test_a_plain_text_is_one_line_of_visible_characters(text: str) -> None:
    """Nothing that a terminal acts on, hides or reorders passes."""
    shown = plain(text)
    assert shown.isprintable()
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in shown)


@given(TEXTS)
def test_a_plain_text_encodes_in_utf_8(text: str) -> None:
    """A lone surrogate from a JSON answer does not end the run when it is printed."""
    plain(text).encode("utf-8")


@given(TEXTS)
def test_ascii_is_ascii(text: str) -> None:
    """An output that knows only ASCII gets only ASCII."""
    assert ascii_only(plain(text)).isascii()


def test_honest_text_passes_unchanged() -> None:
    """Names in any script, emoji and code stay as they are."""
    for text in ("Promo strip", "Größe ÄÖÜ", "促销横幅", "Акция", "50 % — 60 %", "🎄 Sale", "a\\b"):
        assert plain(text) == text


def test_invisible_differences_become_visible() -> None:
    """Two names that look alike do not look alike in a plan."""
    assert plain("a\u200bb") == r"a\u200bb"
    assert plain("a\u00a0b") == r"a\u00a0b"
    assert plain("x\ufe0f") == r"x\ufe0f"
    assert plain("\U000e0041") == r"\U000e0041"


@given(st.recursive(TEXTS | st.integers() | st.none() | st.booleans(), st.lists, max_leaves=5))
def test_json_says_the_same_in_harmless_characters(value: object) -> None:
    """Escaping does not change what a JSON reader reads."""
    for ascii_text in (False, True):
        text = json_text(value, ascii_text=ascii_text)
        assert json.loads(text) == value
        assert text.replace("\n", "").isprintable()
        assert "##[" not in text
        text.encode("utf-8")


@given(TEXTS)
def test_no_line_is_a_workflow_command(text: str) -> None:
    """Neither the command at the start of a line nor the old form anywhere in it survives."""
    line = not_a_command(plain(text))
    assert not line.lstrip().startswith("::")
    assert "##[" not in line
    assert "##vso[" not in line


@given(TEXTS)
def test_a_property_cannot_end_itself(text: str) -> None:
    """A property of a workflow command has no separator of properties or of the message."""
    assert not set(prop(text)) & set(":,\n\r")


def test_a_mail_address_becomes_no_link() -> None:
    """GitHub links addresses in decoded text, even inside code; an author's is only shown."""
    assert code("a@b.test") == "<code>a<!-- -->&#64;b&#46;test</code>"


def test_what_looks_encoded_arrives_as_it_was() -> None:
    """A percent sign of a message is not the start of a line end."""
    assert data("50%0A\nnext") == "50%250A%0Anext"
