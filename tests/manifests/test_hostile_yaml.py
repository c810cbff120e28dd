"""Hostile files end in a problem, in bounded time and memory; the process survives them."""

from __future__ import annotations

import threading
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from manifests.trees import HEAD, load, template
from pace import Pace

from personalize_sync.manifests.composing import compose

if TYPE_CHECKING:
    from pathlib import Path

_SPEC = template(spec="\n  name: a\n  type: WEB")
_FLOW = (
    HEAD + "kind: Experience\nmetadata: {key: a}\nspec:\n  name: a\n  type: INTERACTIVE_WEB_FLOW\n"
    "  channels: [WEB]\n  schedule: {type: simpleSchedule, startDate: 2026-01-01T00:00:00Z}\n"
)
_MODEL = (
    HEAD
    + "kind: DecisionModel\nmetadata: {key: a}\nspec:\n  name: 1\n  variants:\n    a:\n      name: a\n      definition: x\n"
)


def _many(count: int, form: str) -> str:
    return ",".join(form.format(i) for i in range(count))


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines)


_HOSTILE = {
    "alias bomb": (_bomb(30), "PS1006"),
    "merge bomb": ("a: &a {b: c}\n" + "".join(f"m{i}: {{<<: *a}}\n" for i in range(500)), "PS1005"),
    "alias to itself": ("a: &a {b: *a}", "PS1005"),
    "5 000 brackets": ("[" * 5_000, "PS1006"),
    "100 000 brackets": ("[" * 100_000, "PS1006"),
    "500 000 braces": ("{a: " * 250_000, "PS1006"),
    "100 000 dashes": ("- " * 100_000, "PS1006"),
    "100 000 question marks": ("? " * 100_000, "PS1006"),
    "deep block mapping": ("\n".join(" " * i + "a:" for i in range(1_400)), "PS1006"),
    "wide list": ("[" + "1," * 500_000 + "]", "PS1006"),
    "many documents": ("a\n---\n" * 90_000, "PS1006"),
    "many bad documents": ((HEAD + "kind: Template\n---\n") * 15_000, "PS1006"),
    "over 1 MiB": ("#" * (1024 * 1024 + 1), "PS1006"),
    "number of 1 MB": (_SPEC + "  icon: " + "9" * 1_000_000, "PS1007"),
    "fraction of 1 MB": (_SPEC + "  icon: " + "9" * 500_000 + "." + "9" * 500_000, "PS1007"),
    "hexadecimal of 1 MB": (_SPEC + "  icon: 0x" + "f" * 1_000_000, "PS1007"),
    "tag of 1 MB": (_SPEC + "  icon: !" + "a" * 1_000_000 + " x", "PS1005"),
    "key of 1 MB": ("? " + "a" * 1_000_000 + "\n: b\n", "PS1015"),
    "unclosed quote": (_SPEC + "  icon: '" + "''" * 400_000, "PS1003"),
    "directives": ("%TAG ! x\n" * 100_000, "PS1003"),
    "tabs": ("\t" * 1_000_000, "PS1003"),
    "unknown keys": (_SPEC + "".join(f"  k{i}: v\n" for i in range(49_000)), "PS1006"),
    "duplicate keys": (_SPEC + "  k: v\n" * 49_000, "PS1004"),
    "not a number": (_SPEC + "  tags: [" + ".nan," * 45_000 + "]\n", "PS1007"),
    "mixed list": (_SPEC + "  tags: [" + _many(40_000, "{}") + ",a,b]\n", "PS1006"),
    "anchors": (_SPEC + "  tags: [" + _many(45_000, "&a{} x") + "]\n", "PS1006"),
    "variables": (
        _MODEL + "      templateVariables: {" + _many(18_000, "k{}: a") + "}\n",
        "PS1012",
    ),
    "overrides": (
        _SPEC + "overrides:\n" + "".join(f"  e{i}: {{name: 1}}\n" for i in range(20_000)),
        "PS1006",
    ),
    "dangling references": (
        _FLOW + "  variants:\n    a: {name: a, decisionModels: [" + _many(40_000, "k{}") + "]}\n",
        "PS2001",
    ),
    "long path": (
        _SPEC + f"  templateElements:\n    html: {{fromFile: {'a/' * 400_000}}}\n",
        "PS2005",
    ),
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_hostile_file_ends_in_a_problem(name: str, tmp_path: Path) -> None:
    """It takes a moment, not a minute, and the problems are few enough to be read."""
    text, rule = _HOSTILE[name]
    load(tmp_path, {"warm.yaml": template("warm", "{}")})  # imports, and the schemas compiled

    pace = Pace()
    problems = load(tmp_path, {"a.yaml": text}).problems
    took = pace.moments

    assert rule in {problem.id for problem in problems}
    assert len(problems) < 350
    assert took < 300, "about 40 at worst"


@pytest.mark.parametrize("name", ["alias bomb", "wide list", "many bad documents", "variables"])
def test_a_hostile_file_needs_little_memory(name: str, tmp_path: Path) -> None:
    """A file within the cap cannot fill the machine."""
    text, _ = _HOSTILE[name]
    tracemalloc.start()
    try:
        load(tmp_path, {"a.yaml": text})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 200 * 1024 * 1024


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n" + "  [[[ {{ - ? \n" * 70_000,
        'a: "' + "\\n" * 400_000 + '"',
        "# " + "x" * 1_000_000,
        "#\n" * 400_000,
        "a: " + "x " * 400_000,
    ],
    ids=["block of brackets", "escapes", "long comment", "comments", "long plain text"],
)
def test_harmless_size_is_no_problem(text: str) -> None:
    """Brackets inside of texts, and long texts, are what templates consist of."""
    assert len(list(compose(text))) == (not text.startswith("#"))


def test_nesting_is_harmless_on_a_small_stack() -> None:
    """What the guard lets through does not end the process on a thread of 128 KiB."""
    text = "[" * 60 + "]" * 60 + "\n"
    found: list[int] = []
    before = threading.stack_size(128 * 1024)
    try:
        thread = threading.Thread(target=lambda: found.append(len(list(compose(text)))))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)

    assert found == [1]


@pytest.mark.parametrize("levels", [63, 64, 65])
def test_the_limit_of_nesting_is_64(levels: int, tmp_path: Path) -> None:
    """Sixty-four levels are read, sixty-five are not, by whatever way they are found."""
    text = "[" * levels + "]" * levels

    rules = {problem.id for problem in load(tmp_path, {"a.yaml": text}).problems}

    assert rules == ({"PS1006"} if levels > 64 else {"PS1012"})
