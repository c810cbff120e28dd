"""Manifests of realistic mix and size, as many as asked for, and the live objects they describe."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME, KINDS
from personalize_sync.kinds.kind import Refs
from personalize_sync.resources import Address
from personalize_sync.tenant.live import live_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Live, Resource

EXAMPLE = Path(__file__).parents[2] / "manifests"
STAMP = "bench@clients"
MIX = "mtetxtecttetxtetectx"
"""What follows what: mostly templates and experiences, some experiments and connections, a model."""
PLAIN = "ttc"
"""What is created by one request each."""
_FOLDERS = {
    "t": "templates",
    "c": "connections",
    "m": "decision-models",
    "e": "experiences",
    "x": "experiments",
}

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


_MODEL = """\
# yaml-language-server: $schema=../../schemas/decision-model.schema.json
apiVersion: personalize-sync/v1
kind: DecisionModel
metadata:
  key: model_{n}
spec:
  name: Model {n}
  description: Decides what guests of shard {n} see on the basket page
  tags: [basket]
  variants:
    table:
      name: Table
      definition: {{fromFile: model_{n}.dmn}}
      status: PRODUCTION
      split: 100
"""
_EXPERIENCE = """\
# yaml-language-server: $schema=../../schemas/experience.schema.json
apiVersion: personalize-sync/v1
kind: Experience
metadata:
  key: offer_{n}
  tags: [home]
spec:
  name: Offer {n}
  type: INTERACTIVE_WEB_FLOW
  channels: [WEB, MOBILE_WEB]
  status: DRAFT
  tags: [offers, season]
  schedule: {{type: simpleSchedule, startDate: "2026-12-01T06:00:00.000Z"}}
  variants:
    offer:
      name: Offer
      assets:
        html: |
          <div class="offer" data-offer="{n}">
            <p>Only this week: ${{offer.title!"our best coats"}} for less</p>
            <a href="/offers/{n}">See them all</a>
          </div>
        css: |
          .offer {{ display: flex; gap: 8px; padding: 12px; border-radius: 4px; }}
          .offer p {{ margin: 0; font-weight: 600; }}
          .offer a {{ color: inherit; text-decoration: underline; }}
        js: {{fromFile: offer_{n}.js}}
"""
_SCRIPT = """\
(function () {{
  var offer = document.querySelector('[data-offer="{n}"]');
  if (!offer) return;
  offer.addEventListener('click', function () {{
    window.dataLayer = window.dataLayer || [];
    window.dataLayer.push({{ event: 'offer', offer: {n} }});
  }});
}})();
"""
_EXPERIMENT = """\
# yaml-language-server: $schema=../../schemas/experiment.schema.json
apiVersion: personalize-sync/v1
kind: Experiment
metadata:
  key: banner_{n}
spec:
  name: Banner {n}
  type: INTERACTIVE_API_FLOW
  channels: [MOBILE_APP]
  status: DRAFT
  schedule: {{type: simpleSchedule, startDate: "2026-12-01T06:00:00.000Z"}}
  traffic:
    type: simpleTraffic
    weightingAlgorithm: USER_DEFINED
    allocation: 100
    splits: {{today: 50, chosen: 50}}
  variants:
    today:
      name: Today
      isControl: true
      tasks:
        - implementation: templateRenderTask
          input:
            inputType: templateRenderTaskInput
            type: application/json
            template: '{{"banner": "default", "number": {n}}}'
    chosen:
      name: Chosen
      decisionModels: [{model}]
      tasks:
        - implementation: templateRenderTask
          input:
            inputType: templateRenderTaskInput
            type: application/json
            template: |
              <#assign banner = (decision.banner)!"default">
              {{"banner": "${{banner}}", "number": {n}}}
"""
_CANVAS = (EXAMPLE / "decision-models/delivery_nudge.fixed_threshold.dmn").read_text("utf-8")


def write_project(
    root: Path, count: int, *, url: str = "http://127.0.0.1:9", mix: str = MIX
) -> None:
    """Write so many manifests, the sorts in turn; code of a quarter of the templates, of the models
    and of the experiences lies in files."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / "personalize-sync.yaml").write_text(_PROJECT.format(url=url), encoding="utf-8")
    for n in range(count):
        sort = mix[n % len(mix)]
        folder = root / _FOLDERS[sort] / f"{n % 50:02}"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in _files(sort, n, mix):
            (folder / name).write_text(text, encoding="utf-8")


def _files(sort: str, n: int, mix: str) -> Iterator[tuple[str, str]]:
    """Yield a manifest, and the files that it names."""
    name = f"n{n}.yaml"
    match sort:
        case "c":
            yield name, _CONNECTION.format(n=n)
        case "m":
            yield name, _MODEL.format(n=n)
            yield f"model_{n}.dmn", _CANVAS.replace("Delivery nudge", f"Model {n}")
        case "e":
            yield name, _EXPERIENCE.format(n=n)
            yield f"offer_{n}.js", _SCRIPT.format(n=n)
        case "x":
            yield name, _EXPERIMENT.format(n=n, model=f"model_{n - n % len(mix)}")
        case _ if n % 4 == 1:
            yield name, _TEMPLATE.format(n=n, html=f"{{fromFile: strip_{n}.html}}")
            yield f"strip_{n}.html", _HTML.format(n=n)
        case _:
            yield name, _TEMPLATE.format(n=n, html=_HTML.format(n=n))


def live_records(resources: Iterable[Resource]) -> dict[str, list[dict[str, Any]]]:
    """Return, by path, what a tenant would list if these had been applied."""
    numbered = {r.address: f"00000000-0000-4000-8000-{n:012}" for n, r in enumerate(resources)}
    refs = Refs(dict(numbered))
    listed: dict[str, list[dict[str, Any]]] = {}
    for resource in resources:
        kind = BY_NAME[resource.address.kind]
        record = kind.overlay({}, resource, refs)
        if kind.by_friendly_id:
            record["friendlyId"] = resource.address.key
        record |= {
            "clientKey": "benchTenant000000000000000000000",
            "ref": numbered[resource.address],
            "revision": 1,
            "archived": False,
            "modifiedByRef": STAMP,
            "modifiedAt": "2026-02-03T04:05:06.789Z",
        }
        model = Address("decision-model", resource.address.key.partition(":")[0])
        path = kind.collection.format(parent=numbered.get(model, ""))
        listed.setdefault(path, []).append(record)
    return listed


def live_objects(listed: dict[str, list[dict[str, Any]]]) -> Iterator[Live]:
    """Yield what is listed as the client reads it."""
    for path, records in listed.items():
        for record in records:
            parent = path.split("/")[-2] if path.endswith("/variants") else ""
            yield live_from(
                _kind(path.replace(parent or " ", "{parent}"), record), record, parent=parent
            )


def _kind(collection: str, record: dict[str, Any]) -> Kind:
    kinds = [kind for kind in KINDS if kind.collection == collection]
    named = [kind for kind in kinds if kind.name == str(record.get("subtype")).lower()]
    return (named or kinds)[0]
