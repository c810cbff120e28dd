"""Decision canvases in DMN, built from a few words."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd" '
    'xmlns:biodi="http://bpmn.io/schema/dmn/biodi/1.0" id="d" name="d" '
    'namespace="http://camunda.org/schema/1.0/dmn">'
)


def bounds(x: int = 0, y: int = 0) -> str:
    """Where a node stands."""
    return (
        "<extensionElements>"
        f'<biodi:bounds x="{x}" y="{y}" width="180" height="80"/></extensionElements>'
    )


def code(name: str = "Score", script: str = "return 1;", *, at: int = 0, more: str = "") -> str:
    """A programmable."""
    return (
        f'<decision id="score" name={quoteattr(name)}>{bounds(at)}{more}'
        f'<literalExpression id="score_code"><text>{escape(script)}</text></literalExpression>'
        "</decision>"
    )


@dataclass(frozen=True)
class Ask:
    """A rule: when season is this, the banner is that."""

    id: str
    season: str
    banner: str
    remark: str = ""


RULES = (
    Ask("r1", '"SUMMER"', '"tent"'),
    Ask("r2", '"WINTER"', '"layers"'),
    Ask("r3", "", '"welcome"'),
)


def table(
    *rules: Ask, name: str = "Banner", hit: str = "FIRST", formula: str = "season", at: int = 0
) -> str:
    """A decision table with one input and one output."""
    rows = "".join(
        f'<rule id="{rule.id}">'
        + (f"<description>{escape(rule.remark)}</description>" if rule.remark else "")
        + f"<inputEntry><text>{escape(rule.season)}</text></inputEntry>"
        f"<outputEntry><text>{escape(rule.banner)}</text></outputEntry></rule>"
        for rule in rules or RULES
    )
    return (
        f'<decision id="banner" name={quoteattr(name)}>{bounds(at)}'
        '<informationRequirement><requiredDecision href="#score"/></informationRequirement>'
        f'<decisionTable id="t" hitPolicy="{hit}"><input id="i" label="Season">'
        f'<inputExpression typeRef="string"><text>{formula}</text></inputExpression></input>'
        f'<output id="o" label="Banner" name="banner"/>{rows}</decisionTable></decision>'
    )


def canvas(*nodes: str) -> str:
    """A canvas that holds these nodes."""
    return HEAD + "".join(nodes or (code(), table())) + "</definitions>"
