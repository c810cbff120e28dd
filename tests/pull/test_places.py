"""A value is written where it stands: in an override, in a named file, in a model's variant."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from pull.ground import STRIP, pull, said, strip, text
from world import DMN

if TYPE_CHECKING:
    from world import World

_OVERRIDES = (
    STRIP
    + """\
overrides:
  test:
    name: "[TEST] strip" # only here
    templateElements: {css: null}
  uat: {name: UAT}
"""
)


def test_a_value_of_an_override_is_written_there(world: World) -> None:
    """The spec and the other environments keep theirs."""
    strip(world, _OVERRIDES)
    world.edit("template/strip", name="[TEST] band")

    pulled = pull(world)

    assert text(world) == _OVERRIDES.replace("[TEST] strip", "[TEST] band")
    assert pulled.fields[0].note == ""


def test_a_value_of_the_spec_says_who_else_gets_it(world: World) -> None:
    """A value that all environments share is changed for all, and that is said."""
    strip(world, _OVERRIDES)
    world.edit("template/strip", description="Other")

    pulled = pull(world)

    assert text(world) == _OVERRIDES.replace('"Thin strip"', '"Other"')
    assert pulled.fields[0].note == "stands in spec, so production, sandbox, uat will get it too"


def test_what_an_override_removed_and_the_tenant_has_comes_back(world: World) -> None:
    """An element that somebody added in the tenant replaces the null that took it away."""
    strip(world, _OVERRIDES)
    world.edit("template/strip", templateElements__css="b{}")

    pull(world)

    assert text(world) == _OVERRIDES.replace("{css: null}", '{css: "b{}"}')
    assert world.plan().is_empty


def test_a_new_element_is_added_behind_the_others(world: World) -> None:
    """An element that somebody added in the tenant is one entry more, as a block."""
    strip(world)
    world.edit("template/strip", templateElements__js="go();\n// bye\n")

    pull(world)

    assert text(world) == STRIP + "    js: |\n      go();\n      // bye\n"
    assert world.plan().is_empty


def test_an_element_that_is_gone_leaves_its_file(world: World) -> None:
    """The entry goes; pull deletes no file."""
    strip(world)
    elements = [e for e in world.stored("template/strip")["templateElements"] if e["id"] != "html"]
    world.edit("template/strip", templateElements=elements)

    pulled = pull(world)

    assert text(world) == STRIP.replace("    html: {fromFile: strip.html}\n", "")
    assert (world.root / "strip.html").exists()
    assert "not deleted" in pulled.fields[0].note


def test_a_file_keeps_its_line_ends(world: World) -> None:
    """A tenant that answers in Unix lines does not turn a Windows file over."""
    strip(world, html="<p>\r\n  Hello\r\n</p>\r\n")
    world.edit("template/strip", templateElements__html="<p>\n  Bye\n</p>")

    pull(world)

    assert text(world, "strip.html") == "<p>\r\n  Bye\r\n</p>\r\n"
    assert world.plan().is_empty


def test_a_manifest_keeps_its_line_ends_and_byte_order_mark(world: World) -> None:
    """A Windows manifest has no Unix line afterwards."""
    own = "\ufeff" + STRIP.replace("\n", "\r\n")
    strip(world, own)
    world.edit("template/strip", templateElements__css="a\nb\n", templateElements__js="c\nd\n")

    pull(world)

    assert "\n" not in text(world).replace("\r\n", "")
    assert text(world).startswith("\ufeff# The strip")
    assert world.plan().is_empty


_MODEL = """\
apiVersion: personalize-sync/v1
kind: DecisionModel
metadata: {key: banner}
spec:
  name: Banner
  variants:
    main: # the old one
      name: Main
      definition: {fromFile: main.dmn}
      status: PRODUCTION
      split: 60 # of 100
    other:
      name: Other
      definition: {fromFile: other.dmn}
      status: PRODUCTION
      split: 40
"""


@pytest.fixture
def banner(world: World) -> World:
    """A world with a model of two variants, applied."""
    world.write("main.dmn", DMN)
    world.write("other.dmn", DMN)
    world.write("banner.yaml", _MODEL)
    assert world.apply().exit_code == 0
    return world


def test_shares_and_definitions_of_variants_come_back(banner: World) -> None:
    """Splits go into the model's manifest, a definition into its file; no revision is written."""
    banner.edit("decision-model/banner", variants__main__split=70, variants__other__split=30)
    new = DMN.replace('name="d"', 'name="e"')
    banner.edit("decision-variant/banner:main", definition=new)

    pulled = pull(banner)

    assert text(banner, "banner.yaml") == _MODEL.replace("60 #", "70 #").replace(": 40", ": 30")
    assert text(banner, "main.dmn") == new
    assert {p for p, _, side in said(pulled) if side == "tenant"} == {
        "/variants/main/split",
        "/variants/other/split",
        "/definition",
    }
    left = [f.pointer for change in banner.plan().changes for f in change.fields]
    assert all(path.endswith("/revision") for path in left)


def test_shares_are_never_mixed(banner: World) -> None:
    """Half of Git's shares and half of the tenant's would not total 100."""
    banner.edit("decision-model/banner", variants__main__split=70, variants__other__split=30)
    banner.write(
        "banner.yaml", _MODEL.replace("split: 60", "split: 55").replace("split: 40", "split: 45")
    )
    assert {outcome for *_, outcome in said(pull(banner))} == {"conflict"}
    lines = text(banner, "banner.yaml").splitlines()
    assert [line.strip() for line in lines if "CONFLICT" in line] == [
        "# CONFLICT tenant: 70",
        "# CONFLICT tenant: 30",
    ]


def test_an_alias_is_given_a_value_of_its_own(world: World) -> None:
    """What else the anchor stands for does not change."""
    own = textwrap.dedent("""\
        # Kept.
        apiVersion: personalize-sync/v1
        kind: Template
        metadata: {key: strip}
        spec:
          name: &n Strip
          description: *n
          type: WEB
          templateElements: {html: x}
        """)
    strip(world, own)
    world.edit("template/strip", description="Other")
    pull(world)
    assert text(world) == own.replace("*n", "Other")

    strip(world, own)
    world.edit("template/strip", name="Other")
    pull(world)
    assert world.plan().is_empty
    assert "# Kept." in text(world)


def test_shares_are_taken_whole_when_the_tenant_wins(banner: World) -> None:
    """What only Git changed in a deployment goes too: with it the shares would not total 100."""
    own = _MODEL.replace("split: 60", "split: 100").replace(
        "PRODUCTION\n      split: 40", "TEST\n      split: 40"
    )
    banner.edit("decision-model/banner", variants__main__split=70, variants__other__split=30)
    banner.write("banner.yaml", own)

    pull(banner, "theirs")

    assert text(banner, "banner.yaml") == _MODEL.replace("60 #", "70 #").replace(": 40", ": 30")


def test_shares_with_a_variant_of_no_manifest_are_left_alone(banner: World) -> None:
    """Without the variant that also has a share, the others cannot be written."""
    own = _MODEL[: _MODEL.index("    other:")].replace("split: 60", "split: 100")
    banner.edit("decision-model/banner", variants__main__split=70, variants__other__split=30)
    banner.write("banner.yaml", own)

    pulled = pull(banner, "theirs")

    assert {outcome for *_, outcome in said(pulled)} == {"git"}
    assert any("declare it first" in field.note for field in pulled.fields)
    assert text(banner, "banner.yaml") == own


def test_merged_lines_that_are_no_xml_are_a_conflict(banner: World) -> None:
    """Two edits that fit line by line may still break the tags they share."""
    lines = [DMN.replace("/>", ">"), "<x>", "<k/>", "<l/>", "<m/>", "</x>", "</definitions>"]
    banner.write("main.dmn", "\n".join(lines))
    assert banner.apply().exit_code == 0
    ours = [*lines[:1], "<x/>", *lines[2:5], lines[6]]
    banner.write("main.dmn", "\n".join(ours))
    theirs = "\n".join([*lines[:3], "</x><x>", *lines[4:]])
    banner.edit("decision-variant/banner:main", definition=theirs)

    assert ("/definition", "conflict", "conflict") in said(pull(banner))
    assert "<<<<<<< git" in text(banner, "main.dmn")


def test_what_the_tenant_removed_from_an_override_is_a_null_there(world: World) -> None:
    """Without the null the spec's own element would count again."""
    own = STRIP + 'overrides:\n  test: {templateElements: {css: "b{}"}}\n'
    strip(world, own)
    elements = [e for e in world.stored("template/strip")["templateElements"] if e["id"] != "css"]
    world.edit("template/strip", templateElements=elements)

    pull(world)

    assert text(world) == own.replace('"b{}"', "null")
    assert world.plan().is_empty


def test_a_field_that_was_emptied_stays_managed(world: World) -> None:
    """A description that somebody deleted is an empty one, not one that nobody cares about."""
    strip(world)
    world.edit("template/strip", description=None)

    pull(world)

    assert text(world) == STRIP.replace('"Thin strip"', '""')
    assert world.plan().is_empty
