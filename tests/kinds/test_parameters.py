"""Template parameters: what is declared, what a copy of the template looks like, what is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning.strategies import thorough

from personalize_sync.kinds.parameters import Parameter, complaints, declared, rendered

PLACE = ("variants", "bold", "templateVariables")


def html(text: str) -> dict[str, str]:
    """Return the elements of a template with this HTML."""
    return {"html": text}


def filled(text: str, **values: object) -> str:
    """Return a text with its parameters filled in."""
    return rendered(html(text), values)["html"]


def wrong(text: str, values: dict[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    """Return path and rule of everything that is wrong with the values."""
    return [(finding.path, finding.id) for finding in complaints(html(text), values, PLACE)]


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("[[ Text | string | Hello ]]", Parameter("Text", "string", "Hello")),
        ("[[Text|String|Hello]]", Parameter("Text", "string", "Hello")),
        ("[[ Link text | text ]]", Parameter("Link text", "text")),
        ("[[ city(s) | string || {order: 2} ]]", Parameter("city(s)", "string", "", (), {"order": "2"})),
        (
            "[[is | enum(is, is not) | is | { required: true, values: [is, is not] }]]",
            Parameter(
                "is",
                "enum",
                "is",
                ("is", "is not"),
                {"required": "true", "values": "[is, is not]"},
            ),
        ),
        (
            "[[ a | string | x | y | {placeholder: 'p | q', max: 3} ]]",
            Parameter("a", "string", "x | y", (), {"placeholder": "p | q", "max": "3"}),
        ),
        ("[[ Config | text | {} ]]", Parameter("Config", "text", "{}")),
        ("[[ Long | text | two\nlines ]]", Parameter("Long", "text", "two\nlines")),
        ("[[[ Items | string | 1 ]]]", Parameter("Items", "string", "1")),
    ],
)  # fmt: skip
def test_a_declaration_is_read_as_it_is_found_in_the_wild(text: str, parameter: Parameter) -> None:
    """With and without spaces, types in any case, empty defaults, brackets among the options."""
    assert declared(html(text)) == {parameter.name: parameter}


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "[[1,2],[3,4]]",
        "var grid = [[a]];",
        '[["a | b", c]]',
        "[[IF|{field:compares to, value:is between}]] x [[ELSE]] y [[/IF]]",
        "[[ unfinished | string",
        "[[]] [[ ]] [[|]] [[ | string ]]",
        "<#list [[1]] as row>${row[0]}</#list>",
    ],
)
def test_code_with_two_brackets_is_no_parameter(text: str) -> None:
    """Nothing is declared, and the text passes byte for byte."""
    assert declared(html(text)) == {}
    assert filled(text, Other="x") == text


def test_each_occurrence_takes_the_value_in_every_element() -> None:
    """The short form means the parameter that another element declares."""
    elements = {
        "html": "<p>[[ Text | string | Hello | {required: true} ]]</p>",
        "css": "/* [[Text]] */",
        "js": "show('[[ Text ]]', [[ Days | number | 14 ]], [[ Sound | boolean ]]);",
    }

    assert rendered(elements, {"Text": "Hi", "Days": 3.0}) == {
        "html": "<p>Hi</p>",
        "css": "/* Hi */",
        "js": "show('Hi', 3, );",
    }
    assert rendered(elements, {})["html"] == "<p>Hello</p>"


def test_a_value_is_put_in_as_it_is() -> None:
    """Neither escaped nor filled in again, and no backslash or group number means anything."""
    value = r"<b>[[ Other ]] \1 \g<0> $1</b>"

    assert filled("[[ Text | string ]][[ Other | string | o ]]", Text=value) == value + "o"


def test_a_name_that_is_used_but_not_declared_can_be_given() -> None:
    """Then it is a parameter; without a value it is code."""
    assert filled("[[ Text ]]") == "[[ Text ]]"
    assert filled("[[ Text ]]", Text="Hi") == "Hi"
    assert wrong("[[ Text ]]", {"Text": "Hi"}) == []


@pytest.mark.parametrize(
    ("text", "values", "found"),
    [
        ("[[ Text | string ]]", {"Txt": "x"}, [("Txt", "PS1010")]),
        ("[[ Text | string || {required: true} ]]", {}, [(None, "PS1011")]),
        ("[[ Text | string || {required: true} ]]", {"Text": " "}, [("Text", "PS1011")]),
        ("[[ Text | string | Hello | {required: true} ]]", {}, []),
        ("[[ Text | string || {required: false} ]]", {"Text": ""}, []),
        ("[[ Text | string ]]", {"Text": 1.10}, [("Text", "PS1012")]),
        ("[[ Text | string ]]", {"Text": True}, [("Text", "PS1012")]),
        ("[[ Text | string | a | {max: 3} ]]", {"Text": "abcd"}, [("Text", "PS1016")]),
        ("[[ Days | number | 1 ]]", {"Days": "many"}, [("Days", "PS1012")]),
        ("[[ Days | number | 1 ]]", {"Days": True}, [("Days", "PS1012")]),
        ("[[ Days | number | 1 ]]", {"Days": "14"}, []),
        ("[[ Hour | number || {min: 0, max: 23} ]]", {"Hour": 24}, [("Hour", "PS1016")]),
        ("[[ Hour | number || {min: 0, max: 23} ]]", {"Hour": 23}, []),
        ("[[ Side | enum(left, right) | left ]]", {"Side": "rihgt"}, [("Side", "PS1013")]),
        ("[[ Side | enum(left, right) | left ]]", {"Side": "right"}, []),
        ("[[ Size | enum(1,2) | 1 ]]", {"Size": 2}, []),
        ("[[ City | multienum(Rome, Paris) | ]]", {"City": "Rome, Paris"}, []),
        ("[[ City | multienum(Rome, Paris) | ]]", {"City": "Rome,Oslo"}, [("City", "PS1013")]),
        ("[[ When | moment | now ]]", {"When": 3}, []),
    ],
)
def test_a_value_that_the_form_would_refuse_is_a_complaint_at_its_key(
    text: str, values: dict[str, Any], found: list[tuple[str | None, str]]
) -> None:
    """A missing one stands at the map; a default satisfies; an unknown type takes anything."""
    assert wrong(text, values) == [
        ((*PLACE, name) if name else PLACE, rule) for name, rule in found
    ]


def test_an_unknown_parameter_is_told_which_there_are() -> None:
    """With the nearest one, as everywhere."""
    (finding,) = complaints(html("[[ Text | string ]] [[ Link | string ]]"), {"Txt": "x"}, PLACE)

    assert finding.message == 'the template has no parameter "Txt"'
    assert finding.remedy == 'Its parameters: Link, Text. Did you mean "Text"?'
    assert finding.at_key


_names = st.text(st.sampled_from("ab é(1)-_"), min_size=1, max_size=6).map(str.strip).filter(bool)
_plain = st.text(st.sampled_from("ab<{}|\\'\"\r\n é]["), max_size=20).filter(
    lambda text: not re.search(r"\[\[|\]\]|^[\[\]]|[\[\]]$", text)
)


@thorough
@given(st.text())
def test_any_text_without_parameters_passes(text: str) -> None:
    """Whatever it is, as long as nothing in it is declared or given."""
    if not declared(html(text)):
        assert filled(text) == text
        assert wrong(text, {}) == []


@thorough
@given(
    st.lists(st.tuples(_plain, _names), max_size=4),
    _plain,
    st.dictionaries(_names, st.text(max_size=8), max_size=4),
)
def test_only_the_parameters_of_a_text_change(
    pieces: list[tuple[str, str]], tail: str, values: dict[str, str]
) -> None:
    """The text around them is kept to the byte; a parameter nobody gives takes its default."""
    text = "".join(f"{before}[[ {name} | string | d ]]" for before, name in pieces) + tail
    expected = "".join(before + values.get(name, "d") for before, name in pieces) + tail

    assert filled(text, **values) == expected


@thorough
@given(st.text(st.sampled_from('[]|{}: ab,()"\n'), max_size=60), st.sampled_from(["", "a", 3]))
def test_no_text_is_too_strange(text: str, value: object) -> None:
    """Every function answers, and what was rendered with nothing to replace is the text."""
    parameters = declared(html(text))

    list(complaints(html(text), {"a": value}, PLACE))
    assert set(parameters) == {parameter.name for parameter in parameters.values()}
    assert rendered(html(text), {"a": value}).keys() == {"html"}


@pytest.mark.parametrize(
    "piece",
    ["[[", "[[a|b|c|{", "[[ ", "[[a|b(", "[[a|b|{a:[,", "a|", "]]", "[[a|b| |{a ", "[[a|b|c|{}"],
)
def test_a_hostile_text_is_read_once(piece: str) -> None:
    """However its brackets stand."""
    # A pattern that went back over its text would need hours, and end in the time limit.
    text = html(piece * (1 << 18) + "]]")

    assert rendered(text, {"a": "x"}).keys() == {"html"}
    list(complaints(text, {"a": "x"}, PLACE))
