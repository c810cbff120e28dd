"""No body, however odd, makes the tenant stumble."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from sandbox.sandbox_world import (
    CONNECTIONS,
    FLOWS,
    MODELS,
    TEMPLATES,
    connection,
    flow,
    model,
    oauth,
    template,
    tenant,
)

BODIES = {
    CONNECTIONS: connection(auth=oauth(), customHeaders=[{"name": "a", "value": "b"}]),
    MODELS: model({"variantRef": "x", "split": 1, "status": "TEST", "variantRevision": 1}),
    TEMPLATES: template(tags=["a"]),
    FLOWS: flow(
        variants=[{"ref": "a", "name": "A"}],
        traffic={
            "type": "audienceTraffic",
            "splits": [{"conditionGroups": [{"conditions": [{"templateId": "x", "params": {}}]}]}],
        },
        goals={},
    ),
}
NAMES = ("id", "ref", "name", "variants", "splits", "x")


def odd_value(dice: Random, depth: int = 0) -> object:
    """Any JSON, with names that mean something to the tenant."""
    kind = dice.randrange(5 if depth > 2 else 7)
    if kind == 5:
        return [odd_value(dice, depth + 1) for _ in range(dice.randrange(3))]
    if kind == 6:
        return {dice.choice(NAMES): odd_value(dice, depth + 1) for _ in range(dice.randrange(3))}
    return (None, dice.random() < 0.5, dice.randrange(-5, 105), dice.random(), dice.choice(NAMES))[
        kind
    ]


def with_odd_place(dice: Random, node: Any) -> Any:
    """A copy in which one place, at any depth, holds something odd."""
    if not node or not isinstance(node, dict | list) or dice.random() < 0.25:
        return odd_value(dice)
    if isinstance(node, list):
        return [with_odd_place(dice, node[0]), *node[1:]]
    name = dice.choice(sorted(node))
    return {**node, name: with_odd_place(dice, node[name])}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("path", BODIES)
def test_an_odd_body_is_taken_or_refused(path: str, seed: int) -> None:
    """The answer is never a failure of the server, even where settings look closely at bodies."""
    dice = Random(f"{path} {seed}")
    api = tenant("K22=all", "K27=rewritten", "K33=400", "K48=sorted", "K49=normalised")
    ref = api.made(path, BODIES[path] | (model() if path == MODELS else {}))["ref"]
    statuses = set()
    for number in range(12):
        name = dice.choice(sorted(BODIES[path]))
        body = BODIES[path] | {name: with_odd_place(dice, BODIES[path][name])}
        answers = [
            api.post(path, {"friendlyId": f"other{number}"} | body),
            api.put(f"{path}/{ref}", body),
            api.post(f"{CONNECTIONS}/testConnection", {"connection": body}),
            api.post(f"{TEMPLATES}/process", {"templates": [body], "templateVariables": body}),
            api.post(f"{TEMPLATES}/renderTemplates", {"templates": body}),
            api.get(path),
            api.get(f"{path}/{ref}"),
        ]
        statuses |= {answer.status_code for answer in answers}

    assert statuses <= {200, 201, 400, 404}
    assert statuses >= {200, 400}
