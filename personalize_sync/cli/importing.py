"""Bringing a whole tenant, or a part of it, into a project: the work of init --from-tenant."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from personalize_sync.cli.init_report import Done
from personalize_sync.cli.interrupts import uninterrupted
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import environment_of, open_project, session
from personalize_sync.errors import CredentialError, InvalidInput, UsageError
from personalize_sync.manifests.roots import PROJECT_FILE
from personalize_sync.project import FEATURES, Environment, Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from personalize_sync.cli.options import Common
    from personalize_sync.init import Drafts, Site, Stage


@dataclass(frozen=True, slots=True)
class Reading:
    """What of a tenant is imported, and how many requests may be under way."""

    select: tuple[str, ...]
    parallelism: int


def write_support(site: Site, stage: Stage, root: Path) -> list[str]:
    """Put the project file and what goes with it on the stage; what exists stays as it is."""
    from personalize_sync.init import support_files  # noqa: PLC0415

    files = support_files(site)
    remarks: list[str] = []
    ignoring = root / ".gitignore"
    if os.path.lexists(ignoring):
        del files[".gitignore"]
        text = ignoring.read_text("utf-8", "replace") if ignoring.is_file() else ""
        if ".personalize-sync" not in text:
            remarks.append("Add .personalize-sync/ to .gitignore: it holds journals and caches.")
    if os.path.lexists(root / "schemas"):
        files = {name: text for name, text in files.items() if not name.startswith("schemas/")}
        remarks.append("schemas/ exists already, so no JSON Schemas were written for editors.")
    stage.write(files)
    return remarks


def project_on(stage: Stage, root: Path) -> Project:
    """Return the project as its file on the stage says, with its real root."""
    from personalize_sync.manifests import load_project  # noqa: PLC0415 - YAML

    try:
        project = load_project(stage.folder)
    except InvalidInput as error:
        problem = error.problems[0]
        raise UsageError(problem.message, problem.remedy) from None
    return replace(project, root=root)


def imported(common: Common, site: Site | None, stage: Stage, root: Path, reading: Reading) -> Done:
    """Write a manifest for everything that a tenant has, and prove that nothing differs."""
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.init import draft, prove, schemas  # noqa: PLC0415

    _refuse_manifests(root)
    is_new = not (root / PROJECT_FILE).exists()
    remarks: list[str] = []
    if is_new:
        site = _with_keys(site, common.secrets_dir)
        remarks = write_support(site, stage, root)
        project = project_on(stage, root)
    else:
        project = open_project(replace(common, chdir=root))
        if not os.path.lexists(root / "schemas"):
            stage.write(schemas())
    if site is not None and not is_new:
        raise UsageError(
            f"{PROJECT_FILE} says where the tenant is",
            "Name one of its environments with -e, and leave the flags for a new one out.",
        )
    environment = environment_of(project, replace(common, env=site.name if site else common.env))
    with (
        session(common, project, environment) as opened,
        opened.readable(reading.parallelism) as tenant,
        waiting(common, "Reading the tenant"),
    ):
        state = reconcile.survey(tenant, environment)
    with waiting(common, "Writing and proving the manifests"):
        drafts = draft(state, reading.select)
        _demand_selected(drafts, reading.select)
        prove(drafts, state, stage, project, environment)
    if site and not site.is_sandbox:
        write_support(replace(site, client_key=state.client_key), stage, root)
    with uninterrupted():
        files = stage.place()
    remarks += [*_closed(environment), *(f"{doubt.capitalize()}." for doubt in state.incomplete)]
    if drafts.unselected:
        remarks.append(f"Not selected: {drafts.unselected} objects; what uses them looks them up.")
    remarks.append(
        "Next: commit the files. An edit in the tenant counts as drift from the first apply or "
        "adopt of its object on; until then nobody can say which side is newer."
    )
    return Done(root, files, environment.name, drafts, remarks)


def _demand_selected(drafts: Drafts, select: Sequence[str]) -> None:
    """Refuse a glob that selects nothing: it may be a slip of the pen."""
    for glob in select:
        if not any(fnmatchcase(str(address), glob) for address in drafts.by_address):
            raise UsageError(
                f"nothing in the tenant is selected by {glob}",
                "Addresses are KIND/KEY, such as template/promo_strip.",
            )


def _refuse_manifests(root: Path) -> None:
    """An import is for a place without manifests; what is there already is pulled."""
    from personalize_sync.manifests.files import Tree  # noqa: PLC0415 - YAML

    found = (
        next((n for n in Tree(root).manifests() if isinstance(n, str)), None)
        if root.is_dir()
        else None
    )
    if found:
        raise UsageError(
            f"there are manifests already ({found}), and init overwrites nothing",
            "pull brings edits of the tenant into manifests that exist; or name an empty "
            "directory with -C.",
        )


def _with_keys(site: Site | None, secrets_dir: Path | None) -> Site:
    """Return the site with the features whose keys are at hand, for all that they have to open."""
    from personalize_sync.kinds import KINDS  # noqa: PLC0415
    from personalize_sync.tenant.credentials import Sources, variables  # noqa: PLC0415
    from personalize_sync.tenant.keyring import Keyring  # noqa: PLC0415

    if site is None:
        raise UsageError(
            "there is no project file, so nothing says which tenant is meant",
            "Name it with --region (or --base-url and --token-url, or --sandbox) and -e.",
        )
    if site.is_sandbox:
        return site
    sources = Sources(os.environ, secrets_dir)
    features = Keyring(Environment(site.name, keys=dict.fromkeys(FEATURES)), sources).features
    if not features:
        names = ", ".join(variables(site.name, feature)[0] for feature in FEATURES)
        raise CredentialError(
            f'no API key for the environment "{site.name}" was found',
            f"Set one or more of {names}, each with its _CLIENT_SECRET.",
        )
    widest = "multiple-resources"
    narrow = [feature for feature in features if feature != widest]
    alone = [k.name for k in KINDS if not any(f in narrow for f in k.write_with)]
    covers = tuple(alone) if {"template", "connection"} & set(alone) else ()
    keys = {feature: covers if feature == widest else () for feature in sorted(features)}
    return replace(site, keys=keys)


def _closed(environment: Environment) -> Iterator[str]:
    """Say which kinds were not looked at."""
    from personalize_sync.kinds import KINDS  # noqa: PLC0415

    for kind in KINDS:
        if kind.parent:
            continue
        if environment.feature(kind.name, kind.read_with) is None:
            wanted = " or ".join(kind.read_with)
            yield f"Not imported: {kind.title}, which no declared key opens ({wanted})."
