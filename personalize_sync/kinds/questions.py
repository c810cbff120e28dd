"""Questions: the POSTs of the API that change nothing in the tenant.

A client sends one only if it was opened for it, by name; every other command is refused.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A POST that asks; whoever may read its kind may ask it (API reference: api-keys).

    `repeatable` is False where the answer costs a call to somebody else's system.
    """

    kind: str
    path: str
    repeatable: bool = True


TEST_MODEL = Question("decision-model", "/v2/testDecisionModel")
RENDER_STORED = Question("template", "/v3/templates/renderTemplates")
RENDER_CODE = Question("template", "/v3/templates/process")
TEST_CONNECTION = Question("connection", "/v2/connections/testConnection", repeatable=False)
QUESTIONS = (TEST_MODEL, RENDER_STORED, RENDER_CODE, TEST_CONNECTION)
