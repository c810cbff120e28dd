"""`personalize-sync preview`: what the tenant makes of a template's code. Writes nothing."""

from __future__ import annotations

import os
import tempfile
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.options import Common, option, speaking
from personalize_sync.cli.planning import Wishes, ready
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import open_project
from personalize_sync.errors import TenantError, UsageError
from personalize_sync.kinds.parameters import complaints
from personalize_sync.kinds.previews import ask_for_code, ask_for_stored, rendered_elements
from personalize_sync.kinds.questions import RENDER_CODE, RENDER_STORED
from personalize_sync.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalize_sync.resources import Resource
    from personalize_sync.tenant.live import Tenant


@click.command("preview")
@click.argument("address")
@option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter of the template.")
@option("--stored", is_flag=True, help="What the tenant stores, not what Git has.")
@option("--open", "browse", is_flag=True, help="Open the page in a browser.")
@speaking("html", "json")
def command(
    common: Common, address: str, *, param: tuple[str, ...], stored: bool, browse: bool
) -> None:
    """Show what the tenant makes of a template, or of a flow's variant (KIND/KEY:VARIANT)."""
    from personalize_sync.rendering.gates import json_text  # noqa: PLC0415 - not for --help
    from personalize_sync.rendering.html import preview_page  # noqa: PLC0415

    if browse and common.format != "html":
        raise UsageError("only a page can be opened", "Leave --format out.")
    values = dict(_pair(text) for text in param)
    kind, _, key = address.partition("/")
    if kind not in ("template", "experience", "experiment") or not key:
        raise UsageError(
            f"{address} cannot be shown",
            "Name a template: template/KEY, or experience/KEY:VARIANT.",
        )
    if stored and kind != "template":
        raise UsageError("the tenant renders only templates it stores", "Leave --stored out.")
    project = open_project(common)
    with (
        ready(common, project, Wishes()) as (opened, loaded, _),
        opened.readable(1, RENDER_STORED, RENDER_CODE) as tenant,
    ):
        code = None if stored else _code(address, loaded.resources)
        _check(common, {} if code is None else code, values, known=code is not None)
        with waiting(common, "Rendering"):
            elements = _elements(key, code, values, tenant)
    about = f"{opened.environment.name}: {'what Git has' if code is not None else 'what is stored'}"
    if common.format == "json":
        document = {
            "address": address,
            "environment": opened.environment.name,
            "elements": elements,
        }
        common.deliver(json_text(document) + "\n")
        return
    page = preview_page(address, about, elements)
    if browse:
        common = replace(common, output=common.output or _a_file())
    common.deliver(page)
    if browse and common.output:
        common.say(f"Opening {common.output}")
        webbrowser.open(common.output.resolve().as_uri())


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals):
        raise UsageError(f'--param "{text}" is not NAME=VALUE', "For example: --param Text=Hi")
    if not text.isprintable() and any("\ud800" <= char <= "\udfff" for char in text):
        raise UsageError("a --param is not UTF-8", "Set the locale of the shell to UTF-8.")
    return name.strip(), value


def _code(address: str, resources: Sequence[Resource]) -> Mapping[str, str] | None:
    """Return the code that Git has for an address, None for a template that leaves it to the tenant."""
    kind, _, rest = address.partition("/")
    key, _, variant = rest.partition(":")
    spec = next((r.spec for r in resources if str(r.address) == f"{kind}/{key}"), None)
    if kind == "template":
        return (spec or {}).get("templateElements")
    variants = (spec or {}).get("variants") or {}
    if variant not in variants:
        known = [f"{kind}/{key}:{name}" for name in sorted(variants)]
        raise UsageError(
            f"no manifest has the variant {address}",
            f"There are: {', '.join(known) or 'none'}.{did_you_mean(address, known)}",
        )
    # Copied from a template or not, these are texts by now.
    return variants[variant].get("assets") or {}


def _check(
    common: Common, code: Mapping[str, str], values: Mapping[str, str], *, known: bool
) -> None:
    """Refuse a parameter that the code does not have; what a form would mind is only said."""
    for finding in complaints(code, values, ()) if known else ():
        if finding.id == "PS1010":
            raise UsageError(finding.message, finding.remedy)
        common.say(f"note: {finding.message}")


def _elements(
    key: str, code: Mapping[str, str] | None, values: Mapping[str, str], tenant: Tenant
) -> dict[str, str]:
    if code is None:
        answer = tenant.ask(RENDER_STORED, ask_for_stored(key, values))
    else:
        answer = tenant.ask(RENDER_CODE, ask_for_code(code, values))
    elements = rendered_elements(answer)
    if elements is None:
        raise TenantError("the tenant answered without a rendered template")
    return elements


def _a_file() -> Path:
    """Return a new file that only its owner can read; the browser needs it after we are gone."""
    handle, name = tempfile.mkstemp(prefix="personalize-sync-", suffix=".html")
    os.close(handle)
    return Path(name)
