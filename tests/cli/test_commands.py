"""Every command does what it is for, in every format, and keeps its streams apart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from personalize_sync import __version__
from personalize_sync.cli.options import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Shop

_LAST_LINE = (
    "Plan: 2 to create, 0 to update, 0 to archive, 0 to restore. "
    "Drift: 0. Conflicts: 0. Blocked: 0."
)


@pytest.mark.parametrize("form", FORMATS)
def test_each_document_goes_to_stdout_in_each_format(shop: Shop, form: str) -> None:
    """A reading command writes its document to stdout and nothing at all to stderr."""
    for command in ("validate", "plan", "drift"):
        said = shop(command, "--format", form)
        assert (said.code, said.err) == (0, "")
        assert said.out.endswith("\n")


def test_what_is_ignored_is_counted_and_named_when_asked(shop: Shop) -> None:
    """`validate` hides no warning silently, and `plan` does not repeat what was settled."""
    head = "apiVersion: personalize-sync/v1\nkind: Connection\nmetadata: {key: other}\n"
    spec = "  systemType: X\n  auth: {authType: NONE}\n  request: {}\n"
    shop.write("other.yaml", f"{head}spec:\n  name: wea-ther\n{spec}")
    assert shop("validate").out.endswith("3 manifests are valid, with 1 warning.\n")
    assert shop("plan", "--format", "json").document["diagnostics"] != []

    sign = "# personalize-sync: ignore PS3003 - the tenant's own"
    shop.write("other.yaml", f"{head}spec:\n  name: wea-ther  {sign}\n{spec}")

    for _ in ("read", "remembered"):
        assert shop("validate").out == "3 manifests are valid. Ignored by comments: 1.\n"
        assert shop("validate", "personalize-sync.yaml").out == "3 manifests are valid.\n"
        said = shop("validate", "-v").out
        assert "other.yaml:5:9: ignored[PS3003]: the connection name" in said
        assert "(the tenant's own)" in said
        entry = shop("validate", "--format", "json").document["ignored"][0]
        assert (entry["id"], entry["reason"]) == ("PS3003", "the tenant's own")
        log = shop("validate", "--format", "sarif").document["runs"][0]
        assert log["results"] == []
    assert shop("plan", "--format", "json").document["diagnostics"] == []


def test_json_documents_keep_the_published_schema(shop: Shop) -> None:
    """Plan, drift and apply write what `schema plan` describes."""
    schema = Draft202012Validator(shop("schema", "plan").document)
    shop.model()
    documents = [shop("plan", "--format", "json").document]
    documents.append(shop("apply", "--auto-approve", "--format", "json").document)
    shop.edit("template/strip", name="Winter", author="Maria")
    shop.edit("connection/Weather", description="Edited", author="Maria")
    shop.template("strip", description="New", name="Ours")
    documents.append(shop("plan", "--format", "json").document)
    documents.append(shop("drift", "--format", "json").document)
    shop("plan", "--out", "plan.json")
    documents.append(json.loads((shop.root / "plan.json").read_text(encoding="utf-8")))

    assert [e.message for d in documents for e in schema.iter_errors(d)] == []


def test_plan_shows_and_sends_nothing_but_reads(shop: Shop) -> None:
    """A plan ends in its stable last line, and the tenant saw GET and the token request only."""
    said = shop("plan")

    assert said.out.splitlines()[-1] == _LAST_LINE
    assert {r.method for r in shop.sandbox.requests if r.path != "/oauth/token"} == {"GET"}


def test_plans_of_the_same_state_are_the_same(synced: Shop) -> None:
    """Two plans differ in their id and times only."""
    synced.template("strip", name="New")
    first, second = (synced("plan", "--format", "json").document for _ in range(2))
    for document in (first, second):
        for volatile in ("id", "created_at", "expires_at"):
            del document[volatile]

    assert first == second


def test_apply_makes_the_tenant_as_git_says(shop: Shop) -> None:
    """After an apply there is nothing to plan."""
    said = shop("apply", "--auto-approve")

    assert said.code == 0
    assert "Apply: 2 created, 0 updated" in said.out
    assert shop("plan").out.endswith("No changes. The tenant matches the manifests.\n")


def test_push_is_apply_and_what_if_is_plan(shop: Shop) -> None:
    """Sitecore hands find the words they know."""
    said = shop("push", "--what-if")

    assert said.out.splitlines()[-1] == _LAST_LINE
    assert shop.writes() == []
    assert shop("push", "--auto-approve").code == 0
    assert len(shop.writes()) == 2


def test_apply_without_a_terminal_needs_approval(shop: Shop) -> None:
    """Nobody can be asked, so nothing is even read."""
    said = shop("apply")

    assert (said.code, said.out) == (64, "")
    assert "--auto-approve" in said.err
    assert shop.sandbox.requests == []


def test_drift_names_field_author_and_revision(synced: Shop) -> None:
    """What a person changed in the UI is found, and pending changes are only counted."""
    synced.edit("template/strip", name="Winter", author="Maria")
    synced.connection("weather", socketTimeout=1500)

    said = synced("drift")

    assert '/name: "strip" -> "Winter"' in said.out
    assert "changed by auth0|maria at " in said.out
    assert said.out.splitlines()[-1] == (
        "Drift: 1 object. Conflicts: 0. Undetermined: 0. Pending changes in Git: 1."
    )
    assert synced.writes() == []


def test_detailed_exit_codes_tell_changes_from_none(synced: Shop) -> None:
    """2 means changes, or drift; 0 none."""
    assert synced("plan", "--detailed-exitcode").code == 0
    assert synced("drift", "--detailed-exitcode").code == 0
    synced.template("strip", description="New")
    assert synced("plan", "--detailed-exitcode").code == 2
    assert synced("drift", "--detailed-exitcode").code == 0
    synced.edit("template/strip", name="Winter")
    assert synced("drift", "--detailed-exitcode").code == 2


def test_validate_reports_all_problems_at_their_places(shop: Shop) -> None:
    """Problems are the document of `validate`, wherever it is read."""
    shop.write("bad/a.yaml", "apiVersion: personalize-sync/v1\nkind: Template\nmetadata: {}\n")
    shop.write("bad/b.yaml", "kind: [\n")

    said = {form: shop("validate", "--format", form) for form in FORMATS}

    assert {one.code for one in said.values()} == {10}
    assert {p["file"] for p in said["json"].document["problems"]} == {"bad/a.yaml", "bad/b.yaml"}
    assert said["terminal"].out.startswith("bad/a.yaml:")
    assert said["github"].out.startswith("::error file=bad/a.yaml,line=")


def test_validate_reports_below_the_named_paths(shop: Shop) -> None:
    """PATHs narrow what is reported."""
    shop.write("bad/a.yaml", "kind: [\n")

    assert shop("validate", "bad").code == 10
    assert shop("validate", "Template-strip.yaml").code == 0


@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_invalid_manifests_stop_everything(shop: Shop, command: str) -> None:
    """One bad file, and nothing is sent to the tenant."""
    shop.write("bad.yaml", "kind: [\n")
    flags = ("--auto-approve",) if command == "apply" else ()

    said = shop(command, *flags)

    assert said.code == 10
    assert "bad.yaml:" in said.out
    assert "nothing was written" in said.err
    assert shop.sandbox.requests == []


@pytest.mark.parametrize(
    "text",
    [
        "kind: [",
        "apiVersion: personalize-sync/v1\nkind: Project\nenvironments: {}\n",
        "apiVersion: personalize-sync/v1\nkind: Project\nenvironmnets: {}\n",
        "\x00",
        "",
    ],
)
def test_a_bad_project_file_is_a_located_problem(shop: Shop, text: str) -> None:
    """The project file is checked like any manifest."""
    shop.write("personalize-sync.yaml", text)

    said = shop("plan")

    assert said.code == 10
    assert "personalize-sync.yaml:" in said.out


def test_schemas_are_printed_as_they_are_published(shop: Shop) -> None:
    """`schema KIND` prints a JSON Schema that is one."""
    for kind in ("template", "connection", "decision-model", "experiment", "project", "plan"):
        Draft202012Validator.check_schema(shop("schema", kind).document)


def test_version_says_what_a_bug_report_needs(shop: Shop) -> None:
    """The first line is the version of the tool."""
    assert shop("version").out == f"personalize-sync {__version__}\n"
    assert shop("version", "-v").out.startswith(f"personalize-sync {__version__}\npython ")
    assert shop("--version").out == f"personalize-sync {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shop: Shop, shell: str) -> None:
    """Each shell gets its own script."""
    said = shop("completion", shell)

    assert said.code == 0
    assert "_PERSONALIZE_SYNC_COMPLETE" in said.out


def test_completion_completes_commands(shop: Shop) -> None:
    """The script's question is answered with the commands that fit."""
    environ = {
        "_PERSONALIZE_SYNC_COMPLETE": "bash_complete",
        "COMP_WORDS": "personalize-sync va",
        "COMP_CWORD": "1",
    }

    said = shop.finished(shop.start(environ=environ))

    assert "validate" in said.out


def test_a_sandbox_is_edited_planned_and_reset(shop: Shop) -> None:
    """An embedded tenant lives in a file of the project until it is reset."""
    shop.write("personalize-sync.yaml", _SANDBOX)
    assert shop("apply", "--auto-approve").code == 0
    edited = shop("sandbox", "edit", "template/strip", "name=Winter", "--as", "Maria")
    assert (edited.out, edited.code) == ("", 0)
    assert "changed by auth0|maria" in shop("drift").out

    shop("sandbox", "reset")

    assert shop("plan").out.splitlines()[-1] == _LAST_LINE


_SANDBOX = """\
apiVersion: personalize-sync/v1
kind: Project
defaultEnvironment: play
environments: {play: {sandbox: {}}, real: {region: eu, keys: {connections: {}}}}
"""


def test_a_real_tenant_is_no_sandbox(shop: Shop) -> None:
    """`sandbox` commands refuse environments that are real."""
    shop.write("personalize-sync.yaml", _SANDBOX)

    assert shop("sandbox", "reset", "-e", "real").code == 64
    assert shop("sandbox", "edit", "-e", "real", "template/strip", "name=x").code == 64


def test_a_served_sandbox_answers_until_interrupted(shop: Shop) -> None:
    """`sandbox serve` prints where the tenant answers, and its keys open it."""
    shop.write("personalize-sync.yaml", _SANDBOX)
    process = shop.start("sandbox", "serve", environ={"PYTHONUNBUFFERED": "1"})
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(10)]
    token_url = lines[1].removeprefix("tokenUrl: ").strip()
    keys = dict(line.removeprefix("export ").strip().split("=") for line in lines[2:])
    form = {
        "grant_type": "client_credentials",
        "client_id": keys["PERSONALIZE_SYNC_PLAY_CONNECTIONS_CLIENT_ID"],
        "client_secret": keys["PERSONALIZE_SYNC_PLAY_CONNECTIONS_CLIENT_SECRET"],
        "audience": "https://api.sitecorecloud.io",
    }

    with urllib.request.urlopen(token_url, urllib.parse.urlencode(form).encode()) as answer:
        token = json.load(answer)
    process.send_signal(signal.SIGINT)
    said = shop.finished(process)

    assert token["token_type"] == "Bearer"
    assert said.code == 0
    assert said.err.endswith("Stopped.\n")


def test_the_demo_tells_its_story_to_the_end(tmp_path: Path) -> None:
    """`demo --keep` ends well, and leaves a valid project behind."""
    done = subprocess.run(
        [sys.executable, "-m", "personalize_sync", "demo", "--keep", "mine"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "changed by auth0|maria" in done.stdout
    assert (tmp_path / "mine/personalize-sync.yaml").is_file()
