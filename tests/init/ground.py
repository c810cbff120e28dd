"""A tenant full of what real ones hold, and the import of it into a project."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalize_sync import reconcile
from personalize_sync.init import Drafts, Stage, draft, prove
from personalize_sync.manifests import load_project
from personalize_sync.tenant.client import Reader
from personalize_sync.tenant.keyring import Keyring
from personalize_sync.tenant.live import Tenant

if TYPE_CHECKING:
    from world import World

    from personalize_sync.resources import LiveState
    from personalize_sync.sandbox import Sandbox

TEXTS = (
    "<p>Hello</p>\n",
    "<p>\r\n\tCarriage  \r\n</p>\r\n",
    "  outer blanks, no last line end  ",
    "日本語 “quotes” \U0001f600\n# no comment: 'no key'\n",
    "[[ Text | string | Hello ]] ${guest.email!} {{#if x}} <#-- -->",
    "---\n...\n%TAG ! x\n\t- a: {b: [c\n",
    "<<<<<<<\n=======\n",
    "\x00\x07 controls \x1b[31m and \u2028 separators\x85",
)
DMN = (
    '<?xml version="1.0"?>\r\n<definitions  xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd" '
    'name=\'d\' id="d">\n  <decision id="d{n}" name="Guest type"><literalExpression id="c{n}">'
    "<text><![CDATA[if (a < b && c) {{ return {{type: 'x{n}'}}; }}\r\n]]></text>"
    "</literalExpression></decision>\n</definitions>\n"
)


def fill(sandbox: Sandbox, times: int = 1) -> int:
    """Fill a tenant and return how many objects it then has; what makes trouble is always in it."""
    for n in range(times):
        _template(sandbox, n)
        _connection(sandbox, n)
        model = _model(sandbox, n)
        _flow(sandbox, n, model)
    asked = sandbox.knobs
    # Twins may be older than the rule against them.
    sandbox.knobs = replace(asked, duplicate_name="allowed")
    for _ in range(2):
        _plain_connection(sandbox, "Twin weather")
        sandbox.create(
            "decision-model", {"name": "Twin", "deploymentConfiguration": {"variants": []}}
        )
    sandbox.knobs = asked
    for key in ("archived_one", "archived_two"):
        body = {"name": "Promo 0", "friendlyId": key, **_WEB, "archived": True}
        sandbox.create("template", body)
    builtin = {"name": "Built in", "friendlyId": "built_in", **_WEB, "defaultTemplate": True}
    sandbox.create("template", {**builtin, "customTemplate": False})
    for name in _NAMES:
        _plain_connection(sandbox, name)
    _plain_connection(sandbox, "Gone", archived=True)
    _plain_connection(sandbox, "Gone")
    return len(sandbox.all())


# What nobody sees or cannot write in code, and names that look alike and are not.
_NAMES = (
    "a-b",
    " outer blanks ",
    'two\nlines - "x"\n',
    "tab\t-",
    "Caf\u00e9",
    "Cafe\u0301",
    "'-' #",
)
_WEB: dict[str, Any] = {
    "type": "WEB",
    "status": "DRAFT",
    "description": "",
    "render": False,
    "defaultTemplate": False,
    "customTemplate": True,
    "templateElements": [],
}


def _template(sandbox: Sandbox, n: int) -> None:
    text = TEXTS[n % len(TEXTS)]
    kinds = ("WEB", "WEB", "DECISION", "CONDITION", "AUDIENCE", "JS_MODULE")
    elements = [{"id": "js", "template": text}]
    if n % len(kinds) < 2:
        elements += [
            {"id": "html", "template": TEXTS[(n + 1) % len(TEXTS)]},
            {"id": "css", "template": ""},
            {"id": "freemarker", "template": "{}"},
        ]
    body = {
        **_WEB,
        "name": f"Promo {n // 2}" if n % 3 else f"Überraschung №{n} 'neu': #1",
        "friendlyId": f"promo_{n}" if n else "con",
        "type": kinds[n % len(kinds)],
        "status": "PUBLISHED" if n % 2 else "DRAFT",
        "description": text if n % 2 else "plain",
        "templateElements": elements,
        "tags": ["sale", "on", "007", f"tag {n}"],
    }
    if kinds[n % len(kinds)] == "DECISION":
        body["additionalFields"] = {"decisionReturnType": "String", "decisionOutputReference": "o"}
    sandbox.create("template", body)


def _plain_connection(sandbox: Sandbox, name: str, **more: Any) -> None:
    request = {"requestType": "GET", "connectionUrl": "https://x.example.test/v1"}
    auth: dict[str, Any] = {"authType": "NONE"}
    body: dict[str, Any] = {
        "name": name,
        "systemType": "DATA_SYSTEM",
        "auth": auth,
        "request": request,
    }
    sandbox.create("connection", body | more)


def _connection(sandbox: Sandbox, n: int) -> None:
    if n % 3 == 0:
        _plain_connection(sandbox, f"Wetter-{n // 2}" if n % 2 else f"Wetter {n // 2}")
        return
    auth = {
        "authType": "OAUTH",
        "clientId": "me",
        "clientSecret": f"hush-{n}",
        "accessTokenUrl": "https://x.example.test/token",
        "oauthCustomHeaders": [{"name": "Authorization", "value": f"Basic hush-{n}"}],
    }
    request = {
        "requestType": "POST",
        "connectionUrl": "https://x.example.test/v1?q=${q}",
        "requestBody": '{"guest": "${email}", \'é\': "\\n"}\r\n',
    }
    headers = [
        {"name": "Accept", "value": "application/json"},
        {"name": "X-Api-Key", "value": f"hush-{n}"},
    ]
    _plain_connection(
        sandbox,
        f"Punkte ✓ {n}",
        auth=auth,
        request=request,
        customHeaders=headers,
        description=TEXTS[n % len(TEXTS)],
        inputMappings=[{"label": "E", "key": "email", "type": "string", "exampleValue": "no"}],
        outputMappings=[{"label": "B", "outputReference": "b", "type": "String"}],
    )


def _flow(sandbox: Sandbox, n: int, model: str) -> None:
    """An experiment with shares and a decision, a running experience, or one with audiences."""
    text = TEXTS[n % len(TEXTS)]
    asked = {
        "implementation": "decisionModelTask",
        "input": {"inputType": "decisionModelTaskInput", "decisionModelRefs": [model]},
    }
    answers = {
        "implementation": "templateRenderTask",
        "input": {
            "inputType": "templateRenderTaskInput",
            "type": "application/json",
            "template": text,
        },
    }
    refs = [f"{n:08}-0000-4000-8000-{part:012}" for part in range(2)]
    variants = [
        {
            "ref": refs[0],
            "name": "Kontrolle: A",
            "isControl": True,
            "assets": {"html": text, "css": ""},
        },
        {
            "ref": refs[1],
            "name": "Bold",
            "tasks": [asked, answers],
            "templateVariables": {"T": text},
        },
    ]
    traffic: dict[str, Any] = {"type": "simpleTraffic", "weightingAlgorithm": "USER_DEFINED"}
    traffic |= {"allocation": 100, "splits": [{"ref": r, "split": 50} for r in refs]}
    if n % 3 == 2:
        condition = {
            "conditions": [{"templateId": "promo_3" if n % 2 else "built_in", "params": {"a": "b"}}]
        }
        split = {"template": "{}", "variantName": "Bold", "audienceName": "All"}
        traffic |= {"type": "audienceTraffic", "splits": [split | {"conditionGroups": [condition]}]}
    is_experience = n % 3 > 0
    body = {
        "name": f"Held № {n} (½)",
        "friendlyId": f"hero_{n}",
        "type": "INTERACTIVE_WEB_FLOW",
        "subtype": "EXPERIENCE" if is_experience else "EXPERIMENT",
        "status": "PRODUCTION" if n % 3 == 1 else "DRAFT",
        "channels": ["WEB", "EMAIL"],
        "tags": ["x"],
        "businessProcess": "interactive_v1",
        "schedule": {"type": "simpleSchedule", "startDate": "2026-02-03T00:00:00.000Z"},
        "sampleSizeConfig": {
            "baseValue": 0.02,
            "minimumDetectableDifference": 0.2,
            "confidenceLevel": 0.95,
        },
        "traffic": traffic,
        "variants": variants,
    }
    sandbox.create("flow", body)


def _model(sandbox: Sandbox, n: int) -> str:
    name = f"Modell {n}" if n % 4 else f"{'東京' if n % 8 else '大阪'}{n or ''}"
    empty: dict[str, Any] = {"variants": []}
    model = sandbox.create("decision-model", {"name": name, "deploymentConfiguration": empty})
    entries = []
    for number, (word, status, split) in enumerate(
        (("Main", "PRODUCTION", 100), ("Main!", "DRAFT", 0), ("Idea", "TEST", 0))
    ):
        body: dict[str, Any] = {"name": word, "definition": DMN.format(n=n)}
        made = sandbox.create("decision-variant", body, parent=model.ref)
        if number < 1 + n % 3:
            entries.append(
                {"variantRef": made.ref, "variantRevision": 1, "status": status, "split": split}
            )
    sandbox.create(
        "decision-variant",
        {"name": "Old", "definition": "gone", "archived": True},
        parent=model.ref,
    )
    with sandbox.writing() as tenant:
        record = sandbox.stored(model.ref)
        body = {**record.body, "deploymentConfiguration": {"variants": entries}}
        tenant.amend(record, body, "auth0|maria")
    return model.ref


def bring_in(world: World) -> Drafts:
    """Import the tenant into the world's project, with a client that can only read."""
    environment = world.environment
    if world.sandbox.knobs.read_after_write == "lagging":
        survey(world)  # lists that lag show yesterday's tenant; then comes today
    state = survey(world)
    with Stage(world.root) as stage:
        drafts = draft(state)
        prove(drafts, state, stage, load_project(world.root), environment)
        stage.place()
    return drafts


def survey(world: World) -> LiveState:
    """Read the whole tenant."""
    environment, keyring = world.environment, Keyring(world.environment, world.environ)
    with closing(Tenant(Reader(world._connection(), keyring), keyring, environment)) as tenant:
        return reconcile.survey(tenant, environment)
