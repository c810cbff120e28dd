"""Sixty hostile names in every format: the same document as with a harmless one, and nothing acts."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from rendering.build import (
    LOOK,
    address,
    at,
    block,
    change,
    create,
    drift,
    field,
    outcome,
    plan,
    problem,
    problems,
    report,
)
from rendering.hostile import CORPUS
from rendering.readers import PARSER, Reader, parsed, skeleton

from personalize_sync.planning.change import Cause
from personalize_sync.planning.outcome import Leftover, Result
from personalize_sync.planning.plan import Plan, Scope, SourceTree, Target
from personalize_sync.rendering import FORMATS, render


def evil_plan(name: str) -> Plan:
    """A plan in which everything that can be named is called this."""
    return plan(
        change(
            f"template/a{name}",
            field(f"/{name}", location=at(f"f{name}")),
            notes=(f"n{name}",),
            secrets=(f"/{name}",),
            depends_on=(address(f"connection/{name}"),),
            location=at(f"f{name}"),
        ),
        create(f"connection/{name}", field(f"/{name}", after="x")),
        change("template/b", blocked=(block(f"r{name}", f"m{name}"),), credential=name),
        drift=(
            drift(f"template/c{name}", field(f"/{name}", cause=Cause.DRIFT), author=name, at=name),
        ),
        diagnostics=(problem(f"p{name}", remedy=f"r{name}", location=at(f"f{name}")),),
        scope=Scope(failed=(f"i{name}",), select=(name,)),
        target=Target(f"e{name}", name, f"k{name}"),
        source=SourceTree(commit=f"c{name}"),
    )


def documents(name: str) -> list[tuple[Any, str]]:
    """Every kind of document, with the view it is shown in."""
    done = report(
        evil_plan(name),
        outcome(f"template/a{name}", notes=(f"n{name}",)),
        outcome("template/b", result=Result.FAILED, error=f"e{name}", wrote=False),
        leftovers=(Leftover(address(f"template/a{name}"), f"/{name}", "A", "B"),),
        strangers=(f"s{name}",),
    )
    found = problems(
        problem(f"p{name}", remedy=f"r{name}", location=at(f"f{name}")),
        problem(f"q{name}", location=None, address=f"template/{name}"),
    )
    return [(evil_plan(name), "plan"), (evil_plan(name), "drift"), (done, "plan"), (found, "plan")]


def bones(form: str, shown: str) -> Any:
    """The structure of a document as whoever reads this format sees it."""
    match form:
        case "markdown":
            return skeleton(shown)
        case "html":
            # How many lines a long name is drawn in depends on its length alone.
            return [bone for bone in Reader(shown).bones if bone != "text x y class"]
        case "github":
            return [(name, sorted(properties)) for name, properties, _ in parsed(shown)]
        case "json" | "sarif":
            return _keys(json.loads(shown))
    return len(shown.splitlines())


def _keys(value: Any) -> Any:
    match value:
        case dict():
            return {name: _keys(child) for name, child in value.items()}
        case list():
            return [_keys(child) for child in value]
    return type(value).__name__


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", CORPUS, ids=[ascii(name)[:40] for name in CORPUS])
def test_a_hostile_name_is_only_shown(name: str, form: str) -> None:
    """Same structure, no control bytes, no workflow command, no mention."""
    twin = "".join("\n" if char == "\n" else "z" for char in name)
    for (evil, view), (good, _) in zip(documents(name), documents(twin), strict=True):
        for look in (replace(LOOK, view=view), replace(LOOK, view=view, ascii=True, verbose=True)):
            shown = render(evil, form, look)
            assert bones(form, shown) == bones(form, render(good, form, look))
            assert shown.replace("\n", "").isprintable()
            assert shown.isascii() or not look.ascii
            assert form == "github" or parsed(shown) == []
            assert not _mentions(form, shown)


def _mentions(form: str, shown: str) -> list[str]:
    """Whoever would be notified by a text that a forge shows outside of code."""
    match form:
        case "markdown":
            page = re.sub(r"<(code|pre)\b.*?</\1>", "", PARSER.render(shown), flags=re.DOTALL)
            texts = [html.unescape(page)]
        case "sarif":
            results = json.loads(shown)["runs"][0]["results"]
            texts = [result["message"]["text"] for result in results]
        case _:
            texts = []
    return [found for text in texts for found in re.findall(r"(?<!\w)@\w+", text)]


def test_there_are_sixty_of_them() -> None:
    """The corpus does not shrink by accident, and no name stands in it twice."""
    assert len(set(CORPUS)) == len(CORPUS) >= 60
