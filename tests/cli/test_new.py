"""`new`: a first manifest in its place, and nothing that exists is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalize_sync.kinds import BY_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Shop

_PLANNED = sorted(kind.name for kind in BY_MANIFEST.values())


@pytest.mark.parametrize("kind", _PLANNED)
def test_a_new_manifest_is_planned_as_one_create(shops: Callable[..., Shop], kind: str) -> None:
    """It validates, and apply would create exactly this object."""
    shop = shops()
    said = shop("new", kind, "promo_strip")

    assert (said.code, said.out) == (0, "")
    assert said.err.startswith(f"Wrote {kind}s/promo_strip.yaml.\n")
    assert shop("validate").code == 0
    (change,) = shop("plan", "--format", "json").document["changes"]
    assert (change["address"], change["action"]) == (f"{kind}/promo_strip", "create")
    assert shop("apply", "--auto-approve").code == 0


@pytest.mark.parametrize("word", ["DecisionModel", "decision-model", "decisionmodel"])
def test_a_kind_may_be_called_as_in_manifests_or_in_addresses(shop: Shop, word: str) -> None:
    """Both words are in use."""
    assert "kind: DecisionModel\n" in shop("new", word, "banner", "--stdout").out


def test_stdout_writes_nothing(shop: Shop) -> None:
    """What is printed is the manifest, to be put anywhere."""
    before = sorted(shop.root.rglob("*"))
    said = shop("new", "template", "promo_strip", "--stdout")

    assert said.out.startswith("# yaml-language-server: $schema=../schemas/template.schema.json\n")
    assert sorted(shop.root.rglob("*")) == before


def test_editors_find_the_schema(shop: Shop) -> None:
    """The modeline leads to a schema that is there: written if need be, never overwritten."""
    shop("new", "template", "a", "-o", "deep.yaml")
    schema = shop.root / "schemas/template.schema.json"
    assert schema.is_file()
    assert "$schema=schemas/template.schema.json" in (shop.root / "deep.yaml").read_text()

    schema.write_text("{}")
    shop("new", "template", "b")
    assert schema.read_text() == "{}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("template", "strip"), "template/strip is declared already, in Template-strip.yaml:1:1"),
        (("template", "taken"), "templates/taken.yaml exists already"),
        (("template", "x", "-o", "plan.json"), "no name of a manifest"),
        (("template", "Promo-Strip"), "For example: promo_strip"),
        (("template", "../evil"), "cannot be a key"),
        (("template", "strip\n"), "cannot be a key"),
        (("templte", "x"), 'Did you mean "template"?'),
        (("decision-variant", "x"), "in the manifest of their model"),
    ],
)
def test_what_new_refuses(shop: Shop, arguments: tuple[str, ...], words: str) -> None:
    """Nothing is overwritten, and nothing is written that would not be valid."""
    shop.write("templates/taken.yaml", "# mine")
    before = {p: p.read_bytes() for p in shop.root.rglob("*") if p.is_file()}

    said = shop("new", *arguments)

    assert said.code == 64
    assert words in said.err
    assert {p: p.read_bytes() for p in shop.root.rglob("*") if p.is_file()} == before


def test_a_folder_that_leads_elsewhere_is_not_written_to(shop: Shop) -> None:
    """The default place is below the root, whatever links say."""
    elsewhere = shop.root.parent / "elsewhere"
    elsewhere.mkdir()
    (shop.root / "templates").symlink_to(elsewhere)

    assert shop("new", "template", "promo_strip").code == 64
    assert not list(elsewhere.iterdir())
