"""The proof of least privilege: what the tenant saw of a whole life, and of attempts to forge one."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from world import World

from personalize_sync.errors import SyncError
from personalize_sync.planning.saved import sealed
from personalize_sync.rendering import plan_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Shop

    from personalize_sync.sandbox.exchange import Recorded

_WIDE = "multiple-resources"
_READING = ("plan", "drift", "verify", "pull", "test")
_HISTORY = r"(/[\w-]+(/revisions(/\d+)?)?)?"
_VARIANTS = r"/v2/decisionModelDefinitions/[\w-]+/variants"
_MODELS = r"/v2/(decisionModelDefinitions|decisionModelVariants)"
# By hand, from the vendor's list of features: what each may ask for when all four are declared.
_NARROWEST = {
    "connections": (("GET|POST|PUT", r"/v2/connections(/[\w-]+)?"),),
    "developer-templates": (("GET|POST|PUT", rf"/v3/templates{_HISTORY}"),),
    "decision-model-testing": (
        ("GET", rf"{_MODELS}{_HISTORY}|{_VARIANTS}"),
        ("POST", "/v2/testDecisionModel"),
    ),
    _WIDE: (
        ("POST|PUT", rf"{_MODELS}(/[\w-]+)?|{_VARIANTS}"),
        ("GET|POST|PUT", rf"/v3/flowDefinitions{_HISTORY}"),
    ),
}
_CANVAS = """<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd">
  <decision id="d1" name="Guest">
    <literalExpression><text>return {visits: 3};</text></literalExpression>
  </decision>
</definitions>"""
_HOSTILE = (
    "../../v3/flowDefinitions/x",
    "..",
    ".",
    "%2e%2e",
    "..%2f..%2fv2%2fconnections",
    "x/../../flowDefinitions",
    "x/revisions/1/../../..",
    "x?archived=true",
    "x#y",
    "x;y=z",
    "x\\y",
    "x\r\nHost: elsewhere.example.test",
    "https://elsewhere.example.test/x",
    "//elsewhere.example.test/x",
    "@elsewhere.example.test",
    "\uff0e\uff0e\uff0fx",
    "",
)


def _declare(shop: Shop, description: str) -> None:
    shop.template(description=description)
    shop.connection(
        description=description,
        auth={
            "authType": "OAUTH",
            "clientId": "c",
            "clientSecret": {"fromSecret": "WEATHER"},
            "accessTokenUrl": "https://weather.example.test/token",
        },
    )
    variant = {"name": "Main", "definition": _CANVAS, "status": "PRODUCTION", "split": 100}
    document = {
        "apiVersion": "personalize-sync/v1",
        "kind": "DecisionModel",
        "metadata": {"key": "banner"},
        "spec": {"name": "banner", "description": description, "variants": {"main": variant}},
        "tests": {"any": {"variant": "main", "expect": {"Guest": [{"visits": 3}]}}},
    }
    shop.write("DecisionModel-banner.yaml", json.dumps(document))


def _may(feature: str, method: str, path: str) -> bool:
    return any(
        re.fullmatch(methods, method) and re.fullmatch(paths, path)
        for methods, paths in _NARROWEST[feature]
    )


def _astray(requests: list[Recorded]) -> list[tuple[str, str, str | None]]:
    """The requests that a narrower key, or no key of ours, should have made."""
    return [
        (r.method, r.path, r.feature)
        for r in requests
        if not _may(str(r.feature), r.method, r.path)
        # The one look with which a writing key proves that it opens its kind.
        and (r.method, r.path, r.query.get("limit")) != ("GET", "/v2/decisionModelDefinitions", "1")
    ]


def _asked(shop: Shop) -> list[Recorded]:
    return [r for r in shop.sandbox.requests if r.path != "/oauth/token"]


@pytest.mark.parametrize("flows", [False, True], ids=["without flows", "with flows"])
def test_a_whole_life_uses_the_narrowest_key_for_each_request(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, *, flows: bool
) -> None:
    """Create, update, drift, pull, revert, test, prune, restore: no request astray, no key in vain."""
    monkeypatch.setenv("WEATHER", "secret-of-the-weather")
    commands: dict[str, int] = defaultdict(int)

    def step(code: int, command: str, *arguments: str) -> None:
        shop.sandbox.forget_requests()
        said = shop(command, *arguments)
        assert said.code == code, said.err
        asked = _asked(shop)
        tokens = [r.body for r in shop.sandbox.requests if r.path == "/oauth/token"]
        exchanged = sorted(form["client_id"] for form in tokens if isinstance(form, dict))
        assert _astray(asked) == []
        assert exchanged == sorted({str(r.client_id) for r in asked}), "a token in vain, or twice"
        if command in _READING:
            # Nothing narrower reads flows.
            assert (f"sandbox-{_WIDE}" in exchanged) == (flows and command != "test")
            assert {r.method for r in asked if r.path != "/v2/testDecisionModel"} == {"GET"}
        commands[command] += len(asked)

    apply = ("apply", "--auto-approve")
    _declare(shop, "First")
    if flows:
        shop.flow(name="First")
        shop.experiment()
    step(0, "plan", "--out", "plan.json")
    step(0, "apply", "plan.json")
    _declare(shop, "Second")
    if flows:
        shop.flow(name="Second")
    step(0, *apply)
    step(0, "verify")
    step(0, "test")
    for target in ("template/strip", "connection/Weather", "decision-model/banner"):
        shop.edit(target, description="By Maria")
    step(0, "drift")
    step(0, "pull", "--theirs", "template/strip")
    step(0, *apply)
    for kind, key in (
        ("Template", "strip"),
        ("Connection", "weather"),
        ("DecisionModel", "banner"),
    ):
        shop.forget(kind, key)
    if flows:
        shop.forget("Experience", "hero")
    shop.template("kept")
    step(0, *apply, "--prune")
    _declare(shop, "Third")
    step(0, *apply)
    step(0, "verify")

    assert all(commands[command] for command in (*_READING, "apply"))
    assert shop.sandbox.stored("template/strip").body["archived"] is False


def test_a_forged_plan_widens_nothing(shop: Shop) -> None:
    """A plan that names a wider key and other refs, sealed as anybody could: the keys stay narrow."""
    assert shop("apply", "--auto-approve").code == 0
    shop.template(name="New")
    shop.connection(name="Weather", description="New")
    assert shop("plan", "--out", "plan.json").code == 0
    document = json.loads((shop.root / "plan.json").read_text(encoding="utf-8"))
    for change in document["changes"]:
        change["credential"] = _WIDE
        change["ref"] = "../../v3/flowDefinitions/x"
    document["keys"] = {"read": [_WIDE], "write": [_WIDE]}
    forged = sealed({**document, "digest": plan_digest(document)}, "")
    shop.write("plan.json", json.dumps(forged, indent=2, ensure_ascii=False) + "\n")
    shop.sandbox.forget_requests()

    shop("apply", "plan.json")

    assert _asked(shop)
    assert _astray(_asked(shop)) == []
    assert {r.feature for r in _asked(shop)} == {"connections", "developer-templates"}


@pytest.mark.parametrize("key", [key for key in _HOSTILE if key])
def test_a_hostile_manifest_asks_for_nothing_else(shop: Shop, key: str) -> None:
    """A key is part of a path: what is no key is a problem. A former key is only compared."""
    shop.template("evil")
    text = (shop.root / "Template-evil.yaml").read_text(encoding="utf-8")
    shop.write("Template-evil.yaml", text.replace('"key": "evil"', f'"key": {json.dumps(key)}'))
    assert shop("apply", "--auto-approve").code == 10
    assert shop.sandbox.requests == []

    shop.manifest("Template", "evil", {"name": "x", "type": "WEB"}, renamedFrom=[key])
    shop("apply", "--auto-approve")
    assert _astray(_asked(shop)) == []


class _Hostile:
    """A tenant whose objects have hostile refs and links; it records what it is sent."""

    def __init__(self, item: Callable[[str], dict[str, Any]]) -> None:
        self.item = item
        self.requests: list[httpx.Request] = []

    def __call__(self, _transport: httpx.BaseTransport) -> httpx.BaseTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            feature = httpx.QueryParams(request.content.decode())["client_id"]
            return httpx.Response(200, json={"access_token": feature, "expires_in": 900})
        self.requests.append(request)
        if request.url.path.count("/") > 2:
            return httpx.Response(404, json={})
        is_first = request.url.params.get("offset") == "0"
        items = [self.item(request.url.path)] if is_first else []
        return httpx.Response(200, json={"items": items})

    @property
    def astray(self) -> list[str]:
        """The requests outside of what the feature of their token is for, as sent."""
        found = []
        for request in self.requests:
            feature = request.headers["authorization"].removeprefix("Bearer sandbox-")
            path = request.url.raw_path.decode().partition("?")[0]
            query = set(request.url.params) - {"limit", "offset", "expand"}
            if (
                str(request.url.copy_with(raw_path=b"/")) != "http://127.0.0.1:9/"
                or not _may(feature, request.method, path)
                or query
            ):
                found.append(f"{request.method} {request.url} {feature}")
        return found


def _hostile_world(tmp_path: Path, hostile: _Hostile) -> World:
    world = World(tmp_path, wire=hostile)
    world.sandbox.close()
    world.template()
    world.connection()
    return world


@pytest.mark.parametrize("ref", _HOSTILE)
def test_a_hostile_ref_leads_nowhere(tmp_path: Path, ref: str) -> None:
    """Objects that the manifests mean have refs that are paths: the run ends, nothing goes astray."""

    def item(path: str) -> dict[str, Any]:
        names = {"name": "Weather"} if "connections" in path else {"name": "x"}
        return {**names, "ref": ref, "friendlyId": "strip", "revision": 3, "modifiedByRef": "x"}

    hostile = _Hostile(item)
    world = _hostile_world(tmp_path, hostile)

    with pytest.raises(SyncError) as stopped:
        world.apply()

    assert stopped.value.exit_code in (1, 11)
    assert hostile.astray == []
    assert {r.method for r in hostile.requests} == {"GET"}


@pytest.mark.parametrize(
    "href",
    [
        "https://elsewhere.example.test/v3/templates/abc",
        "http://127.0.0.1:9@elsewhere.example.test/v3/templates/abc",
        "//elsewhere.example.test/abc",
        "https://elsewhere.example.test/v3/templates/..%2f..%2fv2%2fconnections",
        "https://elsewhere.example.test/..",
    ],
)
def test_a_link_is_never_followed(tmp_path: Path, href: str) -> None:
    """A list of links to another host is read from the configured one, or not at all."""
    hostile = _Hostile(lambda _path: {"href": href})
    world = _hostile_world(tmp_path, hostile)

    with suppress(SyncError):
        world.plan()

    assert hostile.requests
    assert hostile.astray == []
