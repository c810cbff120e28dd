"""`personalize-sync auth login` and `auth logout`: keys in the system's keyring, for laptops.

A secret is typed unseen or read from stdin; it never stands on a command line.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.hosts import demand_trusted
from personalize_sync.cli.options import Common, common
from personalize_sync.cli.session import environment_of, forbid_core_dumps, open_project
from personalize_sync.errors import UsageError
from personalize_sync.problems import did_you_mean

if TYPE_CHECKING:
    from personalize_sync.project import Environment
    from personalize_sync.tenant.credentials import Key
    from personalize_sync.tenant.vault import Vault

_LONGEST = 64 * 1024


@click.command("login")
@click.argument("features", nargs=-1, metavar="[FEATURE]...")
@common
def login(common: Common, features: tuple[str, ...]) -> None:
    """Keep API keys in the system's keyring, after a token proved that they work.

    Asks for the keys of the FEATUREs, or of all that are declared; an empty id leaves one out.
    Without a terminal the two lines of one key, its id and its secret, are read from stdin.
    """
    vault, wanted = _opened(common, features)
    forbid_core_dumps()
    for key in _asked(wanted) if common.ask else [_read(features)]:
        scopes = _proven(vault.environment, key)
        vault.put(key)
        common.say(f"Kept the key for {key.feature}. It was granted: {scopes or 'nothing it says'}")


@click.command("logout")
@click.argument("features", nargs=-1, metavar="[FEATURE]...")
@common
def logout(common: Common, features: tuple[str, ...]) -> None:
    """Forget the API keys in the system's keyring: those of the FEATUREs, or all."""
    vault, wanted = _opened(common, features)
    gone = [feature for feature in wanted if vault.remove(feature)]
    common.say(f"Forgot the keys for {', '.join(gone)}." if gone else "No key was kept.")


def _opened(common: Common, features: tuple[str, ...]) -> tuple[Vault, tuple[str, ...]]:
    from personalize_sync.tenant.vault import Vault  # noqa: PLC0415

    if not Vault.is_installed():
        raise UsageError(
            "this needs the extra keyring", 'Install "personalize-sync[keyring]" and try again.'
        )
    project = open_project(common)
    environment = environment_of(project, common)
    if environment.sandbox is not None:
        raise UsageError(
            f"{environment.name} is a sandbox and needs no keys", "Name another one with -e."
        )
    for feature in features:
        if feature not in environment.keys:
            raise UsageError(
                f'environment "{environment.name}" declares no key for "{feature}"',
                f"Declared: {', '.join(environment.keys)}."
                + did_you_mean(feature, environment.keys),
            )
    return Vault(project.root, environment), features or tuple(environment.keys)


def _asked(features: tuple[str, ...]) -> list[Key]:
    keys = []
    for feature in features:
        client_id = click.prompt(f"{feature}: client id", default="", show_default=False, err=True)
        if client_id.strip():
            secret = click.prompt(f"{feature}: client secret", hide_input=True, err=True)
            keys.append(_key(feature, client_id, secret))
    return keys


def _read(features: tuple[str, ...]) -> Key:
    if len(features) != 1 or sys.stdin.isatty():
        raise UsageError(
            "without questions, one key at a time is read from stdin",
            "Name its feature, and send two lines: the client id and the secret.",
        )
    lines = sys.stdin.read(_LONGEST).splitlines()
    if len(lines) != 2:  # noqa: PLR2004 - id and secret
        raise UsageError("stdin does not hold two lines", "Send the client id, then the secret.")
    return _key(features[0], *lines)


def _key(feature: str, client_id: str, secret: str) -> Key:
    from personalize_sync.resources import Secret  # noqa: PLC0415
    from personalize_sync.tenant.credentials import Key  # noqa: PLC0415

    if not (client_id.strip() and secret.strip()):
        raise UsageError("the client id or the secret is empty", "Both are needed.")
    return Key(feature, client_id.strip(), Secret(secret.strip()))


def _proven(environment: Environment, key: Key) -> str:
    """Return what the key was granted; raises CredentialError if it gets no token."""
    from personalize_sync.rendering import plain  # noqa: PLC0415
    from personalize_sync.tenant.client import Connection, Reader  # noqa: PLC0415 - httpx
    from personalize_sync.tenant.credentials import Sources  # noqa: PLC0415
    from personalize_sync.tenant.keyring import Keyring  # noqa: PLC0415

    only_this = Sources(
        {}, vault=lambda f: (key.client_id, key.secret) if f == key.feature else None
    )
    demand_trusted((environment.base_url, environment.token_url), os.environ)
    where = Connection(environment.base_url, environment.token_url)
    with closing(Reader(where, Keyring(environment, only_this))) as reader:
        return plain(" ".join(reader.scopes(key.feature)))
