"""However people write their manifests, a pull changes the values that differ and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pull.manifests import Manifest, manifests

from personalize_sync.manifests.scalars import double_quoted
from personalize_sync.planning.compare import align, canonical
from personalize_sync.planning.lines import fitted
from personalize_sync.pull.choice import Side
from personalize_sync.pull.edits import GONE, meaning, rewritten
from personalize_sync.pull.marks import marked, unmarked
from personalize_sync.pull.merging import merge, resolved
from personalize_sync.pull.updates import updated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.resources import Path

_TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "no",
            "1",
            "a: b",
            "- x",
            "#c",
            "it's",
            '"',
            "{a}",
            "x\ny\n",
            " lead\n",
            "é",
            "\t",
            "a\r\nb",
            "|",
            "*x",
            "&y",
            "a #b",
            "end:",
            "\x07",
            "\u2028",
            "two\n\n\n",
            "\n\nx",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
_VALUES = st.one_of(
    _TEXTS, st.integers(-9, 10**6), st.booleans(), st.none(), st.lists(_TEXTS, max_size=3)
)
_COMMENTS = st.sampled_from(["", "", "  # why", " #", "\t# tab"])
_LINES = st.sampled_from(["", "", "\n", "# a line of its own\n", "  # indented\n\n"])
_SPACES = st.sampled_from([" ", "  "])
# (how it is written, what it means); whole lines below a key begin with a line end.
_WRITTEN: tuple[tuple[str, Any], ...] = (
    ("plain", "plain"),
    ("two words", "two words"),
    ("'single ''quoted'''", "single 'quoted'"),
    ('"double \\u00e9"', "double é"),
    ('"folded\n    text"', "folded text"),
    ("plain on\n    two lines", "plain on two lines"),
    ("12", 12),
    ("0x1F", 31),
    ("~", None),
    ("", None),
    ("!!str 5", "5"),
    ("&{n} anchored", "anchored"),
    ("[a, 'b', \"c\"]", ["a", "b", "c"]),
    ("[a,\n    b ,  # of two\n    c]", ["a", "b", "c"]),
    ("{x: 1, y: [2]}", {"x": 1, "y": [2]}),
    ("\n    - a # first\n    - b", ["a", "b"]),
    ("\n  - a\n  # between\n  - b", ["a", "b"]),
    ("|\n    a\n     b", "a\n b\n"),
    ("|-\n    a\n\n    b\n", "a\n\nb"),
    ("|+\n    a\n\n", "a\n\n"),
    ("| # code\n      deep", "deep\n"),
    (">\n    a\n    b", "a b\n"),
    ("|2\n     a\n    b", " a\nb\n"),
    ("\n    x: 1\n    y: 'two' # 2", {"x": 1, "y": "two"}),
)
_NAMES = ("name", "'quoted'", '"double"', "tags", "deep_er", "a.b")
_RUNS = settings(max_examples=int(os.environ.get("SWEEP", "250")), deadline=None, derandomize=True)


@st.composite
def _manifests(draw: st.DrawFn) -> tuple[str, list[str], list[tuple[int, int]]]:
    """Draw a document, the keys in its spec, and from where to where each entry reaches."""
    text = draw(st.sampled_from(["", "---\n", "# head\n", "other: doc\n---\n# second\n"]))
    text += "kind: Template\nspec:\n"
    names: list[str] = []
    spans: list[tuple[int, int]] = []
    for name in draw(st.permutations(_NAMES))[: draw(st.integers(1, len(_NAMES)))]:
        written = draw(st.sampled_from(_WRITTEN))[0].replace("&{n}", f"&n{len(names)}")
        text += draw(_LINES)
        begin = len(text)
        comment = "" if "\n" in written or written == "" else draw(_COMMENTS)
        space = "" if written.startswith("\n") else draw(_SPACES)
        text += f"  {name}:{space}{written}"
        spans.append((begin, len(text)))
        names.append(name.strip("'\""))
        text += comment + "\n"
    end = draw(st.sampled_from(["", "# end\n", "overrides: {uat: {name: x}}\n", "---\nmore: 1\n"]))
    # A block that ends the file without a newline has none, and would get one from what follows.
    text += end.rstrip("\n") if draw(st.booleans()) else end
    return text, names, spans


def _index(text: str) -> int:
    return 1 if text.startswith("other") else 0


@_RUNS
@given(_manifests(), st.data())
def test_only_the_value_changes(
    manifest: tuple[str, list[str], list[tuple[int, int]]], data: st.DataObject
) -> None:
    """Every byte before the entry and after it is as it was, and the value is the new one."""
    text, names, spans = manifest
    at = data.draw(st.integers(0, len(names) - 1))
    value, index = data.draw(_VALUES), _index(text)

    result = rewritten(text, index, ("spec", names[at]), value)

    begin, end = spans[at]
    assert result.startswith(text[:begin])
    tail = text[end:]
    assert result.endswith((tail, tail.lstrip("\n")))
    assert canonical(meaning(result, index)["spec"][names[at]]) == canonical(value)
    assert canonical(
        meaning(rewritten(result, index, ("spec", names[at]), value), index)
    ) == canonical(meaning(result, index))


@_RUNS
@given(_manifests(), st.data())
def test_windows_files_stay_windows_files(
    manifest: tuple[str, list[str], list[tuple[int, int]]], data: st.DataObject
) -> None:
    """Where every line ends in CRLF, every line of the result does."""
    text, names, _ = manifest
    text = text.replace("\n", "\r\n")
    value = data.draw(_TEXTS)

    result = rewritten(text, _index(text), ("spec", data.draw(st.sampled_from(names))), value)

    assert "\n" not in result.replace("\r\n", "")


@_RUNS
@given(_manifests(), st.data())
def test_an_entry_comes_and_goes(
    manifest: tuple[str, list[str], list[tuple[int, int]]], data: st.DataObject
) -> None:
    """A new entry is added to the text as it was; taken away again, it leaves no trace."""
    text, _, _ = manifest
    index, value = _index(text), data.draw(_VALUES)

    result = rewritten(text, index, ("spec", "brand_new"), value)

    assert canonical(meaning(result, index)["spec"]["brand_new"]) == canonical(value)
    assert rewritten(result, index, ("spec", "brand_new"), GONE) == text


@_RUNS
@given(_manifests(), st.data())
def test_a_mark_comes_and_goes(
    manifest: tuple[str, list[str], list[tuple[int, int]]], data: st.DataObject
) -> None:
    """A conflict mark is one line more and changes no value."""
    text, names, _ = manifest
    index, path = _index(text), ("spec", data.draw(st.sampled_from(names)))

    result = marked(text, index, path, data.draw(_VALUES))

    assert result.count("\n") == text.count("\n") + 1
    assert canonical(meaning(result, index)) == canonical(meaning(text, index))
    assert unmarked(result, index, path) == text


@_RUNS
@given(manifests(), st.data())
def test_whatever_a_manifest_shares_or_nests_every_other_line_stays(
    manifest: Manifest, data: st.DataObject
) -> None:
    """Anchors, aliases, comments, blank lines and quotes elsewhere survive a change, to the byte.

    Only an alias that reads the changed value is written out, so that it reads what it read.
    """
    path = data.draw(st.sampled_from(manifest.paths))
    value = data.draw(st.one_of(_VALUES, st.just({"k": "v"}), st.just(GONE)))

    result = rewritten(manifest.text, 0, path, value)

    lines, stays = result.split(manifest.eol), manifest.must_stay(path)
    if value is GONE:
        # A blank line may not fall to a block before; the next entry moves up behind a dash.
        margin = " -" if path in manifest.leading else ""
        lines, stays = ([x.lstrip(margin) for x in every if x] for every in (lines, stays))
    rest = iter(lines)
    assert [line for line in stays if line not in rest] == []
    assert value is GONE or rewritten(result, 0, path, value) == result


_UNUSUAL = (
    "spec: {\n  name: x,   # the name\n  # tags\n  tags: [\n    a, # first\n    b,\n  ],\n  m: {y: 1,},\n}\n",
    "spec:\n  tags: [a,\n    b ,  # of two\n    c]\n  m: { a: 1, # one\n       b: 2 }\n  e: [ ]\n  f: {}\n  g: [\n  ]\n",
    '{"spec": {"name": "x", "tags": ["a"], "m": {"k": [ {"z": 1}, {"z": 2} ]}}}\n',
    'spec:\n- a: 1\n  b: 2\n- - x\n  - y\n-\n  c: 3\n- "q"\n',
)


def _places(data: Any, path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """Yield the path of every value, and of one more in every object and list."""
    match data:
        case dict():
            children = list(data.items())
            yield (*path, "brand_new"), True
        case list():
            children = [(str(i), item) for i, item in enumerate(data)]
            yield (*path, str(len(data))), True
        case _:
            return
    for name, child in children:
        yield (*path, name), False
        yield from _places(child, (*path, name))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("text", _UNUSUAL)
def test_brackets_and_compact_lists_take_any_value_at_any_place(text: str, newline: str) -> None:
    """What comes out means what was meant, or `rewritten` would raise; comments stay."""
    text = text.replace("\n", newline)
    for path, is_new in _places(meaning(text, 0)):
        for value in ("v", "a: #b", "two\nl\n", 5, [], ["x"], {"k": 1}):
            result = rewritten(text, 0, path, value)
            if is_new:
                assert result.count("#") >= text.count("#")
        if not is_new:
            rewritten(text, 0, path, GONE)


@_RUNS
@given(st.lists(_TEXTS, max_size=5), st.lists(_TEXTS, max_size=5), st.booleans())
def test_lists_become_what_they_shall_be(before: list[str], after: list[str], flow: bool) -> None:  # noqa: FBT001 - drawn
    """Items that stay are not rewritten, others come and go one by one."""
    written = "[" + ", ".join(map(double_quoted, before)) + "]"
    if not flow and before:
        written = "".join(f"\n  - {double_quoted(item)} # {n}" for n, item in enumerate(before))
    text = f"tags: {written}\nlast: 1\n"

    result = updated(text, 0, ("tags",), after)

    assert meaning(result, 0) == {"tags": after, "last": 1}


_FILES = st.lists(st.sampled_from(["a", "b", "c", "}", ""]), max_size=12).map("\n".join)


@_RUNS
@given(_FILES, _FILES, _FILES)
def test_a_merge_keeps_what_only_one_side_changed(base: str, git: str, tenant: str) -> None:
    """One side unchanged gives the other; equal sides give themselves; no line is invented."""
    assert merge(base, base, tenant) == (tenant, False)
    assert merge(base, git, base) == (git, False)
    assert merge(base, git, git) == (git, False)
    assert merge(None, git, git) == (git, False)
    merged = merge(base, git, tenant)
    assert not merged.is_contested or "<<<<<<< git" in merged.text


@_RUNS
@given(_FILES, _FILES, _FILES, st.sampled_from([Side.GIT, Side.TENANT]))
def test_a_winner_takes_the_contested_lines_alone(
    base: str, git: str, tenant: str, winner: Side
) -> None:
    """To name it with the merge, or to let it win between the marks afterwards, is the same."""
    marked_up = merge(base, git, tenant)
    won = merge(base, git, tenant, winner=winner)
    assert not won.is_contested
    assert resolved(marked_up.text, winner) == won.text
    assert merge(None, git, tenant, winner=winner).text == (git if winner is Side.GIT else tenant)


@pytest.mark.parametrize("winner", [Side.GIT, Side.TENANT])
@pytest.mark.parametrize(
    "lines",
    [
        "<<<<<<< git",
        "<<<<<<< git\na\n>>>>>>> tenant",
        "=======\n>>>>>>> tenant",
        "<<<<<<< git\n=======\n=======\n>>>>>>> tenant\nx",
    ],
)
def test_marks_that_tell_no_sides_stay(winner: Side, lines: str) -> None:
    """Half a mark, or two dividers in one, is left for a person."""
    assert resolved(lines, winner) == lines


@_RUNS
@given(_TEXTS, _FILES)
def test_a_text_in_the_words_of_a_file_is_the_same_text(tenant: str, git: str) -> None:
    """Line ends and the final newline of the file do not make it another one for a comparison."""
    for file in (git, git.replace("\n", "\r\n")):
        assert align(fitted(tenant, file), tenant, {}) == fitted(tenant, file)


@_RUNS
@given(_FILES, st.booleans())
def test_a_trimmed_text_fits_its_file(text: str, windows: bool) -> None:  # noqa: FBT001 - drawn
    """A server that trims and rewrites line ends changes no file."""
    file = (text.strip() + "\n").replace("\n", "\r\n" if windows else "\n")
    assert fitted(text.strip(), file) == file


def test_a_hostile_text_is_marked_whole_rather_than_compared_for_ever() -> None:
    """Thousands of equal lines in another order cost no more than thousands of other lines."""
    base = "a\n" + "x\ny\n" * 3000 + "b"
    git, tenant = "c\n" + "y\nx\n" * 3000 + "d", "e\n" + "x\nx\ny\n" * 3000 + "f"
    merged = merge(base, git, tenant)
    assert merged == (f"<<<<<<< git\n{git}\n=======\n{tenant}\n>>>>>>> tenant", True)
