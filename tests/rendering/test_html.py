"""The HTML report: complete in itself, harmless, and readable by everybody."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given, settings
from rendering.build import (
    LOOK,
    address,
    at,
    block,
    change,
    create,
    drift,
    field,
    mixed,
    outcome,
    plan,
    problem,
    problems,
    report,
)
from rendering.canvases import RULES, canvas, code, table
from rendering.hostile import TEXTS
from rendering.readers import Reader

from personalize_sync.planning.change import Cause, User
from personalize_sync.planning.outcome import Leftover, Result
from personalize_sync.planning.plan import Plan, Scope, SourceTree, Target
from personalize_sync.rendering import render
from personalize_sync.rendering.html import documents
from personalize_sync.resources import ABSENT


def show(document: object, **look: object) -> str:
    """The page of a document."""
    return render(document, "html", replace(LOOK, **look))  # type: ignore[arg-type]


def drawn() -> Plan:
    """A plan that changes a canvas, a code file and a JSON text."""
    after = canvas(code("Rating"), table(RULES[1], replace(RULES[0], banner='"kite"')))
    return plan(
        change("decision-variant/m:v", field("/definition", canvas(), after)),
        create("decision-variant/m:w", field("/definition", after=after)),
        change("template/a", field("/templateElements/css", "a{}\nb{x:1}\n", "a{}\nb{x:2}\n")),
        change("connection/c", field("/request/requestBody", '{"a": [1]}', '{"a": [2]}')),
        change("template/b", field("/tags", ["x", "y"], ["y", "z"])),
    )


PAGES = {
    "plan": (mixed(), {}),
    "drift": (mixed(), {"view": "drift"}),
    "drawn": (drawn(), {}),
    "empty": (plan(), {}),
    "apply": (
        report(
            mixed(),
            outcome("template/promo_strip"),
            outcome("template/torn", result=Result.FAILED, error="refused", exit_code=14),
            leftovers=(Leftover(address("template/promo_strip"), "/name", "A", "B"),),
        ),
        {},
    ),
    "problems": (problems(problem(), problem("else", location=None, address="template/x")), {}),
    "no problems": (problems(), {}),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_nothing_from_elsewhere(name: str) -> None:
    """No script, no frame, no image, no link that leaves the page, no style beside the one."""
    document, look = PAGES[name]
    reader = Reader(show(document, **look))
    tags = {bone.split()[0] for bone in reader.bones}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "form", "base"}
    names = {attribute for attribute, _ in reader.attributes}
    assert not {n for n in names if n.startswith("on")} | names & {"src", "style", "srcset"}
    assert all(value.startswith("#") for n, value in reader.attributes if n == "href")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_walked_through_by_ear(name: str) -> None:
    """One main heading, landmarks, labelled sections, captions, headings that skip no level."""
    document, look = PAGES[name]
    page = show(document, **look)
    reader = Reader(page)
    tags = [bone.split()[0] for bone in reader.bones]
    assert [tags.count(tag) for tag in ("h1", "main", "nav", "header", "footer")] == [1] * 5
    assert tags.count("table") == tags.count("caption")
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [value for attribute, value in reader.attributes if attribute == "id"]
    assert len(ids) == len(set(ids))
    targets = {v[1:] for a, v in reader.attributes if a == "href"}
    targets |= {v for a, v in reader.attributes if a == "aria-labelledby"}
    assert targets <= set(ids)
    assert all("aria-label" in bone for bone in reader.bones if bone.startswith("svg "))


def test_the_policy_allows_this_style_and_nothing_else() -> None:
    """A browser that honours the policy runs and fetches nothing, whatever a name holds."""
    page = show(mixed())
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = dict(re.findall(r'http-equiv="([^"]+)" content="([^"]+)"', page))
    assert policy["Content-Security-Policy"].replace("&#x27;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert page.index("Content-Security-Policy") < page.index("<title>")
    assert not re.search(r"url\(|@import|expression\(", style[1])


def test_the_verdict_comes_first() -> None:
    """Whoever reads the title and the first heading knows whether to go on."""
    page = show(mixed())
    verdict = "Blocked: apply would refuse, since 1 change is blocked."
    assert re.findall(r"<h1>(.*?)</h1>", page) == [verdict]
    assert f"<title>Plan for production: {verdict}</title>" in page


def test_the_gravest_change_comes_first() -> None:
    """Blocked changes, then by risk."""
    one = plan(
        change("template/a", field(risk="cosmetic")),
        change("template/b", field(risk="statistical")),
        change("template/c", field(risk="content"), blocked=(block(),)),
    )
    assert re.findall(r"<h3><code>(.*?)</code></h3>", show(one)) == [
        "template/c",
        "template/b",
        "template/a",
    ]


def test_code_stands_side_by_side() -> None:
    """Old lines left, new lines right, and the words that changed marked in both."""
    page = show(plan(change("template/a", field("/css", "a{}\nb{x: 1px}\n", "a{}\nb{x: 2px}\n"))))
    assert "<del><code>b{x: <mark>1px</mark>}</code></del>" in page
    assert "<ins><code>b{x: <mark>2px</mark>}</code></ins>" in page


def test_a_decision_is_seen_without_reading_xml() -> None:
    """Both canvases are drawn, what changed is marked, and rules stand in a table."""
    page = show(drawn())
    reader = Reader(page)
    assert len(re.findall(r"<svg ", page)) == 3
    assert "Rules of Banner" in reader.text
    assert "name Score → Rating" in reader.text
    assert re.search(r'class="node programmable changed"', page)
    assert "&lt;decision" not in page


def test_a_canvas_is_drawn_where_its_author_put_things() -> None:
    """Boxes stand as the file says, in one frame for both sides."""
    before, after = canvas(code(at=0), table(at=300)), canvas(code(at=0), table(at=500))
    page = show(plan(change("decision-variant/m:v", field("/definition", before, after))))
    assert len(set(re.findall(r'viewBox="([^"]+)"', page))) == 1
    assert re.findall(r'<rect x="(\d+)"', page) == ["0", "300", "0", "500"]
    assert "only the layout changed" in page


def test_a_canvas_without_layout_is_drawn_in_layers() -> None:
    """What is needed stands below what needs it; circles end, too."""
    bare = re.sub(r"<extensionElements>.*?</extensionElements>", "", canvas())
    loop = bare.replace("#score", "#banner")
    page = show(plan(change("decision-variant/m:v", field("/definition", bare, loop))))
    places = [(float(x), float(y)) for x, y in re.findall(r'<rect x="([\d.]+)" y="([\d.]+)"', page)]
    (score, banner, *_) = places
    assert score[1] > banner[1]
    assert len(places) == 4


@pytest.mark.parametrize("x", ["1e9", "nan", "inf", "-", "999999"])
def test_a_hostile_layout_is_replaced_by_ours(x: str) -> None:
    """No drawing is blown up, or emptied, by a number."""
    evil = canvas(code().replace('x="0"', f'x="{x}"'), table())
    page = show(plan(change("decision-variant/m:v", field("/definition", canvas(), evil))))
    widths = [float(width) for width in re.findall(r'<svg [^>]*width="([\d.]+)"', page)]
    assert widths
    assert all(0 < width <= 1100 for width in widths)


def test_what_the_changes_reach_is_drawn_and_listed() -> None:
    """References between changed objects make a picture, and a list for those who listen."""
    needing = change("decision-model/m", depends_on=(address("decision-variant/m:v"),))
    page = show(plan(change("decision-variant/m:v"), needing))
    assert "decision-variant/m:v is used by decision-model/m" in Reader(page).text
    assert page.count('class="arrow"') == 1
    assert "What the changes reach" not in Reader(show(plan(change()))).text


def test_running_flows_that_a_change_reaches_are_named() -> None:
    """A template that an experiment uses is not just a template."""
    users = (User(address("experience/quiet")), User(address("experiment/hero"), is_running=True))
    reader = Reader(show(plan(change("template/a", used_by=users))))
    assert "They reach 1 running flow ." in reader.text
    assert "experiment/hero running" in reader.text
    assert "used by 1 experience, 1 experiment, 1 running" in reader.text


def test_a_new_object_shows_what_it_will_be() -> None:
    """Short values in a list, texts in full."""
    reader = Reader(show(plan(create("template/a", field("/html", ABSENT, "<p>\nx\n</p>\n")))))
    assert "<p>" in reader.said
    assert not any("Before" in said for said in reader.said)


def test_the_largest_plan_still_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five thousand changes are all there; the least risky ones lose their details first."""
    monkeypatch.setattr(documents, "_ROOM", 200_000)
    text = "".join(f".rule-{n} {{ color: red }}\n" for n in range(40))
    many = [
        change(f"template/t{n}", field("/css", text, text.replace("red", "blue"), risk=risk))
        for n, risk in enumerate(["content"] * 4999 + ["statistical"])
    ]
    page = show(plan(*many))
    assert len(page) < 200_000 + 5000 * 500
    assert page.count("<h3>") == 5000
    first = page.index("template/t4999</code>")
    assert first < page.index("template/t0</code>")
    assert 2 < page.count("<details") < 50


def test_the_largest_drift_still_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is no room for is counted."""
    monkeypatch.setattr(documents, "_ROOM", 500_000)
    text = "".join(f".rule-{n} {{ color: red }}\n" for n in range(400))
    edited = field("/css", text.replace("red", "blue"), text, cause=Cause.DRIFT)
    many = tuple(drift(f"template/t{n}", edited) for n in range(200))
    page = show(plan(drift=many), view="drift")
    assert len(page) < 800_000
    shown = page.count("<h3>")
    assert 1 < shown < 20
    assert f"… and {200 - shown} more" in page


def test_a_giant_canvas_is_told_in_part() -> None:
    """Thousands of nodes are neither drawn nor told one by one, but counted."""
    nodes = [code().replace('id="score', f'id="n{n}') for n in range(300)]
    after = canvas(*(node.replace("return 1", "return 2") for node in nodes))
    reader = Reader(show(plan(change("template/a", field("/d", canvas(*nodes), after)))))
    assert "A canvas of more than 120 nodes is not drawn." in reader.text
    assert "… and 180 more nodes" in reader.text


def test_same_input_same_bytes() -> None:
    """A page can be compared, cached and signed."""
    for document, look in PAGES.values():
        assert show(document, **look) == show(document, **look)


def evil_plan(text: str) -> Plan:
    """A plan in which everything a tenant or a manifest can name is this text."""
    return plan(
        change(f"template/{text}", field(f"/{text}"), notes=(f"n{text}",)),
        change("template/c", blocked=(block(text, text),), depends_on=(address(f"a/{text}"),)),
        drift=(drift("template/d", field(cause=Cause.DRIFT), author=text, at=text),),
        diagnostics=(problem(f"p{text}".replace("\n", ""), remedy="", location=at(text)),),
        scope=Scope(failed=(text,)),
        target=Target(f"x{text}", text, f"x{text}"),
        source=SourceTree(commit=f"x{text}"),
    )


@settings(max_examples=60)
@given(TEXTS)
def test_no_text_changes_the_structure(text: str) -> None:
    """Hostile names make the same elements as a harmless one."""
    twin = "".join("\n" if char == "\n" else "z" for char in text)
    for view in ("plan", "drift"):
        evil, good = (Reader(show(evil_plan(t), view=view)).bones for t in (text, twin))
        assert [b for b in evil if b != "text x y class"] == [
            b for b in good if b != "text x y class"
        ]


@cache
def _all_bones() -> frozenset[str]:
    pages = (show(document, **look) for document, look in PAGES.values())
    return frozenset(bone for page in pages for bone in Reader(page).bones)


@settings(max_examples=60)
@given(TEXTS, TEXTS)
def test_no_code_leaves_its_table(before: str, after: str) -> None:
    """Texts, objects and canvases hold nothing but text."""
    fields = (
        field("/f", f"{before}\n", f"x\n{after}\n"),
        field("/g", [before], {before: after}),
        field(
            "/h",
            canvas(code(after[:1] + "n")),
            canvas(code("m" + re.sub(r"[\x00-\x1f\ud800]", "", before))),
        ),
    )
    reader = Reader(show(plan(change("template/a", *fields))))
    known = _all_bones()
    assert set(reader.bones) <= known | {"tr", "td class", "mark", "code class"}


def _variables(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css))


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2: the contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_text_stands_out_from_its_ground(theme: str) -> None:
    """All pairs of colours that are used together reach the contrast of WCAG AA."""
    css = (files("personalize_sync.rendering.html") / "report.css").read_text(encoding="utf-8")
    light, dark, *_ = (
        css.split("@media (prefers-color-scheme: dark)")[0],
        css.split("@media (prefers-color-scheme: dark)")[1].split("* { box-sizing")[0],
    )
    paper = css.split("@media print")[1]
    colours = _variables({"light": light, "dark": dark, "print": paper}[theme])
    grounds = ("ground", "raised", "old", "new", "old-word", "new-word")
    pairs = [("ink", ground) for ground in grounds] + [("soft", g) for g in ("ground", "raised")]
    pairs += [(n, f"{n}-ground") for n in ("good", "bad", "warn", "note", "drift")]
    pairs += [
        ("link", "ground"),
        ("ink", "bad-ground"),
        ("ink", "good-ground"),
        ("ink", "warn-ground"),
    ]
    assert [p for p in pairs if _contrast(colours[p[0]], colours[p[1]]) < 4.5] == []
