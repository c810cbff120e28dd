"""`validate` opens no file whose state proves that it did not change, and is never fooled by that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_sync.cli.validate import all_valid
from personalize_sync.manifests import (
    check_manifests,
    checking,
    load_manifests,
    load_project,
    remembered,
    states,
)
from personalize_sync.manifests.memory import FOLDER, Memory
from personalize_sync.problems import Ignored, Problem
from personalize_sync.rendering import Look, Problems, render

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems tell no change of state")

_PROJECT = """\
apiVersion: personalize-sync/v1
kind: Project
environments: {uat: {sandbox: {}}}
"""
_TEMPLATE = """\
apiVersion: personalize-sync/v1
kind: Template
metadata: {key: strip}
spec: {name: Strip, type: WEB, templateElements: {html: {fromFile: ../code/strip.html}}}
"""
_TICK = 50_000_000  # no clock in use is coarser, where tests run


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A valid project, and a cache folder that holds nothing else."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "cache"))
    monkeypatch.setattr(states, "_TICK", _TICK)
    return _project(tmp_path / "project")


def _project(root: Path) -> Path:
    for name, text in {
        "personalize-sync.yaml": _PROJECT,
        "templates/strip.yaml": _TEMPLATE,
        "code/strip.html": "<p>Hello</p>",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def _check_until_proven(root: Path) -> None:
    """Check until the files are old enough for their state to be a proof: a twentieth of a second."""
    while not Memory(root).verdict().get("states"):
        assert check_manifests(load_project(root)).problems == ()


def _edit(path: Path, text: str) -> None:
    """Write, so that only the time of the change tells: same length, same modification time."""
    before = path.stat()
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_did_not_change_is_not_opened(root: Path) -> None:
    """The answer of the last run is given again, without the file being read."""
    _check_until_proven(root)
    Memory(root).keep_verdict({**Memory(root).verdict(), "files": 77})

    found = remembered(root)

    assert found
    assert (found.problems, found.files, found.manifests) == ((), 77, 1)


def test_what_is_ignored_is_remembered(root: Path) -> None:
    """Each of the short ways gives the same answer, and the comment's end is noticed."""
    named = _TEMPLATE.replace("name: Strip,", 'name: "Strip ",').rstrip("\n")
    path = root / "templates/strip.yaml"
    path.write_text(f"{named} # personalize-sync: ignore PS3003 - so it is\n", encoding="utf-8")
    first = check_manifests(load_project(root))
    assert [(one.problem.id, one.reason) for one in first.ignored] == [("PS3003", "so it is")]

    assert check_manifests(load_project(root)) == first
    _check_until_proven(root)
    assert remembered(root) == first

    _edit(path, f"{named} # personalize-sync: ignore PS3004 - so it is\n")
    assert remembered(root) is None
    found = check_manifests(load_project(root))
    assert [problem.id for problem in found.problems] == ["PS3003"]
    assert found.ignored == ()


def test_a_young_file_proves_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could change again within the tick of the clock in which it was read."""
    monkeypatch.setattr(states, "_TICK", 3_600_000_000_000)

    check_manifests(load_project(root))

    assert Memory(root).verdict()["states"] == ""
    assert remembered(root) is None


def _hide_the_code(root: Path) -> None:
    (root / "code").rename(root / ".code")
    (root / "code").symlink_to(".code")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: _edit(root / "code/strip.html", "<p>Howdy</p>"),
        lambda root: _edit(root / "templates/strip.yaml", _TEMPLATE.replace("WEB", "W_B")),
        lambda root: _edit(root / "personalize-sync.yaml", _PROJECT.replace("uat", "tau")),
        lambda root: (root / "personalize-sync.yaml").unlink(),
        lambda root: (root / "code/strip.html").unlink(),
        lambda root: (root / "templates/strip.yaml").rename(root / "templates/other.yaml"),
        lambda root: (root / "more.yml").write_text("kind: Template", encoding="utf-8"),
        lambda root: (root / "code/strip.html").chmod(0),
        lambda root: (root / "linked").symlink_to("/etc"),
        _hide_the_code,
    ],
    ids=[
        *("code", "manifest", "project file", "no project file", "gone", "renamed", "added"),
        *("no rights", "link out", "hidden"),
    ],
)
def test_every_change_is_seen(root: Path, change: Any) -> None:
    """Whatever counts, and be its length and its modification time the same."""
    _check_until_proven(root)
    assert remembered(root)

    change(root)

    assert remembered(root) is None


def test_a_named_link_that_leads_elsewhere_is_seen(root: Path) -> None:
    """The link itself is no file that was read, so nothing is remembered of the whole."""
    (root / "code/strip.html").rename(root / "code/a.html")
    (root / "code/strip.html").symlink_to("a.html")
    assert check_manifests(load_project(root)).problems == ()

    (root / "code/b.html").write_bytes(b"\xff")
    (root / "code/strip.html").unlink()
    (root / "code/strip.html").symlink_to("b.html")

    assert [p.id for p in check_manifests(load_project(root)).problems] == ["PS2005"]


def test_an_answer_is_for_one_environment_and_one_day(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules of the project file expire, and environments see different manifests."""
    _check_until_proven(root)
    assert remembered(root, environment="uat") is None

    monkeypatch.setattr(checking, "_day", lambda: "2099-01-01")

    assert remembered(root) is None


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_memory_that_others_can_write_is_none(root: Path, mode: int) -> None:
    """A shared folder may hold what somebody else prepared."""
    _check_until_proven(root)
    for path in (root.parent / "cache").iterdir():
        path.chmod(mode)

    assert remembered(root) is None
    assert Memory(root).clean == {}


@pytest.mark.parametrize("folder", [".cache", "elsewhere/cache"])
def test_a_memory_in_the_repository_is_none(
    folder: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit could bring it along: nothing is kept there, and nothing read."""
    (root.parent / ".git").mkdir()
    monkeypatch.setenv(FOLDER, str(root.parent / folder))

    check_manifests(load_project(root))

    assert not (root.parent / folder).exists()


_NAMES = st.sampled_from(
    ["personalize-sync.yaml", "templates/strip.yaml", "code/strip.html", "b.yaml", "code/b.yml"]
)
_TEXTS = st.sampled_from(
    [
        _PROJECT,
        _TEMPLATE,
        _TEMPLATE.replace("strip,", "stray,"),
        "",
        "<p>Howdy</p>",
        "a: [",
        "\ud800",
    ]
)
_EDITS = st.lists(
    st.tuples(
        st.sampled_from(["write", "remove", "rename", "link", "restore"]), _NAMES, _NAMES, _TEXTS
    ),
    min_size=1,
    max_size=3,
)


def _carry_out(root: Path, how: str, name: str, other: str, text: str) -> None:
    path = root / name
    match how:
        case "write":
            path.unlink(missing_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        case "remove":
            path.unlink(missing_ok=True)
        case "rename" if path.exists():
            path.replace(root / other)
        case "link" if not (root / other).is_symlink():
            path.unlink(missing_ok=True)
            path.symlink_to(root / other)
        case "restore":
            for link in filter(Path.is_symlink, root.rglob("*")):
                link.unlink()
            _project(root)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(steps=st.lists(_EDITS, min_size=1, max_size=4))
def test_after_any_edits_the_answer_is_that_of_reading(root: Path, steps: Any) -> None:
    """What is remembered and what is read anew never disagree."""
    _carry_out(root, "restore", "", "", "")
    for edits in ([], *steps):
        for edit in edits:
            _carry_out(root, *edit)
        try:
            project = load_project(root)
        except Exception:  # noqa: BLE001 - a broken project file has no other answer
            assert remembered(root) is None
            continue
        read = load_manifests(project)
        answers = [remembered(root), check_manifests(project), remembered(root)]
        for answer in filter(None, answers):
            assert (answer.problems, answer.files, answer.manifests) == (
                *(read.problems, read.files, read.manifests),
            )
        if not read.problems and not read.links and project.config_digest:
            _check_until_proven(root)


@pytest.mark.parametrize("ignored", [0, 1, 3])
@pytest.mark.parametrize("manifests", [1, 2, 10_000])
def test_the_short_answer_is_the_renderers(manifests: int, ignored: int) -> None:
    """The same words, whoever says it."""
    warnings = (Ignored(Problem("PS3003", "a name", "rename it")),) * ignored
    document = Problems((), files=1, manifests=manifests, ignored=warnings)

    assert all_valid(manifests, ignored) == render(document, "terminal", Look())


def test_a_second_run_imports_neither_parser_nor_renderer(root: Path) -> None:
    """What costs more than the answer is left alone."""
    _check_until_proven(root)
    code = (
        "import sys; from personalize_sync.cli.endings import run; run(sys.argv[1:]);"
        "print([m for m in ('yaml', 'orjson', 'jsonschema_rs', 'personalize_sync.kinds',"
        " 'personalize_sync.rendering') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "-C", str(root), "validate", "--ci", "none"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert done.stdout == "1 manifest is valid.\n[]\n"
