"""Which repository and pull request this run is about: the variables of each CI system."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from personalize_sync.errors import UsageError
from personalize_sync.forge import azure, github, gitlab
from personalize_sync.forge.client import Access, Client
from personalize_sync.forge.errors import NotAllowedError
from personalize_sync.resources import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.forge.issues import Tracker
    from personalize_sync.forge.sticky import Discussion

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@contextmanager
def discussion(system: str, environ: Mapping[str, str]) -> Iterator[Discussion]:
    """Open the discussion of the pull request that a run of this CI system belongs to.

    Raises UsageError where it belongs to none, NotAllowedError where there is no token.
    """
    match system:
        case "github":
            number = _github_number(environ)
            with reaching_github(environ) as client:
                yield github.PullRequest(client, github_repository(environ), number)
        case "gitlab":
            number = _number(environ.get("CI_MERGE_REQUEST_IID", ""))
            project = _variable(environ, "CI_PROJECT_ID")
            token = _token(environ, "GITLAB_TOKEN")
            with _reaching(environ, "CI_API_V4_URL", "PRIVATE-TOKEN", "{}", token) as client:
                yield gitlab.MergeRequest(client, project, number)
        case "azure":
            number = _number(environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID", ""))
            project = _variable(environ, "SYSTEM_TEAMPROJECT")
            repository = _variable(environ, "BUILD_REPOSITORY_ID")
            token = _token(environ, "SYSTEM_ACCESSTOKEN")
            with _reaching(
                environ, "SYSTEM_COLLECTIONURI", "Authorization", "Bearer {}", token
            ) as client:
                yield azure.PullRequest(client, project, repository, number)
        case _:
            raise UsageError(
                "there is no CI system here whose pull request could be commented",
                "Run it in a pipeline, or name the system with --ci.",
            )


@contextmanager
def tracker(system: str, environ: Mapping[str, str]) -> Iterator[Tracker]:
    """Open the issues of the repository that a run of this CI system belongs to."""
    match system:
        case "github":
            with reaching_github(environ) as client:
                yield github.Issues(client, github_repository(environ))
        case "gitlab":
            project = _variable(environ, "CI_PROJECT_ID")
            token = _token(environ, "GITLAB_TOKEN")
            with _reaching(environ, "CI_API_V4_URL", "PRIVATE-TOKEN", "{}", token) as client:
                yield gitlab.Issues(client, project)
        case _:
            raise UsageError(
                "there is no issue tracker here that this version knows",
                "Issues are opened in GitHub and GitLab.",
            )


@contextmanager
def proposals(system: str, environ: Mapping[str, str]) -> Iterator[github.Proposals]:
    """Open what makes pull requests in the repository that a run belongs to."""
    if system != "github":
        raise UsageError(
            "pull requests are opened in GitHub only", "Use pull on a branch, and push it yourself."
        )
    with reaching_github(environ) as client:
        yield github.Proposals(client, github_repository(environ))


@contextmanager
def reaching_github(environ: Mapping[str, str]) -> Iterator[Client]:
    """Open the API of the GitHub that runs this workflow."""
    token = _token(environ, "GITHUB_TOKEN")
    with _reaching(environ, "GITHUB_API_URL", "Authorization", "Bearer {}", token) as client:
        yield client


def github_repository(environ: Mapping[str, str]) -> str:
    """Return the `owner/name` of the repository."""
    repository = _variable(environ, "GITHUB_REPOSITORY")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError("GITHUB_REPOSITORY is not owner/name")
    return repository


@contextmanager
def _reaching(
    environ: Mapping[str, str], variable: str, header: str, form: str, token: Secret
) -> Iterator[Client]:
    client = Client(Access(_variable(environ, variable), header, form, token))
    try:
        yield client
    finally:
        client.close()


def _github_number(environ: Mapping[str, str]) -> int:
    """Return the number of the pull request: from the event, which knows it for all its types."""
    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        number = str(event["pull_request"]["number"])
    except (OSError, ValueError, KeyError, TypeError):
        number = environ.get("GITHUB_REF", "").removeprefix("refs/pull/").partition("/")[0]
    return _number(number)


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise UsageError(
            "this run belongs to no pull request", "Comment only in runs for a pull request."
        )
    return int(text)


def _variable(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise UsageError(f"{name} is not set", "The CI system sets it in its pipelines.")
    return value


def _token(environ: Mapping[str, str], name: str) -> Secret:
    value = environ.get(name, "").strip()
    if not value:
        raise NotAllowedError(f"{name} is not set", "Hand it to this step of the pipeline.")
    return Secret(value)
