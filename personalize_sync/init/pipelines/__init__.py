"""The pipelines of a user's repository: validate, plan, apply and drift, for each tenant.

Pure text. What it says of keys follows from the project file, so that no job gets one it does not use.
"""

from __future__ import annotations

import re

from personalize_sync.errors import UsageError
from personalize_sync.init.pipelines import azure, github, gitlab
from personalize_sync.init.pipelines.pipeline import Pipeline, is_plain

__all__ = ["SYSTEMS", "Pipeline", "next_steps", "pipeline_files"]

_TEXTS = {"github": github.text, "gitlab": gitlab.text, "azure": azure.text}
_STEPS = {"github": github.steps, "gitlab": gitlab.steps, "azure": azure.steps}
SYSTEMS = tuple(_TEXTS)
# Azure takes a file from anywhere; in a folder without a dot it would be read as a manifest.
_FILES = {
    "github": ".github/workflows/personalize-sync.yml",
    "gitlab": ".gitlab/personalize-sync.yml",
    "azure": ".azure-pipelines/personalize-sync.yml",
}
_PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
_OF_GITHUB = re.compile(r"[\w.-]+/[\w.-]+@[\w./-]+")


def pipeline_files(system: str, pipeline: Pipeline) -> dict[str, str]:
    """Return the files of a pipeline by their name in the repository; raises UsageError."""
    _check(system, pipeline)
    return {_FILES[system]: _TEXTS[system](pipeline)}


def next_steps(system: str, pipeline: Pipeline) -> list[str]:
    """Return what only a person can do."""
    return _STEPS[system](pipeline)


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
        if not is_plain(value):
            raise UsageError(f'{what} "{value}" has characters that a pipeline cannot hold')
