"""The wire as the vendor's reference shows it, transcribed by hand: one row for each kind.

Names and shapes are the reference's, values are made up. Nothing here is derived from the kinds, so
that the two can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_COMMON = frozenset(
    {"clientKey", "href", "ref", "modifiedAt", "modifiedByRef", "modifiedByUserRef", "revision"}
)
_HOST = "https://api-engage-eu.sitecorecloud.io"
_TENANT = "tenantKey0000000000000000000test"
_AT = "2026-02-03T04:05:06.789Z"
_MODEL = "0b6f0c1e-1111-4aaa-8bbb-000000000001"
_VARIANT = "d0000000-0000-4000-8000-000000000001"
_TEMPLATE = "f0000000-0000-4000-8000-000000000001"
_CONNECTION = "c0000000-0000-4000-8000-000000000001"
_FLOW = "b0000000-0000-4000-8000-000000000001"
_DMN = (
    '<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd" id="definitions" '
    'name="definitions" namespace="http://camunda.org/schema/1.0/dmn" />'
)


@dataclass(frozen=True)
class Wire:
    """What the reference says about one kind.

    `spec` is the least a manifest with `key` states, `created` the exact body that must be sent for
    it, `required` what the reference demands of any body. `answer` is a documented object; `refs`
    are the ones it names, by address. `server_made` stands in answers only, `unsent` is not even
    sent back.
    """

    kind: str
    collection: str
    item: str
    required: frozenset[str]
    key: str
    spec: dict[str, Any]
    created: dict[str, Any]
    answer: dict[str, Any]
    server_made: frozenset[str] = _COMMON
    refs: dict[tuple[str, str], str] = field(default_factory=dict)
    unsent: frozenset[str] = frozenset()

    def sent_back(self, record: dict[str, Any]) -> dict[str, Any]:
        """What of a record goes into the body of a PUT that changes nothing."""
        return {name: value for name, value in record.items() if name not in self.unsent}


CONNECTION = Wire(
    kind="connection",
    collection="/v2/connections",
    item="/v2/connections/{ref}",
    required=frozenset({"name", "auth", "request", "systemType"}),
    key="loyalty_points",
    spec={
        "name": "LoyaltyPoints",
        "auth": {"authType": "NONE"},
        "request": {
            "requestType": "POST",
            "connectionUrl": "https://loyalty.example.test/v1/points",
            "requestBody": '{"guest":"${email}"}',
        },
        "systemType": "DATA_SYSTEM",
    },
    created={
        "name": "LoyaltyPoints",
        "auth": {"authType": "NONE"},
        "request": {
            "requestType": "POST",
            "connectionUrl": "https://loyalty.example.test/v1/points",
            "requestBody": '{"guest":"${email}"}',
        },
        "systemType": "DATA_SYSTEM",
    },
    answer={
        "clientKey": _TENANT,
        "href": f"{_HOST}/v2/connections/{_CONNECTION}",
        "ref": _CONNECTION,
        "name": "LoyaltyPoints",
        "description": "points balance",
        "modifiedByRef": "exampleApiKeyId@clients",
        "modifiedAt": _AT,
        "revision": 1,
        "archived": False,
        "auth": {
            "authType": "OAUTH",
            "clientId": "loyalty-client",
            "accessTokenUrl": "https://loyalty.example.test/oauth/token",
            "useMutualTls": False,
            "oauthCustomHeaders": [],
            "formUrlEncodedItems": [],
        },
        "request": {
            "requestType": "POST",
            "connectionUrl": "https://loyalty.example.test/v1/points",
            "requestBody": '{"guest":"${email}"}',
        },
        "exampleValue": '{"email":"someone@example.test"}',
        "inputMappings": [
            {
                "label": "Email",
                "key": "email",
                "type": "string",
                "exampleValue": "someone@example.test",
            }
        ],
        "outputMappings": [{"label": "Balance", "outputReference": "balance", "type": "String"}],
        "customHeaders": [{"name": "Accept", "value": "application/json"}],
        "urlParameters": [],
        "systemType": "DATA_SYSTEM",
        "connectionTimeout": 1000,
        "socketTimeout": 1000,
        "icon": "assets/images/icons/connections/plug.svg",
    },
)

TEMPLATE = Wire(
    kind="template",
    collection="/v3/templates",
    item="/v3/templates/{ref}",
    required=frozenset(
        {
            "name",
            "friendlyId",
            "type",
            "status",
            "description",
            "render",
            "defaultTemplate",
            "customTemplate",
        }
    ),
    key="promo_strip",
    spec={"name": "Promo strip", "type": "WEB", "templateElements": {"freemarker": "{}"}},
    created={
        "name": "Promo strip",
        "friendlyId": "promo_strip",
        "type": "WEB",
        "status": "DRAFT",
        "description": "",
        "render": False,
        "defaultTemplate": False,
        "customTemplate": True,
        "templateElements": [{"id": "freemarker", "template": "{}"}],
    },
    answer={
        "clientKey": _TENANT,
        "href": f"{_HOST}/v3/templates/{_TEMPLATE}",
        "ref": _TEMPLATE,
        "name": "Promo strip",
        "description": "Thin strip above the header",
        "modifiedByRef": "exampleApiKeyId@clients",
        "modifiedAt": "2026-02-03T04:05:06.78901Z",
        "revision": 1,
        "archived": False,
        "friendlyId": "promo_strip",
        "type": "WEB",
        "status": "DRAFT",
        "templateElements": [
            {"id": "html", "template": '<div id="strip">[[ Text | string | Hello ]]</div>'},
            {"id": "css", "template": "#strip{padding:4px}"},
            {"id": "freemarker", "template": "{}"},
        ],
        "render": False,
        "defaultTemplate": False,
        "tags": [],
        "customTemplate": True,
    },
)

DECISION_MODEL = Wire(
    kind="decision-model",
    collection="/v2/decisionModelDefinitions",
    item="/v2/decisionModelDefinitions/{ref}",
    required=frozenset({"name", "deploymentConfiguration"}),
    key="next_best_banner",
    spec={"name": "Next best banner"},
    created={"name": "Next best banner", "deploymentConfiguration": {"variants": []}},
    answer={
        "clientKey": _TENANT,
        "href": f"{_HOST}/v2/decisionModelDefinitions/{_MODEL}",
        "ref": _MODEL,
        "name": "Next best banner",
        "modifiedByUserRef": "aaaaaaaa-0000-4000-8000-00000000000a",
        "modifiedAt": _AT,
        "revision": 2,
        "archived": False,
        "deploymentConfiguration": {
            "variants": [
                {
                    "variantRef": _VARIANT,
                    "split": 100,
                    "status": "PRODUCTION",
                    "variantRevision": 1,
                    "control": True,
                }
            ]
        },
        "variants": {"href": f"{_HOST}/v2/decisionModelDefinitions/{_MODEL}/variants"},
        "revisions": {"href": f"{_HOST}/v2/decisionModelDefinitions/{_MODEL}/revisions"},
    },
    server_made=_COMMON | {"deploymentConfiguration", "revisions"},
    refs={
        ("decision-model", "next_best_banner"): _MODEL,
        ("decision-variant", "next_best_banner:seasonal"): _VARIANT,
    },
)

DECISION_VARIANT = Wire(
    kind="decision-variant",
    collection="/v2/decisionModelDefinitions/{parent}/variants",
    item="/v2/decisionModelVariants/{ref}",
    required=frozenset({"name", "definition"}),
    key="next_best_banner:seasonal",
    spec={"name": "Seasonal variant", "definition": _DMN},
    created={"name": "Seasonal variant", "definition": _DMN},
    answer={
        "clientKey": _TENANT,
        "href": f"{_HOST}/v2/decisionModelVariants/{_VARIANT}",
        "ref": _VARIANT,
        "name": "Seasonal variant",
        "modifiedByUserRef": "aaaaaaaa-0000-4000-8000-00000000000a",
        "modifiedAt": _AT,
        "revision": 1,
        "archived": False,
        "decisionModelDefinitionRef": _MODEL,
        "definition": _DMN,
        "transpiledDefinition": _DMN,
        "revisions": {"href": f"{_HOST}/v2/decisionModelVariants/{_VARIANT}/revisions"},
        "inProduction": False,
    },
    server_made=_COMMON
    | {"decisionModelDefinitionRef", "transpiledDefinition", "inProduction", "revisions"},
)


def _flow(kind: str) -> Wire:
    subtype = kind.upper()
    body = {
        "name": "Promo strip everywhere",
        "friendlyId": "promo_strip_everywhere",
        "type": "INTERACTIVE_WEB_FLOW",
        "subtype": subtype,
        "status": "DRAFT",
        "channels": ["WEB"],
        "businessProcess": "interactive_v1",
        "variants": [],
        "traffic": {
            "type": "simpleTraffic",
            "weightingAlgorithm": "USER_DEFINED",
            "allocation": 100,
        },
        "schedule": {"type": "simpleSchedule", "startDate": "2026-02-03T00:00:00.000Z"},
        "sampleSizeConfig": {
            "baseValue": 0.02,
            "minimumDetectableDifference": 0.2,
            "confidenceLevel": 0.95,
        },
    }
    return Wire(
        kind=kind,
        collection="/v3/flowDefinitions",
        item="/v3/flowDefinitions/{ref}",
        required=frozenset(body),
        key="promo_strip_everywhere",
        spec={
            "name": "Promo strip everywhere",
            "type": "INTERACTIVE_WEB_FLOW",
            "channels": ["WEB"],
            "schedule": {"type": "simpleSchedule", "startDate": "2026-02-03T00:00:00.000Z"},
        },
        created=body,
        answer={
            **body,
            "clientKey": _TENANT,
            "href": f"{_HOST}/v3/flowDefinitions/{_FLOW}",
            "ref": _FLOW,
            "modifiedByRef": "exampleApiKeyId@clients",
            "modifiedAt": _AT,
            "revision": 1,
            "archived": False,
            "triggers": [],
            "dashboardLinks": [],
            "tags": [],
            "transpiledVariants": [],
            "revisions": {"href": f"{_HOST}/v3/flowDefinitions/{_FLOW}/revisions"},
        },
        server_made=_COMMON | {"revisions", "transpiledVariants", "result", "subtype"},
        unsent=frozenset({"transpiledVariants", "result", "modifiedAt", "modifiedByRef"}),
    )


WIRE = (
    CONNECTION,
    TEMPLATE,
    DECISION_MODEL,
    DECISION_VARIANT,
    _flow("experience"),
    _flow("experiment"),
)
BY_KIND = {wire.kind: wire for wire in WIRE}
