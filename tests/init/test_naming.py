"""Keys and file names: readable, the same every time, safe on any file system."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_sync.init.naming import is_key, keys_for, stem

_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
_NAMES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["Promo", "promo", "PROMO!", "promo 2", "Promo_2", "../../etc/passwd", "CON", "con.txt"]
        ),
        st.sampled_from([".git", "C:\\x", "a/b", "", " ", "ß", "SS", "x" * 300, "x" * 301, "İ"]),
    )
)


@given(_NAMES)
def test_every_name_has_a_key_of_its_own(names: list[str]) -> None:
    """Keys follow the alphabet, differ from each other, and do not depend on the order of names."""
    keys = keys_for(names)

    assert keys.keys() == set(names)
    assert len(set(keys.values())) == len(keys)
    assert all(is_key(key) for key in keys.values())
    assert keys == keys_for(sorted(names, key=len, reverse=True))


@given(st.lists(st.from_regex(r"[a-z0-9_]{1,120}", fullmatch=True), unique=True))
def test_every_key_has_a_file_name_of_its_own(keys: list[str]) -> None:
    """File names differ on file systems without letter case, are short, and name no device."""
    names = [unicodedata.normalize("NFC", stem(key)).casefold() for key in keys]

    assert len(set(names)) == len(keys)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,80}", name) for name in names)
    assert not _DEVICES & set(names)


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (["Store weather"], ["store_weather"]),
        (["Überraschung №1: 'neu'"], ["uberraschung_no1_neu"]),
        (["Straße"], ["strasse"]),
        (["a-b", "a b", "a b 2"], ["a_b_3", "a_b", "a_b_2"]),
        (["東京"], ["name_130016b2"]),
    ],
)
def test_names_become_keys(names: list[str], keys: list[str]) -> None:
    """What a person would write, and numbers where two names clash."""
    found = keys_for(names)

    assert [found[name] for name in names] == keys
