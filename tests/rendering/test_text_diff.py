"""Small diffs of long texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rendering.build import LOOK, change, field, plan

from personalize_sync.rendering import render
from personalize_sync.rendering.diffs.parts import Lines, parts
from personalize_sync.rendering.diffs.text import text_diff


def diff(before: str, after: str, *, width: int = 80, most: int = 40) -> list[str]:
    """A diff with the terminal's limits."""
    return [
        line
        for part in parts(text_diff(before, after, width=width), most)
        if isinstance(part, Lines)
        for line in part.lines
    ]


def test_a_few_lines_around_a_change() -> None:
    """Three lines of context are enough to know where one is."""
    before = "".join(f"line {n}\n" for n in range(20))
    assert diff(before, before.replace("line 10\n", "LINE 10\n")) == [
        "@@ -8,7 +8,7 @@",
        " line 7",
        " line 8",
        " line 9",
        "-line 10",
        "+LINE 10",
        " line 11",
        " line 12",
        " line 13",
    ]


def test_a_long_diff_is_clipped_and_says_so() -> None:
    """What is not shown is counted."""
    shown = diff("", "".join(f"{n}\n" for n in range(100)))
    assert len(shown) == 40
    assert shown[-1] == "… 62 more lines"


def test_a_missing_final_newline_is_seen() -> None:
    """Two texts that differ only there do not look the same."""
    assert diff("a\n", "a")[-1] == "+(no newline at the end)"
    assert diff("a", "a\n")[-1] == "-(no newline at the end)"


def test_every_edit_of_a_minified_line_is_seen() -> None:
    """A line too long to show is cut at its tags, and equal pieces stay out of the way."""
    before = "".join(f"<li class='item'>entry {n}</li>" for n in range(300))
    shown = diff(before, before.replace("entry 7<", "entry seven<").replace("entry 250<", "gone<"))
    assert [line for line in shown if line[0] in "+-"] == [
        "-…entry 7</li>…",
        "+…entry seven</li>…",
        "-…entry 250</li>…",
        "+…gone</li>…",
    ]
    assert max(map(len, shown)) <= 81


def test_a_text_too_long_to_compare_is_only_measured() -> None:
    """A megabyte of changed lines does not hold up a plan."""
    before = "".join(f"{n}\n" for n in range(50_000))
    assert diff(before, before.replace("7", "8")) == [
        "@@ 50000 lines, then 50000 lines: too long to compare here @@"
    ]


@given(st.text("ab>;\n ", max_size=60), st.text("ab>;\n ", max_size=60), st.integers(10, 30))
def test_texts_that_differ_never_show_as_equal(before: str, after: str, width: int) -> None:
    """A diff is empty exactly when the texts are equal."""
    shown = diff(before, after, width=width, most=1000)
    assert bool(shown) == (before != after)
    assert all(
        len(line) <= width + 1 for line in shown if line[0] in " +-" and "newline" not in line
    )


def test_white_space_that_differs_can_be_seen() -> None:
    """Tabs, trailing blanks and carriage returns are drawn."""
    shown = render(
        plan(change("template/a", field("/f", "\tx\ny \n", "  x\ny\r\n"))), "terminal", LOOK
    )
    assert "| -→   x\n" in shown
    assert "| -y·\n" in shown
    assert "| +y\\r\n" in shown
