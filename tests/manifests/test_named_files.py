"""`fromFile`, links and strange files: nothing outside the root is read, and nothing hangs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from manifests.trees import load, places, places_by_file, template, write

if TYPE_CHECKING:
    from pathlib import Path

_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes of POSIX")


def _naming(path: str) -> str:
    return template(
        spec=f'{{name: A, type: WEB, templateElements: {{html: {{fromFile: "{path}"}}}}}}'
    )


def _html(root: Path) -> str:
    loaded = load(root)
    assert loaded.problems == ()
    text: str = loaded.resources[0].spec["templateElements"]["html"]
    return text


@pytest.mark.parametrize(
    "text",
    ["", "a\r\nb", "no end", "\ufeffmark\n", "tab\tnul\x00bell\x07", "\u2028 ü 😀\n\n\n"],
)
def test_a_file_is_read_byte_for_byte(text: str, tmp_path: Path) -> None:
    """Line breaks, marks and controls reach the API as they stand in the file."""
    write(tmp_path, {"x/m.yaml": _naming("e.html"), "x/e.html": text})

    assert _html(tmp_path) == text


@pytest.mark.parametrize("path", ["e.html", "./e.html", "../common/e.html", "sub/../e.html"])
def test_a_path_starts_beside_the_manifest(path: str, tmp_path: Path) -> None:
    """Relative paths may go up, as long as they stay below the root."""
    files = {"x/m.yaml": _naming(path), "x/e.html": "1", "common/e.html": "1", "x/sub/f": ""}
    write(tmp_path, files)

    assert _html(tmp_path) == "1"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../outside.html",
        "../../root/../outside.html",
        "~/x",
        "C:/x",
        "..\\\\outside.html",
        "../.git/config",
        ".hidden",
        "..",
        "../link_out/outside.html",
        "link.html",
        "proc/self/environ",
    ],
)
@_posix
def test_no_path_leaves_the_root(path: str, tmp_path: Path) -> None:
    """Absolute paths, paths upwards, links that leave and hidden files are refused at their place."""
    root = tmp_path / "root"
    write(root, {"x/m.yaml": _naming(path), ".git/config": "token", "x/.hidden": "1"})
    write(tmp_path, {"outside.html": "secret"})
    (root / "link_out").symlink_to(tmp_path)
    (root / "x/link.html").symlink_to(tmp_path / "outside.html")
    (root / "x/proc").symlink_to("/proc")

    problems = load(root).problems

    assert "x/m.yaml:4:64 PS2004" in places_by_file(problems)
    assert "secret" not in str(problems)


@_posix
def test_a_link_inside_the_root_is_followed(tmp_path: Path) -> None:
    """What a link names is read, as long as it is below the root."""
    write(tmp_path, {"x/m.yaml": _naming("link.html"), "common/e.html": "1"})
    (tmp_path / "x/link.html").symlink_to(tmp_path / "common/e.html")

    assert _html(tmp_path) == "1"


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    """The names in the folder are what the writer may have meant."""
    problems = load(tmp_path, {"m.yaml": _naming("promo.htm"), "promo.html": ""}).problems

    assert places(problems) == ["4:64 PS2003"]
    assert problems[0].remedy.endswith('Did you mean "promo.html"?')


@pytest.mark.parametrize(
    ("content", "rule"), [(b"\xe4", "PS2005"), (b"x" * (1024 * 1024 + 1), "PS1006")]
)
def test_an_unusable_file_is_a_problem(content: bytes, rule: str, tmp_path: Path) -> None:
    """Neither bytes that are no text nor too many of them are sent."""
    problems = load(tmp_path, {"m.yaml": _naming("e.html"), "e.html": content}).problems

    assert places(problems) == [f"4:64 {rule}"]


@pytest.mark.parametrize("sort", ["pipe", "folder", "loop", "no rights"])
@_posix
def test_only_regular_files_are_read(sort: str, tmp_path: Path) -> None:
    """A pipe without a writer does not stop the run, and a folder is no text."""
    write(tmp_path, {"m.yaml": _naming("e.html")})
    match sort:
        case "pipe":
            os.mkfifo(tmp_path / "e.html")
        case "folder":
            (tmp_path / "e.html").mkdir()
        case "loop":
            (tmp_path / "e.html").symlink_to("e.html")
        case _:
            if os.geteuid() == 0:
                pytest.skip("root may read everything")
            write(tmp_path, {"e.html": ""})
            (tmp_path / "e.html").chmod(0)

    problems = load(tmp_path).problems

    assert places(problems) == ["4:64 PS2005"]


@_posix
def test_strange_manifests_are_problems(tmp_path: Path) -> None:
    """Pipes, links that leave and links to nothing are reported, never skipped."""
    root = write(tmp_path / "root", {"a.yaml": template()})
    os.mkfifo(root / "b.yaml")
    (root / "c.yaml").symlink_to("/etc/passwd")
    (root / "d.yml").symlink_to("nothing")
    (root / "e").symlink_to("/etc")
    (root / "f.yaml").symlink_to("a.yaml")
    (root / "g.txt").symlink_to("/etc/passwd")

    loaded = load(root)

    assert places_by_file(loaded.problems) == [
        "b.yaml:1:1 PS1001",
        "c.yaml:1:1 PS2004",
        "d.yml:1:1 PS1001",
        "e:1:1 PS2004",
    ]
    assert [str(resource.address) for resource in loaded.resources] == ["template/a"]


def test_every_manifest_is_found(tmp_path: Path) -> None:
    """Both suffixes count at any depth; hidden names, other files and the project file do not."""
    files = {
        "personalize-sync.yaml": "kind: Project",
        "b.yml": template("b"),
        "a/deep/er/c.YAML": template("c"),
        "a.yaml/d.yaml": template("d"),
        ".github/workflows/x.yaml": "on: push",
        ".gitlab-ci.yml": "stages: []",
        "README.md": "",
    }

    loaded = load(tmp_path, files)

    assert loaded.problems == ()
    assert [resource.address.key for resource in loaded.resources] == ["b", "c", "d"]
    assert (loaded.files, loaded.manifests) == (3, 3)


def test_the_tree_digest_covers_manifests_and_named_files(tmp_path: Path) -> None:
    """It changes with every file that counts, and with nothing else."""
    write(tmp_path, {"m.yaml": _naming("e.html"), "e.html": "1", "other.txt": "1"})
    first = load(tmp_path).tree_digest

    assert load(tmp_path, {"other.txt": "2"}).tree_digest == first
    second = load(tmp_path, {"e.html": "2"}).tree_digest
    third = load(tmp_path, {"m.yaml": _naming("e.html") + "# comment\n"}).tree_digest
    (tmp_path / "m.yaml").rename(tmp_path / "n.yaml")
    assert len({first, second, third, load(tmp_path).tree_digest}) == 4


def test_hostile_names_do_not_reach_the_message(tmp_path: Path) -> None:
    """Controls, escapes and bidi marks of a name are shown as escapes."""
    hostile = "\\e[31m\\u202e::error::"
    text = template(spec=f'{{name: A, type: "{hostile}", "{hostile}": 1}}')

    problems = load(tmp_path, {"a.yaml": text}).problems

    assert len(problems) == 2
    assert all((problem.message + problem.remedy).isprintable() for problem in problems)
