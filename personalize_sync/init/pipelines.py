"""The pipelines of a user's repository: validate, plan, apply and drift, for each tenant.

Pure text. What it says of keys follows from the project file, so that no job gets one it does not use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalize_sync.errors import UsageError
from personalize_sync.kinds import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personalize_sync.project import Environment

SYSTEMS = ("github", "gitlab", "azure")
_PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
_OF_GITHUB = re.compile(r"[\w.-]+/[\w.-]+@[\w./-]+")
# A value that stands in YAML or on a command line as it is.
_PLAIN = re.compile(r"[\w./:@+=~-]+")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a pipeline is for: the tenants, the folder of the manifests, and where the tool comes from.

    `tool` is `owner/repository@commit` for GitHub, for the others what pip installs. `secrets` are
    the variables that manifests name with fromSecret, `kinds` the kinds that they declare.
    """

    environments: Sequence[Environment]
    root: str
    tool: str
    branch: str = "main"
    secrets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


def pipeline_files(system: str, pipeline: Pipeline) -> dict[str, str]:
    """Return the files of a pipeline by their name in the repository; raises UsageError."""
    _check(system, pipeline)
    match system:
        case "github":
            return {".github/workflows/personalize-sync.yml": _github(pipeline)}
        case "gitlab":
            return {".gitlab/personalize-sync.yml": _gitlab(pipeline)}
    # Azure takes a file from anywhere; in a folder without a dot it would be read as a manifest.
    return {".azure-pipelines/personalize-sync.yml": _azure(pipeline)}


def next_steps(system: str, pipeline: Pipeline) -> list[str]:
    """Return what only a person can do."""
    names = ", ".join(each.name for each in pipeline.environments)
    secrets = ", ".join(pipeline.secrets)
    match system:
        case "github":
            yours = "Make the GitHub environments ENVIRONMENT (required reviewers, this branch only) and ENVIRONMENT-plan"
            return [
                f"{yours} for {names}, each with variables <FEATURE>_CLIENT_ID and secrets <FEATURE>_CLIENT_SECRET.",
                *(
                    [f"CONNECTION_SECRETS of ENVIRONMENT holds a line NAME=value for {secrets}."]
                    if secrets
                    else []
                ),
            ]
        case "gitlab":
            return [
                "Include it in .gitlab-ci.yml:  include: [{ local: .gitlab/personalize-sync.yml }]",
                "Set GITLAB_TOKEN, a project access token with the scope api: comments and issues need it.",
                f"Set protected, masked variables per environment ({names}), those of multiple-resources for apply alone if nothing else reads with them.",
                *([f"Also: {secrets}."] if secrets else []),
            ]
    return [
        f"Make the variable groups personalize-sync-ENVIRONMENT and personalize-sync-ENVIRONMENT-plan for {names},",
        "and the environments of the same names with approvals; then create a pipeline from the file.",
        "They hold the keys that the file maps; after a change of keys in the project file, run init ci anew.",
        *([f"personalize-sync-ENVIRONMENT also holds {secrets}."] if secrets else []),
    ]


def _check(system: str, pipeline: Pipeline) -> None:
    if not pipeline.environments:
        raise UsageError(
            "the project has no environment but sandboxes", "Name a tenant in the project file."
        )
    if system == "github" and not _PINNED.fullmatch(pipeline.tool):
        raise UsageError(
            "--tool is not owner/repository@commit",
            "Name your copy of personalize-sync on GitHub, with a commit of 40 hex digits.",
        )
    if system != "github" and _OF_GITHUB.fullmatch(pipeline.tool):
        raise UsageError(
            f'--tool "{pipeline.tool}" is nothing that pip installs',
            f"Name a package (personalize-sync==VERSION) or git+https://github.com/{pipeline.tool}",
        )
    texts = {"--tool": pipeline.tool, "the folder": pipeline.root, "--branch": pipeline.branch}
    for what, value in texts.items():
        if not _PLAIN.fullmatch(value):
            raise UsageError(f'{what} "{value}" has characters that a pipeline cannot hold')


def _github(pipeline: Pipeline) -> str:
    repository, _, commit = pipeline.tool.partition("@")
    called = f"{repository}/.github/workflows/{{}}.yml@{commit}"
    inherit = (
        "secrets: inherit # zizmor: ignore[secrets-inherit] the secrets of a GitHub environment reach "
        "a called workflow in no other way"
    )
    return f"""\
# Written by personalize-sync init ci github; yours to change.
name: Personalize

on:
  pull_request:
  merge_group:
  push:
    branches: [{pipeline.branch}]
  schedule:
    - cron: "17 5 * * *"

permissions: {{}}

# A newer push to a pull request makes the plan of the older one idle. Runs that apply, or wait for their
# approval, are never cancelled: they take turns by tenant inside of the workflows that are called.
concurrency:
  group: personalize-sync-${{{{ github.event_name }}}}-${{{{ github.event.pull_request.number || github.sha }}}}
  cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}

jobs:
  environments:
    name: Environments
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      contents: read # to read the project file
    outputs:
      matrix: ${{{{ steps.list.outputs.matrix }}}}
    steps:
      - name: Check out the manifests
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - name: Set up personalize-sync
        uses: {repository}/.github/actions/personalize-sync@{commit}
      - name: List the environments
        id: list
        env:
          PERSONALIZE_SYNC_CHDIR: {pipeline.root}
        run: |
          matrix=$(personalize-sync environments --format matrix)
          echo "matrix=$matrix" >> "$GITHUB_OUTPUT"

  validate:
    name: Validate
    if: github.event_name != 'schedule'
    permissions:
      contents: read # to check the manifests out
      actions: read # to fetch a snapshot, should you name its environment
    uses: {called.format("validate")}
    with:
      root: {pipeline.root}

  plan:
    name: Plan
    needs: environments
    # Runs of forks get no keys.
    if: >-
      github.event_name == 'merge_group' ||
      (github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository)
    strategy:
      fail-fast: false
      matrix: ${{{{ fromJSON(needs.environments.outputs.matrix) }}}}
    permissions:
      contents: read # to check the manifests out
      pull-requests: write # to comment the plan
    uses: {called.format("plan")}
    with:
      environment: ${{{{ matrix.environment }}}}
      root: {pipeline.root}
    {inherit}

  sync:
    name: Sync
    needs: environments
    if: github.event_name == 'push'
    strategy:
      fail-fast: false
      matrix: ${{{{ fromJSON(needs.environments.outputs.matrix) }}}}
    permissions:
      contents: read # to check the manifests out
      pull-requests: write # which the plan asks for, though it comments nothing here
    uses: {called.format("sync")}
    with:
      environment: ${{{{ matrix.environment }}}}
      tenant: ${{{{ matrix.tenant }}}}
      branch: {pipeline.branch}
      root: {pipeline.root}
    {inherit}

  drift:
    name: Drift
    needs: environments
    if: github.event_name == 'schedule'
    strategy:
      fail-fast: false
      matrix: ${{{{ fromJSON(needs.environments.outputs.matrix) }}}}
    permissions:
      contents: read # to check the manifests out
      issues: write # to open, update and close the issue
    uses: {called.format("drift")}
    with:
      environment: ${{{{ matrix.environment }}}}
      tenant: ${{{{ matrix.tenant }}}}
      root: {pipeline.root}
    {inherit}
"""


def _gitlab(pipeline: Pipeline) -> str:
    jobs = "".join(_gitlab_jobs(each, pipeline) for each in pipeline.environments)
    return f"""\
# Written by personalize-sync init ci gitlab; yours to change. Needs the stages test and deploy.
.personalize-sync:
  image: python:3.12
  variables:
    PERSONALIZE_SYNC_CHDIR: {pipeline.root}
  before_script:
    - python -m pip install --quiet {pipeline.tool}

"personalize-sync: validate":
  extends: .personalize-sync
  stage: test
  script:
    - personalize-sync validate
  artifacts:
    when: always
    reports:
      codequality: .personalize-sync/reports/codequality.json
{jobs}"""


def _gitlab_jobs(environment: Environment, pipeline: Pipeline) -> str:
    name = environment.name
    key = environment.client_key
    tenant = key if _PLAIN.fullmatch(key) else name
    return f"""\

"personalize-sync: plan {name}":
  extends: .personalize-sync
  stage: test
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == "{pipeline.branch}"
  environment:
    name: {name}-plan
    action: verify
  script:
    - personalize-sync plan --env {name} --out plan.json
    - if [ -n "$CI_MERGE_REQUEST_IID" ]; then personalize-sync comment plan.json; fi
  artifacts:
    access: developer
    reports:
      terraform: .personalize-sync/reports/terraform.json
      dotenv: .personalize-sync/reports/outputs.env

"personalize-sync: apply {name}":
  extends: .personalize-sync
  stage: deploy
  needs: ["personalize-sync: plan {name}"]
  rules:
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == "{pipeline.branch}"
      when: manual
  environment:
    name: {name}
  # Two writers would race.
  resource_group: personalize-sync-{tenant}
  interruptible: false
  script:
    - personalize-sync apply --env {name} --auto-approve --expect-digest "$plan_digest" --require-tip {pipeline.branch}

"personalize-sync: drift {name}":
  extends: .personalize-sync
  stage: test
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
  environment:
    name: {name}-plan
    action: verify
  resource_group: personalize-sync-{tenant}
  script:
    - personalize-sync drift --env {name} --issue
"""


def _azure(pipeline: Pipeline) -> str:
    stages = "".join(_azure_stages(each, pipeline) for each in pipeline.environments)
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
{_azure_setup(pipeline, " " * 10)}
          - script: personalize-sync validate
            displayName: Validate
{stages}"""


def _azure_setup(pipeline: Pipeline, indent: str, *of_the_checkout: str) -> str:
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


def _azure_stages(environment: Environment, pipeline: Pipeline) -> str:
    name = environment.name
    word = name.replace("-", "_")
    reading, writing = _features(environment, pipeline.kinds)
    read = _azure_env(sorted(reading), (), " " * 14)
    written = _azure_env(sorted(writing), pipeline.secrets, " " * 20)
    return f"""\

  - stage: plan_{word}
    displayName: Plan {name}
    dependsOn: validate
    condition: and(succeeded(), ne(variables['Build.Reason'], 'Schedule'))
    variables:
      - group: personalize-sync-{name}-plan
    jobs:
      - job: plan
        steps:
{_azure_setup(pipeline, " " * 10)}
          - script: personalize-sync plan --env {name} --out "$AGENT_TEMPDIRECTORY/plan.json"
            name: plan
            displayName: Plan
            env:
{read}
          - script: personalize-sync comment "$AGENT_TEMPDIRECTORY/plan.json"
            displayName: Comment the pull request
            condition: and(succeeded(), eq(variables['Build.Reason'], 'PullRequest'))
            env:
              SYSTEM_ACCESSTOKEN: $(System.AccessToken)

  - stage: apply_{word}
    displayName: Apply to {name}
    dependsOn: plan_{word}
    condition: >-
      and(succeeded(), in(variables['Build.Reason'], 'IndividualCI', 'BatchedCI', 'Manual'),
      eq(variables['Build.SourceBranch'], 'refs/heads/{pipeline.branch}'),
      eq(dependencies.plan_{word}.outputs['plan.plan.hasChanges'], 'true'))
    lockBehavior: sequential
    variables:
      - group: personalize-sync-{name}
      - name: digest
        value: $[ stageDependencies.plan_{word}.plan.outputs['plan.planDigest'] ]
    jobs:
      - deployment: apply
        environment: {name}
        strategy:
          runOnce:
            deploy:
              steps:
{_azure_setup(pipeline, " " * 16, "  persistCredentials: true # --require-tip asks the remote")}
                - script: personalize-sync apply --env {name} --auto-approve --expect-digest "$DIGEST" --require-tip {pipeline.branch}
                  displayName: Apply the approved plan
                  env:
                    DIGEST: $(digest)
{written}

  - stage: drift_{word}
    displayName: Drift of {name}
    dependsOn: validate
    condition: and(succeeded(), eq(variables['Build.Reason'], 'Schedule'))
    variables:
      - group: personalize-sync-{name}-plan
    jobs:
      - job: drift
        steps:
{_azure_setup(pipeline, " " * 10)}
          - script: personalize-sync drift --env {name} --detailed-exitcode
            displayName: Look for drift
            env:
{read}
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


def _azure_env(features: Iterable[str], secrets: Iterable[str], indent: str) -> str:
    """Return the mapping of variables: Azure hands secret ones to no step that does not ask."""
    names = [
        f"PERSONALIZE_SYNC_{feature.replace('-', '_').upper()}_CLIENT_{part}"
        for feature in features
        for part in ("ID", "SECRET")
    ]
    lines = [f"{name}: $({name})" for name in (*names, *secrets)]
    return "\n".join(indent + line for line in lines or ["PERSONALIZE_SYNC_NO_INPUT: 1"])
