"""`personalize-sync explain ADDRESS[/path]`: why an object or field is planned as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, option, parallelism_option, speaking
from personalize_sync.cli.planning import Wishes, policy_of
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import demand_valid, environment_of, open_project, session
from personalize_sync.errors import CredentialError, UsageError
from personalize_sync.problems import did_you_mean
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from personalize_sync.cli.session import Session
    from personalize_sync.manifests import Loaded
    from personalize_sync.planning.explaining import Explanation
    from personalize_sync.project import Environment, Project
    from personalize_sync.resources import Path


@click.command("explain")
@click.argument("place", metavar="ADDRESS[/PATH]")
@option("--offline", is_flag=True, help="Say what the manifests say, and ask no tenant.")
@parallelism_option
@speaking("terminal", "json")
def command(common: Common, place: str, *, offline: bool, parallelism: int) -> None:
    """Say where a value comes from, what the tenant has, what we wrote last, and what follows.

    The path is that of a plan, behind the address: template/promo_strip/templateElements/html.
    """
    from personalize_sync.manifests import named_file  # noqa: PLC0415 - YAML
    from personalize_sync.planning.explaining import in_git  # noqa: PLC0415 - kinds
    from personalize_sync.rendering import explanation  # noqa: PLC0415 - not for --help

    project = open_project(common)
    environment = environment_of(project, common)
    everywhere = _loaded(common, project, environment)
    known = {r.address for loaded in everywhere.values() for r in loaded.resources}
    address, path = _parsed(place, known)
    versions = {
        name: resource
        for name, loaded in everywhere.items()
        for resource in loaded.resources
        if resource.address == address
    }
    told = in_git(address, path, environment.name, versions, named_file)
    loaded = everywhere[environment.name]
    found = told
    if not offline:
        with session(common, project, environment) as opened:
            found = _asked(common, opened, told, loaded, parallelism)
    if not versions and found.live is None:
        hint = did_you_mean(str(address), map(str, known))
        raise UsageError(f"nothing is called {address}", f"Addresses are KIND/KEY.{hint}")
    _demand_field(found)
    render = explanation.json if common.format == "json" else explanation.terminal
    common.deliver(render(found, common.look(project.root)))


def _demand_field(found: Explanation) -> None:
    """Refuse a path that neither manifests, schema nor tenant know; unasked, a tenant may know it."""
    from personalize_sync.manifests import has_place  # noqa: PLC0415 - YAML
    from personalize_sync.planning.explaining import at  # noqa: PLC0415 - kinds
    from personalize_sync.resources import ABSENT, pointer  # noqa: PLC0415

    kind, path = found.address.kind, found.path
    place = ("spec", *path)
    if kind == "decision-variant":
        kind, place = "decision-model", ("spec", "variants", "any", *path)
    values = (found.live_value, found.base_value)
    is_known = found.statements or found.fields or any(v is not ABSENT for v in values)
    if not path or not found.asked or is_known or has_place(kind, place):
        return
    documents = (found.resource.spec if found.resource else {}, found.live and found.live.record)
    beside = [at(document, path[:-1]) for document in documents]
    names = {str(name) for one in beside if isinstance(one, dict) for name in one}
    raise UsageError(
        f"{found.address} has no {pointer(path)}",
        f"Neither manifest, schema nor tenant knows it.{did_you_mean(path[-1], names)}",
    )


def _loaded(common: Common, project: Project, environment: Environment) -> Mapping[str, Loaded]:
    """Return the manifests as each environment sees them, and under "" without overrides."""
    from personalize_sync.manifests import load_views  # noqa: PLC0415 - YAML and schemas

    views = load_views(project, (None, *project.environments))
    loaded = {name or "": view for name, view in views.items()}
    demand_valid(common, project, loaded[environment.name])
    return loaded


def _asked(
    common: Common, opened: Session, told: Explanation, loaded: Loaded, parallelism: int
) -> Explanation:
    """Ask the tenant; without keys, what the manifests say is all there is, and that is said."""
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx

    policy = policy_of(opened.environment, Wishes())
    try:
        with opened.readable(parallelism) as tenant, waiting(common, "Reading the tenant"):
            return reconcile.explain(told, loaded, tenant, policy)
    except CredentialError as error:
        common.say(f"The tenant was not asked: {error.message}.")
        return told


def _parsed(place: str, known: Collection[Address]) -> tuple[Address, Path]:
    """Return an address and the path behind it, written with / or . or as after a #."""
    kind, _, rest = place.partition("/")
    keys = [a.key for a in known if a.kind == kind and _begins(rest, a.key)]
    length = max(map(len, keys), default=_first_mark(rest))
    key, tail = rest[:length], rest[length:]
    if not kind or not key:
        raise UsageError(
            f'"{place}" is no address', "Addresses are KIND/KEY, such as template/promo_strip."
        )
    mark, tail = tail[:1], tail[1:]
    if mark == "#":
        mark, tail = "/", tail.removeprefix("/")
    parts = tail.split(mark) if tail else []
    path = tuple(part.replace("~1", "/").replace("~0", "~") for part in parts if part)
    return _own(Address(kind, key), path, known)


def _begins(rest: str, key: str) -> bool:
    return rest.startswith(key) and rest[len(key) : len(key) + 1] in ("", "/", ".", "#")


def _first_mark(rest: str) -> int:
    return min((at for mark in "/.#" if (at := rest.find(mark)) >= 0), default=len(rest))


def _own(address: Address, path: Path, known: Collection[Address]) -> tuple[Address, Path]:
    """Return a variant's own address where its model's manifest was named, as it stands there."""
    match path:
        case ("variants", key, name, *below) if name not in ("status", "split", "revision"):
            variant = Address("decision-variant", f"{address.key}:{key}")
            if address.kind == "decision-model" and variant in known:
                return variant, (name, *below)
    return address, path
