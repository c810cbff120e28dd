"""Manifests of realistic mix and size, as many as asked for, and the live objects they describe."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.kind import Refs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.resources import Resource

EXAMPLE = Path(__file__).parents[2] / "manifests"
STAMP = "bench@clients"

_PROJECT = """\
apiVersion: personalize-sync/v1
kind: Project
defaultEnvironment: bench
environments:
  bench:
    baseUrl: {url}
    tokenUrl: {url}/oauth/token
    keys: {{connections: {{}}, developer-templates: {{}}, decision-model-testing: {{}}, multiple-resources: {{}}}}
"""

_TEMPLATE = """\
# yaml-language-server: $schema=../../schemas/template.schema.json
apiVersion: personalize-sync/v1
kind: Template
metadata:
  key: strip_{n}
  tags: [header]
spec:
  name: Strip {n}
  description: A strip above the header, number {n}; shown to guests who have not bought yet
  type: WEB
  status: PUBLISHED
  render: false
  tags: [web, strip]
  templateElements:
    html: {html}
    css: |
      #strip-{n} {{
        position: sticky;
        top: 0;
        padding: 4px 12px;
        background: #114;
        color: #fff;
      }}
      #strip-{n} p {{ margin: 0; font-size: 14px; }}
      @media (max-width: 600px) {{ #strip-{n} {{ padding: 2px; }} }}
    js: |
      (function () {{
        var strip = document.getElementById('strip-{n}');
        if (!strip || sessionStorage.getItem('strip-{n}')) return;
        strip.addEventListener('click', function () {{
          sessionStorage.setItem('strip-{n}', 'seen');
          strip.remove();
        }});
      }})();
    freemarker: "{{}}"
"""
_HTML = """|
      <div id="strip-{n}" class="strip">
        <p>[[ Text | string | Free delivery from 40 | {{required: true, order: 1}} ]]</p>
        <a href="[[ Link | string | /delivery | {{required: false, order: 2}} ]]">More</a>
      </div>"""
_CONNECTION = """\
# yaml-language-server: $schema=../../schemas/connection.schema.json
apiVersion: personalize-sync/v1
kind: Connection
metadata:
  key: points_{n}
spec:
  name: Points{n}
  description: Reads the points of a guest from the loyalty service, shard {n}
  systemType: DATA_SYSTEM
  auth:
    authType: NONE
  customHeaders:
    - name: Accept
      value: application/json
    - name: X-Shard
      value: "{n}"
  request:
    requestType: POST
    connectionUrl: https://loyalty.example.test/v1/points/{n}
    requestBody: |
      {{
        "guest": "${{email}}",
        "shard": {n},
        "fields": ["points", "tier", "expires"]
      }}
"""


def write_project(root: Path, count: int, *, url: str = "http://127.0.0.1:9") -> None:
    """Write so many manifests: two templates to one connection, every fourth template with a file."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / "personalize-sync.yaml").write_text(_PROJECT.format(url=url), encoding="utf-8")
    for n in range(count):
        folder = root / ("connections" if n % 3 == 0 else "templates") / f"{n % 50:02}"
        folder.mkdir(parents=True, exist_ok=True)
        if n % 3 == 0:
            text = _CONNECTION.format(n=n)
        elif n % 4 == 1:
            (folder / f"strip_{n}.html").write_text(_HTML.format(n=n), encoding="utf-8")
            text = _TEMPLATE.format(n=n, html=f"{{fromFile: strip_{n}.html}}")
        else:
            text = _TEMPLATE.format(n=n, html=_HTML.format(n=n))
        (folder / f"n{n}.yaml").write_text(text, encoding="utf-8")


def live_records(resources: Iterable[Resource]) -> dict[str, list[dict[str, Any]]]:
    """Return, by collection, what a tenant would list if these had been applied."""
    listed: dict[str, list[dict[str, Any]]] = {}
    for n, resource in enumerate(resources):
        kind = BY_NAME[resource.address.kind]
        record = kind.overlay({}, resource, Refs())
        if kind.by_friendly_id:
            record["friendlyId"] = resource.address.key
        record |= {
            "clientKey": "benchTenant000000000000000000000",
            "ref": f"00000000-0000-4000-8000-{n:012}",
            "revision": 1,
            "archived": False,
            "modifiedByRef": STAMP,
            "modifiedAt": "2026-02-03T04:05:06.789Z",
        }
        listed.setdefault(kind.collection, []).append(record)
    return listed
