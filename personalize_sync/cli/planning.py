"""What `plan`, `drift` and `apply` share: their options, the policy, and the reading session."""

from __future__ import annotations

import functools
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import click

from personalize_sync.cli.options import Common, allow_option, option, parallelism_option
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import environment_of, load, open_project, session
from personalize_sync.errors import StaleError, UsageError
from personalize_sync.planning.guards import OVERRIDABLE
from personalize_sync.planning.plan import Plan, SourceTree
from personalize_sync.planning.policy import Policy
from personalize_sync.problems import did_you_mean
from personalize_sync.project import STATE, Environment, OnDrift
from personalize_sync.resources import pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from personalize_sync.cli.session import Session
    from personalize_sync.manifests import Loaded
    from personalize_sync.planning.outcome import Report
    from personalize_sync.project import Project
    from personalize_sync.rendering import Look
    from personalize_sync.resources import Resource

_F = TypeVar("_F", bound="Callable[..., Any]")
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked of the planner."""

    prune: bool = False
    on_drift: str | None = None
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    send_secret: tuple[str, ...] = ()
    parallelism: int = 4
    adopt: bool = False


def wishes(function: _F) -> _F:
    """Give a command the options of planning; it receives them as one `Wishes`."""

    @functools.wraps(function)
    def wrapper(*args: Any, **given: Any) -> Any:
        taken = {name: given.pop(name) for name in Wishes.__dataclass_fields__ if name in given}
        return function(*args, wishes=Wishes(**taken), **given)

    options = (
        option("--prune", is_flag=True, help="Archive what we own and no manifest declares."),
        option(
            "--on-drift",
            type=click.Choice([p.value for p in OnDrift]),
            help="What to do about edits in the tenant; overrides onDrift.",
        ),
        option(
            "--select", multiple=True, metavar="GLOB", help="Only these addresses, or tag:NAME."
        ),
        option("--exclude", multiple=True, metavar="GLOB", help="All but these, or tag:NAME."),
        allow_option,
        option(
            "--send-secret", multiple=True, metavar="ADDRESS#PATH", help="Send a secret once more."
        ),
        parallelism_option,
    )
    for decorate in reversed(options):
        wrapper = decorate(wrapper)
    return wrapper  # type: ignore[return-value]


def policy_of(environment: Environment, wishes: Wishes) -> Policy:
    """Return the planner's policy; raises UsageError for wishes that contradict each other."""
    narrowed = bool(wishes.select or wishes.exclude)
    if wishes.prune and narrowed:
        raise UsageError(
            "--prune needs the whole view, and --select or --exclude narrows it",
            "Use one or the other.",
        )
    return Policy(
        environment,
        prune=(wishes.prune or environment.prune) and not narrowed,
        on_drift=OnDrift(wishes.on_drift) if wishes.on_drift else environment.on_drift,
        select=wishes.select,
        exclude=wishes.exclude,
        allow=tuple(_allowed(text) for text in wishes.allow),
        send_secret=frozenset(text.partition("#")[0] for text in wishes.send_secret),
        adopt=wishes.adopt,
    )


def _allowed(text: str) -> tuple[str, str]:
    rule, separator, glob = text.partition("=")
    if not (rule and separator and glob):
        raise UsageError(
            f'--allow "{text}" is not RULE=ADDRESS',
            "For example: --allow conflict=template/promo_strip",
        )
    if rule not in OVERRIDABLE:
        known = ", ".join(OVERRIDABLE)
        hint = did_you_mean(rule, OVERRIDABLE)
        raise UsageError(f'no guard called "{rule}" can be overridden', f"Known: {known}.{hint}")
    return rule, glob


def source_of(project: Project, loaded: Loaded) -> SourceTree:
    """Return what identifies the manifests: their digest, and their commit where Git knows it."""
    commit = git(project.root, "rev-parse", "HEAD")
    dirty = bool(commit and git(project.root, "status", "--porcelain", "--", ".", f":!{STATE}"))
    return SourceTree(loaded.tree_digest, project.config_digest, commit, dirty)


def require_tip(root: Path, branch: str) -> None:
    """Refuse to apply a commit that is no longer the remote's tip: an old run must not roll back."""
    head = git(root, "rev-parse", "HEAD")
    answer = git(root, "ls-remote", "--exit-code", "origin", f"refs/heads/{branch}")
    tip = answer.partition("\t")[0]
    if not head or not tip:
        raise StaleError(
            f"the remote could not be asked for the tip of {branch}",
            "Without an answer nothing is applied. Check that origin can be reached.",
        )
    if head != tip:
        raise StaleError(
            f"{branch} has moved on: its tip is {tip[:12]}, this is {head[:12]}",
            "Let the run of the newer commit apply.",
        )


def git(root: Path, *arguments: str) -> str:
    """Ask Git; an answer is a courtesy, so no Git, no repository and no commit are all no answer."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", *arguments],  # noqa: S607 - the user's own git
            cwd=root,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            # Nothing of ours in its environment: our variables hold secrets.
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def look_now(common: Common, root: Path, *, view: str = "plan") -> Look:
    """Return how a plan of this moment is shown."""
    now = datetime.now(UTC).replace(microsecond=0)
    return common.look(
        root,
        view=view,
        id=str(uuid4()),
        created_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        expires_at=f"{now + LIFETIME:%Y-%m-%dT%H:%M:%SZ}",
    )


def rendered(document: Plan | Report, common: Common, look: Look) -> str:
    """Return a document in the requested format."""
    from personalize_sync.rendering import render  # noqa: PLC0415 - not for --help

    return render(document, common.format, look)


@contextmanager
def ready(
    common: Common, project: Project, wishes: Wishes
) -> Iterator[tuple[Session, Loaded, Policy]]:
    """Check all that can be checked without the tenant, then make the tenant reachable."""
    loaded, policy = checked(common, project, wishes)
    with session(common, project, policy.environment) as opened:
        yield opened, _fingerprinted(loaded, opened), policy


def checked(common: Common, project: Project, wishes: Wishes) -> tuple[Loaded, Policy]:
    """Check all that can be checked without the tenant."""
    environment = environment_of(project, common)
    policy = policy_of(environment, wishes)
    loaded = load(common, project, environment)
    _demand_matches(loaded.resources, policy, wishes)
    return loaded, policy


def _fingerprinted(loaded: Loaded, opened: Session) -> Loaded:
    """Return the manifests with the fingerprints of their secrets, as far as those are at hand."""
    from personalize_sync.apply.fingerprints import fingerprinted  # noqa: PLC0415 - not for --help

    resources = fingerprinted(
        loaded.resources,
        opened.environ,
        environment=opened.environment.name,
        directory=opened.secrets_dir,
    )
    return replace(loaded, resources=resources)


def demand_each(resources: Sequence[Resource], policy: Policy, hint: str) -> None:
    """Refuse an address that is no manifest's, though others beside it are."""
    for glob in policy.select:
        one = Policy(policy.environment, select=(glob,))
        if not any(one.selected(resource) for resource in resources):
            known = did_you_mean(glob, [str(resource.address) for resource in resources])
            raise UsageError(f"no manifest is called {glob}", f"{hint}{known}")


def _demand_matches(resources: Sequence[Resource], policy: Policy, wishes: Wishes) -> None:
    """Refuse a selection of nothing: after a slip of the pen it would look like all is well."""
    if wishes.adopt:
        demand_each(resources, policy, "Write its manifest first: personalize-sync new.")
    if wishes.select and not any(policy.selected(resource) for resource in resources):
        raise UsageError(
            f"no manifest is selected by {' '.join(wishes.select)}",
            "Select addresses such as template/promo_strip, or tag:WORD; * stands for anything.",
        )
    if resources and wishes.exclude and not any(policy.selected(r) for r in resources):
        raise UsageError(
            f"--exclude {' '.join(wishes.exclude)} leaves no manifest",
            "Exclude addresses such as template/promo_strip, or tag:WORD; * stands for anything.",
        )
    if not wishes.send_secret:
        return
    secrets = sorted(f"{r.address}#{pointer(path)}" for r in resources for path in r.secrets)
    addresses = {secret.partition("#")[0] for secret in secrets}
    for text in wishes.send_secret:
        if text.removesuffix("#") not in addresses | {*secrets}:
            raise UsageError(
                f'--send-secret "{text}" is no secret of a manifest',
                f"There are: {', '.join(secrets) or 'none'}.{did_you_mean(text, secrets)}",
            )


def read_plan(common: Common, wishes: Wishes) -> tuple[Plan, Project]:
    """Make the plan of a command that only reads, whatever the manifests say."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - not for --help

    from personalize_sync import reconcile  # noqa: PLC0415 - httpx

    project = open_project(common)
    with (
        ready(common, project, wishes) as (opened, loaded, policy),
        opened.readable(wishes.parallelism) as tenant,
        waiting(common, "Reading the tenant"),
        ThreadPoolExecutor(1) as meanwhile,
    ):
        # Git, and what renders, have time while the tenant is asked.
        source = meanwhile.submit(source_of, project, loaded)
        meanwhile.submit(import_module, "personalize_sync.rendering")
        plan, _ = reconcile.plan(loaded, tenant, policy)
    return replace(plan, source=source.result()), project
