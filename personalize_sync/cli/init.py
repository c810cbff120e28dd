"""`personalize-sync init`: a project in an empty directory, be it a starter or a whole tenant."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.init_ci import ci
from personalize_sync.cli.interrupts import uninterrupted
from personalize_sync.cli.options import Common, option, speaking
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import environment_of, open_project, session
from personalize_sync.errors import CredentialError, InvalidInput, UsageError
from personalize_sync.manifests.roots import PROJECT_FILE
from personalize_sync.project import FEATURES, Environment, Project
from personalize_sync.resources import pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from personalize_sync.init import Drafts, Site, Stage

_REGIONS = ("eu", "us", "ap", "jpe")


@dataclass(slots=True)
class _Done:
    """What an init did."""

    root: Path
    files: tuple[str, ...] = ()
    environment: str = ""
    drafts: Drafts | None = None
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What of a tenant is imported, and how many requests may be under way."""

    select: tuple[str, ...]
    parallelism: int


@click.group("init", invoke_without_command=True)
@option("--from-tenant", is_flag=True, help="Write a manifest for everything the tenant has.")
@option("--region", type=click.Choice(_REGIONS), help="Where the tenant is.")
@option("--base-url", metavar="URL", help="Where the API answers, instead of a region.")
@option("--token-url", metavar="URL", help="Where tokens are given; goes with --base-url.")
@option("--sandbox", is_flag=True, help="The tenant is the embedded simulated one.")
@option("--select", multiple=True, metavar="GLOB", help="Import only these addresses.")
@option("--parallelism", type=click.IntRange(1, 16), default=4, show_default=True)
@speaking("terminal", "json")
def command(
    common: Common,
    *,
    from_tenant: bool,
    region: str | None,
    base_url: str | None,
    token_url: str | None,
    sandbox: bool,
    select: tuple[str, ...],
    parallelism: int,
) -> None:
    """Begin a project: an empty one, or with --from-tenant all that a tenant has.

    Nothing that exists is overwritten, and the tenant is only read.
    """
    if click.get_current_context().invoked_subcommand:
        return
    from personalize_sync.init import Site, Stage, finish_interrupted  # noqa: PLC0415 - YAML

    root = _root(common, may_exist=from_tenant)
    with uninterrupted():
        moved = finish_interrupted(root)
    if moved:
        remark = "An earlier init was interrupted; it is complete now. Run plan to see the project."
        _deliver(common, _Done(root, moved, remarks=[remark]))
        return
    if select and not from_tenant:
        raise UsageError("--select chooses what is imported", "Give it with --from-tenant.")
    flags = {"--region": region, "--base-url": base_url, "--sandbox": sandbox}
    _refuse_contradictions([flag for flag, given in flags.items() if given], common, token_url)
    name = common.env or "sandbox"
    site = Site(name, region or "", base_url=base_url or "", token_url=token_url or "")
    with Stage(root) as stage:
        if from_tenant:
            is_named = any(flags.values())
            reading = _Reading(select, parallelism)
            done = _imported(common, site if is_named else None, stage, root, reading)
        else:
            done = _started(site, stage, root)
    _deliver(common, done)


command.add_command(ci)


def _root(common: Common, *, may_exist: bool) -> Path:
    """Return where the project is to be: `-C`, else a project to import into, else here."""
    root = (Path.cwd() / (common.chdir or "")).resolve()
    if root.exists() and not root.is_dir():
        raise UsageError(f"{common.chdir} is not a directory", "Name a directory.")
    if (root / PROJECT_FILE).exists():
        if may_exist:
            return root
        raise UsageError(
            f"{PROJECT_FILE} exists already, and init overwrites nothing",
            "With --from-tenant it writes the manifests of a tenant beside it.",
        )
    above = next((p for p in root.parents if (p / PROJECT_FILE).exists()), None)
    if above is None:
        return root
    if may_exist and common.chdir is None:
        return above
    raise UsageError(
        f"{above} is a project already, and would read every manifest below it as its own",
        "Begin the project outside of it.",
    )


def _refuse_contradictions(places: list[str], common: Common, token_url: str | None) -> None:
    if len(places) > 1:
        raise UsageError(f"{' and '.join(places)} contradict each other", "Name one tenant.")
    if bool(token_url) != ("--base-url" in places):
        raise UsageError("--base-url and --token-url belong together", "Give both.")
    if places and places != ["--sandbox"] and not common.env:
        raise UsageError("the environment has no name", "Name it with -e, such as -e production.")
    if places and not re.fullmatch(r"[a-z][a-z0-9-]*", common.env or "sandbox"):
        raise UsageError(
            f'"{common.env}" cannot be the name of an environment',
            "Use lower-case letters, digits and hyphens, a letter first.",
        )


def _started(site: Site, stage: Stage, root: Path) -> _Done:
    """Write a project without manifests."""
    remarks = _write_support(site, stage, root)
    _project_on(stage, root)
    with uninterrupted():
        files = stage.place()
    remarks += ["Next: personalize-sync validate, then write manifests or run init --from-tenant."]
    return _Done(root, files, remarks=remarks)


def _write_support(site: Site, stage: Stage, root: Path) -> list[str]:
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


def _project_on(stage: Stage, root: Path) -> Project:
    """Return the project as its file on the stage says, with its real root."""
    from personalize_sync.manifests import load_project  # noqa: PLC0415 - YAML

    try:
        project = load_project(stage.folder)
    except InvalidInput as error:
        problem = error.problems[0]
        raise UsageError(problem.message, problem.remedy) from None
    return replace(project, root=root)


def _imported(
    common: Common, site: Site | None, stage: Stage, root: Path, reading: _Reading
) -> _Done:
    """Write a manifest for everything that a tenant has, and prove that nothing differs."""
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.init import draft, prove, schemas  # noqa: PLC0415

    _refuse_manifests(root)
    is_new = not (root / PROJECT_FILE).exists()
    remarks: list[str] = []
    if is_new:
        site = _with_keys(site, common.secrets_dir)
        remarks = _write_support(site, stage, root)
        project = _project_on(stage, root)
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
        _write_support(replace(site, client_key=state.client_key), stage, root)
    with uninterrupted():
        files = stage.place()
    remarks += [*_closed(environment), *(f"{doubt.capitalize()}." for doubt in state.incomplete)]
    if drafts.unselected:
        remarks.append(f"Not selected: {drafts.unselected} objects; what uses them looks them up.")
    remarks.append(
        "Next: commit the files. An edit in the tenant counts as drift from the first apply or "
        "adopt of its object on; until then nobody can say which side is newer."
    )
    return _Done(root, files, environment.name, drafts, remarks)


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


def _deliver(common: Common, done: _Done) -> None:
    from personalize_sync.rendering import plain  # noqa: PLC0415 - foreign text passes the gate

    if common.format == "json":
        common.deliver(json.dumps(_document(done), indent=2) + "\n")
        return
    common.deliver("".join(f"{plain(line)}\n" for line in _lines(done)))


def _document(done: _Done) -> dict[str, object]:
    drafts = done.drafts
    document: dict[str, object] = {
        "root": str(done.root),
        "environment": done.environment,
        "files": list(done.files),
        "remarks": done.remarks,
    }
    if drafts:
        document |= {
            "objects": [str(address) for address in sorted(drafts.by_address)],
            "left_out": [
                {"object": left.what, "reason": left.reason, "advice": left.advice}
                for left in drafts.left_out
            ],
            "unmanaged": [
                {"address": str(u.address), "path": u.path, "reason": u.reason}
                for u in drafts.unmanaged
            ],
            "secrets": [
                {
                    "variable": needed.variable,
                    "address": str(address),
                    "path": pointer(needed.path),
                }
                for address, needed in drafts.secrets
            ],
        }
    return document


def _lines(done: _Done) -> Iterator[str]:
    if done.drafts is None:
        yield from (f"wrote {name}" for name in done.files)
    else:
        yield from _told(done.drafts, done)
    yield from done.remarks


def _told(drafts: Drafts, done: _Done) -> Iterator[str]:
    counts = Counter(address.kind for address in drafts.by_address)
    yield f"Environment: {done.environment}"
    yield ""
    if drafts.left_out:
        yield "Left out:"
        for left in drafts.left_out:
            yield f"  {left.what}: {left.reason}"
            yield f"    {left.advice}"
        yield ""
    yield from _left_alone(drafts)
    if drafts.secrets:
        yield "Secrets to set before the first apply, as environment variables or in --secrets-dir:"
        for address, needed in drafts.secrets:
            yield f"  {needed.variable}   {address} {pointer(needed.path)}"
        yield ""
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
    yield f"Imported: {sum(counts.values())} objects ({kinds or 'none'}) in {len(done.files)} files."
    yield "Proven: a plan of them finds no difference."


def _left_alone(drafts: Drafts) -> Iterable[str]:
    stated = [field for field in drafts.unmanaged if field.reason]
    if stated:
        yield "Left alone, since a manifest cannot state it as it is:"
        for unmanaged in stated:
            yield f"  {unmanaged.address} {unmanaged.path}: {unmanaged.reason}"
        yield ""
    unknown = Counter(field.path for field in drafts.unmanaged if not field.reason)
    if unknown:
        listed = ", ".join(f"{path} ({number})" for path, number in sorted(unknown.items()))
        yield f"Left alone, since this version does not know it: {listed}"
        yield ""
