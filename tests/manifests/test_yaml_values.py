"""What YAML means here: version 1.2, core schema, JSON and nothing else."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.composing import PureComposer, compose, decode
from personalize_sync.manifests.values import Values

# Where ruamel's pure YAML 1.2 loader differs from the core schema: it takes underscores in numbers,
# and reads dates and times as objects that JSON does not have.
_RUAMEL_DIFFERS = ("1_000", "2026-12-01", "2026-12-01T00:00:00.000Z", "+1_0", "1_0.5")


def _read(text: str) -> list[Any]:
    values = Values()
    read = [values.of(root) for root in compose(text)]
    assert [complaint.message for complaint in values.complaints] == []
    return read


def _rules(text: str) -> list[str]:
    values = Values()
    try:
        for root in compose(decode(text.encode("utf-8", "surrogatepass"))):
            values.of(root)
    except Complaint as complaint:
        return [complaint.rule]
    return [complaint.rule for complaint in values.complaints]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("True", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("+.", "+."),
        ("--", "--"),
        ("0b11", "0b11"),
        ("1e", "1e"),
        ("=", "="),
        ("'5'", "5"),
        ('"true"', "true"),
        ('"\\u00fc\\x41"', "üA"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("!!float 5", 5.0),
        ("!!null ''", None),
        ("!!bool 'true'", True),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"),
        ("${x} {{y}}", "${x} {{y}}"),
        ("http://a/b", "http://a/b"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(scalar: str, value: object) -> None:
    """Plain words stay words, and only what JSON knows is anything else."""
    read = _read(f"- {scalar}")[0][0]

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: .nan", "PS1007"),
        ("a: -.inf", "PS1007"),
        ("a: 1e400", "PS1007"),
        ("a: " + "9" * 5000, "PS1007"),
        ("a: 0x" + "f" * 5000, "PS1007"),
        ("5: a", "PS1007"),
        ("true: a", "PS1007"),
        ("~: a", "PS1007"),
        ("? [a]\n: b", "PS1007"),
        ("<<: {a: b}", "PS1005"),
        ("a: !ref b", "PS1005"),
        ("a: !!binary YQ==", "PS1005"),
        ("a: !!timestamp 2026-12-01", "PS1005"),
        ("!!set {a, b}", "PS1005"),
        ("!!omap [a: b]", "PS1005"),
        ("!!python/object:os.system x", "PS1005"),
        ("!!int abc", "PS1007"),
        ("a: 1\nb: 2\na: 3", "PS1004"),
        ("{a: 1, 'a': 2}", "PS1004"),
        ("[{a: {b: 1, b: 2}}]", "PS1004"),
        ("&a [*a]", "PS1005"),
        ("a: *nowhere", "PS1003"),
        ("a: 'x", "PS1003"),
        ("a: \x01", "PS1002"),
        ("a: \x85", "PS1002"),
        ("a: \u2028", "PS1002"),
        ("a: \ud800", "PS1002"),
        ('a: "\\ud800"', "PS1003"),
    ],
)
def test_what_json_cannot_hold_is_refused(text: str, rule: str) -> None:
    """No value is converted in silence: what has no plain meaning is a problem."""
    assert _rules(text) == [rule]


def test_a_key_that_stands_twice_keeps_its_first_value() -> None:
    """Every repetition is reported at itself and names the line of the first."""
    values = Values()

    read = values.of(next(compose("a: 1\nb: 2\na: 3\nb: 4")))

    assert read == {"a": 1, "b": 2}
    assert [(c.at, c.message[-20:]) for c in values.complaints] == [
        ((2, 0), "time, first in line 1"[-20:]),
        ((3, 0), "time, first in line 2"[-20:]),
    ]


def test_only_empty_documents_are_skipped() -> None:
    """A document of comments is none; an explicit null is one."""
    assert _read("# a\n---\n# b\n---\n~\n---\n''\n---\na\n...\n") == [None, "", "a"]


def test_a_byte_order_mark_is_tolerated() -> None:
    """The mark that some editors write is no character of the file."""
    assert _read(decode(b"\xef\xbb\xbfa: 1")) == [{"a": 1}]


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (b"a: 1\nb: \xe4", (1, 3)),
        ("a: 1\nb\u00fc: \x00".encode(), (1, 4)),
        ("a: 1".encode("utf-16"), (0, 0)),
        (b"\xc0\xaf", (0, 0)),
        (b"a: \xed\xa0\x80", (0, 3)),
    ],
)
def test_what_is_not_text_has_a_place(data: bytes, at: tuple[int, int]) -> None:
    """Columns count characters, not bytes."""
    with pytest.raises(Complaint) as caught:
        decode(data)

    assert (caught.value.rule, caught.value.at) == ("PS1002", at)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(
        st.characters(
            exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufffe\uffff"
        )
    ),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(st.characters(categories=["L", "N"])), children, max_size=4)
    ),
    max_leaves=20,
)


@given(_JSON)
@settings(deadline=None)
def test_json_reads_as_itself(value: object) -> None:
    """JSON is YAML 1.2: whatever JSON can say, a manifest can.

    But for one thing: libyaml refuses characters escaped as two surrogates.
    """
    assert _read(json.dumps(value, ensure_ascii=False)) == [value]
    if "\\ud8" not in (escaped := json.dumps(value)):
        assert "\\ud" in escaped or _read(escaped) == [value]


@given(_JSON)
@settings(deadline=None)
def test_what_ruamel_writes_reads_as_itself(value: object) -> None:
    """What our own writer writes, the loader reads back."""
    stream = io.StringIO()
    YAML(typ="rt").dump({"value": value}, stream)

    assert _read(stream.getvalue()) == [{"value": value}]


_WORDS = st.sampled_from(
    [
        *("a", "b c", "no", "off", "010", "0x1f", "0o7", "1.5", "-3", "1e3", ".5", "~", "null"),
        *("true", "False", "12:30:45", "'q'", '"d"', "http://x/y", "a#b", "$x", "x: y", "- z"),
        *(
            "[a, 1]",
            "{a: 1}",
            "{a: [b]}",
            "[]",
            "{}",
            "|\n  text\n",
            "*a",
            "&a b",
            "!t x",
            "",
            "%x",
        ),
        *_RUAMEL_DIFFERS,
    ]
)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), _WORDS), max_size=6))
@settings(deadline=None)
def test_the_loader_agrees_with_ruamel(lines: list[tuple[str, str]]) -> None:
    """Two parsers of YAML 1.2 accept the same documents and read the same data."""
    text = "".join(f"{key}: {word}\n" for key, word in lines)
    if any(word in text for word in _RUAMEL_DIFFERS):
        assert all("Traceback" not in rule for rule in _rules(text))
        return
    try:
        theirs = YAML(typ="safe", pure=True).load(text)
    except Exception:  # noqa: BLE001 - ruamel leaks many
        assert _rules(text)
        return

    # A merge key or custom tag is ruamel's to accept and ours to refuse; the words have neither.
    assert _read(text) == ([] if theirs is None else [theirs])


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"%@`,# \n\t\\0.~<", max_size=40))
@settings(deadline=None, max_examples=300)
def test_any_text_ends_in_data_or_in_a_complaint(text: str) -> None:
    """No text makes the parser raise anything that is not a complaint."""
    assert all(rule.startswith("PS100") for rule in _rules(text))


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_any_bytes_end_in_data_or_in_a_complaint(data: bytes) -> None:
    """The same holds for files that are no text at all."""
    with suppress(Complaint):
        assert all(rule.startswith("PS100") for rule in _rules(decode(data)))


@pytest.mark.parametrize(
    "text", ["a: [1, b, {c: 'd'}]\n", "a: &x {b: 1}\nc: *x\n", "- |\n  x\n- >\n  y\n"]
)
def test_without_the_c_extension_everything_is_the_same(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pure Python parser gives the same data at the same places."""
    fast = list(compose(text))
    monkeypatch.setattr("personalize_sync.manifests.composing._Composer", PureComposer)
    slow = list(compose(text))

    assert [Values().of(root) for root in slow] == [Values().of(root) for root in fast]
    assert [r.start_mark.column for r in slow] == [r.start_mark.column for r in fast]


@pytest.mark.parametrize("text", ['"\\ud800"', "[" * 5000, "a: *b", "&a [*a]"])
def test_without_the_c_extension_the_same_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pure Python parser is guarded as the other is."""
    fast = _rules(text)
    monkeypatch.setattr("personalize_sync.manifests.composing._Composer", PureComposer)

    assert _rules(text) == fast
    assert fast
