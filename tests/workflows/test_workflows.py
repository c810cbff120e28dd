"""The workflows do what they say: every `run` block is carried out by bash, against the sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from forge.stand_in import TOKEN, GitHub
from workflows.runner import ACTION, ROOT, WORKFLOWS, Runner, document, run_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

_SECRETS = {"CONNECTION_SECRETS": "LOYALTY_CLIENT_SECRET=made=up==\r\n\n"}
# What CI runs of ours that a test cannot: itself, and what needs a package index.
_NOT_HERE = {("ci.yml", ".ci/run"), ("ci.yml", "Build the wheel, install it elsewhere, and run it")}


def _git(folder: Path, *arguments: str) -> str:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.test"]
    done = subprocess.run(
        ["git", *author, *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def make(tmp_path: Path) -> Callable[[], Runner]:
    """Makes a checkout of a repository that holds the example project, with a remote."""

    def made() -> Runner:
        temp, checkout = tmp_path / "temp", tmp_path / "checkout"
        temp.mkdir()
        shutil.copytree(
            ROOT / "manifests",
            checkout / "manifests",
            ignore=shutil.ignore_patterns(".personalize-sync", "plan.json"),
        )
        _git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "origin")
        _git(checkout, "init", "--quiet", "--initial-branch=main")
        _git(checkout, "remote", "add", "origin", str(tmp_path / "origin"))
        commit(checkout, "Begin")
        return Runner(checkout, temp, {"vars": {}, "github": {}})

    return made


def commit(checkout: Path, message: str) -> None:
    """Commit everything and push it."""
    ignored = checkout / ".gitignore"
    ignored.write_text(".personalize-sync/\n")
    _git(checkout, "add", "--all")
    _git(checkout, "commit", "--quiet", "--allow-empty", "--message", message)
    _git(checkout, "push", "--quiet", "origin", "main")


@pytest.fixture
def runner(make: Callable[[], Runner]) -> Runner:
    """A runner in a fresh checkout of the example."""
    return make()


def _sync(runner: Runner, **inputs: str) -> dict[str, int]:
    """Run the sync workflow; the exit codes of the jobs that were not skipped."""
    shutil.rmtree(runner.temp / "connection-secrets", ignore_errors=True)
    jobs = runner.workflow(
        "sync.yml", secrets=_SECRETS, environment="sandbox", root="manifests", **inputs
    )
    return {name: job.code for name, job in jobs.items() if not job.skipped}


def _ours(runner: Runner, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "personalize_sync", *arguments],
        cwd=runner.workspace / "manifests",
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )


def test_a_push_is_planned_and_applied_and_then_nothing_is_left(runner: Runner) -> None:
    """Sync applies the plan it made; a second run has nothing to apply, and then drift is seen."""
    assert _sync(runner) == {"plan": 0, "apply": 0}
    assert re.search(r"^Apply: [1-9]\d* created, 0 updated", runner.said[-1].out, re.MULTILINE)
    assert runner.said[-1].outputs["run_id"]

    assert _sync(runner) == {"plan": 0}

    assert _blocks_of("sync.yml") <= runner.executed


def test_drift_is_told_and_published(runner: Runner) -> None:
    """An edit opens the issue; the snapshot gives a fork its plan, without any key."""
    _sync(runner)
    with GitHub() as forge:
        runner.context["github"] = {"token": TOKEN, **_DEFAULT_BRANCH}
        runner.context["env"] = {"GITHUB_API_URL": forge.base_url, "GITHUB_REPOSITORY": "octo/shop"}
        jobs = runner.workflow("drift.yml", environment="sandbox", root="manifests")
        assert jobs["drift"].outputs == {"has-drift": "false"}
        _ours(runner, "sandbox", "edit", "template/promo_strip", "name=Winter", "--as", "Maria")
        jobs = runner.workflow("drift.yml", environment="sandbox", root="manifests", snapshot=True)
        assert jobs["drift"].outputs == {"has-drift": "true"}
        assert [issue["title"] for issue in forge.issues] == ["Drift in sandbox"]
    assert _blocks_of("drift.yml") <= runner.executed

    shutil.rmtree(runner.workspace / "manifests/.personalize-sync")
    _fake_gh(runner, _artifacts())
    jobs = runner.workflow("validate.yml", environment="sandbox", root="manifests")
    assert jobs["validate"].code == 0, runner.said[-1].err
    assert "planned against a snapshot" in runner.said[-1].out
    assert "Winter strip" in runner.said[-1].out or '"Winter"' in runner.said[-1].out
    assert (runner.temp / "gh.log").read_text().splitlines()[-1].startswith("run download 11 ")
    assert _blocks_of("validate.yml") <= runner.executed


_DEFAULT_BRANCH = {"event": {"repository": {"default_branch": "main"}}}


def _artifacts() -> list[dict[str, object]]:
    """Artifacts of one name as the API lists them: only the last one is to be trusted."""

    def artifact(run: int, branch: str, head: int, *, expired: bool = False) -> dict[str, object]:
        about = {"id": run, "head_branch": branch, "head_repository_id": head, "repository_id": 1}
        return {"expired": expired, "workflow_run": about}

    return [
        artifact(14, "main", 2),  # a fork's own main
        artifact(13, "feature", 1),
        artifact(12, "main", 1, expired=True),
        artifact(11, "main", 1),
    ]


def _fake_gh(runner: Runner, artifacts: list[dict[str, object]]) -> None:
    """Put a stand-in for GitHub's command line on the PATH: it lists, and hands the snapshot over."""
    stub = runner.temp / "gh-bin"
    stub.mkdir()
    listing = runner.temp / "artifacts.json"
    listing.write_text(json.dumps({"artifacts": artifacts}))
    (stub / "gh").write_text(
        f'#!/bin/sh\necho "$*" >> {runner.temp}/gh.log\n'
        f'if [ "$1" = api ]; then cat {listing}; else '
        f'mkdir -p "$7"; cp {runner.temp}/snapshot.json "$7/"; fi\n'
    )
    (stub / "gh").chmod(0o755)
    path = os.pathsep.join((str(Path(sys.executable).parent), str(stub), os.environ["PATH"]))
    runner.context["env"] = {"PATH": path, "GITHUB_REPOSITORY": "octo/shop"}


def test_without_a_snapshot_a_fork_still_gets_its_verdict(runner: Runner) -> None:
    """No artifact, or only those of others, is no failure."""
    runner.context["github"] = {"token": TOKEN, **_DEFAULT_BRANCH}
    _fake_gh(runner, _artifacts()[:3])
    jobs = runner.workflow("validate.yml", environment="sandbox", root="manifests")

    assert jobs["validate"].code == 0, runner.said[-1].err
    assert any("No snapshot" in said.out for said in runner.said)
    assert "download" not in (runner.temp / "gh.log").read_text()


def _blocks_of(*files: str) -> set[tuple[str, str]]:
    return {(file, name) for file, name, _ in run_blocks() if file in files}


def test_the_secrets_of_connections_arrive_as_they_are(runner: Runner) -> None:
    """Equal signs, line ends of Windows and empty lines do not change a value; each is masked."""
    _sync(runner)
    secrets = runner.temp / "connection-secrets"
    step = runner.said[-2]

    assert [(p.name, p.read_text()) for p in secrets.iterdir()] == [
        ("LOYALTY_CLIENT_SECRET", "made=up==")
    ]
    assert secrets.stat().st_mode & 0o077 == 0
    assert step.out == "::add-mask::made=up==\n"
    assert "made=up" not in runner.said[-1].out + runner.said[-1].err.replace(
        "::add-mask::made=up==", ""
    )


@pytest.mark.parametrize("line", ["hunter2", "../x=hunter2", "A B=hunter2", "NAME="])
def test_a_line_that_is_no_secret_is_refused_unseen(runner: Runner, line: str) -> None:
    """A slip in the secret stops the job before anything is written, and its text is not shown."""
    step = next(
        each
        for each in document(WORKFLOWS / "sync.yml")["jobs"]["apply"]["steps"]
        if "CONNECTION_SECRETS" in each.get("env", {})
    )
    said = runner.step("sync.yml", step, {"secrets": {"CONNECTION_SECRETS": line}})

    assert said.code == 64
    assert "hunter2" not in said.out + said.err
    assert list((runner.temp / "connection-secrets").iterdir()) == []


def test_an_old_run_does_not_roll_the_tenant_back(runner: Runner) -> None:
    """When the branch has moved on, the apply of the older commit is refused."""
    old = _git(runner.workspace, "rev-parse", "HEAD")
    commit(runner.workspace, "Newer")
    _git(runner.workspace, "checkout", "--quiet", "--detach", old)

    assert _sync(runner) == {"plan": 0, "apply": 13}
    assert "main has moved on" in runner.said[-1].err
    assert "Nothing was written" in runner.said[-1].err


def test_a_pull_request_is_commented(runner: Runner) -> None:
    """The plan of a pull request stands in one comment, which the next push updates."""
    with GitHub() as forge:
        runner.context["github"] = {"event_name": "pull_request", "token": TOKEN}
        runner.context["env"] = {
            "GITHUB_API_URL": forge.base_url,
            "GITHUB_REPOSITORY": "octo/shop",
            "GITHUB_REF": "refs/pull/7/merge",
        }
        for _ in range(2):
            jobs = runner.workflow("plan.yml", environment="sandbox", root="manifests")
            assert jobs["plan"].code == 0, runner.said[-1].err
        (text,) = forge.texts()

    assert text.startswith("<!-- personalize-sync:v1 kind=plan env=sandbox root=manifests -->\n")
    assert re.search(r"^Plan: [1-9]\d* to create, 0 to update", text, re.MULTILINE)
    assert runner.said[-1].err == "Comment unchanged.\n"
    assert _blocks_of("plan.yml") <= runner.executed


def test_a_plan_that_changed_after_its_approval_is_not_applied(runner: Runner) -> None:
    """Between plan and apply the tenant moved: the approval holds for another plan."""
    jobs = runner.workflow("plan.yml", environment="sandbox", root="manifests")
    approved = jobs["plan"].outputs["digest"]
    strip = runner.workspace / "manifests/templates/promo_strip.yaml"
    strip.write_text(strip.read_text().replace("name: ", "name: Another "))
    commit(runner.workspace, "Another name")
    apply = document(WORKFLOWS / "sync.yml")["jobs"]["apply"]["steps"][-1]
    inputs = {"environment": "sandbox", "root": "manifests", "branch": "main"}
    needs = {"plan": {"outputs": {"digest": approved}}}
    (runner.temp / "connection-secrets").mkdir()
    said = runner.step(
        "sync.yml", apply, {**runner.context, "inputs": inputs, "needs": needs, "secrets": {}}
    )

    assert said.code == 13
    assert "no longer the approved one" in said.err


def test_an_approval_of_nothing_is_no_approval(runner: Runner) -> None:
    """A digest that got lost on the way between the jobs stops the apply."""
    apply = document(WORKFLOWS / "sync.yml")["jobs"]["apply"]["steps"][-1]
    inputs = {"environment": "sandbox", "root": "manifests", "branch": "main"}
    said = runner.step(
        "sync.yml", apply, {**runner.context, "inputs": inputs, "needs": {}, "secrets": {}}
    )

    assert said.code == 64
    assert "expect digest is empty" in said.err


def test_validate_needs_no_key_and_says_where(runner: Runner) -> None:
    """A pull request from a fork gets its verdict, at the line."""
    assert runner.workflow("validate.yml", root="manifests")["validate"].code == 0
    strip = runner.workspace / "manifests/templates/promo_strip.yaml"
    strip.write_text(strip.read_text().replace("type: WEB", "type: WBE"))

    assert runner.workflow("validate.yml", root="manifests")["validate"].code == 10
    assert "::error file=manifests/templates/promo_strip.yaml,line=" in runner.said[-1].err


def test_the_action_installs_what_it_is_pinned_to(runner: Runner) -> None:
    """What pip is given is the repository of the action itself; the PATH gets its programs."""
    stub = runner.temp / "bin"
    stub.mkdir()
    log = runner.temp / "log"
    # Installing needs a package index, so a stand-in for Python writes down what it was asked.
    (stub / "python").write_text(
        f'#!/bin/sh\necho "$*" >> {log}\n'
        'if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; '
        'cp "$0" "$3/bin/personalize-sync"; fi\n'
    )
    (stub / "python").chmod(0o755)
    runner.context["env"] = {
        "PATH": f"{stub}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_ACTION_PATH": str(ACTION.parent),
    }
    step = next(s for s in document(ACTION)["runs"]["steps"] if "run" in s)
    said = runner.step("action.yml", step, runner.context)
    asked = log.read_text().splitlines()

    assert said.code == 0, said.err
    assert asked[0] == f"-m venv {runner.temp}/personalize-sync"
    assert asked[1].startswith("-m pip install ")
    assert Path(asked[1].split(" ")[-1]).resolve() == ROOT
    assert (runner.temp / "0.path").read_text() == f"{runner.temp}/personalize-sync/bin\n"
    assert _blocks_of("action.yml") <= runner.executed


def test_each_block_is_run_by_some_test() -> None:
    """A new block in a workflow needs a test here, or a reason why it cannot have one."""
    covered = _blocks_of("plan.yml", "sync.yml", "drift.yml", "validate.yml", "action.yml")

    assert {(file, name) for file, name, _ in run_blocks()} == covered | _NOT_HERE


@pytest.mark.parametrize("path", [*sorted(WORKFLOWS.glob("*.yml")), ACTION], ids=lambda p: p.name)
def test_nothing_foreign_is_trusted(path: Path) -> None:
    """No expression in a script, every action pinned by its commit, no permission by default."""
    text = path.read_text(encoding="utf-8")
    content = document(path)

    assert [
        script for file, _, script in run_blocks() if file == path.name and "${{" in script
    ] == []
    for used in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"\$/\.github/\S+|[\w/-]+@[0-9a-f]{40} # v[\d.]+", used)
    if "jobs" in content:
        assert content["permissions"] == {}
        assert "pull_request_target" not in text
        assert all("permissions" in job for job in content["jobs"].values())
