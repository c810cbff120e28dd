"""Connections: the outside systems a decision model or a triggered flow may call.

Known by name. The OAuth client secret never comes back (API reference: retrieve-connections), so
its drift cannot be seen; and because a PUT without it may wipe it, every PUT of such a connection
carries it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalize_sync.kinds.concealing import open_secrets
from personalize_sync.kinds.kind import (
    COSMETIC,
    SERVER_OWNED,
    Finding,
    KeyedBy,
    Kind,
    Refs,
    archived,
    first_object,
    overlay_items,
    overlay_object,
    without,
)
from personalize_sync.kinds.marker import Marker, joined, quoted, split
from personalize_sync.problems import Severity
from personalize_sync.resources import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.resources import Document, Live, Path, Resource

_PLAIN_OBJECTS = ("auth", "request")
# Lists whose items are told apart by a field, and that field.
_LISTS = {"customHeaders": "name", "inputMappings": "key", "outputMappings": "outputReference"}
_IN_AUTH = {"oauthCustomHeaders": "name", "formUrlEncodedItems": "name"}
# Write-only: a value under one of these names is never read back, shown, or sent as a placeholder.
SECRET_FIELDS = frozenset({"clientSecret", "password", "apiKey", "token", "secret"})
_SECRET_HEADERS = ("authorization", "proxy-authorization", "api-key", "apikey", "token", "secret")


def _normalise(live: Live, _refs: Refs) -> Document:
    body = without(live.record, SERVER_OWNED)
    if body.get("description") is not None:
        body["description"], _ = split(body["description"])
    body["auth"] = without(first_object(body.get("auth")), SECRET_FIELDS)
    body["request"] = first_object(body.get("request"))
    auth_type = body["auth"].get("authType")
    if isinstance(auth_type, str):
        body["auth"]["authType"] = auth_type.upper()
    return body


def _overlay(record: Document, resource: Resource, _refs: Refs) -> Document:
    body = {**record, **without(resource.spec, _PLAIN_OBJECTS)}
    body |= _items(record, resource.spec, _LISTS)
    live_auth = without(first_object(record.get("auth")), SECRET_FIELDS)
    stated_auth = resource.spec.get("auth", {} if record else {"authType": "NONE"})
    body["auth"] = overlay_object(live_auth, stated_auth) | _items(live_auth, stated_auth, _IN_AUTH)
    body["request"] = overlay_object(record.get("request"), resource.spec.get("request", {}))
    version = secret_version(resource)
    if version:
        text, _ = split(body.get("description"))
        revision = record.get("revision")
        following = revision + 1 if isinstance(revision, int) else 1
        body["description"] = joined(text, Marker(version, following, resource.fingerprint))
    return body


def _items(record: Document, spec: Document, lists: dict[str, str]) -> Document:
    """Return the stated lists whose items have a key, each item over the live one of its key.

    What an item leaves out is not compared, so a write must not take it away.
    """
    return {
        name: overlay_items(record.get(name), spec[name], key)
        for name, key in lists.items()
        if isinstance(spec.get(name), list)
    }


def _retire(record: Document) -> Document:
    """Archive without what the tenant shows in the secret's place: a mask must not become one."""
    body = archived(record)
    if "auth" in record:
        body["auth"] = without(first_object(record["auth"]), SECRET_FIELDS)
    return body


_PUBLIC_AUTH = ("authType", "clientId", "accessTokenUrl", "useMutualTls")


def _public(record: Document) -> Document:
    """Keep of `auth` what is known to be no secret: tenants have types with fields of their own.

    The marker's fingerprint goes too: it is of use to those alone who hold its key.
    """
    text, marker = split(record.get("description"))
    if marker and marker.fingerprint:
        record = {**record, "description": joined(text, replace(marker, fingerprint=""))}
    auth = first_object(record.get("auth"))
    known = {name: auth[name] for name in _PUBLIC_AUTH if name in auth}
    return {**record, "auth": known} if "auth" in record else record


def secret_version(resource: Resource) -> str:
    """Return the stated version of a connection's secrets, empty where none is stated."""
    stated = {ref.version for ref in resource.secrets.values() if ref.version}
    return ",".join(sorted(stated))


def _unsent(live: Live, resource: Resource) -> str:
    version = secret_version(resource)
    if not version:
        return ""
    _, marker = split(live.record.get("description"))
    if marker is None:
        return f"secret version {version}: which secret the tenant holds is not known"
    if marker.version != quoted(version):
        return f"secret version {marker.version} -> {version}"
    if resource.fingerprint and marker.fingerprint != resource.fingerprint:
        return _unlike(marker.fingerprint, resource.fingerprint)
    if live.revision is not None and marker.revision != live.revision:
        return "somebody wrote after our last write: the secret may have been replaced"
    return ""


def _unlike(sent: str, wanted: str) -> str:
    """Return what two different fingerprints tell: those of different keys tell nothing."""
    if sent.partition(".")[0] == wanted.partition(".")[0]:
        return "the value of the secret is another one than was sent last"
    return "whether the value of the secret changed cannot be told: the fingerprint key is new"


def _check(resource: Resource) -> Iterable[Finding]:
    spec = resource.spec
    if "-" in resource.name:
        yield Finding(
            ("name",),
            "PS3003",
            f'the connection name "{resource.name}" has a hyphen, which code that calls it cannot write',
            "Use letters, digits and underscores.",
            severity=Severity.WARNING,
        )
    token_url = first_object(spec.get("auth")).get("accessTokenUrl")
    if isinstance(token_url, str) and not token_url.lower().startswith("https://"):
        yield Finding(
            ("auth", "accessTokenUrl"),
            "PS4002",
            "the token URL is not https: the client secret would travel in clear text",
            "Use an https address.",
        )
    yield from _plain_secrets(spec)


def _plain_secrets(spec: Document) -> Iterable[Finding]:
    for path, name, value in _named_values(spec):
        if isinstance(value, str) and value and any(w in name.lower() for w in _SECRET_HEADERS):
            yield Finding(
                path,
                "PS4001",
                f'"{name}" looks like a secret, written in plain text',
                "Write {fromSecret: NAME} and set the environment variable NAME where apply runs.",
            )


def _named_values(spec: Document) -> Iterable[tuple[Path, str, Any]]:
    auth = first_object(spec.get("auth"))
    lists: tuple[tuple[Path, Any], ...] = (
        (("customHeaders",), spec.get("customHeaders")),
        (("auth", "oauthCustomHeaders"), auth.get("oauthCustomHeaders")),
        (("auth", "formUrlEncodedItems"), auth.get("formUrlEncodedItems")),
    )
    for path, items in lists:
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                name = str(item.get("name") or item.get("key") or "")
                yield (*path, str(index), "value"), name, item.get("value")


def _secrets(live: Live, spec: Document) -> Iterable[tuple[Path, str]]:
    """Return the write-only secrets that a tenant has, or shows a place for, and open ones."""
    shown = SECRET_FIELDS & first_object(live.record.get("auth")).keys()
    if needs_secret(live.record):
        if spec["auth"].get("authType") == "OAUTH":
            shown = frozenset({"clientSecret"})
        yield from ((("auth", name), name) for name in sorted(shown))
    yield from open_secrets(spec)


def needs_secret(record: Document) -> bool:
    """Whether a PUT of this live connection must carry a secret, lest the tenant forget its own."""
    auth_type = str(first_object(record.get("auth")).get("authType") or "NONE")
    return auth_type.upper() != "NONE"


def keeps_secret(live: Document, resource: Resource) -> bool:
    """Whether the tenant would go on using the secret it has: no new version is stated."""
    version = secret_version(resource)
    _, marker = split(live.get("description"))
    return not (version and marker and marker.version != quoted(version))


def states_secret(resource: Resource) -> bool:
    """Whether a manifest names the secret of its `auth`."""
    auth = resource.spec.get("auth") or {}
    return any(isinstance(auth.get(name), SecretRef) for name in SECRET_FIELDS)


CONNECTION = Kind(
    name="connection",
    manifest="Connection",
    title="connections",
    collection="/v2/connections",
    item="/v2/connections/{ref}",
    identity="name",
    read_with=("connections", "multiple-resources"),
    write_with=("connections", "multiple-resources"),
    scope="external_webservices",
    shapes={
        **{f"/{name}": KeyedBy(key) for name, key in _LISTS.items()},
        **{f"/auth/{name}": KeyedBy(key) for name, key in _IN_AUTH.items()},
    },
    sensitive=(
        "/customHeaders",
        "/auth/oauthCustomHeaders",
        "/auth/formUrlEncodedItems",
        *(f"/auth/{name}" for name in sorted(SECRET_FIELDS)),
    ),
    public=_public,
    risks=COSMETIC | {"/name": "content"},
    normalise=_normalise,
    overlay=_overlay,
    retire=_retire,
    check=_check,
    secrets=_secrets,
    unsent=_unsent,
)
