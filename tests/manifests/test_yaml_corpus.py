"""Every construct of YAML 1.2, read by us and by ruamel.yaml: the same data, or a listed difference."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.composing import PureComposer, compose, decode
from personalize_sync.manifests.values import Values

_REFUSED = object()

# Both read the same, or both refuse.
_ALIKE = {
    "plain, several lines": "a: one\n  two\n\n  three\nb: x\n",
    "plain with inner signs": "a: b:c - d?e [f] {g}, h#i\n",
    "plain that begins with a sign": "[-a, a-b, a:b, a?b]\n",
    "plain keys with spaces": "a b: 1\n'c d': 2\n\"e f\": 3\n",
    "comment signs": "a: b #c\nd: e#f\n# g\nh: '#i'\n",
    "single quotes": "a: 'it''s'\nb: 'two\n\n  lines\n  '\nc: ''\n",
    "double quotes": 'a: "\\t\\n\\\\ \\" \\/ \\x41 \\u00fc \\U0001F600 \\0 \\e \\_ \\N \\L \\P"\n',
    "folded double quotes": 'a: "one\n  two\n\n  three\\\n  four \\\n  five"\n',
    "literal": "a: |\n  one\n   two\n\n  three\n\n\nb: 1\n",
    "literal, stripped and kept": "a: |-\n  x\n\nb: |+\n  x\n\nc: |\n  x\n",
    "literal, stated indentation": "a: |2\n    x\n   y\nb: |1-\n  x\n",
    "literal, empty": "a: |\nb: |-\nc: |+\n\nd: >\n",
    "literal with tab and signs": "a: |\n  x: [y\n  \t# no comment\n  - &z *w !v\n",
    "folded": "a: >\n  one\n  two\n\n  three\n    more\n  four\n\n\nb: 1\n",
    "folded, stripped and kept": "a: >-\n  x\n  y\n\nb: >+\n  x\n\n",
    "block header with comment": "a: | # c\n  x\nb: >- # c\n  y\n",
    "nulls": "[~, null, Null, NULL, '', \"~\", nULL]\n---\na:\nb: ~\n? c\n",
    "booleans": "[true, True, TRUE, false, False, FALSE, tRUE, 'true']\n",
    "words of YAML 1.1": "[yes, Yes, YES, no, No, NO, on, On, off, OFF, y, n, Y, N]\n",
    "integers": "[0, -0, +1, 12, 0o17, 0x1F, 0xff, 99999999999999999999, 0o8, 0xg, 1-2]\n",
    "floats": "[1.5, -1.5, +1.5, .5, -.5, 1e3, 1E-3, 1.e+3, 1e, e3, 1.2.3, 1..2]\n",
    "sexagesimal": "[12:30:45, 190:20:30, 1:2]\n",
    "versions and phones": "[1.2.3, +49-30-1, 10.0.0.1, 1,2]\n",
    "flow in one line": "{a: [1, {b: c}], d: {}, e: [], f: , 'g': 1, \"h\":2}\n",
    "flow over lines": "a: [\n  1, # c\n  2,\n]\nb: {\n  c: 1,\n  d: 2\n  }\n",
    "flow pairs": "[a: 1, {b: 2}]\n",
    "flow with addresses": "[http://a/b, {u: http://x/y}]\n",
    "block sequences": "- a\n- - b\n  - c\n-\n  d\n- e: 1\n  f: 2\n-\n",
    "sequence at the key's indentation": "a:\n- b\n- c\nd: e\n",
    "explicit keys": "? a\n: b\n? c\n? 'd'\n: - e\n",
    "nested mappings": "a:\n  b:\n    c:\n      d: 1\n  e: 2\nf: 3\n",
    "anchors": "a: &x {b: [1]}\nc: *x\nd: &y text\ne: *y\n",
    "anchor given twice": "a: &x 1\nb: *x\nc: &x 2\nd: *x\n",
    "anchor on nothing": "a: &x\nb: *x\n",
    "alias before anchor": "a: *x\nb: &x 1\n",
    "alias of another document": "a: &x 1\n---\nb: *x\n",
    "anchors in keys": "&a a: &b b\nc: *b\n",
    "string tags": "a: !!str 5\nb: !!str\nc: ! 5\n",
    "verbatim tag": "a: !<tag:yaml.org,2002:str> 5\n",
    "core tags": "a: !!int 5\nb: !!float 1.5\nc: !!bool true\nd: !!null ''\ne: !!seq [1]\nf: !!map {g: h}\n",
    "tag of a handle": "%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 5\n",
    "unknown handle": "a: !e!str 5\n",
    "yaml directive": "%YAML 1.2\n---\na: no\n",
    "yaml directive twice": "%YAML 1.2\n%YAML 1.2\n---\na\n",
    "directive without document": "%YAML 1.2\n",
    "documents": "a\n---\nb\n...\n---\nc: 1\n",
    "document on the marker": "--- a\n--- |\n x\n--- {b: 1}\n",
    "mark inside of text": "a: |\n  ---\n  ...\nb: 'x\n  --- y'\n",
    "carriage returns": "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 'd\r\n  e'\r\n",
    "old line ends": "a: 1\rb: 2\r",
    "no final line end": "a: |\n  x",
    "byte order mark": "\ufeffa: 1\n",
    "only comments": "# a\n\n  # b\n",
    "other scripts": "ключ: значение\n日本: ü\n😀: ☃\n",
    "no-break space": "a:\u00a0b\nc: \u00a0d\n",
    "same key twice": "a: 1\nb: 2\na: 3\n",
    "same key twice, below": "a: {b: 1, 'b': 2}\n",
    "tab as indentation": "a:\n\tb: 1\n",
    "tab after a dash": "-\ta\n-\tb\n",
    "wrong indentation": "a:\n  b: 1\n c: 2\n",
    "two colons": "a: b: c\n",
    "unclosed list": "a: [1, 2\nb: 3\n",
    "unclosed quote": "a: 'b\nc: d\n",
    "wrong escape": 'a: "\\q"\n',
    "at sign": "a: @b\n",
    "backtick": "a: `b\n",
    "percent": "a: %b\n",
    "stray bracket": "a: ]\n",
    "list in a mapping": "a: 1\n- b\n",
    "text after a quote": "a: 'b' c\n",
    "document end in a flow": "[a,\n---\nb]\n",
    "anchor without a name": "a: & b\n",
    "two anchors": "a: &b &c d\n",
    "control character": "a: \x07\n",
    "own tag": "a: !secret b\n",
    "nested a little": "[" * 40 + "]" * 40 + "\n",
}

# What we say where ruamel says something else: None is no value but a problem.
_APART: dict[str, tuple[str, Any]] = {
    # YAML 1.2 sides with us.
    "end marks": ("a: 1\n...\n...\n---\nb\n...\n", [{"a": 1}, "b"]),
    "tab after a colon": ("a: 1\t# c\nb:\t2\n", [{"a": 1, "b": 2}]),
    "underscores": ("[1_000, 1_0.5]\n", [["1_000", "1_0.5"]]),
    "binary digits": ("[0b1]\n", [["0b1"]]),
    "days and times": (
        "[2026-12-01, 2026-12-01T00:00:00Z]\n",
        [["2026-12-01", "2026-12-01T00:00:00Z"]],
    ),
    # The core schema has them, JSON has not.
    "not a number": ("a: .nan\n", None),
    "infinity": ("a: -.inf\n", None),
    "number as key": ("1: a\n", None),
    "null as key": ("~: a\n", None),
    "truth as key": ("true: a\n", None),
    "list as key": ("? [a]\n: b\n", None),
    "half of a character": ('a: "\\ud800"\n', None),
    # Manifests do without them.
    "merge key": ("a: &x {b: 1}\nc: {<<: *x, d: 2}\n", None),
    "alias to itself": ("a: &x {b: *x}\n", None),
    "binary": ("a: !!binary YQ==\n", None),
    "set": ("a: !!set {b, c}\n", None),
    "ordered map": ("a: !!omap [b: 1]\n", None),
    "timestamp": ("a: !!timestamp 2026-12-01\n", None),
    "nested deep": ("[" * 70 + "]" * 70 + "\n", None),
    # libyaml cannot read them; a problem at their place says so.
    "signs in a flow": ("[?b, :c]\n", None),
    "block that begins with a tab": ("a: |\n  \tx\n", None),
    "text line ends of Unicode": ("a: x\u2028y\n", None),
}


def _ours(text: str) -> Any:
    values = Values()
    try:
        read = [values.of(root) for root in compose(decode(text.encode()))]
    except Complaint:
        return _REFUSED
    return _REFUSED if values.complaints else read


def _theirs(text: str) -> Any:
    try:
        return list(YAML(typ="safe", pure=True).load_all(text))
    except Exception:  # noqa: BLE001 - it leaks many
        return _REFUSED


@pytest.mark.parametrize("name", _ALIKE)
def test_both_read_the_same(name: str) -> None:
    """Values and their types; documents that hold nothing are none for us."""
    ours, theirs = _ours(_ALIKE[name]), _theirs(_ALIKE[name])
    if theirs is not _REFUSED:
        theirs = [document for document in theirs if document is not None]

    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", _APART)
def test_a_listed_difference_is_one(name: str) -> None:
    """We say what the list says, and ruamel does not; else it could leave the list."""
    text, expected = _APART[name]
    ours = _ours(text)

    assert repr(ours) == repr(_REFUSED if expected is None else expected)
    assert repr(_theirs(text)) != repr(ours)


# PyYAML's two parsers: one of them refuses what the other reads.
_ONE_PARSER_REFUSES = {
    "[-a, a-b, a:b, a?b]\n",
    _APART["tab after a colon"][0],
    _APART["block that begins with a tab"][0],
}


@pytest.mark.parametrize("text", [*_ALIKE.values(), *(text for text, _ in _APART.values())])
def test_without_the_c_extension_no_data_differs(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pure parser stands in where libyaml is missing."""
    fast = _ours(text)
    monkeypatch.setattr("personalize_sync.manifests.composing._Composer", PureComposer)
    slow = _ours(text)

    assert (repr(slow) == repr(fast)) == (text not in _ONE_PARSER_REFUSES)
    assert repr(slow) == repr(fast) or _REFUSED in (slow, fast)
