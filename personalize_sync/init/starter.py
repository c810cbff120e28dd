"""What every project has beside its manifests: the project file, the schemas, a .gitignore."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_MANIFEST
from personalize_sync.manifests import schema_text
from personalize_sync.manifests.roots import PROJECT_FILE
from personalize_sync.manifests.scalars import double_quoted, flow
from personalize_sync.manifests.schemas import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable

_IGNORED = ".personalize-sync/\nplan.json\n"

_HEAD = """\
# yaml-language-server: $schema=schemas/project.schema.json
#
# This file marks the root of the project. Every *.yaml file below it is a manifest; other files
# are read only when a manifest names them with {{fromFile: ...}}.
apiVersion: personalize-sync/v1
kind: Project
defaultEnvironment: {default} # what a command uses without -e/--env

environments:
"""
_SANDBOX = """\
  # A pretend tenant on this computer: no keys, no network. Try everything here first.
  {name}: {{ sandbox: {{}} }}
"""
_TENANT = """\
  {name}:
{place}{client_key}    # In Sitecore one API key opens one feature. The keys themselves come from the environment and
    # never from Git: {variable}_CLIENT_ID, ..._CLIENT_SECRET
    keys:
"""
_EXAMPLE = """\

  # A tenant of yours: remove the marks and the words behind them.
  # production:
  #   region: eu # eu | us | ap | jpe
  #   # In Sitecore one API key opens one feature. The keys themselves come from the environment and
  #   # never from Git: PERSONALIZE_SYNC_PRODUCTION_CONNECTIONS_CLIENT_ID, ..._CLIENT_SECRET
  #   keys:
  #     connections: {}
  #     developer-templates: {}
  #     decision-model-testing: {} # reads decision models: enough for plan and drift
  #     multiple-resources: {} # writes them, for want of a narrower key
  #   # Name the tenant once you know its client key, and no other can be touched by mistake:
  #   # clientKey: <32 characters, shown by the first plan>
"""
_ALL_KEYS: dict[str, tuple[str, ...]] = {
    "connections": (),
    "developer-templates": (),
    "decision-model-testing": (),
    "multiple-resources": (),
}


@dataclass(frozen=True, slots=True)
class Site:
    """The first environment of a new project: where its tenant is, and which keys open it.

    Neither `region` nor `base_url` makes it an embedded pretend tenant. `keys` maps each feature to
    the kinds it is used for, none meaning the feature's own.
    """

    name: str
    region: str = ""
    base_url: str = ""
    token_url: str = ""
    client_key: str = ""
    keys: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(_ALL_KEYS))

    @property
    def is_sandbox(self) -> bool:
        """Whether it is an embedded pretend tenant."""
        return not (self.region or self.base_url)


def support_files(site: Site) -> dict[str, str]:
    """Return the files of a project without manifests, by name; a sandbox is always in it."""
    return {
        PROJECT_FILE: _project_file(site),
        ".gitignore": _IGNORED,
        **schemas(),
    }


def schemas() -> dict[str, str]:
    """Return the JSON Schemas that editors use, by name."""
    names = (PROJECT, *sorted(kind.name for kind in BY_MANIFEST.values()))
    return {f"schemas/{name}.schema.json": schema_text(name) for name in names}


def _project_file(site: Site) -> str:
    text = _HEAD.format(default=site.name)
    if site.is_sandbox:
        return text + _SANDBOX.format(name=site.name) + _EXAMPLE
    if site.name != "sandbox":
        text += _SANDBOX.format(name="sandbox") + "\n"
    variable = f"PERSONALIZE_SYNC_{site.name.upper().replace('-', '_')}_CONNECTIONS"
    text += _TENANT.format(
        name=site.name,
        place="".join(_place(site)),
        client_key=_client_key(site.client_key),
        variable=variable,
    )
    return text + "".join(_key(feature, kinds) for feature, kinds in site.keys.items())


def _place(site: Site) -> Iterable[str]:
    if site.region:
        yield f"    region: {site.region} # eu | us | ap | jpe\n"
    else:
        yield f"    baseUrl: {double_quoted(site.base_url)}\n"
        yield f"    tokenUrl: {double_quoted(site.token_url)}\n"


def _client_key(client_key: str) -> str:
    if client_key:
        return f"    clientKey: {flow(client_key)} # no other tenant can be touched by mistake\n"
    return (
        "    # Name the tenant once you know its client key, and no other can be touched by mistake:\n"
        "    # clientKey: <32 characters, shown by the first plan>\n"
    )


def _key(feature: str, kinds: tuple[str, ...]) -> str:
    listed = f"{{ for: [{', '.join(kinds)}] }}" if kinds else "{}"
    return f"      {feature}: {listed}\n"
