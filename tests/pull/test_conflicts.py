"""What Git and the tenant both changed is merged, marked, or given to the side that was named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pull.ground import STRIP, pull, said, strip, text, tree

if TYPE_CHECKING:
    from world import World

_SCRIPT = "".join(f"line({n});\n" for n in range(1, 11))
_MARKED = """\
line(1);
<<<<<<< git
line(200);
=======
line(2000);
>>>>>>> tenant
line(3);
"""


def _in_git(world: World, old: str, new: str) -> str:
    changed = STRIP.replace(old, new)
    assert changed != STRIP
    world.write("strip.yaml", changed.encode())
    return changed


def test_edits_of_different_lines_of_one_file_merge(world: World) -> None:
    """Line 2 changed in Git and line 8 in the tenant give a file with both, without a conflict."""
    strip(world, html=_SCRIPT)
    world.write("strip.html", _SCRIPT.replace("line(2)", "git(2)").encode())
    world.edit("template/strip", templateElements__html=_SCRIPT.replace("line(8)", "maria(8)"))

    pulled = pull(world)

    assert said(pulled) == [("/templateElements/html", "conflict", "both")]
    merged = _SCRIPT.replace("line(2)", "git(2)").replace("line(8)", "maria(8)")
    assert text(world, "strip.html") == merged


def test_what_merged_cleanly_can_be_applied(world: World) -> None:
    """Git then holds both edits: the apply sends them, and a second pull has nothing to do."""
    test_edits_of_different_lines_of_one_file_merge(world)

    assert said(pull(world)) == [("/templateElements/html", "pending", "git")]
    assert world.apply().exit_code == 0
    assert not pull(world).fields


def test_edits_of_one_line_are_marked(world: World) -> None:
    """Both versions of a line stand between the usual markers; the lines around it stand once."""
    strip(world, html=_SCRIPT)
    world.write("strip.html", _SCRIPT.replace("line(2)", "line(200)").encode())
    world.edit("template/strip", templateElements__html=_SCRIPT.replace("line(2)", "line(2000)"))

    pulled = pull(world)

    assert said(pulled) == [("/templateElements/html", "conflict", "conflict")]
    assert (pulled.fields[0].file, pulled.fields[0].line) == ("strip.html", 2)
    assert text(world, "strip.html").startswith(_MARKED)


def test_a_file_with_markers_is_left_alone_until_it_is_resolved(world: World) -> None:
    """A second pull reports the open conflict and changes nothing."""
    test_edits_of_one_line_are_marked(world)
    before = tree(world)

    pulled = pull(world)

    assert pulled.has_conflicts
    assert tree(world) == before


def test_a_value_in_conflict_gets_a_comment(world: World) -> None:
    """Git's value stays, the tenant's stands in a comment above it, once."""
    strip(world)
    changed = _in_git(world, "'Promo strip'", "'From Git'")
    world.edit("template/strip", name='From "Maria"')

    pulled = pull(world)

    assert said(pulled) == [("/name", "conflict", "conflict")]
    comment = r'  # CONFLICT tenant: "From \"Maria\""' + "\n"
    assert text(world) == changed.replace("  name:", comment + "  name:")
    assert pulled.fields[0].line == 7
    assert not pull(world).rewrites


def test_the_comment_goes_when_the_conflict_is_decided(world: World) -> None:
    """Named a winner, pull writes its value and removes the mark."""
    test_a_value_in_conflict_gets_a_comment(world)
    marked = text(world)

    assert said(pull(world, "ours")) == [("/name", "conflict", "git")]
    assert text(world) == STRIP.replace("Promo strip", "From Git")

    world.write("strip.yaml", marked.encode())
    assert said(pull(world, "theirs")) == [("/name", "conflict", "tenant")]
    assert text(world) == STRIP.replace("Promo strip", 'From "Maria"')


@pytest.mark.parametrize(("choice", "won"), [("theirs", "maria"), ("ours", "git")])
def test_the_named_side_wins_a_file(world: World, choice: str, won: str) -> None:
    """With --theirs or --ours contested lines are that side's."""
    strip(world, html="<p/>\n")
    world.write("strip.html", b"git\n")
    world.edit("template/strip", templateElements__html="maria\n")

    assert not pull(world, choice).has_conflicts
    assert text(world, "strip.html") == won + "\n"


_CONTESTED = _SCRIPT.replace("line(2)", "git(2)").replace("line(5)", "git(5)")
_HERS = _SCRIPT.replace("line(5)", "maria(5)").replace("line(8)", "maria(8)")
_WON = {
    "ours": _CONTESTED.replace("line(8)", "maria(8)"),
    "theirs": _HERS.replace("line(2)", "git(2)"),
}
_NOTES = {
    "ours": "with the lines that only the tenant changed",
    "theirs": "lines that only Git changed stay",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("choice", ["ours", "theirs"])
def test_the_named_side_wins_no_more_than_the_contested_lines(
    world: World, choice: str, newline: str
) -> None:
    """Line 5 is the winner's; Git's own line 2 and the tenant's own line 8 are both kept."""
    strip(world, html=_SCRIPT.replace("\n", newline))
    world.write("strip.html", _CONTESTED.replace("\n", newline).encode())
    world.edit("template/strip", templateElements__html=_HERS.replace("\n", newline))

    pulled = pull(world, choice)

    assert not pulled.has_conflicts
    assert pulled.fields[0].note.startswith(_NOTES[choice])
    assert text(world, "strip.html") == _WON[choice].replace("\n", newline)
    assert not pull(world, choice).rewrites


@pytest.mark.parametrize("choice", ["ours", "theirs"])
def test_the_named_side_wins_contested_lines_of_a_block(world: World, choice: str) -> None:
    """A text in the manifest itself is merged as a file is, comments beside it untouched."""

    def manifest(script: str) -> str:
        block = "".join(f"      {line}\n" for line in script.splitlines())
        css = "      .strip { color: red }\n      .strip a { color: blue }\n"
        return STRIP.replace(css, block)

    strip(world, manifest(_SCRIPT))
    world.write("strip.yaml", manifest(_CONTESTED).encode())
    world.edit("template/strip", templateElements__css=_HERS)

    assert said(pull(world, choice))[0][0] == "/templateElements/css"
    assert text(world) == manifest(_WON[choice])


@pytest.mark.parametrize("choice", ["ours", "theirs"])
def test_the_named_side_wins_between_markers_too(world: World, choice: str) -> None:
    """What an earlier pull marked goes to the side that is named now; the rest of the file stays."""
    strip(world, html=_SCRIPT)
    world.write("strip.html", _CONTESTED.encode())
    world.edit("template/strip", templateElements__html=_HERS)
    assert pull(world).has_conflicts
    assert "<<<<<<< git" in text(world, "strip.html")

    assert not pull(world, choice).has_conflicts
    assert text(world, "strip.html") == _WON[choice]


def test_a_change_in_git_stays(world: World) -> None:
    """What only Git changed is pending, whoever wins conflicts."""
    strip(world)
    changed = _in_git(world, "Promo", "New")

    assert said(pull(world, "theirs")) == [("/name", "pending", "git")]
    assert text(world) == changed


def test_lines_of_a_block_merge_like_those_of_a_file(world: World) -> None:
    """Two edits of different lines of a text in the manifest itself give both."""
    css = "a { x: 1 }\nb { x: 2 }\nc { x: 3 }\n"
    block = "".join(f"      {line}\n" for line in css.splitlines())
    own = STRIP.replace("      .strip { color: red }\n      .strip a { color: blue }\n", block)
    strip(world, own)
    world.write("strip.yaml", own.replace("x: 1", "x: git").encode())
    world.edit("template/strip", templateElements__css=css.replace("x: 3", "x: maria"))

    assert said(pull(world)) == [("/templateElements/css", "conflict", "both")]
    assert text(world) == own.replace("x: 1", "x: git").replace("x: 3", "x: maria")


def test_without_a_base_every_difference_is_a_conflict(world: World) -> None:
    """Where nobody knows what we wrote last, as with connections, pull decides nothing itself."""
    world.connection()
    world.apply()
    world.edit("connection/weather", description="Maria's")
    world.connection(description="Git's")

    pulled = pull(world)

    assert said(pulled) == [("/description", "undetermined", "conflict")]
    at = text(world, "Connection-weather.yaml")
    assert at.startswith('# CONFLICT tenant: /spec/description: "Maria\'s"\n')
    assert said(pull(world, "theirs")) == [("/description", "undetermined", "tenant")]
    assert world.plan().is_empty


def test_a_file_without_a_base_shows_both_sides(world: World) -> None:
    """Lines that both sides have stand once, all others are marked."""
    world.connection(
        request={
            "requestType": "POST",
            "connectionUrl": "https://a.test",
            "requestBody": {"fromFile": "b.json"},
        }
    )
    world.write("b.json", '{\n"a": 1\n}\n')
    world.apply()
    world.edit("connection/weather", request__requestBody='{\n"a": 2\n}\n')

    assert pull(world).has_conflicts
    assert text(world, "b.json") == ('{\n<<<<<<< git\n"a": 1\n=======\n"a": 2\n>>>>>>> tenant\n}\n')


def test_what_git_removed_and_the_tenant_changed_is_marked_above(world: World) -> None:
    """An element without a place of its own is named in the comment; --theirs brings it back."""
    strip(world)
    changed = _in_git(world, '    freemarker: "{}"\n', "")
    world.edit("template/strip", templateElements__freemarker="${a}")

    pulled = pull(world)

    path = "/spec/templateElements/freemarker"
    assert said(pulled) == [("/templateElements/freemarker", "conflict", "conflict")]
    mark = f'  # CONFLICT tenant: {path}: "${{a}}"\n  templateElements:'
    assert text(world) == changed.replace("  templateElements:", mark)
    assert not pull(world).rewrites

    pull(world, "theirs")
    assert text(world) == changed.replace("blue }\n", 'blue }\n    freemarker: "${a}"\n')
    assert world.plan().is_empty


def test_what_the_tenant_removed_and_git_changed_is_marked(world: World) -> None:
    """The comment says that the tenant has no such value any more."""
    strip(world)
    changed = _in_git(world, "color: red", "color: green")
    elements = [e for e in world.stored("template/strip")["templateElements"] if e["id"] != "css"]
    world.edit("template/strip", templateElements=elements)

    assert pull(world).has_conflicts
    assert text(world) == changed.replace("    css:", "    # CONFLICT tenant: (removed)\n    css:")
