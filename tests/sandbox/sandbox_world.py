"""Builders with boring defaults, and a plain client for the simulated tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import httpx

from personalize_sync.sandbox import Knobs, ManualClock, Sandbox, SandboxTransport, numbered_ids
from personalize_sync.sandbox.faults import Fault, FaultPlan

Body = dict[str, Any]

EU = "https://api-engage-eu.sitecorecloud.io"
AUTH = "https://auth.sitecorecloud.io/oauth/token"
AUDIENCE = "https://api.sitecorecloud.io"
CONNECTIONS = "/v2/connections"
MODELS = "/v2/decisionModelDefinitions"
VARIANTS = "/v2/decisionModelVariants"
TEMPLATES = "/v3/templates"
FLOWS = "/v3/flowDefinitions"
UNKNOWN_REF = "99999999-9999-4999-8999-999999999999"
CANVAS = '<definitions xmlns="urn:dmn" name="n" id="i"><a/>  <b/></definitions>'


def template(**changes: object) -> Body:
    """A web template with one element."""
    return {
        "name": "Promo strip",
        "friendlyId": "promo_strip",
        "description": "Thin strip",
        "type": "WEB",
        "status": "DRAFT",
        "render": False,
        "defaultTemplate": False,
        "customTemplate": True,
        "templateElements": [{"id": "html", "template": "<b>Hello</b>"}],
        **changes,
    }


def connection(**changes: object) -> Body:
    """A connection that needs no sign-in."""
    return {
        "name": "LoyaltyPoints",
        "auth": {"authType": "NONE"},
        "request": {"requestType": "GET", "connectionUrl": "https://loyalty.example.test/v1"},
        "systemType": "DATA_SYSTEM",
        **changes,
    }


def oauth(**changes: object) -> Body:
    """The sign-in of a connection, with its secret."""
    return {
        "authType": "OAUTH",
        "clientId": "loyalty-client",
        "clientSecret": "hush",
        "accessTokenUrl": "https://loyalty.example.test/oauth/token",
        **changes,
    }


def model(*entries: Body, **changes: object) -> Body:
    """A decision model that deploys the given entries."""
    return {
        "name": "Next best banner",
        "deploymentConfiguration": {"variants": list(entries)},
        **changes,
    }


def variant(**changes: object) -> Body:
    """A decision model variant."""
    return {"name": "Seasonal variant", "definition": CANVAS, **changes}


def deployment(ref: str, **changes: object) -> Body:
    """An entry of a deployment configuration."""
    return {
        "variantRef": ref,
        "split": 100,
        "status": "PRODUCTION",
        "variantRevision": 1,
        **changes,
    }


def flow(**changes: object) -> Body:
    """A web experience in draft."""
    return {
        "name": "Promo strip experience",
        "friendlyId": "promo_strip_experience",
        "type": "INTERACTIVE_WEB_FLOW",
        "subtype": "EXPERIENCE",
        "status": "DRAFT",
        "channels": ["WEB"],
        "businessProcess": "interactive_v1",
        "variants": [],
        "traffic": {"type": "simpleTraffic", "allocation": 100, "splits": []},
        "schedule": {"type": "simpleSchedule", "startDate": "2026-01-01T00:00:00.000Z"},
        "sampleSizeConfig": {"baseValue": 0.02},
        **changes,
    }


def new_sandbox(
    *settings: str, faults: FaultPlan | Iterable[Fault] = (), **arguments: Any
) -> Sandbox:
    """A fresh tenant in memory whose time stands still and whose refs count up."""
    defaults: Body = {"clock": ManualClock(), "ids": numbered_ids()}
    return Sandbox(knobs=Knobs.parse(settings), faults=faults, **{**defaults, **arguments})


class Api:
    """A client of one feature that neither retries nor judges."""

    def __init__(
        self,
        sandbox: Sandbox,
        feature: str = "multiple-resources",
        *,
        http: httpx.Client | None = None,
        token_url: str = AUTH,
    ) -> None:
        self.sandbox = sandbox
        self.feature = feature
        self.token_url = token_url
        self.http = http or httpx.Client(transport=SandboxTransport(sandbox), base_url=EU)

    @property
    def clock(self) -> ManualClock:
        """The tenant's clock, which stands still unless a test moves it."""
        clock = self.sandbox._tenant.clock
        assert isinstance(clock, ManualClock)
        return clock

    def token_reply(self, **changes: str) -> httpx.Response:
        """Ask for a token and show the answer."""
        form = {
            "grant_type": "client_credentials",
            "client_id": f"sandbox-{self.feature}",
            "client_secret": f"sandbox-{self.feature}-secret",
            "audience": AUDIENCE,
            **changes,
        }
        return self.http.post(self.token_url, data=form)

    def sign_in(self, **changes: str) -> Api:
        """Sign all further requests."""
        token = self.token_reply(**changes).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        return self

    def get(self, path: str, **query: str | int) -> httpx.Response:
        return self.http.get(path, params=query or None)

    def post(self, path: str, body: Body) -> httpx.Response:
        return self.http.post(path, json=body)

    def put(self, path: str, body: Body) -> httpx.Response:
        return self.http.put(path, json=body)

    def made(self, path: str, body: Body) -> Body:
        """Create an object and give the answer's document."""
        return self._done(self.post(path, body))

    def changed(self, path: str, body: Body) -> Body:
        """Replace an object and give the answer's document."""
        return self._done(self.put(path, body))

    def read(self, path: str, **query: str | int) -> Body:
        """Get a document."""
        return self._done(self.get(path, **query))

    def listed(self, path: str, **query: str | int) -> list[Body]:
        """Get the items of one list page."""
        items: list[Body] = self.read(path, **query)["items"]
        return items

    def deployed_variant(self) -> tuple[Body, Body]:
        """Create a model with one variant in production."""
        owner = self.made(MODELS, model())
        made = self.made(f"{MODELS}/{owner['ref']}/variants", variant())
        owner = self.changed(f"{MODELS}/{owner['ref']}", model(deployment(made["ref"])))
        return owner, made

    def running_flow(self, **changes: object) -> Body:
        """Create a flow and let it go live."""
        made = self.made(FLOWS, flow(**changes))
        self.changed(f"{FLOWS}/{made['ref']}", flow(status="PRODUCTION", **changes))
        for _ in range(5):
            made = self.read(f"{FLOWS}/{made['ref']}")
        return made

    @staticmethod
    def _done(response: httpx.Response) -> Body:
        assert response.is_success, response.text
        document: Body = response.json()
        return document


def tenant(*settings: str, faults: FaultPlan | Iterable[Fault] = (), **arguments: Any) -> Api:
    """A signed-in client of a fresh tenant that has the given knobs and faults."""
    return Api(new_sandbox(*settings, faults=faults, **arguments)).sign_in()


Door = Callable[..., AbstractContextManager[Api]]
