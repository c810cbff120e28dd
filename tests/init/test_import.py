"""A tenant becomes a project that says exactly what the tenant has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from init.ground import DMN, TEXTS, bring_in, fill

from personalize_sync.resources import Address
from personalize_sync.sandbox import starred_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World


# `make sweep` imports a whole tenant of more than five hundred objects under each setting.
_TIMES = 85 if os.environ.get("SWEEP") else 7


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("setting", ["K01=900", *starred_settings()])
def test_an_imported_tenant_plans_to_no_change(
    worlds: Callable[..., World], setting: str, record_property: Callable[[str, Any], None]
) -> None:
    """Whatever the answers to the open questions, import and plan agree, and nothing is written."""
    world = worlds(knobs=(setting,))
    objects = fill(world.sandbox, _TIMES)

    drafts = bring_in(world)

    loaded = world.load()
    assert loaded.problems == ()
    assert len(loaded.resources) > 5 * _TIMES
    plan = world.plan()
    assert plan.is_empty
    assert not plan.drift
    assert world.writes() == []
    if os.environ.get("SWEEP"):
        said = f"{len(loaded.resources)} of {objects} objects declared, no change, no error"
        record_property(f"import under {setting}", said)
    assert {left.what for left in drafts.left_out} == {
        'connection "Twin weather"',
        'decision-model "Twin"',
    }


def test_five_hundred_objects_are_imported(world: World) -> None:
    """A whole tenant with all that real ones hold: nothing to plan, nothing missing but twins."""
    objects = fill(world.sandbox, 85)
    assert objects > 500

    drafts = bring_in(world)

    plan = world.plan()
    assert plan.is_empty
    assert plan.drift == ()
    archived = sum(bool(record.body.get("archived")) for record in world.sandbox.all())
    assert len(world.load().resources) == objects - archived - 4 - 1  # twins, and one built in
    assert plan.unmanaged == 4
    assert len(drafts.left_out) == 2


def test_what_nobody_can_mend_in_git_is_no_warning(world: World) -> None:
    """Names that the rules warn of stay as the tenant has them, and a comment at each says so."""
    fill(world.sandbox, 2)
    bring_in(world)

    loaded = world.load()
    assert loaded.problems == ()
    ignored = {str(one.problem.location).split(":")[0] for one in loaded.ignored}
    assert len(ignored) == 6
    assert {(one.problem.id, one.reason) for one in loaded.ignored} == {
        ("PS3003", "as the tenant has it")
    }
    said = "# personalize-sync: ignore PS3003 - as the tenant has it\n"
    folder = world.root / "connections"
    assert f"  name: a-b  {said}" in (folder / "a_b.yaml").read_text("utf-8")
    assert f"  name: |  {said}    two\n    lines" in (folder / "two_lines_x.yaml").read_text(
        "utf-8"
    )
    assert said not in (folder / "gone.yaml").read_text("utf-8")
    assert sum("ignore" in p.read_text("utf-8") for p in world.root.rglob("*.yaml")) == len(ignored)


def test_code_comes_out_byte_for_byte_in_files_of_its_own(world: World) -> None:
    """Each element is a file with its extension; what is empty stays in the manifest."""
    fill(world.sandbox, 8)
    bring_in(world)

    folder = world.root / "templates"
    found = {(folder / f"promo_{n}.js").read_bytes().decode() for n in range(1, 8)}
    assert found == set(TEXTS[1:])
    assert (folder / "promo_1.html").read_bytes().decode() == TEXTS[2]
    manifest = (folder / "promo_1.yaml").read_text("utf-8")
    assert "html: {fromFile: promo_1.html}" in manifest
    assert 'css: ""' in manifest
    assert manifest.startswith("# yaml-language-server: $schema=../schemas/template.schema.json\n")


def test_what_gets_no_manifest_is_looked_up(world: World) -> None:
    """A flow may use a built-in template, which is named by look-up; everything else by key."""
    fill(world.sandbox, 6)
    bring_in(world)

    built_in = (world.root / "experiences/hero_2.yaml").read_text("utf-8")
    assert "templateId: {lookup: {kind: template, name: built_in}}" in built_in
    assert "decisionModels: [modell_2]" in built_in
    ours = (world.root / "experiences/hero_5.yaml").read_text("utf-8")
    assert "templateId: promo_3" in ours
    assert world.plan().is_empty


def test_scripts_of_a_canvas_are_javascript_files(world: World) -> None:
    """The canvas keeps their places; what reaches the tenant is the same to the last byte."""
    fill(world.sandbox, 2)
    bring_in(world)

    folder = world.root / "decision-models"
    script = (folder / "modell_1.main.guest_type.js").read_bytes()
    assert script == b"if (a < b && c) { return {type: 'x1'}; }\r\n"
    canvas = (folder / "modell_1.main.dmn").read_bytes()
    assert b"<text><![CDATA[]]></text>" in canvas
    variant = next(r for r in world.load().resources if r.address.key == "modell_1:main")
    assert variant.spec["definition"] == DMN.format(n=1)


def test_no_secret_reaches_a_file(world: World) -> None:
    """Secrets, and values of headers that may be some, become names; each is listed."""
    fill(world.sandbox, 6)
    drafts = bring_in(world)

    written = b"".join(p.read_bytes() for p in world.root.rglob("*") if p.is_file())
    assert b"hush" not in written
    assert b"application/json" in written
    needed = {needed.variable for address, needed in drafts.secrets if address.key == "punkte_4"}
    assert needed == {
        "PUNKTE_4_CLIENT_SECRET",
        "PUNKTE_4_AUTHORIZATION",
        "PUNKTE_4_X_API_KEY",
    }


def test_an_import_goes_on_as_a_project(world: World) -> None:
    """The first edit in Git after an import is one update, secrets and all."""
    fill(world.sandbox, 2)
    drafts = bring_in(world)
    world.environ |= {needed.variable: "hush" for _, needed in drafts.secrets}
    manifest = world.root / "connections/punkte_1.yaml"
    manifest.write_text(manifest.read_text().replace("socketTimeout: 1000", "socketTimeout: 5"))

    report = world.apply()

    assert report.exit_code == 0
    assert [str(o.address) for o in report.outcomes] == ["connection/punkte_1"]
    assert world.stored("connection/Punkte ✓ 1")["auth"]["clientSecret"] == "hush"


def test_names_become_readable_keys(world: World) -> None:
    """Accents go, other scripts get a hash, and names that clash get numbers."""
    fill(world.sandbox, 9)
    drafts = bring_in(world)

    keys = {a.key for a in drafts.by_address if a.kind == "connection"}
    assert {"wetter_0", "wetter_1", "punkte_1", "gone"} <= keys
    models = {a.key for a in drafts.by_address if a.kind == "decision-model"}
    assert {"modell_1", "name_6df97746", "name_db73321e"} <= models
    assert Address("template", "con") in drafts.by_address
    assert (world.root / "templates/con-.yaml").is_file()


def test_the_same_tenant_gives_the_same_bytes(worlds: Callable[..., World]) -> None:
    """The order of lists means nothing."""
    trees = []
    for setting in ("K14=by-creation", "K14=newest-first"):
        world = worlds(knobs=(setting,))
        fill(world.sandbox, 4)
        bring_in(world)
        trees.append(
            {
                p.relative_to(world.root): p.read_bytes()
                for p in world.root.rglob("*")
                if p.is_file()
            }
        )

    assert trees[0] == trees[1]
