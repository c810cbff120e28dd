"""A project directory, a sandbox tenant, and everything between them, for tests.

The tenant is reached in process, through the same HTTP client that a real one is; nothing sleeps.
"""

from __future__ import annotations

import json
import random
import textwrap
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from personalize_sync import reconcile
from personalize_sync.apply.progress import Ways
from personalize_sync.cli.session import sandbox_keys
from personalize_sync.kinds.questions import TEST_MODEL
from personalize_sync.manifests import load_project
from personalize_sync.planning.plan import Plan, SourceTree
from personalize_sync.planning.policy import Policy
from personalize_sync.project import Environment
from personalize_sync.sandbox import Edited, Fault, Knobs, Sandbox, SandboxTransport, edit
from personalize_sync.tenant.client import Connection, Reader, Writer
from personalize_sync.tenant.credentials import variables
from personalize_sync.tenant.keyring import Keyring
from personalize_sync.tenant.live import Tenant, WritableTenant
from personalize_sync.tenant.retrying import Patience

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from personalize_sync.kinds.model_tests import Verdicts
    from personalize_sync.manifests import Loaded
    from personalize_sync.planning.outcome import Outcome, Report
    from personalize_sync.sandbox.exchange import Recorded

_ENVIRONMENT = """\
  {name}:
    baseUrl: http://127.0.0.1:9
    tokenUrl: http://127.0.0.1:9/oauth/token
    keys:
      connections: {{}}
      developer-templates: {{}}
      decision-model-testing: {{}}
      multiple-resources: {{}}
"""
PROJECT = """\
apiVersion: personalize-sync/v1
kind: Project
defaultEnvironment: test
environments:
""" + "".join(_ENVIRONMENT.format(name=n) for n in ("test", "sandbox", "uat", "production"))

DMN = (
    '<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd" id="d" name="d" '
    'namespace="http://camunda.org/schema/1.0/dmn"/>'
)


@dataclass
class World:
    """One project and one simulated tenant. `rules` changes the environment's block."""

    root: Path
    knobs: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    env: str = "test"
    environ: dict[str, str] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    parallelism: int = 4
    wire: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda transport: transport
    now: float = 0.0
    sleep: Callable[[float], None] = lambda _seconds: None

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(knobs=Knobs.parse(self.knobs), faults=self.faults)
        self.write("personalize-sync.yaml", PROJECT)
        self.environ = {**sandbox_keys(self.env), **self.environ}

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the project; text may be indented with the test."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    def template(self, key: str = "strip", **spec: Any) -> None:
        """Declare a template with boring defaults."""
        elements = {"html": "<p>Hello</p>"}
        body = {"name": key, "type": "WEB", "status": "DRAFT", "templateElements": elements, **spec}
        self.manifest("Template", key, body)

    def connection(self, key: str = "weather", **spec: Any) -> None:
        """Declare a connection with boring defaults."""
        request = {"requestType": "GET", "connectionUrl": "https://weather.example.test/v1"}
        body = {
            "name": key.title(),
            "systemType": "DATA_SYSTEM",
            "auth": {"authType": "NONE"},
            "request": request,
            **spec,
        }
        self.manifest("Connection", key, body)

    def model(self, key: str = "banner", **spec: Any) -> None:
        """Declare a decision model with one deployed variant."""
        variant = {"name": "Main", "definition": DMN, "status": "PRODUCTION", "split": 100}
        self.manifest("DecisionModel", key, {"name": key, "variants": {"main": variant}, **spec})

    def flow(self, key: str = "hero", *, kind: str = "Experience", **spec: Any) -> None:
        """Declare a flow with one variant, as a draft for the web."""
        body = {
            "name": key.title(),
            "type": "INTERACTIVE_WEB_FLOW",
            "status": "DRAFT",
            "channels": ["WEB"],
            "schedule": {"type": "simpleSchedule", "startDate": "2026-02-03T00:00:00.000Z"},
            "variants": {"only": {"name": "Only", "assets": {"html": "<p>Hello</p>"}}},
            **spec,
        }
        self.manifest(kind, key, body)

    def experiment(self, key: str = "hero_ab", **spec: Any) -> None:
        """Declare an experiment with a control and one other variant, half of the guests each."""
        variants = {
            "control": {"name": "Control", "isControl": True, "assets": {"html": "<p>a</p>"}},
            "bold": {"name": "Bold", "isControl": False, "assets": {"html": "<b>b</b>"}},
        }
        traffic = {"type": "simpleTraffic", "allocation": 100}
        traffic["splits"] = spec.pop("splits", {"control": 50, "bold": 50})
        self.flow(key, kind="Experiment", **{"variants": variants, "traffic": traffic, **spec})

    def manifest(self, kind: str, key: str, spec: dict[str, Any], **metadata: Any) -> None:
        """Declare anything."""
        # JSON is YAML, and needs no library to write.
        document = {
            "apiVersion": "personalize-sync/v1",
            "kind": kind,
            "metadata": {"key": key, **metadata},
            "spec": spec,
        }
        self.write(f"{kind}-{key}.yaml", json.dumps(document, ensure_ascii=False))

    def forget(self, kind: str, key: str) -> None:
        """Remove a manifest."""
        (self.root / f"{kind}-{key}.yaml").unlink()

    def edit(self, address: str, author: str = "Maria", **changes: Any) -> None:
        """Change a live object as a person in the UI would; `__` in a name stands for `/`."""
        done = edit(
            self.sandbox, address, {k.replace("__", "/"): v for k, v in changes.items()}, author
        )
        assert isinstance(done, Edited), done

    @property
    def environment(self) -> Environment:
        """The environment as the project file and `rules` say."""
        return replace(load_project(self.root).environments[self.env], **self.rules)

    def load(self) -> Loaded:
        """Load the valid manifests."""
        return reconcile.load(load_project(self.root), self.env)

    def plan(self, **wishes: Any) -> Plan:
        """Plan with a client that can only read."""
        environment, keyring = self.environment, Keyring(self.environment, self.environ)
        reader = Reader(self._connection(), keyring)
        tenant = Tenant(reader, keyring, environment, parallelism=self.parallelism)
        with closing(tenant):
            plan, _ = reconcile.plan(
                self.load(), tenant, Policy(environment, **wishes), source=SourceTree()
            )
        return plan

    def apply(
        self,
        *,
        skip_blocked: bool = False,
        fail_fast: bool = False,
        test: bool = False,
        done: Callable[[Outcome], None] = lambda _outcome: None,
        **wishes: Any,
    ) -> Report:
        """Plan and apply, if asked only what passes its tests."""
        environment, keyring = self.environment, Keyring(self.environment, self.environ)
        connection = self._connection()
        writer = Writer(connection, keyring, questions=(TEST_MODEL,) if test else ())
        tenant = WritableTenant(writer, keyring, environment, parallelism=self.parallelism)
        loaded = self.load()
        with closing(tenant):
            plan, state = reconcile.plan(
                loaded, tenant, Policy(environment, **wishes), source=SourceTree()
            )
            return reconcile.apply(
                plan,
                state,
                tenant,
                environ=self.environ,
                patience=connection.patience,
                ways=Ways(parallelism=self.parallelism, fail_fast=fail_fast, done=done),
                skip_blocked=skip_blocked,
                tests=loaded.tests if test else (),
            )

    def test(self, **wishes: Any) -> Verdicts:
        """Run the tests of the models with a client that can only read and ask."""
        environment, keyring = self.environment, Keyring(self.environment, self.environ)
        reader = Reader(self._connection(), keyring, questions=(TEST_MODEL,))
        tenant = Tenant(reader, keyring, environment, parallelism=self.parallelism)
        with closing(tenant):
            return reconcile.test(self.load(), tenant, Policy(environment, **wishes))

    def stored(self, target: str) -> dict[str, Any]:
        """What the tenant really holds of one object, its secret included."""
        return self.sandbox.stored(target).body

    def writes(self) -> list[Recorded]:
        """The mutating requests that arrived, token requests left out."""
        return [r for r in self.sandbox.requests if r.method != "GET" and r.path != "/oauth/token"]

    def _connection(self) -> Connection:
        environment = self.environment
        return Connection(
            environment.base_url,
            environment.token_url,
            transport=self.wire(SandboxTransport(self.sandbox)),
            patience=Patience(sleep=self.sleep, clock=lambda: self.now, random=random.Random(1)),
        )


def by_a_stranger(world: World) -> None:
    """Apply with keys that are none of ours: the tenant is as Git says, and not by us."""
    ours = world.environ
    world.environ = dict(ours)
    for key in world.sandbox.keys:
        name = variables(world.env, key.feature)[0]
        world.sandbox.add_key(key.feature, f"elsewhere-{key.feature}", "s")
        world.environ[name] = f"elsewhere-{key.feature}"
        world.environ[name.removesuffix("_ID") + "_SECRET"] = "s"
    assert world.apply().exit_code == 0
    world.environ = ours
