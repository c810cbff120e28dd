"""The init command: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from init.ground import fill

from personalize_sync.manifests import load_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Said, Shop


def _files(root: Path) -> set[str]:
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


def _bare(shop: Shop) -> None:
    """Leave nothing but the project file."""
    for manifest in shop.root.glob("*-*.yaml"):
        if manifest.name != "personalize-sync.yaml":
            manifest.unlink()


def test_an_empty_project_is_valid(shop: Shop) -> None:
    """It has a sandbox to try things out, schemas for editors, and an ignored state folder."""
    said = shop("init", "-C", "../fresh")
    root = shop.root.parent / "fresh"

    assert said.code == 0
    assert {".gitignore", "personalize-sync.yaml", "schemas/template.schema.json"} <= _files(root)
    assert (root / ".gitignore").read_text().startswith(".personalize-sync/\n")
    project = load_project(root)
    assert project.default_environment == "sandbox"
    assert shop("validate", "-C", "../fresh").code == 0
    assert shop("plan", "-C", "../fresh").out.endswith(
        "No changes. The tenant matches the manifests.\n"
    )


def test_the_words_of_the_starter_are_right(shop: Shop) -> None:
    """Without its marks, the example environment of the project file is valid."""
    shop("init", "-C", "../fresh")
    file = shop.root.parent / "fresh/personalize-sync.yaml"
    head, example = file.read_text().split("  # production:")
    lines = ["  # production:", *example.splitlines()]
    file.write_text(head + "\n".join(line.replace("  # ", "  ", 1) for line in lines))

    assert set(load_project(file.parent).environments) == {"sandbox", "production"}


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["--region", "eu", "-e", "uat"], "https://api-engage-eu.sitecorecloud.io"),
        (
            ["--base-url", "https://x.test/", "--token-url", "https://x.test/t", "-e", "uat"],
            "https://x.test",
        ),
    ],
)
def test_a_tenant_may_be_named_at_once(shop: Shop, arguments: list[str], place: str) -> None:
    """The project file then has it beside the sandbox."""
    assert shop("init", "-C", "../fresh", *arguments).code == 0
    project = load_project(shop.root.parent / "fresh")

    assert project.default_environment == "uat"
    assert project.environments["uat"].base_url == place
    assert len(project.environments["uat"].keys) == 4
    assert project.environments["sandbox"].sandbox == ()


def test_a_tenant_comes_into_an_empty_directory(shop: Shop) -> None:
    """The keys in the environment say which features the project file declares; plan agrees."""
    fill(shop.sandbox, 3)
    place = ["--base-url", shop.server.base_url, "--token-url", shop.server.token_url]

    said = shop("init", "--from-tenant", "-C", "../fresh", "-e", "test", *place)

    assert said.code == 0, said
    assert "Proven: a plan of them finds no difference." in said.out
    assert "PUNKTE_1_CLIENT_SECRET   connection/punkte_1 /auth/clientSecret" in said.out
    assert 'connection "Twin weather": 2 living connections have this name' in said.out
    project = load_project(shop.root.parent / "fresh")
    assert project.environments["test"].client_key == shop.sandbox.client_key
    assert set(project.environments["test"].keys) == {
        "connections",
        "decision-model-testing",
        "developer-templates",
        "multiple-resources",
    }
    plan = shop("plan", "-C", "../fresh", "--detailed-exitcode")
    assert (plan.code, "No changes." in plan.out) == (0, True)
    assert shop.writes() == []


def test_a_part_of_a_tenant_is_imported(shop: Shop) -> None:
    """What the chosen objects use besides is looked up, so that the project stands by itself."""
    fill(shop.sandbox, 3)
    place = ["--base-url", shop.server.base_url, "--token-url", shop.server.token_url, "-e", "test"]
    chosen = ["--select", "experi*", "--select", "template/promo_1"]

    said = shop("init", "--from-tenant", "-C", "../fresh", *place, *chosen)

    assert said.code == 0, said
    root = shop.root.parent / "fresh"
    manifests = {n for n in _files(root) if n.endswith(".yaml") and "/" in n}
    assert manifests == {
        "experiences/hero_1.yaml",
        "experiences/hero_2.yaml",
        "experiments/hero_0.yaml",
        "templates/promo_1.yaml",
    }
    text = (root / "experiences/hero_2.yaml").read_text("utf-8")
    assert "{lookup: {kind: decision-model, name: Modell 2}}" in text
    assert "Not selected: 16 objects" in said.out
    assert "No changes." in shop("plan", "-C", "../fresh").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from-tenant", "--select", "template/nope"], "selected by template/nope"),
        (["--select", "template/*"], "--select chooses what is imported"),
    ],
)
def test_a_selection_of_nothing_is_refused(shop: Shop, arguments: list[str], words: str) -> None:
    """A slip of the pen must not look like an empty tenant."""
    fill(shop.sandbox, 1)
    place = ["--base-url", shop.server.base_url, "--token-url", shop.server.token_url, "-e", "test"]

    said = shop("init", "-C", "../fresh", *place, *arguments)

    assert said.code == 64
    assert words in said.err
    assert not (shop.root.parent / "fresh").exists()


def test_one_wide_key_is_used_for_all(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing narrower, the project file lets it read templates and connections, in the open."""
    fill(shop.sandbox, 2)
    for feature in ("CONNECTIONS", "DEVELOPER_TEMPLATES", "DECISION_MODEL_TESTING"):
        monkeypatch.delenv(f"PERSONALIZE_SYNC_TEST_{feature}_CLIENT_ID")
        monkeypatch.delenv(f"PERSONALIZE_SYNC_TEST_{feature}_CLIENT_SECRET")
    place = ["--base-url", shop.server.base_url, "--token-url", shop.server.token_url]

    said = shop("init", "--from-tenant", "-C", "../fresh", "-e", "test", *place)

    assert said.code == 0, said
    assert {"connections", "templates", "decision-models"} <= {
        name.partition("/")[0] for name in _files(shop.root.parent / "fresh")
    }
    assert shop("plan", "-C", "../fresh", "--detailed-exitcode").code == 0


def test_a_kind_without_a_key_is_said_to_be_missing(shop: Shop) -> None:
    """What no declared key opens is not imported, and the output says so."""
    _bare(shop)
    fill(shop.sandbox, 2)
    file = shop.root / "personalize-sync.yaml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "developer-templates" not in line))

    said = shop("init", "--from-tenant")

    assert said.code == 0, said
    assert "Not imported: templates, which no declared key opens" in said.out
    assert not (shop.root / "templates").exists()


def test_a_project_file_is_kept(shop: Shop) -> None:
    """With a project file, manifests and the schemas for editors are written beside it."""
    _bare(shop)
    fill(shop.sandbox, 1)
    before = (shop.root / "personalize-sync.yaml").read_bytes()

    said = shop("init", "--from-tenant", "--format", "json")

    assert said.code == 0, said
    assert (shop.root / "personalize-sync.yaml").read_bytes() == before
    assert {*said.document["objects"]} >= {
        "connection/gone",
        "connection/wetter_0",
        "decision-model/name_6df97746",
        "experiment/hero_0",
        "template/con",
    }
    assert set(said.document["files"]) == _files(shop.root) - {"personalize-sync.yaml"}
    assert {left["object"] for left in said.document["left_out"]} == {
        'connection "Twin weather"',
        'decision-model "Twin"',
    }
    assert shop("plan", "--detailed-exitcode").code == 0


def _refuses(said: Said, words: str) -> None:
    assert said.code == 64, said
    assert words in said.err


def test_what_exists_is_not_overwritten(shop: Shop) -> None:
    """Neither a project, nor manifests, nor a folder in the way."""
    before = _files(shop.root)
    _refuses(shop("init"), "personalize-sync.yaml exists already")
    _refuses(shop("init", "--from-tenant"), "there are manifests already (Connection-weather.yaml)")
    assert _files(shop.root) == before

    _bare(shop)
    fill(shop.sandbox, 1)
    (shop.root / "templates").mkdir()
    (shop.root / "templates/mine.txt").write_text("mine")
    _refuses(shop("init", "--from-tenant"), "templates exists already")
    assert _files(shop.root) == {"personalize-sync.yaml", "templates/mine.txt"}


def test_an_ignore_file_that_exists_is_left_to_its_owner(shop: Shop) -> None:
    """It is not touched; one line says what belongs into it."""
    root = shop.root.parent / "fresh"
    root.mkdir()
    (root / ".gitignore").write_text("*.pyc\n")

    said = shop("init", "-C", "../fresh")

    assert said.code == 0
    assert (root / ".gitignore").read_text() == "*.pyc\n"
    assert "Add .personalize-sync/ to .gitignore" in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--region", "eu", "--sandbox", "-e", "x"], "contradict each other"),
        (["--region", "eu"], "the environment has no name"),
        (["--base-url", "https://x.test", "-e", "x"], "belong together"),
        (["--base-url", "http://x.test", "--token-url", "https://x.test", "-e", "x"], "https"),
        (["--region", "eu", "-e", "Not a name"], "cannot be the name"),
        (["--format", "markdown"], "is not one of"),
    ],
)
def test_contradictions_are_refused(shop: Shop, arguments: list[str], words: str) -> None:
    """Nothing is left of a try."""
    _refuses(shop("init", "-C", "../fresh", *arguments), words)
    assert not (shop.root.parent / "fresh").exists()


def test_an_import_must_know_its_tenant(shop: Shop) -> None:
    """Without a project file, and without flags, there is nowhere to read from."""
    _refuses(shop("init", "--from-tenant", "-C", "../fresh"), "--region")
    assert not (shop.root.parent / "fresh").exists()


def test_a_project_does_not_begin_inside_another(shop: Shop) -> None:
    """The outer one would read the inner one's manifests as its own."""
    _refuses(shop("init", "-C", "inner"), "is a project already")


def test_missing_keys_are_named(shop: Shop) -> None:
    """Without any key of the new environment, the variables are named and nothing is written."""
    said = shop("init", "--from-tenant", "-C", "../fresh", "-e", "other", "--region", "eu")

    assert said.code == 11
    assert "PERSONALIZE_SYNC_OTHER_CONNECTIONS_CLIENT_ID" in said.err
    assert not (shop.root.parent / "fresh").exists()


def test_hostile_names_stay_within_the_root(shops: Callable[..., Shop]) -> None:
    """Whatever objects are called, every file lies in a folder of its kind, and output is plain."""
    shop = shops()
    request = {"requestType": "GET", "connectionUrl": "https://x.example.test"}
    names = ("../../evil", "/etc/passwd", "C:\\evil", "CON", "..", ".git/config", "a\x1b[31m\nb")
    for name in names:
        body = {"name": name, "systemType": "DATA_SYSTEM", "auth": {"authType": "NONE"}}
        shop.sandbox.create("connection", {**body, "request": request})

    said = shop("init", "--from-tenant")

    assert said.code == 0, said
    assert "\x1b" not in said.out
    written = {n for n in _files(shop.root) if not n.startswith(("schemas/", "personalize-sync"))}
    assert written == {
        "connections/evil.yaml",
        "connections/etc_passwd.yaml",
        "connections/c_evil.yaml",
        "connections/con-.yaml",
        "connections/name_5ec1f7e7.yaml",
        "connections/git_config.yaml",
        "connections/a_31m_b.yaml",
    }
    assert json.loads(shop("plan", "--format", "json").out)["summary"]["unmanaged"] == 0
