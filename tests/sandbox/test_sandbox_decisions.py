"""Pretended test runs of decision models, and the XML they read."""

from __future__ import annotations

import pytest
from sandbox.sandbox_world import MODELS, Api, Body, model, tenant, variant

from personalize_sync.sandbox import dmn

CANVAS = """<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd">
  <decision id="d1" name="Guest type">
    <literalExpression><text>var x = 1; return {guestType: 'CUSTOMER', visits: 3};</text></literalExpression>
  </decision>
  <decision id="d2" name="Banner">
    <informationRequirement><requiredDecision href="#d1"/></informationRequirement>
    <decisionTable>
      <input id="i1"><inputExpression><text>guestType</text></inputExpression></input>
      <input id="i2"><inputExpression><text>visits</text></inputExpression></input>
      <output name="banner"/>
      <rule><inputEntry><text>"CUSTOMER"</text></inputEntry><inputEntry><text>&gt; 5</text></inputEntry><outputEntry><text>"gold"</text></outputEntry></rule>
      <rule><inputEntry><text>"CUSTOMER"</text></inputEntry><inputEntry><text>&lt;= 5</text></inputEntry><outputEntry><text>"silver"</text></outputEntry></rule>
      <rule><inputEntry><text>-</text></inputEntry><inputEntry><text>-</text></inputEntry><outputEntry><text>"plain"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""


def run(api: Api, definition: str, context: Body | None = None) -> Body:
    """Test a variant with the given canvas."""
    owner = api.made(MODELS, model())
    made = api.made(f"{MODELS}/{owner['ref']}/variants", variant(definition=definition))
    refs = {"decisionModelRef": owner["ref"], "decisionModelVariantRef": made["ref"]}
    return api.made("/v2/testDecisionModel", {**refs, "context": context or {}})


def test_the_nodes_of_the_canvas_answer() -> None:
    """A programmable gives the literal it returns, a table its first matching rule."""
    result = run(tenant(), CANVAS)

    assert (result["error"], result["decisionModelVariantRevision"]) == (False, 1)
    assert result["decisionModelResultNodes"] == [
        {
            "id": "d1",
            "name": "Guest type",
            "error": False,
            "type": "programmable",
            "executionTime": 1.0,
            "dependentNodeIds": [],
            "outputs": [{"guestType": "CUSTOMER", "visits": 3}],
        },
        {
            "id": "d2",
            "name": "Banner",
            "error": False,
            "type": "decisionTable",
            "executionTime": 1.0,
            "dependentNodeIds": ["d1"],
            "outputs": [{"banner": "silver"}],
        },
    ]


def test_a_fixture_may_answer_for_a_script() -> None:
    """`decide` is asked first; None leaves the node to the sandbox."""

    def decide(node: dmn.Node, known: Body) -> list[Body] | None:
        return [{"guestType": known["email"]}] if node.name == "Guest type" else None

    result = run(tenant(decide=decide), CANVAS, {"guest": {"email": "x@example.test"}})

    outputs = [node["outputs"] for node in result["decisionModelResultNodes"]]
    assert outputs == [[{"guestType": "x@example.test"}], [{"banner": "plain"}]]


def test_a_canvas_may_be_a_plain_word_or_broken() -> None:
    """A word is an empty canvas, broken XML is an error with its cause."""
    word, broken = run(tenant(), "Control"), run(tenant(), "<definitions>")

    assert (word["error"], word["decisionModelResultNodes"]) == (False, [])
    assert broken["error"] is True
    assert "not well-formed" in broken["errorCause"]


def test_an_unknown_variant_cannot_be_tested() -> None:
    """The pair of model and variant must exist."""
    body = {"decisionModelRef": "x", "decisionModelVariantRef": "y"}

    assert tenant().post("/v2/testDecisionModel", body).status_code == 404


def test_entities_are_refused() -> None:
    """A definition with entities, which can be a bomb, does not count as XML."""
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><d>&b;</d>'
    with pytest.raises(dmn.NotXml, match="entity"):
        dmn.parse(bomb)


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ('<a z="1" b="2"/>', '<a b="2" z="1"/>'),
        ("<a><b/>   <c></c>\n\n</a>", "<a><b/>\n<c></c>\n</a>"),
        ("<a> <b> kept </b></a>", "<a> <b> kept </b></a>"),
        ('<a><!-- <x z="1" b="2"/> --></a>', '<a><!-- <x z="1" b="2"/> --></a>'),
        ('<a><![CDATA[<x z="1" b="2">]]></a>', '<a><![CDATA[<x z="1" b="2">]]></a>'),
        ("Control", "Control"),
        ("<a>", "<a>"),
    ],
)
def test_rewriting_keeps_the_meaning(text: str, rewritten: str) -> None:
    """Attributes are sorted and gaps become line ends; texts, comments and broken XML stay."""
    assert dmn.rewritten(text) == rewritten
