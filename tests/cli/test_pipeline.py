"""A CI system is told how a run ended, in its own words and within its limits."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendering import build

from personalize_sync.rendering import markdown
from personalize_sync.rendering.outputs import dotenv, github_file, outputs

if TYPE_CHECKING:
    from cli.conftest import Shop


def parsed(text: str) -> dict[str, str]:
    """The values that GitHub reads from such a file."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, delimiter = line.split("<<")
        value: list[str] = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        found[name] = "\n".join(value)
    return found


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that a step of a workflow is given."""
    folder = tmp_path / "runner"
    folder.mkdir()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary"))
    return folder


def test_later_steps_can_decide_by_the_outputs_of_a_plan(shop: Shop, github: Path) -> None:
    """Counts, digest and exit code arrive, and no text of the tenant."""
    said = shop("plan", "--out", "plan.json", "--detailed-exitcode")
    values = parsed((github / "output").read_text())
    saved = json.loads((shop.root / "plan.json").read_text())

    assert said.code == 2
    assert values == {
        "archive": "0",
        "blocked": "0",
        "create": "2",
        "exit_code": "2",
        "has_changes": "true",
        "has_conflicts": "false",
        "has_drift": "false",
        "plan_digest": saved["digest"],
        "plan_file": "plan.json",
        "restore": "0",
        "update": "0",
    }


def test_an_apply_names_its_run(shop: Shop, github: Path) -> None:
    """The run's id is what undoing or resuming it needs."""
    said = shop("apply", "--auto-approve")

    assert parsed((github / "output").read_text())["run_id"] == said.run


def test_drift_is_an_output(synced: Shop, github: Path) -> None:
    """A scheduled job can go on from the answer alone."""
    synced.edit("template/strip", name="Winter")
    synced("drift")

    assert parsed((github / "output").read_text())["has_drift"] == "true"


def test_the_summary_page_shows_the_document(shop: Shop, github: Path) -> None:
    """What a comment would say stands on the summary page, after what other commands said."""
    (github / "summary").write_text("Before.\n")
    shop("plan")
    text = (github / "summary").read_text()

    assert text.startswith("Before.\n**")
    assert "Plan: 2 to create" in text


def test_invalid_manifests_are_marked_at_their_lines(shop: Shop, github: Path) -> None:
    """The annotation goes to stderr, the document stays alone on stdout."""
    shop.template(type="WBE")
    said = shop("plan", "--format", "json")

    assert said.document["problems"]
    assert re.search(r"^::error file=Template-strip.yaml,line=1,", said.err, re.MULTILINE)
    assert parsed((github / "output").read_text()) == {"exit_code": "10"}


def test_a_full_summary_page_is_left_alone(shop: Shop, github: Path) -> None:
    """GitHub would drop the whole page of a step that writes too much."""
    (github / "summary").write_bytes(b"x" * 899_000)
    shop("plan")

    assert (github / "summary").stat().st_size == 899_000


def test_a_pipeline_that_cannot_be_told_does_not_fail_the_run(
    shop: Shop, github: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is worth more than the report of it."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(github / "no" / "such" / "folder"))
    said = shop("plan")

    assert said.code == 0
    assert "GITHUB_OUTPUT cannot be written" in said.err


@pytest.mark.parametrize("arguments", [("plan", "--ci", "none"), ("--ci", "none", "plan")])
def test_nobody_is_told_on_request(shop: Shop, github: Path, arguments: tuple[str, ...]) -> None:
    """`--ci none` wins over what the environment looks like."""
    shop(*arguments)

    assert list(github.iterdir()) == []


def test_a_system_can_be_named(shop: Shop, github: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--ci github` helps where GitHub's runner is only imitated."""
    monkeypatch.delenv("GITHUB_ACTIONS")
    shop("plan", "--ci", "github")

    assert parsed((github / "output").read_text())["has_changes"] == "true"


_REFUSALS = {
    "github": "::error title=personalize-sync::2 credentials are missing or do not work%0A",
    "azure": "##vso[task.logissue type=error;]personalize-sync: 2 credentials are missing or do not work ",
}


@pytest.mark.parametrize("system", _REFUSALS)
def test_a_run_that_could_not_be_finished_is_marked_too(
    shop: Shop, github: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    """A missing key has no document: its reason and the exit code reach the pipeline all the same."""
    for name in [name for name in os.environ if name.startswith("PERSONALIZE_SYNC_")]:
        monkeypatch.delenv(name)
    said = shop("plan", "--ci", system)

    assert said.code == 11
    assert _REFUSALS[system] in said.err
    if system == "github":
        assert parsed((github / "output").read_text()) == {"exit_code": "11"}
    else:
        assert "##vso[task.setvariable variable=exitCode;isOutput=true;]11\n" in said.err


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text(max_size=40)))
def test_no_value_can_make_another_output(values: dict[str, str]) -> None:
    """Whatever a value holds, it arrives as that value; only a line end of another sort is new."""
    assert parsed(github_file(values, "end-0123")) == values


def test_a_change_of_any_number_keeps_the_outputs_small() -> None:
    """Outputs hold counts, so their size does not grow with the plan."""
    many = build.plan(*(build.change(f"template/t{n}", build.field()) for n in range(300)))

    assert len(github_file(outputs(many, build.LOOK, {}), "end")) < 500


def test_a_summary_may_be_longer_than_a_comment() -> None:
    """The limit is the medium's."""
    many = build.plan(*(build.change(f"template/t{n}", build.field()) for n in range(2_000)))
    short, long = (markdown.render(many, build.LOOK, limit=limit) for limit in (60_000, 225_000))

    assert len(short) <= 60_000 < len(long) <= 225_000


def test_gitlab_finds_its_reports(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The widget's counts, the remarks at lines and the outputs stand in files for the artifacts."""
    monkeypatch.setenv("GITLAB_CI", "true")
    shop("plan")
    reports = shop.root / ".personalize-sync/reports"

    assert json.loads((reports / "terraform.json").read_text()) == {
        "create": 2,
        "update": 0,
        "delete": 0,
    }
    assert json.loads((reports / "codequality.json").read_text()) == []
    assert "has_changes=true\n" in (reports / "outputs.env").read_text()

    shop.template(type="WBE")
    shop("validate")
    (entry,) = json.loads((reports / "codequality.json").read_text())
    assert entry["location"]["path"] == "Template-strip.yaml"


def test_azure_is_told_by_commands(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables, issues and the path of the summary stand on stderr, the document on stdout."""
    monkeypatch.setenv("TF_BUILD", "True")
    said = shop("plan", "--format", "json")
    (path,) = re.findall(r"^##vso\[task\.uploadsummary\](.*)$", said.err, re.MULTILINE)

    assert said.document["changes"]
    assert "##vso[task.setvariable variable=hasChanges;isOutput=true;]true\n" in said.err
    assert "Plan: 2 to create" in Path(path).read_text()


def test_reports_do_not_make_the_checkout_look_edited(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one command writes for the pipeline is no change of the manifests for the next."""
    monkeypatch.setenv("GITLAB_CI", "true")
    before = shop("plan", "--format", "json").document
    after = shop("plan", "--format", "json").document

    assert before["digest"] == after["digest"]


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text(max_size=40)))
def test_no_value_makes_another_line_of_a_dotenv_file(values: dict[str, str]) -> None:
    """What does not fit on one line is left out."""
    lines = dotenv(values).splitlines()

    assert all(values[line.partition("=")[0]] == line.partition("=")[2] for line in lines)
