"""From a request to an answer: which operation, with which body, in whose name.

API reference: the operation pages of the five kinds. Faults, tokens and the log stay outside.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from personalize_sync.sandbox.connections import CONNECTION, test_connection
from personalize_sync.sandbox.decision_models import DECISION_MODEL
from personalize_sync.sandbox.decision_tests import test_decision_model
from personalize_sync.sandbox.decision_variants import DECISION_VARIANT
from personalize_sync.sandbox.exchange import Answer, json_answer
from personalize_sync.sandbox.flows import FLOW, of_site
from personalize_sync.sandbox.listing import list_objects, list_revisions
from personalize_sync.sandbox.refusals import Refusal
from personalize_sync.sandbox.templates import TEMPLATE, process_templates, render_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalize_sync.sandbox.exchange import Document, Request
    from personalize_sync.sandbox.family import Family
    from personalize_sync.sandbox.store import Record
    from personalize_sync.sandbox.tenant import Tenant

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request on its way to an operation."""

    tenant: Tenant
    request: Request
    author: str
    parts: tuple[str, ...] = ()  # what the path holds besides its fixed words
    shift: int = 0  # set by a fault: a list page starts elsewhere

    def body(self) -> Document:
        """Read the JSON object that was sent, or refuse."""
        content_type = self.request.headers.get("content-type", "")
        if not content_type:
            status = self.tenant.knobs.missing_content_type
            raise Refusal(status, "the request has no Content-Type")
        if "json" not in content_type.lower():
            raise Refusal(415, "the Content-Type must be application/json")
        try:
            document = json.loads(self.request.body, parse_constant=_refuse_constant)
            json.dumps(document, ensure_ascii=False).encode()  # lone surrogates end here
        except (ValueError, RecursionError):
            raise Refusal(400, "the body is not valid JSON") from None
        if not isinstance(document, dict):
            raise Refusal(400, "the body must be a JSON object")
        return document


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


Operation: TypeAlias = "Callable[[Exchange], Answer]"


@dataclass(frozen=True, slots=True)
class _Route:
    path: re.Pattern[str]
    operations: Mapping[str, Operation]


def dispatch(exchange: Exchange) -> Answer:
    """Carry out a request."""
    path = exchange.request.path.rstrip("/") or "/"
    for route in _ROUTES:
        found = route.path.fullmatch(path)
        if found is None:
            continue
        operation = route.operations.get(exchange.request.method)
        if operation is None:
            allowed = ", ".join(sorted(route.operations))
            raise Refusal(405, "method not allowed", headers=(("Allow", allowed),))
        parts = tuple(unquote(part) for part in found.groups())
        return operation(
            Exchange(exchange.tenant, exchange.request, exchange.author, parts, exchange.shift)
        )
    raise Refusal(404, "no such resource")


def _found(exchange: Exchange, family: Family, *, friendly: bool) -> Record:
    key = exchange.parts[0]
    record = exchange.tenant.find(family, key)
    if record is None or (record.ref != key and not friendly):
        raise Refusal(404, f"no {family.kind} {key}")
    return record


def _list(family: Family, exchange: Exchange) -> Answer:
    query = dict(exchange.request.query)
    origin = exchange.request.origin
    return json_answer(
        200, list_objects(exchange.tenant, family, query, origin, shift=exchange.shift)
    )


def _create(family: Family, exchange: Exchange) -> Answer:
    record = exchange.tenant.create(family, exchange.body(), exchange.author)
    return _created(exchange, record)


def _created(exchange: Exchange, record: Record) -> Answer:
    shown = exchange.tenant.show(record, "created", exchange.request.origin)
    return json_answer(exchange.tenant.knobs.post_status, shown)


def _get(family: Family, exchange: Exchange) -> Answer:
    friendly = family is FLOW or exchange.tenant.knobs.get_by_friendly_id == "both"
    record = _found(exchange, family, friendly=friendly)
    return json_answer(200, exchange.tenant.show(record, "got", exchange.request.origin))


def _put(family: Family, exchange: Exchange) -> Answer:
    tenant = exchange.tenant
    key = exchange.parts[0]
    creates = family is FLOW and tenant.knobs.put_unknown_ref == "creates"
    if creates and _UUID.fullmatch(key.lower()) and tenant.find(family, key) is None:
        record = tenant.create(family, exchange.body(), exchange.author, ref=key)
        return json_answer(201, tenant.show(record, "created", exchange.request.origin))
    record = _found(exchange, family, friendly=family is FLOW)
    record = tenant.replace(family, record, exchange.body(), exchange.author)
    shown = tenant.show(record, "updated", exchange.request.origin)
    return json_answer(tenant.knobs.put_status, shown)


def _delete(family: Family, exchange: Exchange) -> Answer:
    answer = exchange.tenant.knobs.delete
    if answer != "deletes":
        raise Refusal(answer, "DELETE is not supported", headers=(("Allow", "GET, PUT"),))
    exchange.tenant.delete(_found(exchange, family, friendly=False))
    return Answer(200, b"", ())


def _revisions(family: Family, exchange: Exchange) -> Answer:
    record = _found(exchange, family, friendly=False)
    query = dict(exchange.request.query)
    origin = exchange.request.origin
    return json_answer(200, list_revisions(exchange.tenant, family, record, query, origin))


def _revision(family: Family, exchange: Exchange) -> Answer:
    record = _found(exchange, family, friendly=False)
    for past in exchange.tenant.store.revisions(record):
        if str(past.revision) == exchange.parts[1]:
            shown = exchange.tenant.show(past, "revision", exchange.request.origin)
            return json_answer(200, shown)
    raise Refusal(404, f"no revision {exchange.parts[1]}")


def _list_variants(exchange: Exchange) -> Answer:
    model = _found(exchange, DECISION_MODEL, friendly=False)
    page = list_objects(
        exchange.tenant,
        DECISION_VARIANT,
        dict(exchange.request.query),
        exchange.request.origin,
        parent=model.ref,
        shift=exchange.shift,
    )
    return json_answer(200, page)


def _create_variant(exchange: Exchange) -> Answer:
    model = _found(exchange, DECISION_MODEL, friendly=False)
    body = exchange.body()
    record = exchange.tenant.create(DECISION_VARIANT, body, exchange.author, parent=model.ref)
    return _created(exchange, record)


def _test_connection(exchange: Exchange) -> Answer:
    return json_answer(200, test_connection(exchange.tenant, exchange.body()))


def _test_decision_model(exchange: Exchange) -> Answer:
    return json_answer(200, test_decision_model(exchange.tenant, exchange.body()))


def _render_templates(exchange: Exchange) -> Answer:
    return json_answer(200, render_templates(exchange.tenant, exchange.body()))


def _process_templates(exchange: Exchange) -> Answer:
    return json_answer(200, process_templates(exchange.body()))


def _flows_of_site(exchange: Exchange) -> Answer:
    page = of_site(exchange.tenant, exchange.parts[0])
    href = f"{exchange.request.origin}{exchange.request.path}"
    return json_answer(200, {"href": href, **page})


def _route(path: str, operations: Mapping[str, Operation]) -> _Route:
    return _Route(re.compile(path), operations)


def _object_routes(family: Family) -> list[_Route]:
    path = re.escape(family.collection)
    routes = [
        _route(
            rf"{path}/([^/]+)",
            {
                "GET": partial(_get, family),
                "PUT": partial(_put, family),
                "DELETE": partial(_delete, family),
            },
        )
    ]
    # A variant is created and listed below its model.
    if family is not DECISION_VARIANT:
        routes.append(
            _route(path, {"GET": partial(_list, family), "POST": partial(_create, family)})
        )
    # The answers of flows link to revisions that no page documents; connections have none.
    if family.has_revisions:
        routes.append(_route(rf"{path}/([^/]+)/revisions", {"GET": partial(_revisions, family)}))
        routes.append(
            _route(rf"{path}/([^/]+)/revisions/([^/]+)", {"GET": partial(_revision, family)})
        )
    return routes


# The fixed words come first: "testConnection" is no ref.
_ROUTES: tuple[_Route, ...] = (
    _route(r"/v2/connections/testConnection", {"POST": _test_connection}),
    _route(r"/v2/testDecisionModel", {"POST": _test_decision_model}),
    _route(r"/v3/templates/renderTemplates", {"POST": _render_templates}),
    _route(r"/v3/templates/process", {"POST": _process_templates}),
    _route(r"/v3/flowDefinitions/sites/([^/]+)", {"GET": _flows_of_site}),
    _route(
        r"/v2/decisionModelDefinitions/([^/]+)/variants",
        {"GET": _list_variants, "POST": _create_variant},
    ),
    *(
        route
        for family in (CONNECTION, DECISION_MODEL, DECISION_VARIANT, TEMPLATE, FLOW)
        for route in _object_routes(family)
    ),
)
CREATING = re.compile(
    r"/v2/connections|/v2/decisionModelDefinitions(/[^/]+/variants)?|/v3/templates"
    r"|/v3/flowDefinitions"
)
