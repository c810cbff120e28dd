"""All problems of a tree at once: twenty mistakes of different sorts, twenty problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.trees import HEAD, load, places_by_file

from personalize_sync.problems import RULES, Severity

if TYPE_CHECKING:
    from pathlib import Path

_FILES = {
    "connections.yaml": HEAD
    + """\
kind: Connection
metadata: {key: weather, environments: [uat, prod]}
spec:
  name: Weather-Service
  systemType: DATA_SYSTEM
  auth:
    authType: OAUTH
    clientSecret: not-so-secret
    accessTokenUrl: http://weather.example.test/token
  request: {requestType: GET, connectionUrl: https://weather.example.test}
  socketTimeout: 0
---
"""
    + HEAD
    + """\
kind: Conection
metadata: {key: other}
""",
    "models/model.yaml": HEAD
    + """\
kind: DecisionModel
metadata: {key: banner}
spec:
  name: Banner
  variants:
    one: {name: One, definition: {fromFile: one.dmn}, status: PRODUCTION, split: 60}
    two: {name: Two, definition: {fromFile: ../../two.dmn}, status: PRODUCTION, split: 30}
""",
    "templates/promo.yaml": HEAD
    + """\
kind: Template
metadata: {key: Promo}
spec:
  type: WBE
  render: "no"
  stauts: DRAFT
  templateElements: {freemarker: hello}
---
"""
    + HEAD
    + """\
kind: Template
metadata: {key: strip}
spec:
  name: Strip
  name: Strip again
  type: WEB
---
"""
    + HEAD
    + """\
kind: Template
metadata: {key: strip}
spec: {name: Strip, type: WEB}
""",
    "flow.yaml": HEAD
    + """\
kind: Experiment
metadata: {key: hero}
spec:
  name: Hero
  type: INTERACTIVE_WEB_FLOW
  channels: [WEB]
  schedule: {type: simpleSchedule, startDate: 2026-12-01T00:00:00Z, endDate: 2026-11-01T00:00:00Z}
  variants:
    a: {name: A, decisionModels: [baner]}
""",
    "broken.yaml": "a: 'b\n",
}


def test_twenty_mistakes_are_twenty_problems(tmp_path: Path) -> None:
    """Each has its own place and rule, and none causes another; a warning makes twenty-one."""
    problems = load(tmp_path, _FILES, environments=("production", "uat")).problems

    assert places_by_file(problems) == [
        "broken.yaml:1:4 PS1003",
        "connections.yaml:3:46 PS2006",
        "connections.yaml:5:9 PS3003",
        "connections.yaml:9:19 PS4001",
        "connections.yaml:10:21 PS4002",
        "connections.yaml:12:18 PS1016",
        "connections.yaml:15:7 PS1015",
        "flow.yaml:8:78 PS3006",
        "flow.yaml:9:3 PS3005",
        "flow.yaml:10:35 PS2001",
        "models/model.yaml:6:3 PS3001",
        "models/model.yaml:7:45 PS2003",
        "models/model.yaml:8:45 PS2004",
        "templates/promo.yaml:3:17 PS3002",
        "templates/promo.yaml:4:1 PS1011",
        "templates/promo.yaml:5:9 PS1013",
        "templates/promo.yaml:6:11 PS1012",
        "templates/promo.yaml:7:3 PS1010",
        "templates/promo.yaml:8:34 PS3004",
        "templates/promo.yaml:15:3 PS1004",
        "templates/promo.yaml:20:17 PS1020",
    ]
    assert len([p for p in problems if p.severity is Severity.ERROR]) == 20


def test_every_rule_is_declared(tmp_path: Path) -> None:
    """No problem has an id that is not in the list of rules."""
    problems = load(tmp_path, _FILES, environments=("production", "uat")).problems

    assert {problem.id for problem in problems} <= RULES.keys()


def test_the_order_of_files_makes_no_difference(tmp_path: Path) -> None:
    """Problems are ordered by place, whatever was written first."""
    forwards = load(tmp_path / "a", _FILES).problems
    backwards = load(tmp_path / "b", dict(reversed(_FILES.items()))).problems

    assert forwards == backwards
