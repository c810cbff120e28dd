"""Decision canvases, compared as their authors see them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendering.build import LOOK, change, field, plan
from rendering.canvases import HEAD, RULES, Ask, canvas, code, table
from rendering.hostile import CORPUS
from rendering.readers import skeleton

from personalize_sync.planning.compare import canonical_xml
from personalize_sync.rendering import render
from personalize_sync.rendering.diffs import DecisionDiff, compare
from personalize_sync.rendering.diffs.decisions import (
    DETAILS_ONLY,
    LAYOUT_ONLY,
    WRITTEN_DIFFERENTLY,
    Fact,
    NodeDiff,
)


def diff(before: str, after: str) -> DecisionDiff:
    """What changed between two canvases."""
    found = compare(before, after, width=100)
    assert isinstance(found, DecisionDiff)
    return found


def only(before: str, after: str) -> NodeDiff:
    """The one node that changed."""
    (node,) = diff(canvas(code(), before), canvas(code(), after)).nodes
    return node


def marks(node: NodeDiff) -> list[tuple[str, str]]:
    """Mark and number of each rule."""
    assert node.table
    return [(row.mark, row.number) for row in node.table.rows]


def test_moved_boxes_are_only_layout() -> None:
    """Tidying a canvas up changes no decision, and is said not to."""
    found = diff(canvas(code(), table()), canvas(code(at=300), table(at=40)))
    assert (found.note, found.nodes, found.rest) == (LAYOUT_ONLY, (), None)


def test_another_way_to_write_the_same_is_no_change() -> None:
    """Attribute order, prefixes, escapes and comments say nothing."""
    before = canvas(code(script="a < b"))
    after = before.replace("><", ">\n<!-- c --> <").replace("a &lt; b", "<![CDATA[a < b]]>")
    assert (diff(before, after).note, diff(before, after).nodes) == (WRITTEN_DIFFERENTLY, ())


def test_a_changed_rule_shows_the_cell_that_changed() -> None:
    """Old and new stand in one cell; every other cell stays as it was."""
    node = only(table(), table(*RULES[:1], replace(RULES[1], banner='"scarf"'), RULES[2]))
    assert marks(node) == [(" ", "1"), ("~", "2"), (" ", "3")]
    assert node.table
    season, banner = node.table.rows[1].cells
    assert (season.changed, banner.before, banner.after) == (False, '"layers"', '"scarf"')


def test_rules_come_and_go_where_they_stood() -> None:
    """A new rule stands in its new place, a removed one between its old neighbours."""
    new = Ask("r4", '"SPRING"', '"boots"')
    node = only(table(), table(RULES[0], RULES[2], new))
    assert marks(node) == [(" ", "1"), ("-", "2"), (" ", "2"), ("+", "3")]


def test_the_order_of_rules_counts() -> None:
    """Where the first match wins, moving a rule changes the decision."""
    node = only(table(), table(RULES[2], *RULES[:2]))
    assert marks(node) == [(">", "3 → 1"), (" ", "2"), (" ", "3")]


def test_a_rule_with_a_new_id_is_the_same_rule() -> None:
    """Editors may give rules new ids; what a person reads is unchanged."""
    again = [replace(rule, id=f"new_{rule.id}") for rule in RULES]
    found = diff(canvas(code(), table()), canvas(code(), table(*again, hit="UNIQUE")))
    assert marks(found.nodes[0]) == [(" ", "1"), (" ", "2"), (" ", "3")]
    assert found.nodes[0].facts == (Fact("hit policy", "FIRST", "UNIQUE"),)


def test_a_script_shows_its_lines() -> None:
    """Code is compared as code."""
    found = diff(canvas(code(script="a();\nb();\n")), canvas(code(script="a();\nc();\n")))
    assert found.nodes[0].script
    assert list(found.nodes[0].script.rows())[1:] == [" a();", "-b();", "+c();"]


def test_nodes_come_go_and_are_renamed() -> None:
    """A node keeps its identity when only its name changes."""
    found = diff(canvas(code(), table()), canvas(code("Rating")))
    assert [(n.mark, n.name, n.facts) for n in found.nodes] == [
        ("~", "Rating", (Fact("name", "Score", "Rating"),)),
        ("-", "Banner", (Fact("needs", "Rating", ""),)),
    ]


def test_columns_and_what_a_node_needs() -> None:
    """A new formula of an input and a lost requirement are facts of the node."""
    lost = '<informationRequirement><requiredDecision href="#score"/></informationRequirement>'
    node = only(table(), table(formula="guest.season").replace(lost, ""))
    assert node.facts == (
        Fact("needs", "Score", ""),
        Fact("input Season", "season, string", "guest.season, string"),
    )


def test_a_new_column_changes_every_rule_that_fills_it() -> None:
    """The column is marked, and so are the rules with something in it."""
    wider = table().replace('<output id="o"', '<input id="p" label="Points"/><output id="o"')
    wider = wider.replace(
        "</inputEntry>", "</inputEntry><inputEntry><text>9</text></inputEntry>", 1
    )
    node = only(table(), wider)
    assert node.table
    assert [(h.mark, h.title) for h in node.table.headings] == [
        (" ", "Season"),
        ("+", "Points"),
        (" ", "Banner"),
    ]
    assert [mark for mark, _ in marks(node)] == ["~", " ", " "]


def test_what_is_not_understood_is_shown_as_it_stands() -> None:
    """An extension that nobody knows is never taken for layout."""
    extension = '<extensionElements><x:y xmlns:x="urn:x" z="{}"/></extensionElements>'
    found = diff(canvas(code(more=extension.format(1))), canvas(code(more=extension.format(2))))
    assert found.nodes[0].rest
    assert [line[0] for line in found.nodes[0].rest.rows()].count("+") == 1


def test_ids_alone_are_details() -> None:
    """A difference that no node, rule or script shows is still shown."""
    before = canvas(code(), table())
    found = diff(before, before.replace("<inputEntry>", '<inputEntry id="e1">', 1))
    assert found.note == DETAILS_ONLY
    assert found.rest


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE d [<!ENTITY a "b">]><definitions>&a;</definitions>',
        "<definitions>" + "<a>" * 60_000,
        "<definitions>" + "<a>" * 60_000 + "</a>" * 60_000 + "</definitions>",
        '<definitions xmlns="' + "n" * 600 + '"/>',
        "<definitions",
        "Control",
        HEAD + "\x00</definitions>",
    ],
)
def test_what_is_no_canvas_is_compared_as_text(hostile: str) -> None:
    """Bombs, broken XML and plain words end in a line diff."""
    assert not isinstance(compare(canvas(), hostile, width=100), DecisionDiff)


_WORDS = st.text("ab<>&\"'\n ", max_size=6)
_ASKS = st.lists(
    st.builds(Ask, st.sampled_from(["r1", "r2", "r3", "r4"]), _WORDS, _WORDS, _WORDS), max_size=5
)
_CANVASES = st.builds(
    lambda name, script, at, rules, formula: canvas(
        code(name, script, at=at), table(*rules, formula=formula)
    ),
    st.sampled_from(["Score", "a"]),
    _WORDS,
    st.sampled_from([0, 9]),
    _ASKS,
    st.sampled_from(["season", "x"]),
)


@given(_CANVASES, _CANVASES)
def test_no_difference_gets_lost(before: str, after: str) -> None:
    """A diff says that nothing but layout changed exactly when that is so."""
    found = compare(before, after, width=100)
    if not isinstance(found, DecisionDiff):
        return
    unmoved = [text.replace('x="9"', 'x="0"') for text in (before, after)]
    same = canonical_xml(unmoved[0]) == canonical_xml(unmoved[1])
    assert (found.note in (LAYOUT_ONLY, WRITTEN_DIFFERENTLY)) == same
    assert same or found.nodes or found.rest
    for node in found.nodes:
        assert node.facts or node.script or node.table or node.rest or node.mark != "~"


def definition(before: str, after: str) -> str:
    """A plan that changes the canvas of a variant, in the terminal."""
    one = plan(change("decision-variant/m:v", field("/definition", before, after)))
    return render(one, "terminal", LOOK)


def test_the_terminal_shows_rules_as_a_table() -> None:
    """Marks carry the meaning; rules far from a change are only counted."""
    many = [Ask(f"r{n}", f'"S{n}"', f'"B{n}"') for n in range(6)]
    after = [*many[:4], replace(many[4], banner='"new"'), many[5]]
    shown = definition(canvas(code(), table(*many)), canvas(code(), table(*after)))
    assert (
        """\
      | @@ ~ decision table Banner @@
      |   # | Season | Banner
      | … 3 rules as before
      |   4 | "S3"   | "B3"
      | ~ 5 | "S4"   | "B4" → "new"
      |   6 | "S5"   | "B5"
"""
        in shown
    )


def test_a_table_too_wide_for_the_terminal_is_written_upright() -> None:
    """Nothing of a cell is cut away."""
    wide = replace(RULES[0], banner="b" * 120)
    shown = definition(canvas(code(), table()), canvas(code(), table(wide, *RULES[1:])))
    assert "| ~ rule 1\n" in shown
    assert f'| ~   Banner: "tent" → {"b" * 120}\n' in shown


def test_the_pull_request_shows_rules_as_a_table() -> None:
    """Markdown has tables of its own."""
    after = canvas(code(), table(replace(RULES[0], banner="none"), *RULES[1:]))
    one = plan(change("decision-variant/m:v", field("/definition", canvas(), after)))
    shown = render(one, "markdown", LOOK)
    assert "| <code>&#35;</code> | <code>Season</code> | <code>Banner</code> |" in shown.replace(
        "|   | <code>&#35;", "| <code>&#35;"
    )


@pytest.mark.parametrize("text", CORPUS, ids=[ascii(text)[:40] for text in CORPUS])
def test_no_rule_changes_the_structure_of_a_comment(text: str) -> None:
    """Names and cells of a canvas are as hostile as any other text."""
    clean = re.sub(r"[^\n\t\x20-\ud7ff\ue000-\ufffd]", "", text).replace("\n", " ")
    shown = []
    for name in (clean, "z" * len(clean)):
        rule = Ask("r9", f"s{name}", f"b{name}", f"r{name}")
        after = canvas(code(f"n{name}"), table(*RULES, rule, name=f"t{name}"))
        one = plan(change("decision-variant/m:v", field("/definition", canvas(), after)))
        shown.append(render(one, "markdown", LOOK))
    assert [skeleton(page) for page in shown][:1] == [skeleton(page) for page in shown][1:]
