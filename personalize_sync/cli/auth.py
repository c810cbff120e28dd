"""`personalize-sync auth`: which API keys are declared, found, granted and needed."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, common, option
from personalize_sync.cli.session import environment_of, load, open_project, session
from personalize_sync.rendering import plain

if TYPE_CHECKING:
    from personalize_sync.tenant.audit import Feature


@click.group("auth")
def command() -> None:
    """Inspect the API keys."""


@command.command("audit")
@option("--strict", is_flag=True, help="Exit with 11 if there is anything to complain about.")
@common
def audit(common: Common, strict: bool) -> int:  # noqa: FBT001 - click passes it by name
    """Compare each declared key with what these manifests need and what it was granted."""
    from personalize_sync.tenant.audit import audit as compare  # noqa: PLC0415 - httpx
    from personalize_sync.tenant.client import Reader  # noqa: PLC0415

    project = open_project(common)
    environment = environment_of(project, common)
    loaded = load(common, project, environment)
    kinds = {resource.address.kind for resource in loaded.resources}
    with session(common, project, environment) as opened:
        keyring = opened.keyring()
        with closing(Reader(opened.connection(), keyring)) as reader:
            features = compare(reader, keyring, opened.environment, kinds)
    found = any(feature.findings for feature in features)
    common.deliver(_as_json(features) if common.format == "json" else _as_text(features))
    return 11 if strict and found else 0


def _as_json(features: tuple[Feature, ...]) -> str:
    problems = [f"{feature.feature}: {text}" for feature in features for text in feature.findings]
    document = {"features": [asdict(feature) for feature in features], "problems": problems}
    return json.dumps(document, indent=2) + "\n"


def _as_text(features: tuple[Feature, ...]) -> str:
    lines = []
    for feature in features:
        state = "found" if feature.found else "no key"
        lines.append(f"{feature.feature}: {state}")
        lines.append(f"  variable: {feature.variables[0]}")
        if feature.client_id:
            lines.append(f"  client id: {plain(feature.client_id)}")
        lines.append(f"  needed for: {', '.join(feature.needed_for) or 'nothing here'}")
        if feature.scopes:
            lines.append(f"  granted: {plain(' '.join(feature.scopes))}")
        lines += [f"  ! {plain(text)}" for text in feature.findings]
    return "\n".join(lines) + "\n"
