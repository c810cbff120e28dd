"""Scripts of a decision canvas in files of their own, put back without touching another byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests.trees import load

from personalize_sync.kinds.canvas import Canvas, CanvasError
from personalize_sync.planning.compare import canonical_xml

if TYPE_CHECKING:
    from pathlib import Path

    from personalize_sync.manifests import Loaded

_CANVAS = """\
<?xml version='1.0'  encoding="ISO-8859-1"?>\r
<d:definitions xmlns:d="urn:d" b='2' a="1>" >
  <!-- a <text> --><d:decision name="Guest type" id="guest" ><d:literalExpression id="code">
    <d:text\t>{content}</d:text ></d:literalExpression></d:decision>
  <d:decision id="table"><t><d:text/></t><t><d:text>&quot;x&quot;</d:text></t></d:decision>
</d:definitions>\r\n\n"""
# Ways in which tools write scripts into XML.
_CONTENTS = (
    "<![CDATA[if (a < b && c > d) { return 'é'; }]]>",
    "\n   <![CDATA[\r\nreturn '</text>';\r\n]]>\n  ",
    "<![CDATA[a]]]]><![CDATA[>b]]>",
    "return 1;\n\treturn 'ü';  ",
    "a &lt; b &amp;&amp; c > d",
    "a &lt; b &amp;&amp; c &gt; d &#13;\n &quot;x&quot; &apos;y&apos;",
    "&#60;&#x3c; one way only is kept",
    "line&#10;line&#xA;",
    "<![CDATA[]]>",
    "",
)
_LETTERS = st.text(st.sampled_from("ab <>&'\"\r\n\t]é\U0001f600/![CDATA"), max_size=40)


@pytest.mark.parametrize("content", _CONTENTS)
def test_taking_out_and_putting_back_is_nothing(content: str) -> None:
    """Byte for byte the same canvas; or the script is not taken out at all."""
    text = _CANVAS.format(content=content)
    canvas = Canvas(text)
    script = canvas.script("guest")

    if script is None:
        assert content.startswith(("&#60;", "line"))
        return
    rest = canvas.without(["guest"])
    assert Canvas(rest).holding({"guest": script}) == text
    assert script.strip() == "" or script.strip() not in rest
    assert canvas.script("code") == script


@given(_LETTERS, st.booleans(), st.sampled_from([{}, {">": "&gt;"}, {"\r": "&#xD;", '"': "&#34;"}]))
def test_any_script_comes_back(script: str, in_cdata: bool, references: dict[str, str]) -> None:  # noqa: FBT001 - drawn
    """Whatever the script and the way it is written, it is found, taken out and put back."""
    if in_cdata:
        content = "<![CDATA[" + script.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    else:
        known = {"&": "&amp;", "<": "&lt;", **references}
        content = "".join(known.get(letter, letter) for letter in script).replace("]]>", "]]&gt;")
    text = _CANVAS.format(content=content)
    canvas = Canvas(text)
    found = canvas.script("guest")

    if found is None:  # `>` stands both plain and, behind two brackets, escaped
        assert "]]>" in script
        return
    assert found == script
    assert Canvas(canvas.without(["guest"])).holding({"guest": script}) == text


@given(_LETTERS, st.sampled_from(_CONTENTS))
def test_another_script_means_what_it_says(script: str, content: str) -> None:
    """Put into a canvas that held another one, it is read back by any XML parser."""
    plain = script.replace("\r", "")  # XML has one kind of line end
    text = Canvas(_CANVAS.format(content=content)).holding({"code": plain})

    meaning = canonical_xml(text.replace('encoding="ISO-8859-1"', ""))
    assert meaning is not None
    said = [part[2] for part in meaning if isinstance(part, tuple) and part[0] == "{urn:d}text"]
    assert said[0].strip() == plain.strip()


def test_programmables_are_decisions_with_one_script() -> None:
    """Tables hold several texts, and other languages are no JavaScript."""
    text = _CANVAS.format(content="x")
    other = text.replace('id="code"', 'id="code" expressionLanguage="FEEL"')

    assert [(p.id, p.name) for p in Canvas(text).programmables] == [("guest", "Guest type")]
    assert Canvas(other).programmables == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Control", "no XML"),
        ("<a>", "no XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        ("<a>\ud800</a>", "not Unicode"),
        ("<a>\x00</a>", "no XML"),
    ],
)
def test_what_is_no_plain_xml_has_no_scripts(text: str, words: str) -> None:
    """It is refused before anything is expanded."""
    with pytest.raises(CanvasError, match=words):
        Canvas(text)


def _tree(root: Path, scripts: str, canvas: str = _CANVAS.format(content="<![CDATA[]]>")) -> Loaded:
    return load(
        root,
        {
            "m.yaml": (
                "apiVersion: personalize-sync/v1\n"
                "kind: DecisionModel\n"
                "metadata: {key: m}\n"
                "spec:\n"
                "  name: M\n"
                "  variants:\n"
                "    v:\n"
                "      name: V\n"
                "      definition:\n"
                "        fromFile: m.v.dmn\n"
                f"        scripts: {scripts}\n"
            ),
            "m.v.dmn": canvas,
            "m.js": "return a < b;\r\n",
            "bad.js": "\x01",
        },
    )


def test_a_manifest_names_the_scripts_of_a_canvas(tmp_path: Path) -> None:
    """What reaches the tenant is the canvas with the scripts in it."""
    loaded = _tree(tmp_path, "{guest: {fromFile: m.js}}")

    assert loaded.problems == ()
    variant = next(r for r in loaded.resources if r.address.kind == "decision-variant")
    assert variant.spec["definition"] == _CANVAS.format(content="<![CDATA[return a < b;\r\n]]>")


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        ("{gest: {fromFile: m.js}}", ("PS2007", 11, 19, 'no element "gest"', '"guest"?')),
        ("{table: {fromFile: m.js}}", ("PS2007", 11, 19, "several scripts", "code, guest")),
        ("{guest: {fromFile: gone.js}}", ("PS2003", 11, 37, "gone.js", "Add the file")),
        ("{guest: {fromFile: ../x.js}}", ("PS2004", 11, 37, "../x.js", "beside")),
        ("{guest: {fromFile: bad.js}}", ("PS2007", 11, 19, "U+0001", "script")),
        ("{guest: {fromFile: m.js}, code: {fromFile: m.js}}", ("PS2007", 11, 44, "same", "id")),
        ("{guest: m.js}", ("PS1012", 11, 26, "text", "file beside")),
        ("{}", ("PS1016", 11, 18, "empty", "")),
    ],
)
def test_mistakes_have_their_place(
    tmp_path: Path, scripts: str, expected: tuple[str, int, int, str, str]
) -> None:
    """An unknown element, a missing file, a script that does not fit: each at its own characters."""
    rule, line, column, words, remedy = expected
    [problem] = _tree(tmp_path, scripts).problems

    assert problem.location is not None
    assert (problem.id, problem.location.line, problem.location.column) == (rule, line, column)
    assert words in problem.message
    assert remedy in problem.remedy


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Three scripts with three mistakes are three problems."""
    wrong = "{gest: {fromFile: m.js}, guest: {fromFile: gone.js}, table: {fromFile: m.js}}"

    assert [p.id for p in _tree(tmp_path, wrong).problems] == ["PS2007", "PS2003", "PS2007"]


def test_a_canvas_that_is_no_xml_takes_no_scripts(tmp_path: Path) -> None:
    """The problem stands at the canvas."""
    [problem] = _tree(tmp_path, "{guest: {fromFile: m.js}}", "Control").problems

    assert problem.location is not None
    assert (problem.id, problem.location.line) == ("PS2007", 10)
