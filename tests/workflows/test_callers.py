"""`init ci` writes pipelines that pass their linters, and whose scripts do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from forge.stand_in import TOKEN, GitLab
from workflows.runner import ROOT
from workflows.test_workflows import make, runner  # noqa: F401 - fixtures

from personalize_sync.errors import UsageError
from personalize_sync.init import SYSTEMS, Pipeline, pipeline_files
from personalize_sync.manifests import load_project

if TYPE_CHECKING:
    from workflows.runner import Runner

_GOLDEN = Path(__file__).parent / "callers"
_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_TOOLS = {
    "github": f"octo/personalize-sync@{_COMMIT}",
    "gitlab": "personalize-sync==0.1.0",
    "azure": "personalize-sync==0.1.0",
}


def _pipeline(system: str, *names: str) -> Pipeline:
    environments = load_project(ROOT / "manifests").environments
    return Pipeline(
        [environments[name] for name in names],
        "manifests",
        _TOOLS[system],
        secrets=("LOYALTY_CLIENT_SECRET",),
        kinds=("connection", "decision-model", "decision-variant", "template"),
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_pipeline_reads_as_reviewed(system: str) -> None:
    """The text is the one in `callers`, which `make lint` checks; REGENERATE=1 writes it anew."""
    for name, text in pipeline_files(system, _pipeline(system, "production", "uat")).items():
        golden = _GOLDEN / name
        if os.environ.get("REGENERATE"):
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(text, encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8")


def _azure_stages(pipeline: Pipeline) -> tuple[str, str]:
    """The stages that plan and apply."""
    (text,) = pipeline_files("azure", pipeline).values()
    parts = re.split(r"\n(?=  - stage:)", text)
    assert yaml.safe_load(text)
    (plan,) = (part for part in parts if "stage: plan_" in part)
    (apply,) = (part for part in parts if "stage: apply_" in part)
    return plan, apply


@pytest.mark.parametrize(
    ("kinds", "is_widest"), [(("decision-model",), False), (("experience",), True), (None, True)]
)
def test_a_plan_gets_the_widest_key_only_to_read_with_it(
    kinds: tuple[str, ...] | None, *, is_widest: bool
) -> None:
    """Only what applies is handed multiple-resources, unless the project file lets it read."""
    pipeline = _pipeline("azure", "uat")
    (uat,) = pipeline.environments
    keys = {**uat.keys, "multiple-resources": kinds}
    plan, apply = _azure_stages(replace(pipeline, environments=[replace(uat, keys=keys)]))

    assert ("MULTIPLE_RESOURCES" in plan) is is_widest
    assert "MULTIPLE_RESOURCES" in apply


def test_a_kind_that_comes_later_finds_its_key() -> None:
    """Every key that the project file declares is mapped, whatever the manifests are today."""
    plan, apply = _azure_stages(replace(_pipeline("azure", "uat"), kinds=("template",)))

    for word in ("CONNECTIONS", "DEVELOPER_TEMPLATES", "DECISION_MODEL_TESTING"):
        assert f"PERSONALIZE_SYNC_{word}_CLIENT_SECRET: $(" in plan
        assert f"PERSONALIZE_SYNC_{word}_CLIENT_SECRET: $(" in apply


def test_where_no_key_is_declared_the_manifests_say_which() -> None:
    """A project file that is still without keys gets those of the kinds in use."""
    pipeline = replace(_pipeline("azure", "uat"), kinds=("decision-model",))
    (uat,) = pipeline.environments
    plan, apply = _azure_stages(replace(pipeline, environments=[replace(uat, keys={})]))

    assert "DECISION_MODEL_TESTING_CLIENT_ID" in plan
    assert "MULTIPLE_RESOURCES" not in plan
    assert "MULTIPLE_RESOURCES_CLIENT_ID" in apply


@pytest.mark.parametrize(
    "changes",
    [
        {"environments": []},
        {"tool": "octo/tool@main"},
        {"tool": f"octo/tool@{_COMMIT} # x"},
        {"root": "a b"},
        {"root": "a\n- script: x"},
        {"branch": "main']; x"},
    ],
)
def test_what_a_pipeline_cannot_hold_is_refused(changes: dict[str, Any]) -> None:
    """A tool that is not pinned, or a name that would be more than a name."""
    with pytest.raises(UsageError):
        pipeline_files("github", replace(_pipeline("github", "uat"), **changes))


def _bash(runner: Runner, script: str, **environ: str) -> subprocess.CompletedProcess[str]:  # noqa: F811 - the fixture's value
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=runner.workspace,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(runner.temp),
            "LANG": "C.UTF-8",
            "PERSONALIZE_SYNC_CHDIR": "manifests",
            "LOYALTY_CLIENT_SECRET": "made-up",
            **environ,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_script_for_github_lists_the_tenants(runner: Runner) -> None:  # noqa: F811 - the fixture
    """Its output is a matrix of every real tenant."""
    (text,) = pipeline_files("github", _pipeline("github", "uat")).values()
    (step,) = _steps_that(yaml.safe_load(text), "run")
    said = runner.step("caller", step, {})

    assert said.code == 0, said.err
    names = [each["environment"] for each in json.loads(said.outputs["matrix"])["include"]]
    assert names == ["production", "uat"]


def test_the_scripts_for_gitlab_work(runner: Runner) -> None:  # noqa: F811 - the fixture
    """Validate, plan with its comment, apply what was planned, and drift with its issue."""
    (text,) = pipeline_files("gitlab", _pipeline("gitlab", "sandbox")).values()
    jobs = yaml.safe_load(text)
    with GitLab() as forge:
        environ = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": forge.base_url,
            "CI_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_IID": "7",
            "GITLAB_TOKEN": TOKEN,
        }
        reports = runner.workspace / ".personalize-sync/reports"
        for name in ("validate", "plan sandbox", "apply sandbox", "drift sandbox"):
            digest = {}
            if name.startswith("apply"):
                values = dict(
                    line.split("=", 1)
                    for line in (reports / "outputs.env").read_text().splitlines()
                )
                digest = {"plan_digest": values["plan_digest"]}
            script = "\n".join(jobs[f"personalize-sync: {name}"]["script"])
            done = _bash(runner, script, **environ, **digest)
            assert done.returncode == 0, done.stderr
        assert len(forge.items) == 1
    for job in jobs.values():
        for path in job.get("artifacts", {}).get("reports", {}).values():
            assert (runner.workspace / path).is_file()


def test_the_scripts_for_azure_work(runner: Runner) -> None:  # noqa: F811 - the fixture
    """The digest of the plan's stage is what the apply's demands."""
    (text,) = pipeline_files("azure", _pipeline("azure", "sandbox")).values()
    scripts = {step["displayName"]: step for step in _steps_that(yaml.safe_load(text), "script")}
    environ = {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(runner.temp)}

    assert _bash(runner, scripts["Validate"]["script"], **environ).returncode == 0
    planned = _bash(runner, scripts["Plan"]["script"], **environ)
    variables = dict(re.findall(r"variable=(\w+);isOutput=true;\](.*)", planned.stderr))
    assert variables["hasChanges"] == "true"
    apply = scripts["Apply the approved plan"]
    assert apply["env"]["DIGEST"] == "$(digest)"
    applied = _bash(runner, apply["script"], **environ, DIGEST=variables["planDigest"])
    assert applied.returncode == 0, applied.stderr
    assert _bash(runner, scripts["Look for drift"]["script"], **environ).returncode == 0


def _steps_that(value: Any, verb: str) -> list[dict[str, Any]]:
    """Every step of a pipeline that runs a script, wherever it stands."""
    if isinstance(value, list):
        return [step for item in value for step in _steps_that(item, verb)]
    if not isinstance(value, dict):
        return []
    own = [value] if verb in value else []
    return [*own, *(step for child in value.values() for step in _steps_that(child, verb))]
