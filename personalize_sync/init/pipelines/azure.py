"""The pipeline for Azure DevOps: a plan, an apply and a drift stage for each tenant.

Azure hands secrets to no step that does not ask, so the file maps the keys that each step uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.init.pipelines.pipeline import Pipeline
    from personalize_sync.project import Environment


def text(pipeline: Pipeline) -> str:
    """Return the file of the pipeline."""
    stages = "".join(_stages(each, pipeline) for each in pipeline.environments)
    return f"""\
# Written by personalize-sync init ci azure; yours to change.
trigger:
  branches:
    include: [{pipeline.branch}]
pr:
  branches:
    include: ["*"]
schedules:
  - cron: "17 5 * * *"
    displayName: Drift
    branches:
      include: [{pipeline.branch}]
    always: true

pool:
  vmImage: ubuntu-24.04

variables:
  PERSONALIZE_SYNC_CHDIR: {pipeline.root}

stages:
  - stage: validate
    displayName: Validate
    jobs:
      - job: validate
        steps:
{_setup(pipeline, " " * 10)}
          - script: personalize-sync validate
            displayName: Validate
{stages}"""


def _setup(pipeline: Pipeline, indent: str, *of_the_checkout: str) -> str:
    lines = (
        "- checkout: self",
        *of_the_checkout,
        "- task: UsePythonVersion@0",
        "  inputs:",
        '    versionSpec: "3.12"',
        f"- script: python -m pip install --quiet {pipeline.tool}",
        "  displayName: Install personalize-sync",
    )
    return "\n".join(indent + line for line in lines)


def _stages(environment: Environment, pipeline: Pipeline) -> str:
    reading, writing = _features(environment, pipeline.kinds)
    return (
        _plan(environment.name, pipeline, reading)
        + _apply(environment.name, pipeline, writing)
        + _drift(environment.name, pipeline, reading)
    )


def _word(name: str) -> str:
    """Return an environment's name as a part of a stage's, which takes no hyphen."""
    return name.replace("-", "_")


def _plan(name: str, pipeline: Pipeline, features: set[str]) -> str:
    return f"""\

  - stage: plan_{_word(name)}
    displayName: Plan {name}
    dependsOn: validate
    condition: and(succeeded(), ne(variables['Build.Reason'], 'Schedule'))
    variables:
      - group: personalize-sync-{name}-plan
    jobs:
      - job: plan
        steps:
{_setup(pipeline, " " * 10)}
          - script: personalize-sync plan --env {name} --out "$AGENT_TEMPDIRECTORY/plan.json"
            name: plan
            displayName: Plan
            env:
{_variables(sorted(features), (), " " * 14)}
          - script: personalize-sync comment "$AGENT_TEMPDIRECTORY/plan.json"
            displayName: Comment the pull request
            condition: and(succeeded(), eq(variables['Build.Reason'], 'PullRequest'))
            env:
              SYSTEM_ACCESSTOKEN: $(System.AccessToken)
"""


def _apply(name: str, pipeline: Pipeline, features: set[str]) -> str:
    planned = f"plan_{_word(name)}"
    return f"""\

  - stage: apply_{_word(name)}
    displayName: Apply to {name}
    dependsOn: {planned}
    condition: >-
      and(succeeded(), in(variables['Build.Reason'], 'IndividualCI', 'BatchedCI', 'Manual'),
      eq(variables['Build.SourceBranch'], 'refs/heads/{pipeline.branch}'),
      eq(dependencies.{planned}.outputs['plan.plan.hasChanges'], 'true'))
    lockBehavior: sequential
    variables:
      - group: personalize-sync-{name}
      - name: digest
        value: $[ stageDependencies.{planned}.plan.outputs['plan.planDigest'] ]
    jobs:
      - deployment: apply
        environment: {name}
        strategy:
          runOnce:
            deploy:
              steps:
{_setup(pipeline, " " * 16, "  persistCredentials: true # --require-tip asks the remote")}
                - script: personalize-sync apply --env {name} --auto-approve --expect-digest "$DIGEST" --require-tip {pipeline.branch}
                  displayName: Apply the approved plan
                  env:
                    DIGEST: $(digest)
{_variables(sorted(features), pipeline.secrets, " " * 20)}
"""


def _drift(name: str, pipeline: Pipeline, features: set[str]) -> str:
    return f"""\

  - stage: drift_{_word(name)}
    displayName: Drift of {name}
    dependsOn: validate
    condition: and(succeeded(), eq(variables['Build.Reason'], 'Schedule'))
    variables:
      - group: personalize-sync-{name}-plan
    jobs:
      - job: drift
        steps:
{_setup(pipeline, " " * 10)}
          # Work items differ from project to project, so none is opened: the stage fails, and Azure mails it.
          - script: personalize-sync drift --env {name} --detailed-exitcode
            displayName: Look for drift
            env:
{_variables(sorted(features), (), " " * 14)}
"""


def _features(environment: Environment, kinds: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the keys that plan, and that apply: of every kind the project file has a key for.

    So a kind that comes later finds its key mapped. Where none is declared, today's kinds say it.
    """
    if environment.keys:
        found = (environment.feature(kind.name, kind.read_with) for kind in BY_NAME.values())
        return set(filter(None, found)), set(environment.keys)
    asked = [BY_NAME[kind] for kind in kinds]
    reading = {kind.read_with[0] for kind in asked}
    return reading, reading | {kind.write_with[0] for kind in asked}


def _variables(features: Iterable[str], secrets: Iterable[str], indent: str) -> str:
    """Return the mapping of variables: Azure hands secret ones to no step that does not ask."""
    names = [
        f"PERSONALIZE_SYNC_{feature.replace('-', '_').upper()}_CLIENT_{part}"
        for feature in features
        for part in ("ID", "SECRET")
    ]
    lines = [f"{name}: $({name})" for name in (*names, *secrets)]
    return "\n".join(indent + line for line in lines or ["PERSONALIZE_SYNC_NO_INPUT: 1"])


def steps(pipeline: Pipeline) -> list[str]:
    """Return what only a person can do."""
    needed = [
        f"Make the variable groups personalize-sync-ENVIRONMENT and personalize-sync-ENVIRONMENT-plan for {pipeline.names},",
        "and the environments of the same names with approvals; then create a pipeline from the file.",
        "They hold the keys that the file maps; after a change of keys in the project file, run init ci anew.",
    ]
    if pipeline.secrets:
        secrets = ", ".join(pipeline.secrets)
        needed.append(f"personalize-sync-ENVIRONMENT also holds {secrets}.")
    return needed
