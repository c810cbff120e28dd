"""The pipeline for GitLab: a file to include, with a plan, an apply and a drift job for each tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.init.pipelines.pipeline import is_plain

if TYPE_CHECKING:
    from personalize_sync.init.pipelines.pipeline import Pipeline
    from personalize_sync.project import Environment


def text(pipeline: Pipeline) -> str:
    """Return the file of the pipeline."""
    jobs = "".join(_jobs(each, pipeline) for each in pipeline.environments)
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


def _jobs(environment: Environment, pipeline: Pipeline) -> str:
    name = environment.name
    key = environment.client_key
    tenant = key if is_plain(key) else name
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


def steps(pipeline: Pipeline) -> list[str]:
    """Return what only a person can do."""
    needed = [
        "Include it in .gitlab-ci.yml:  include: [{ local: .gitlab/personalize-sync.yml }]",
        "Set GITLAB_TOKEN, a project access token with the scope api: comments and issues need it.",
        f"Set protected, masked variables per environment ({pipeline.names}), those of multiple-resources for apply alone if nothing else reads with them.",
    ]
    return [*needed, f"Also: {', '.join(pipeline.secrets)}."] if pipeline.secrets else needed
