"""The HTML report in a real browser. Run by `make browser`; the other tests need none."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from browser.chromium import Browser, executable
from rendering.build import LOOK, change, field, mixed, plan, problem, problems
from rendering.hostile import CORPUS
from rendering.test_hostile_names import evil_plan
from rendering.test_html import drawn

from personalize_sync.rendering import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalize_sync.rendering import Rendered

# A payload that runs leaves this mark on the document.
_OWNED = "document.documentElement.dataset.owned || ''"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all pages."""
    if not executable():
        pytest.fail(
            "Chromium is missing. Debian: apt-get install chromium. Or set CHROMIUM.", pytrace=False
        )
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where pages are written."""
    return tmp_path


def written(folder: Path, document: Rendered) -> Path:
    """A page in a file, as a person opens it."""
    page = folder / "report.html"
    page.write_text(render(document, "html", LOOK), encoding="utf-8")
    return page


def raw(folder: Path, policy: str = "") -> Path:
    """Some hostile names as markup: what a report without a gate would be."""
    sorts = ("<script>", "<svg/", "<iframe", "<video", "<object", "@import", "stylesheet")
    body = "\n".join(f"<p>{name}</p>" for name in CORPUS if any(sort in name for sort in sorts))
    page = folder / "raw.html"
    page.write_text(f"<!DOCTYPE html>{policy}<body>{body}", encoding="utf-8", errors="replace")
    return page


def policy_of(page: Path) -> str:
    """The policy that our pages begin with."""
    text = page.read_text(encoding="utf-8")
    start = text.index('<meta http-equiv="Content-Security-Policy"')
    return text[start : text.index(">", start) + 1]


def test_the_names_are_hostile_indeed(browser: Browser, folder: Path) -> None:
    """Without gate and policy they fetch things and run: the checks below can fail."""
    visit = browser.visit(raw(folder))

    assert any("evil.test" in url for url in visit.requests.values())
    assert browser.ask_page(_OWNED) == "1"


def test_the_policy_alone_would_hold(browser: Browser, folder: Path) -> None:
    """Were a gate to fail, the browser still refuses to fetch or run anything."""
    policy = policy_of(written(folder, mixed()))
    visit = browser.visit(raw(folder, policy))

    assert not any("evil.test" in url for url in visit.requests.values())
    assert any("evil.test" in url for url in visit.refused)
    assert browser.ask_page(_OWNED) == ""


@pytest.mark.parametrize("name", CORPUS, ids=[ascii(name)[:40] for name in CORPUS])
def test_a_hostile_name_is_only_shown(browser: Browser, folder: Path, name: str) -> None:
    """No request, no script, and nothing that the policy even had to refuse."""
    visit = browser.visit(written(folder, evil_plan(name)))

    assert (visit.requests, visit.refused, visit.complaints) == ({}, [], [])
    assert browser.ask_page(_OWNED) == ""
    assert browser.ask_page("document.scripts.length + document.images.length") == 0


@pytest.mark.parametrize("document", [mixed(), drawn(), problems(problem())])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_cut_off(browser: Browser, folder: Path, document: Rendered, width: int) -> None:
    """The page is as wide as its window, on a telephone, too; the style is the one we sent."""
    browser.visit(written(folder, document), width=width)

    assert browser.ask_page("document.documentElement.scrollWidth") <= width
    assert browser.ask_page("getComputedStyle(document.querySelector('.badge')).borderRadius")


def test_dark_is_dark(browser: Browser, folder: Path) -> None:
    """Whoever prefers a dark screen gets one."""
    ground = "getComputedStyle(document.body).backgroundColor"
    page = written(folder, mixed())

    browser.visit(page, prefers_color_scheme="light")
    assert browser.ask_page(ground) == "rgb(255, 255, 255)"
    browser.visit(page, prefers_color_scheme="dark")
    assert browser.ask_page(ground) == "rgb(15, 19, 24)"


def test_paper_shows_what_a_screen_folds(browser: Browser, folder: Path) -> None:
    """Nobody can unfold a printed page."""
    page = written(folder, plan(*(change(f"template/t{n}", field()) for n in range(20))))
    folded = (
        "getComputedStyle(document.querySelector('details:not([open])'), '::details-content')"
        ".contentVisibility"
    )

    browser.visit(page)
    assert browser.ask_page(folded) == "hidden"
    browser.visit(page, medium="print")
    assert browser.ask_page(folded) == "visible"


@pytest.mark.parametrize("document", [mixed(), drawn(), problems(problem())])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_no_complaint(
    browser: Browser, folder: Path, document: Rendered, scheme: str
) -> None:
    """Names, roles, contrast and structure pass the rules of WCAG 2.1 AA, in both schemes."""
    browser.visit(written(folder, document), prefers_color_scheme=scheme)
    browser.ask_page((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = browser.ask_page(
        "axe.run().then(r => ({passed: r.passes.length,"
        " failed: r.violations.map(v => v.id + ': ' + v.nodes[0].html)}))"
    )

    assert found["failed"] == []
    assert found["passed"] > 15


def test_everything_can_be_reached_by_keyboard(browser: Browser, folder: Path) -> None:
    """Links, folded changes and wide tables take the focus, in the order of the page."""
    browser.visit(written(folder, drawn()))
    focusable = "[...document.querySelectorAll('a, summary, [tabindex]')]"

    assert browser.ask_page(f"{focusable}.length") > 8
    assert browser.ask_page(
        f"{focusable}.every(e => (e.focus(), document.activeElement === e) && e.tabIndex === 0)"
    )
