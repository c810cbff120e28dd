"""Scripts of a canvas in files of their own: a pull writes each change where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pull.ground import pull, said, text, tree

from personalize_sync.kinds.canvas import Canvas
from personalize_sync.planning.compare import canonical_xml

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

_CODE = "var a = 1;\nvar b = 2;\nvar c = 3;\nif (a < b) {\n  return c;\n}\n"
_CANVAS = """\
<definitions xmlns="urn:dmn" id="d">
  <decision id="guest" name="Guest"><literalExpression><text><![CDATA[]]></text></literalExpression></decision>
  <decision id="nudge" name="Nudge"><literalExpression><text>&lt;</text></literalExpression></decision>
</definitions>
"""
_MANIFEST = """\
apiVersion: personalize-sync/v1
kind: DecisionModel
metadata: {key: m}
spec:
  name: M
  variants:
    v:
      name: V
      status: PRODUCTION
      split: 100
      definition:   # the canvas
        fromFile: m.dmn
        scripts:
          guest: {fromFile: guest.js}   # who it is
          nudge: {fromFile: nudge.js}
"""
_VARIANT = "decision-variant/M:V"


def _applied(world: World, code: str = _CODE) -> str:
    """Apply a model whose scripts are files, and return the canvas that the tenant then has."""
    world.write("m.yaml", _MANIFEST.encode())
    world.write("m.dmn", _CANVAS.encode())
    world.write("guest.js", code.encode())
    world.write("nudge.js", b"x < 1")
    assert world.apply().exit_code == 0
    definition: str = world.stored(_VARIANT)["definition"]
    return definition


def _edited(world: World, canvas: str, old: str, new: str) -> None:
    assert old in canvas
    world.edit(_VARIANT, definition=canvas.replace(old, new))


def _ends(world: World) -> None:
    """Nothing of the canvas differs any more, and another pull changes nothing."""
    left = {f.pointer for change in world.plan().changes for f in change.fields}
    assert all(path.endswith("/revision") for path in left)
    assert not pull(world).rewrites


@pytest.mark.parametrize("setting", ["K27=kept", "K27=rewritten", "K49=normalised"])
def test_an_edit_of_a_script_goes_into_its_file(worlds: Callable[..., World], setting: str) -> None:
    """The canvas and the manifest stay as they are, to the last byte."""
    world = worlds(knobs=(setting,))
    canvas = _applied(world)
    before = tree(world)
    _edited(world, canvas, "var b = 2;", "var b = 'é' && 4;")

    pulled = pull(world)

    assert said(pulled) == [("/definition", "drift", "tenant")]
    assert [rewrite.name for rewrite in pulled.rewrites] == ["guest.js"]
    assert pulled.fields[0].file == "guest.js"
    assert text(world, "guest.js") == _CODE.replace("var b = 2;", "var b = 'é' && 4;")
    assert {**tree(world), "guest.js": b""} == {**before, "guest.js": b""}
    _ends(world)


def test_line_ends_of_a_script_stay(worlds: Callable[..., World]) -> None:
    """A server that rewrites line ends does not rewrite those in Git."""
    world = worlds(knobs=("K49=normalised",))
    canvas = _applied(world, _CODE.replace("\n", "\r\n"))
    _edited(world, canvas, "var b = 2;", "var b = 4;")
    pull(world)

    assert text(world, "guest.js") == _CODE.replace("b = 2", "b = 4").replace("\n", "\r\n")
    _ends(world)


def test_edits_of_different_lines_of_a_script_merge(world: World) -> None:
    """Git's and the tenant's are both there."""
    canvas = _applied(world)
    _edited(world, canvas, "var c = 3;", "var c = 33;")
    world.write("guest.js", _CODE.replace("a = 1", "a = 11").encode())

    pulled = pull(world)

    assert not pulled.has_conflicts
    assert text(world, "guest.js") == _CODE.replace("a = 1", "a = 11").replace("c = 3", "c = 33")
    assert text(world, "m.dmn") == _CANVAS


def test_edits_of_one_line_of_a_script_are_a_conflict(world: World) -> None:
    """The marks stand in the script, and nothing with marks in it reaches the tenant."""
    canvas = _applied(world, "x")
    _edited(world, canvas, "[x]", "[y]")
    world.write("guest.js", b"z")

    pulled = pull(world)

    assert said(pulled) == [("/definition", "conflict", "conflict")]
    assert (pulled.fields[0].file, pulled.fields[0].line) == ("guest.js", 1)
    assert text(world, "guest.js") == "<<<<<<< git\nz\n=======\ny\n>>>>>>> tenant"
    rules = {b.rule for change in world.plan().changes for b in change.blocked}
    assert "conflict-marks" in rules
    assert pull(world).has_conflicts
    assert text(world, "guest.js") == "<<<<<<< git\nz\n=======\ny\n>>>>>>> tenant"


@pytest.mark.parametrize(("choice", "won"), [("ours", "11"), ("theirs", "111")])
def test_the_named_side_wins_contested_lines_of_a_script(
    world: World, choice: str, won: str
) -> None:
    """Line 1 is the winner's; Git's own line 3 and the tenant's own line 5 are both kept."""
    code = _CODE.replace("a = 1", "a = 11").replace("c = 3", "c = 33")
    canvas = _applied(world)
    _edited(world, canvas.replace("a = 1", "a = 111"), "return c", "return 4")
    world.write("guest.js", code.encode())

    assert not pull(world, choice).has_conflicts
    assert text(world, "guest.js") == (
        code.replace("return c", "return 4").replace("a = 11", f"a = {won}")
    )
    assert text(world, "m.dmn") == _CANVAS


def test_a_revision_that_was_never_deployed_is_told(world: World) -> None:
    """Pulled, it is what the manifest deploys: whoever reviews the pull has to know."""
    canvas = _applied(world)
    _edited(world, canvas, "b = 2", "b = 4")

    (field,) = pull(world).fields

    assert field.note.startswith(
        "revision 2 was never deployed in the tenant, which deploys 1: the next apply would deploy"
    )


def test_a_revision_that_somebody_deployed_is_not_told(world: World) -> None:
    """Neither is one that the manifest does not deploy: the next apply does nothing with it."""
    canvas = _applied(world)
    _edited(world, canvas, "b = 2", "b = 4")
    world.edit("decision-model/M", variants__v__variantRevision=2)
    assert not any("deploy" in field.note for field in pull(world).fields)

    world.write("m.yaml", _MANIFEST.replace("      status: PRODUCTION\n      split: 100\n", ""))
    canvas = world.stored(_VARIANT)["definition"]
    _edited(world, canvas, "b = 4", "b = 5")
    assert not any("deploy" in field.note for field in pull(world).fields)


def test_marks_in_an_escaped_script_are_seen(world: World) -> None:
    """Written with character references, they are marks all the same."""
    _applied(world)
    world.write("nudge.js", b"<<<<<<< git\na\n=======\nb\n>>>>>>> tenant\n")

    rules = {b.rule for change in world.plan().changes for b in change.blocked}
    assert "conflict-marks" in rules


def test_an_edit_of_the_canvas_goes_into_the_canvas(world: World) -> None:
    """The scripts stay out of it."""
    canvas = _applied(world)
    _edited(world, canvas, 'name="Guest"', 'name="Visitor"')

    pulled = pull(world)

    assert [rewrite.name for rewrite in pulled.rewrites] == ["m.dmn"]
    assert text(world, "m.dmn") == _CANVAS.replace('name="Guest"', 'name="Visitor"')
    _ends(world)


def test_a_script_that_is_gone_is_no_longer_named(world: World) -> None:
    """Its line leaves the manifest, its file stays."""
    canvas = _applied(world)
    start = canvas.index('  <decision id="nudge"')
    world.edit(_VARIANT, definition=canvas[:start] + "</definitions>\n")

    pulled = pull(world)

    assert text(world, "m.yaml") == _MANIFEST.replace("          nudge: {fromFile: nudge.js}\n", "")
    assert text(world, "nudge.js") == "x < 1"
    assert "nudge" in pulled.fields[0].note
    _ends(world)


def test_a_canvas_without_scripts_names_none(world: World) -> None:
    """Whatever a person put there, the manifest can say it."""
    _applied(world)
    world.edit(_VARIANT, definition="Control")
    pull(world)

    assert "scripts" not in text(world, "m.yaml")
    assert text(world, "m.dmn").strip() == "Control"
    _ends(world)


def test_a_removed_script_that_git_changed_is_a_conflict(world: World) -> None:
    """There is no line to merge with; the tenant's canvas is noted beside Git's."""
    canvas = _applied(world)
    start = canvas.index('  <decision id="nudge"')
    world.edit(_VARIANT, definition=canvas[:start] + "</definitions>\n")
    world.write("nudge.js", b"x < 2")

    pulled = pull(world)

    assert pulled.has_conflicts
    assert "# CONFLICT tenant:" in text(world, "m.yaml")
    assert text(world, "nudge.js") == "x < 2"


def test_a_canvas_that_an_override_names_apart_from_its_scripts_is_left_alone(world: World) -> None:
    """One text in two places of a manifest is for a person to write."""
    override = "overrides:\n  test: {variants: {v: {definition: {fromFile: other.dmn}}}}\n"
    world.write("other.dmn", _CANVAS.encode())
    canvas = _applied(world)
    world.write("m.yaml", (_MANIFEST + override).encode())
    _edited(world, canvas, "a = 1", "a = 2")
    before = tree(world)

    pulled = pull(world)

    assert "different places" in pulled.fields[0].note
    assert tree(world) == before


_LINES = st.lists(st.sampled_from(["a < b;", "]]>", "&amp;", "  x", "", "'\"é"]), max_size=6)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_LINES, _LINES, st.booleans())
def test_any_edit_of_scripts_is_brought_back(
    worlds: Callable[..., World],
    guest: list[str],
    nudge: list[str],
    moved: bool,  # noqa: FBT001 - drawn
) -> None:
    """With --theirs, the files say what the tenant has, whatever it is and however it is written."""
    world = worlds()
    canvas = Canvas(_applied(world))
    texts = {"guest": "\n".join(guest), "nudge": "\n".join(nudge)}
    theirs = canvas.holding(texts)
    world.edit(_VARIANT, definition=theirs.replace("Nudge", "Moved") if moved else theirs)

    pull(world, "theirs")

    after = next(r for r in world.load().resources if r.address.kind == "decision-variant")
    stored = world.stored(_VARIANT)["definition"]
    assert canonical_xml(after.spec["definition"]) == canonical_xml(stored)
    assert (text(world, "guest.js"), text(world, "nudge.js")) == tuple(texts.values())
    _ends(world)
