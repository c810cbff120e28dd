"""One line per object."""

from __future__ import annotations

import pytest
from rendering.build import LOOK, change, mixed, outcome, plan, report

from personalize_sync.rendering import FORMATS, render


def test_a_plan_in_one_line_per_object() -> None:
    """Marker, address, action, cause, risk, and who was there; the stable line last."""
    shown = render(mixed(), "summary", LOOK).splitlines()
    assert shown[0] == "+ connection/loyalty_points: create, content, 2 fields, secret sent"
    assert shown[3] == "~ template/promo_strip: update, content, 2 fields"
    assert shown[5] == "- template/old: archive, destructive"
    assert len(shown) == 7


def test_an_apply_in_one_line_per_object() -> None:
    """Outcome and revision, then what was written."""
    assert render(report(mixed(), outcome()), "summary", LOOK).splitlines() == [
        "template/promo_strip: updated, revision 8",
        "Written: 1 object.",
        "Apply: 0 created, 1 updated, 0 archived, 0 restored, 0 unchanged, 0 failed, 0 skipped.",
    ]


def test_outcomes_stand_in_plan_order() -> None:
    """Whatever work ended first, a report reads like the plan that was approved."""
    one = report(
        plan(change("template/z"), change("template/a")),
        outcome("template/a"),
        outcome("template/z"),
    )
    shown = render(one, "summary", LOOK).splitlines()
    assert [line.partition(":")[0] for line in shown[:2]] == ["template/z", "template/a"]


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_ends_with_one_newline(format_: str) -> None:
    """Documents can be joined and compared."""
    shown = render(mixed(), format_, LOOK)
    assert shown.endswith("\n")
    assert not shown.endswith("\n\n")
