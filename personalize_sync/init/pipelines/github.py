"""The pipeline for GitHub Actions: it calls the reusable workflows of the tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalize_sync.init.pipelines.pipeline import Pipeline


def text(pipeline: Pipeline) -> str:
    """Return the file of the pipeline."""
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


def steps(pipeline: Pipeline) -> list[str]:
    """Return what only a person can do."""
    yours = "Make the GitHub environments ENVIRONMENT (required reviewers, this branch only) and ENVIRONMENT-plan"
    needed = [
        f"{yours} for {pipeline.names}, each with variables <FEATURE>_CLIENT_ID and secrets <FEATURE>_CLIENT_SECRET."
    ]
    if pipeline.secrets:
        secrets = ", ".join(pipeline.secrets)
        needed.append(f"CONNECTION_SECRETS of ENVIRONMENT holds a line NAME=value for {secrets}.")
    return needed
