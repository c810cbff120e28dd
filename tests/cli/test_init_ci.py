"""`init ci` writes the pipeline of a repository, and overwrites nothing unasked."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Said, Shop

_TOOL = "octo/personalize-sync@" + "0" * 40


def _init(shop: Shop, system: str = "github", *more: str) -> Said:
    tool = _TOOL if system == "github" else "personalize-sync==0.1.0"
    return shop("init", "ci", system, "--tool", tool, *more)


@pytest.mark.parametrize(
    ("system", "name"),
    [
        ("github", ".github/workflows/personalize-sync.yml"),
        ("gitlab", ".gitlab/personalize-sync.yml"),
        ("azure", ".azure-pipelines/personalize-sync.yml"),
    ],
)
def test_the_file_stands_where_the_system_looks(shop: Shop, system: str, name: str) -> None:
    """At the top of the repository."""
    said = _init(shop, system)

    assert (said.code, said.out) == (0, f"wrote {name}\n")
    assert (shop.root / name).read_text().startswith("# Written by personalize-sync init ci")


@pytest.mark.parametrize("system", ["github", "gitlab", "azure"])
def test_the_pipeline_is_no_manifest(shop: Shop, system: str) -> None:
    """Where the manifests are the top of the repository, they stay as valid as they were."""
    assert _init(shop, system).code == 0

    assert shop("validate").code == 0


@pytest.mark.parametrize("system", ["gitlab", "azure"])
def test_what_pip_cannot_install_is_refused(shop: Shop, system: str) -> None:
    """The form for GitHub would fail in every job; the remedy is what pip takes instead."""
    said = shop("init", "ci", system, "--tool", _TOOL)

    assert said.code == 64
    assert f"git+https://github.com/{_TOOL}" in said.err
    assert not list(shop.root.glob(".*/personalize-sync.yml"))


def test_what_manifests_need_is_said(shop: Shop) -> None:
    """The secrets of connections are named, so that somebody can set them."""
    shop.connection("points", auth={"authType": "BASIC", "password": {"fromSecret": "POINTS"}})

    assert "POINTS" in _init(shop).err


def test_nothing_is_overwritten_unasked(shop: Shop) -> None:
    """A file that somebody changed stays; writing the same again is no change."""
    path = shop.root / ".github/workflows/personalize-sync.yml"
    _init(shop)
    assert _init(shop).code == 0
    path.write_text("ours\n")
    said = _init(shop)
    assert said.code == 64
    assert "--overwrite" in said.err
    assert path.read_text() == "ours\n"

    said = _init(shop, "github", "--overwrite")
    assert "Replacing" in said.err
    assert path.read_text() != "ours\n"


def test_the_folder_of_the_manifests_is_named_from_the_top(shop: Shop) -> None:
    """Inside a repository the pipeline goes to its top, wherever the project is."""
    subprocess.run(["git", "init", "--quiet", ".."], cwd=shop.root, check=True)
    said = _init(shop)
    written = shop.root.parent / ".github/workflows/personalize-sync.yml"

    assert said.code == 0
    assert f"root: {shop.root.name}\n" in written.read_text()


def test_a_tool_that_is_not_pinned_is_refused(shop: Shop) -> None:
    """What runs with keys is named by its commit."""
    assert shop("init", "ci", "github", "--tool", "octo/tool@v1").code == 64


def test_a_pipeline_without_a_tool_is_refused_with_an_example(shop: Shop) -> None:
    """Nobody could guess what is to be installed."""
    said = shop("init", "ci", "azure")

    assert said.code == 64
    assert "--tool personalize-sync==VERSION" in said.err


def test_init_without_a_system_is_the_init_of_a_project(shop: Shop) -> None:
    """The other init is as it was."""
    assert "exists already" in shop("init").err
