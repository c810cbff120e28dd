"""Telling people of drift: an issue, a chat, and a pull request that takes the edits into Git."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from personalize_sync.cli.pipeline import below_here, detected
from personalize_sync.errors import UsageError

if TYPE_CHECKING:
    from personalize_sync.cli.options import Common
    from personalize_sync.cli.planning import Wishes
    from personalize_sync.planning.plan import Plan
    from personalize_sync.project import Project
    from personalize_sync.rendering import Look

WEBHOOK = "PERSONALIZE_SYNC_WEBHOOK_URL"
"""Names the variable that holds the address of the webhook; whoever knows it can write there."""


FORMS = ("slack", "teams", "generic")


@dataclass(frozen=True, slots=True)
class Channels:
    """By which ways people are told."""

    issue: bool
    webhook: str | None
    open_pr: bool

    def check(self, wishes: Wishes) -> None:
        """Refuse what could not be kept up; raises UsageError."""
        narrowed = wishes.select or wishes.exclude
        if narrowed and (self.issue or self.open_pr):
            raise UsageError(
                "an issue or a pull request is about the whole environment, "
                "and --select or --exclude narrows the view",
                "Use one or the other.",
            )
        if self.webhook and not self.issue:
            raise UsageError(
                "--webhook tells of changes, and the issue is what remembers how it was",
                "Give --issue too.",
            )
        if self.webhook and not os.environ.get(WEBHOOK, "").strip():
            raise UsageError(f"{WEBHOOK} is not set", "It holds the address of the webhook.")


def report(plan: Plan, project: Project, common: Common, look: Look, channels: Channels) -> None:
    """Tell people what a look at the tenant found."""
    if channels.issue:
        _track(plan, project, common, look, channels.webhook)
    if channels.open_pr and plan.drift:
        _propose(plan, project, common)


def _track(plan: Plan, project: Project, common: Common, look: Look, webhook: str | None) -> None:
    from personalize_sync.forge import LIMIT, Step, marker, track, tracker  # noqa: PLC0415 - httpx
    from personalize_sync.rendering import markdown  # noqa: PLC0415

    environment = plan.target.environment
    mark = marker("drift", environment, below_here(project.root))

    def announce(step: Step) -> None:
        if webhook:
            _notify(plan, webhook, appeared=step is Step.OPENED)

    if not plan.drift and plan.scope.failed:
        common.say("The view was incomplete, so an open issue stays open.")
        return
    with tracker(detected(common.ci), os.environ) as issues:
        done = track(
            issues,
            mark=mark,
            title=f"Drift in {environment}",
            text=markdown.render(plan, look, limit=LIMIT - len(mark) - 1),
            is_there=bool(plan.drift),
            announce=announce,
        )
    common.say(f"Issue: {done}.")


def _notify(plan: Plan, form: str, *, appeared: bool) -> None:
    from personalize_sync.forge import webhook  # noqa: PLC0415 - httpx
    from personalize_sync.resources import Secret  # noqa: PLC0415

    content = webhook.message(
        form,
        environment=plan.target.environment,
        appeared=appeared,
        objects=[str(entry.address) for entry in plan.drift],
        url=_run_url(),
    )
    webhook.post(Secret(os.environ.get(WEBHOOK, "").strip()), content)


def _run_url() -> str:
    """Return the page of this run, empty where the CI system does not say it."""
    given = os.environ
    if given.get("CI_PIPELINE_URL"):
        return given["CI_PIPELINE_URL"]
    parts = [given.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else ""


def _propose(plan: Plan, project: Project, common: Common) -> None:
    """Open a pull request with the tenant's edits in the manifests; the checkout stays as it is."""
    from personalize_sync.cli.planning import Wishes, git  # noqa: PLC0415
    from personalize_sync.cli.pull import pulled  # noqa: PLC0415
    from personalize_sync.forge import Proposal, proposals  # noqa: PLC0415 - httpx

    top = git(project.root, "rev-parse", "--show-toplevel")
    base = os.environ.get("GITHUB_REF_NAME", "")
    if not (top and plan.source.commit and base):
        raise UsageError(
            "--open-pr needs a checkout of a branch",
            "Check the default branch out in the workflow.",
        )
    found = pulled(common, project, Wishes(), "theirs", dry_run=True)
    if not found.rewrites:
        common.say("Nothing that drifted can be taken into the manifests.")
        return
    names = [rewrite.name for rewrite in found.rewrites]
    if changed := git(project.root, "status", "--porcelain", "--", *names):
        raise UsageError(
            f"--open-pr would propose changes that are not committed: {' '.join(changed.split())}",
            "Commit or stash them: the pull request is to hold the tenant's edits alone.",
        )
    environment = plan.target.environment
    below = Path(os.path.relpath(project.root.resolve(), Path(top).resolve()))
    proposal = Proposal(
        branch=f"personalize-sync/drift-{environment}",
        base=base,
        parent=plan.source.commit,
        title=f"Take the edits made in {environment} into Git",
        text=(
            f"What was edited in the tenant of `{environment}`, as `personalize-sync pull --theirs` "
            "writes it into the manifests. Merge it to keep the edits; close it, and the next apply "
            "does with them what `onDrift` says."
        ),
        files={
            (below / rewrite.name).as_posix(): rewrite.after.decode() for rewrite in found.rewrites
        },
    )
    with proposals(detected(common.ci), os.environ) as repository:
        common.say(f"Pull request: {repository.propose(proposal)}")
