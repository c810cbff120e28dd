"""What people read in pull requests."""

from __future__ import annotations

import html
import re
from dataclasses import replace

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
from rendering.hostile import TEXTS
from rendering.readers import skeleton

from personalize_sync.planning.change import Action, Cause
from personalize_sync.planning.outcome import Leftover, Report, Result
from personalize_sync.planning.plan import Plan, Scope, SourceTree, Target
from personalize_sync.rendering import Problems, render
from personalize_sync.rendering.gates import code
from personalize_sync.rendering.markdown import LIMIT


def evil_plan(text: str) -> Plan:
    """A plan in which everything a tenant or manifest can name is this text."""
    return plan(
        change(f"template/{text}", field(f"/{text}", text, text), notes=(text,)),
        change("template/b", field("/f", f"a\n{text}", f"{text}\nb", location=at(text))),
        create("template/c", field("/f", after=text), blocked=(block(text, text),)),
        drift=(drift("template/d", field(cause=Cause.DRIFT), author=text, at=text),),
        diagnostics=(problem(text, remedy=text + "!", location=at(text)),),
        scope=Scope(failed=(text,)),
        target=Target(text, text, f"x{text}"),
        source=SourceTree(commit=f"x{text}"),
    )


def evil_report(text: str) -> Report:
    """A report in which everything that can be said is this text."""
    return report(
        plan(),
        outcome(f"template/{text}", result=Result.FAILED, error=f"x{text}".replace("\n", "")),
        leftovers=(Leftover(address(f"template/{text}"), text, text, text),),
    )


@settings(max_examples=150)
@given(TEXTS)
def test_no_text_changes_the_structure(text: str) -> None:
    """Hostile names make the same elements as a harmless one."""
    for evil in (evil_plan, evil_report):
        # Lengths decide between one line and a diff, so the harmless twin has the same.
        twin = re.sub(r"[^\n]", "a", text)
        for look in (LOOK, replace(LOOK, view="drift")):
            shown = skeleton(render(evil(text), "markdown", look))
            fences = [bone for bone in shown if bone.startswith("fence")]
            assert all(bone == "fence diff" for bone in fences)
            without = [bone for bone in shown if not bone.startswith("fence")]
            twins = skeleton(render(evil(twin), "markdown", look))
            assert without == [bone for bone in twins if not bone.startswith("fence")]


@given(TEXTS)
def test_code_shows_the_text_and_nothing_else(text: str) -> None:
    """Inline code holds the gated text as it is."""
    inner = code(text).removeprefix("<code>").removesuffix("</code>").replace("<!-- -->", "")
    assert not set(inner) & set("<>|`*_[]@\n")
    assert html.unescape(inner).isprintable()


@pytest.mark.parametrize("evil", [evil_plan, evil_report])
def test_foreign_text_stands_only_in_code(evil: object) -> None:
    """A name that mentions somebody notifies nobody."""
    shown = render(evil("@octocat #1"), "markdown", LOOK)  # type: ignore[operator]
    outside = re.sub(
        r"<code>.*?</code>|^```.*?^```", "", html.unescape(shown), flags=re.DOTALL | re.MULTILINE
    )
    assert "octocat" not in outside


def test_the_verdict_comes_first() -> None:
    """Whoever reads one line knows whether to go on."""
    first = render(mixed(), "markdown", LOOK).splitlines()[0]
    assert first == "**Blocked: apply would refuse, since 1 change is blocked.**"
    ready = render(plan(change()), "markdown", LOOK).splitlines()[0]
    assert ready == "**Ready: apply would write 1 object.**"


def test_a_small_plan() -> None:
    """Counts as a table, details folded, diffs in a fence of their own, the stable line last."""
    html_text = "<p>\n```\n</p>\n"
    small = plan(
        change("template/a", field("/html", html_text, html_text.replace("</p>", "</div>"))),
        target=Target("uat"),
        source=SourceTree(),
    )
    assert (
        render(small, "markdown", LOOK)
        == """\
**Ready: apply would write 1 object.**

Environment <code>uat</code>

| create | update | archive | restore | drift | conflicts | blocked |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 0 | 1 | 0 | 0 | 0 | 0 | 0 |

<details><summary><code>&#126;</code> <code>template&#47;a</code> update, content</summary>

- <code>&#47;html&#58; 3 lines &#45;&#62; 3 lines</code>

````diff
@@ -1,3 +1,3 @@
 <p>
 ```
-</p>
+</div>
````

</details>

Plan: 0 to create, 1 to update, 0 to archive, 0 to restore. Drift: 0. Conflicts: 0. Blocked: 0.
"""
    )


def test_five_thousand_changes_fit_into_one_comment() -> None:
    """What does not fit is dropped from the least risky up, and counted."""
    many = [change(f"template/t{n:04}", field(risk="cosmetic")) for n in range(5000)]
    grave = change("template/grave", action=Action.ARCHIVE, notes=("look here",))
    shown = render(plan(*many, grave), "markdown", LOOK)
    assert len(shown) <= LIMIT
    assert "look here" in shown
    assert re.search(r"^… and \d+ more$", shown, re.MULTILINE)
    assert re.search(r"^… details of [1-4]\d{3} are left out here$", shown, re.MULTILINE)
    assert shown.endswith("Drift: 0. Conflicts: 0. Blocked: 0.\n")


def test_a_failure_at_the_end_of_a_long_apply_is_shown() -> None:
    """What went wrong is kept when what went well does not fit."""
    fine = [outcome(f"template/t{n:04}") for n in range(5000)]
    failed = outcome("template/zzz", result=Result.FAILED, error="look here")
    shown = render(report(plan(), *fine, failed), "markdown", LOOK)
    assert "look here" in shown
    assert len(shown) <= LIMIT


@pytest.mark.parametrize(
    "huge",
    [
        plan(*(change(f"template/{'@' * 5000}{n}", notes=("<" * 9000,)) for n in range(50))),
        plan(diagnostics=tuple(problem("x" * n) for n in range(3000))),
        plan(scope=Scope(failed=("\x1b" * 5000,) * 500), target=Target("\U000e0041" * 9000)),
        problems(*(problem("é" * n) for n in range(2000))),
        report(plan(), *(outcome(f"template/{'|' * 90}{n}", error="|" * 5000) for n in range(500))),
    ],
)
def test_nothing_makes_a_comment_too_long(huge: Plan | Report | Problems) -> None:
    """Long names, many problems and many reasons are all cut, and the last line survives."""
    shown = render(huge, "markdown", LOOK)
    assert len(shown) <= LIMIT
    assert re.search(r"… and \d+ more", shown)


def test_drift_in_markdown_counts_what_drift_is_about() -> None:
    """A drift report counts objects that moved, and what waits in Git."""
    shown = render(mixed(), "markdown", replace(LOOK, view="drift"))
    assert "| drift | conflicts | undetermined | pending in Git |" in shown
    assert "| 3 | 1 | 1 | 3 |" in shown
