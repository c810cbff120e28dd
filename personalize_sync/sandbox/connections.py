"""Connections: the outside systems a decision model may call.

API reference: create-a-connection, update-a-connection, retrieve-connections, test-a-connection.
The OAuth clientSecret is stored but never told again.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from personalize_sync.sandbox.family import (
    ARRAY,
    FLAG,
    OBJECT_OR_ARRAY,
    TEXT,
    WHOLE,
    Change,
    Family,
    View,
    check_nested,
    in_shown_order,
    objects_in,
)
from personalize_sync.sandbox.refusals import Objections, Refusal

if TYPE_CHECKING:
    from personalize_sync.sandbox.exchange import Document
    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant

MASK: Final = "****"
_PLUG = "assets/images/icons/connections/plug.svg"
_PRETENDED_MILLISECONDS = 12


def _defaults() -> Document:
    return {
        "connectionTimeout": 1000,
        "socketTimeout": 1000,
        "icon": _PLUG,
        "inputMappings": [],
        "outputMappings": [],
        "customHeaders": [],
        "urlParameters": [],
    }


def _unwrapped(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _check(change: Change, objections: Objections) -> None:
    for name in ("auth", "request"):
        if name in change.sent:
            change.sent[name] = _unwrapped(change.sent[name])
            if not isinstance(change.sent[name], dict):
                objections.add(f"{name} must be one object")
    auth, request = change.sent.get("auth"), change.sent.get("request")
    check_nested(objections, "auth", auth, {"authType": TEXT})
    check_nested(objections, "request", request, {"requestType": TEXT, "connectionUrl": TEXT})
    if isinstance(auth, dict) and is_oauth(auth):
        check_nested(objections, "auth", auth, {"clientId": TEXT, "accessTokenUrl": TEXT})
        if not str(auth.get("accessTokenUrl", "https:")).startswith("https:"):
            objections.add("auth.accessTokenUrl must be https")


def is_oauth(auth: Document) -> bool:
    """Tell whether a connection signs in with OAuth; the reference writes both letter cases."""
    return str(auth.get("authType", "")).upper() == "OAUTH"


def _rules(change: Change) -> None:
    auth = change.body.get("auth")
    if not isinstance(auth, dict):
        return
    auth = {name: value for name, value in auth.items() if value is not None}
    change.body["auth"] = auth
    before = (change.before.body.get("auth") or {}) if change.before else {}
    if not is_oauth(auth) or "clientSecret" in auth or "clientSecret" not in before:
        return
    match change.knobs.secret_left_out:
        case "kept":
            auth["clientSecret"] = before["clientSecret"]
        case "refused":
            raise Refusal(400, "auth.clientSecret is required")
        case "wiped":
            pass


def _shown_auth(view: View, auth: Document) -> Document:
    shown = {name: value for name, value in auth.items() if name != "clientSecret"}
    knobs = view.tenant.knobs
    if knobs.auth_type_case == "upper" and isinstance(shown.get("authType"), str):
        shown["authType"] = shown["authType"].upper()
    if not is_oauth(auth):
        return shown
    if knobs.server_defaults == "added":
        extras = {"useMutualTls": False, "oauthCustomHeaders": [], "formUrlEncodedItems": []}
        shown = {**shown, **{name: it for name, it in extras.items() if name not in shown}}
    match knobs.secret_on_read:
        case "null":
            shown["clientSecret"] = None
        case "masked" if "clientSecret" in auth:
            shown["clientSecret"] = MASK
        case "echoed" if "clientSecret" in auth:
            shown["clientSecret"] = auth["clientSecret"]
        case _:
            pass
    return shown


def _show(view: View, record: Record) -> Document:
    shown = dict(record.body)
    knobs = view.tenant.knobs
    if isinstance(shown.get("auth"), dict):
        shown["auth"] = _shown_auth(view, shown["auth"])
    if "customHeaders" in shown:
        shown["customHeaders"] = in_shown_order(knobs, shown["customHeaders"], "name")
    if knobs.connection_objects == "array":
        shown |= {name: [shown[name]] for name in ("auth", "request") if name in shown}
    return shown


CONNECTION = Family(
    kind="connection",
    collection="/v2/connections",
    fields={
        "name": TEXT,
        "description": TEXT,
        "auth": OBJECT_OR_ARRAY,
        "request": OBJECT_OR_ARRAY,
        "systemType": TEXT,
        "inputMappings": ARRAY,
        "outputMappings": ARRAY,
        "customHeaders": ARRAY,
        "urlParameters": ARRAY,
        "exampleValue": TEXT,
        "connectionTimeout": WHOLE,
        "socketTimeout": WHOLE,
        "icon": TEXT,
        "archived": FLAG,
        "revisionComment": TEXT,
    },
    required=("name", "auth", "request", "systemType"),
    defaults=_defaults,
    check=_check,
    rules=_rules,
    show=_show,
    has_revisions=False,
    names_are_keys=True,
)


def test_connection(tenant: Tenant, body: Document) -> Document:
    """Report on a call that is never made; API reference: test-a-connection."""
    connection = body.get("connection")
    if not isinstance(connection, dict):
        raise Refusal(400, "connection is required")
    auth, request = _unwrapped(connection.get("auth")), _unwrapped(connection.get("request"))
    objections = Objections()
    if not isinstance(auth, dict) or not isinstance(request, dict):
        raise Refusal(400, "connection.auth and connection.request are required")
    check_nested(objections, "request", request, {"connectionUrl": TEXT})
    objections.raise_any()
    refused = is_oauth(auth) and not _has_secret(tenant, connection, auth)
    return {
        "statusCode": int(HTTPStatus.UNAUTHORIZED if refused else HTTPStatus.OK),
        "executionTimeInMilliseconds": _PRETENDED_MILLISECONDS,
        "request": {"headers": _outgoing_headers(connection)},
    }


def _has_secret(tenant: Tenant, connection: Document, auth: Document) -> bool:
    # What a GET returned lacks the secret, so the stored one stands in.
    if auth.get("clientSecret") not in (None, "", MASK):
        return True
    stored = tenant.store.get("connection", str(connection.get("ref", "")))
    return stored is not None and bool((stored.body.get("auth") or {}).get("clientSecret"))


def _outgoing_headers(connection: Document) -> Document:
    named = objects_in(connection.get("customHeaders"))
    return {str(header.get("name")): header.get("value") for header in named} | {
        "X-Correlation-Id": "00000000-0000-4000-8000-00000000feed"
    }
