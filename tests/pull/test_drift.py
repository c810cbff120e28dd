"""What the tenant changed comes into the manifests, and nothing else changes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pull.ground import STRIP, pull, said, strip, text, tree

if TYPE_CHECKING:
    from world import World


def test_an_edit_in_the_tenant_replaces_exactly_the_value(world: World) -> None:
    """A name that somebody changed in the UI is written in its old quotes; all else stays."""
    strip(world)
    world.edit("template/strip", name="It's a strip")

    pulled = pull(world)

    assert said(pulled) == [("/name", "drift", "tenant")]
    assert text(world) == STRIP.replace("'Promo strip'", "'It''s a strip'")
    assert world.plan().is_empty


@pytest.mark.parametrize(
    ("name", "written"),
    [("It's new", "It's new"), ("no", '"no"'), ("a: b", '"a: b"'), ("é", "é"), ("7", '"7"')],
)
def test_a_plain_value_stays_plain_where_it_can(world: World, name: str, written: str) -> None:
    """Text without quotes gets none, unless some reader of YAML would take it for something else."""
    own = STRIP.replace("'Promo strip'", "Promo strip")
    strip(world, own)
    world.edit("template/strip", name=name)

    pull(world)

    assert text(world) == own.replace("Promo strip", written)


def test_an_edit_of_a_code_file_goes_into_the_file(world: World) -> None:
    """The text of an element that is named with fromFile is written to that file."""
    strip(world)
    world.edit("template/strip", templateElements__html="<p>\n  Bye\n</p>\n")

    pulled = pull(world)

    assert [r.name for r in pulled.rewrites] == ["strip.html"]
    assert text(world, "strip.html") == "<p>\n  Bye\n</p>\n"
    assert text(world) == STRIP


def test_a_folded_text_stays_folded(world: World) -> None:
    """Text on one line has nothing to fold, so the sign and its comment stay."""
    folded = "description: >-  # in short\n    {}\n"
    own = STRIP.replace('description: "Thin strip"\n', folded.format("Thin\n    strip"))
    strip(world, own)
    world.edit("template/strip", description="Thin: #1")

    pull(world)

    assert text(world) == own.replace("Thin\n    strip", "Thin: #1")


def test_an_edit_of_a_block_keeps_the_block(world: World) -> None:
    """An element that stands in the manifest as a block stays one, at its indentation."""
    strip(world)
    css = ".strip { color: green }\n.strip a { color: blue }\n"
    world.edit("template/strip", templateElements__css=css)

    pull(world)

    assert text(world) == STRIP.replace("red", "green")
    assert world.plan().is_empty


def test_a_tag_more_in_the_tenant_is_one_item_more(world: World) -> None:
    """Git's order of tags stays; a new one comes last."""
    strip(world)
    world.edit("template/strip", tags=["new", "sale", "home"])

    pull(world)

    assert text(world) == STRIP.replace("[home, sale]", "[home, sale, new]")
    assert world.plan().is_empty


def test_pull_after_apply_changes_nothing(world: World) -> None:
    """Right after an apply a pull leaves every byte of the project as it is."""
    strip(world)
    before = tree(world)

    pulled = pull(world)

    assert (pulled.fields, pulled.rewrites) == ((), ())
    assert tree(world) == before


def test_what_was_pulled_is_not_applied_or_pulled_again(world: World) -> None:
    """Pull, apply, pull: the last two have nothing to do."""
    strip(world)
    world.edit("template/strip", name="Other", templateElements__html="<b/>")
    pull(world)
    before = tree(world)
    world.sandbox.forget_requests()

    assert world.apply().exit_code == 0
    assert not world.writes()
    assert not pull(world).rewrites
    assert tree(world) == before
