"""API keys, what each feature opens, and bearer tokens.

API reference: api-keys, request-an-access-token. One key opens one feature; a token lives for a
while and carries the scopes of its key's feature.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl
from uuid import NAMESPACE_URL, uuid5

from personalize_sync.sandbox.exchange import Answer, json_answer
from personalize_sync.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from personalize_sync.sandbox.exchange import Request
    from personalize_sync.sandbox.knobs import Knobs
    from personalize_sync.sandbox.store import Store

Feature = Literal[
    "connections", "developer-templates", "decision-model-testing", "multiple-resources"
]
FEATURES: tuple[Feature, ...] = (
    "connections",
    "developer-templates",
    "decision-model-testing",
    "multiple-resources",
)
AUDIENCE = "https://api.sitecorecloud.io"
SCOPES: dict[Feature, str] = {
    "connections": "personalize.external_webservices:manage",
    "developer-templates": "personalize.templates:manage",
    # No source names this scope; the form is that of the sibling product's read scopes.
    "decision-model-testing": "personalize.decision_models:r",
    "multiple-resources": (
        "personalize.decision_models:manage personalize.templates:manage "
        "personalize.external_webservices:manage personalize.flows:manage"
    ),
}
_DECISION_MODELS = r"/v2/(decisionModelDefinitions|decisionModelVariants)(/.*)?"
_OPENED: dict[Feature, tuple[tuple[str, str], ...]] = {
    "connections": ((r"[A-Z]+", r"/v2/connections(/.*)?"),),
    "developer-templates": ((r"[A-Z]+", r"/v3/templates(/.*)?"),),
    "decision-model-testing": (
        (r"GET", _DECISION_MODELS),
        (r"POST", r"/v2/testDecisionModel/?"),
    ),
    "multiple-resources": ((r"[A-Z]+", r"/.*"),),
}
_DAY = 86400


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key of the tenant; `repr` leaves the secret out."""

    client_id: str
    secret: str
    feature: Feature

    def __repr__(self) -> str:
        return f"ApiKey({self.client_id!r}, feature={self.feature!r})"

    def opens(self, method: str, path: str) -> bool:
        """Tell whether the feature of this key covers a request."""
        return any(
            re.fullmatch(verbs, method) and re.fullmatch(paths, path)
            for verbs, paths in _OPENED[self.feature]
        )


def well_known_keys() -> tuple[ApiKey, ...]:
    """List the keys of a fresh sandbox: one per feature, with credentials anybody may know."""
    return tuple(
        ApiKey(f"sandbox-{feature}", f"sandbox-{feature}-secret", feature) for feature in FEATURES
    )


def machine_uuid(stamp: str) -> str:
    """Give the plain UUID that stands for a key where the tenant stamps no client id."""
    return str(uuid5(NAMESPACE_URL, stamp))


@dataclass(slots=True)
class _Token:
    client_id: str
    issued: datetime
    uses: int = 0


class Tokens:
    """Issues and checks bearer tokens; kept in memory only, as a restart may end a session."""

    def __init__(self) -> None:
        self._tokens: dict[str, _Token] = {}

    def reply(self, request: Request, store: Store, knobs: Knobs, now: datetime) -> Answer:
        """Answer a token request the way the issuer does."""
        if request.method != "POST":
            return json_answer(HTTPStatus.METHOD_NOT_ALLOWED, {"error": "method_not_allowed"})
        form = token_form(request)
        if form.get("grant_type") != "client_credentials":
            return _token_error(403, "unauthorized_client", "Grant type not allowed for the client")
        if form.get("audience") != AUDIENCE:
            return _token_error(403, "access_denied", "Service not enabled within domain")
        key = store.key(form.get("client_id", ""))
        if key is None or not _same(key.secret, form.get("client_secret", "")):
            return _token_error(401, "access_denied", "Unauthorized")
        return json_answer(200, self._issue(key, knobs, now))

    def _issue(self, key: ApiKey, knobs: Knobs, now: datetime) -> dict[str, object]:
        token = f"sandbox.{secrets.token_urlsafe(24)}"
        self._tokens[token] = _Token(key.client_id, now)
        return {
            "access_token": token,
            "scope": SCOPES[key.feature],
            "expires_in": knobs.token_expires_in,
            "token_type": "Bearer",
        }

    def owner(self, request: Request, store: Store, knobs: Knobs, now: datetime) -> ApiKey:
        """Find the key whose token signs a request, or refuse with 401."""
        token = self._tokens.get(_bearer(request))
        if token is None or not _is_alive(token, knobs, now):
            raise Refusal(401, "Full authentication is required to access this resource")
        key = store.key(token.client_id)
        if key is None:  # revoked: its tokens die with it
            raise Refusal(401, "Full authentication is required to access this resource")
        token.uses += 1
        return key

    def client_of(self, request: Request) -> str | None:
        """Tell whose token a request carries, valid or not, for the log."""
        token = self._tokens.get(_bearer(request))
        return None if token is None else token.client_id

    def expire_all(self) -> None:
        """End every token now."""
        self._tokens.clear()


def _bearer(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def token_form(request: Request) -> dict[str, str]:
    """Read the form fields of a token request."""
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _is_alive(token: _Token, knobs: Knobs, now: datetime) -> bool:
    age = (now - token.issued).total_seconds()
    validity = knobs.token_validity
    if validity == "longer":
        return age < max(_DAY, 2 * knobs.token_expires_in)
    if validity == "shorter":
        spent = token.uses if knobs.token_dies_after.unit == "requests" else age
        if spent >= knobs.token_dies_after.amount:
            return False
    return age < knobs.token_expires_in


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


def _token_error(status: int, error: str, description: str) -> Answer:
    return json_answer(status, {"error": error, "error_description": description})
