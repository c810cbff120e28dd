"""`personalize-sync new KIND KEY`: a first manifest, every field explained."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, option, speaking
from personalize_sync.cli.session import open_project
from personalize_sync.errors import UsageError
from personalize_sync.problems import did_you_mean
from personalize_sync.resources import Address, slug

if TYPE_CHECKING:
    from personalize_sync.kinds import Kind
    from personalize_sync.project import Project


@click.command("new")
@click.argument("kind")
@click.argument("key")
@option("--stdout", is_flag=True, help="Print the manifest and write nothing.")
@speaking("terminal")
def command(common: Common, kind: str, key: str, *, stdout: bool) -> None:
    """Write a first manifest of a KIND (template, connection, …) with a KEY, valid as it stands.

    It goes to the kind's folder below the root, or to the file of --output. Nothing that exists is
    overwritten.
    """
    from personalize_sync.manifests import skeleton  # noqa: PLC0415 - YAML and schemas

    project = open_project(common)
    meant = _kind(kind)
    _check_key(meant, key, project)
    root = project.root.resolve()
    path = common.output.resolve() if common.output else root / meant.folder / f"{key}.yaml"
    schema = _schema(meant, root)
    text = skeleton(meant, key, Path(os.path.relpath(schema, path.parent)).as_posix())
    if stdout:
        click.echo(text, nl=False)
        return
    if path.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{path.name} is no name of a manifest", "Name a file like strip.yaml.")
    if common.output is None and not path.parent.resolve().is_relative_to(root):
        raise UsageError(f"{path.parent} is a link that leaves the root", "Name a file with -o.")
    _write(path, text)
    common.say(f"Wrote {os.path.relpath(path)}.")
    if not schema.exists():
        _write(schema, _schema_text(meant))
        common.say(f"Wrote {os.path.relpath(schema)}, by which editors know the fields.")


def _kind(word: str) -> Kind:
    from personalize_sync.kinds import BY_MANIFEST  # noqa: PLC0415 - not for --help

    plain = word.replace("-", "").replace("_", "").casefold()
    for manifest, kind in BY_MANIFEST.items():
        if plain in (manifest.casefold(), kind.name.replace("-", "")):
            return kind
    known = sorted(kind.name for kind in BY_MANIFEST.values())
    hint = did_you_mean(word.casefold(), known)
    if plain in ("decisionvariant", "variant"):
        hint = " Variants stand in the manifest of their model."
    raise UsageError(
        f'there are no manifests of kind "{word}"', f"Known: {', '.join(known)}.{hint}"
    )


def _check_key(kind: Kind, key: str, project: Project) -> None:
    from personalize_sync.kinds.kind import KEY_PATTERN  # noqa: PLC0415 - not for --help
    from personalize_sync.manifests import load_manifests  # noqa: PLC0415 - YAML

    if not re.fullmatch(KEY_PATTERN.strip("^$"), key):
        raise UsageError(
            f'"{key}" cannot be a key: keys have lower-case letters, digits and _',
            f"For example: {slug(key)}",
        )
    declared = {r.address: r for r in load_manifests(project).resources}
    other = declared.get(Address(kind.name, key))
    if other:
        raise UsageError(
            f"{other.address} is declared already, in {other.source.start}", "Choose another key."
        )


def _schema(kind: Kind, root: Path) -> Path:
    """Return where the kind's schema is, or is to be, for editors."""
    name = f"{kind.name}.schema.json"
    places = [folder / "schemas" / name for folder in (root, root.parent)]
    return next((place for place in places if place.is_file()), places[0])


def _schema_text(kind: Kind) -> str:
    from personalize_sync.manifests import schema_text  # noqa: PLC0415 - YAML

    return schema_text(kind.name)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{os.path.relpath(path)} exists already", "Nothing is overwritten; name another file."
        ) from None
    except OSError as error:
        raise UsageError(f"cannot write {os.path.relpath(path)}: {error.strerror}") from None
