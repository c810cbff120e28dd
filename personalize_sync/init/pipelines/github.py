"""The pipeline for GitHub Actions: it calls the reusable workflows of the tool."""

from __future__ import annotations

from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalize_sync.init.pipelines.pipeline import Pipeline


class _Workflow(Template):
    """A text with places to fill in: %{root}. What begins with $ is for GitHub."""

    delimiter = "%"


def text(pipeline: Pipeline) -> str:
    """Return the file of the pipeline."""
    repository, _, commit = pipeline.tool.partition("@")
    return _Workflow((files(__package__) / "github.yml").read_text(encoding="utf-8")).substitute(
        repository=repository, commit=commit, branch=pipeline.branch, root=pipeline.root
    )


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
