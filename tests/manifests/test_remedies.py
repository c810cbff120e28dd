"""What to do about slips of the pen that YAML, or the habits of other tools, invite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from manifests.trees import connection, load, template

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("manifest", "remedy"),
    [
        (template(spec="{name: A, type: WEB, render: no}"), "Write true or false, without quotes"),
        (template(spec='{name: A, type: WEB, render: "true"}'), "Write true or false, without"),
        (template(spec="{name: A, type: WEB, status: draft}"), 'Did you mean "DRAFT"?'),
        (template(spec="{name: 1, type: WEB}"), "Put it in quotes if it is meant as text."),
        (
            connection(
                spec="{name: a, systemType: X, auth: {authType: NONE}, request: {},"
                ' socketTimeout: "1000"}'
            ),
            "Write the number without quotes.",
        ),
    ],
    ids=["no", "quoted truth", "small letters", "number for text", "text for number"],
)
def test_the_remedy_says_what_to_write(tmp_path: Path, manifest: str, remedy: str) -> None:
    """One problem, and it names the form that is wanted."""
    (problem,) = load(tmp_path, {"a.yaml": manifest}).problems

    assert remedy in problem.remedy
