"""What earlier runs made of a file is a short cut, and never changes an answer."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_sync.manifests import check_manifests, load_manifests, load_project
from personalize_sync.manifests.memory import FOLDER, Memory

if TYPE_CHECKING:
    from pathlib import Path

_TEMPLATE = """\
apiVersion: personalize-sync/v1
kind: Template
metadata: {{key: {key}}}
spec:
  name: {name}
  type: WEB
  status: DRAFT
  templateElements: {{html: {{fromFile: {key}.html}}}}
overrides: {{uat: {{name: "[UAT]"}}}}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one template with a file, and a cache folder that holds nothing else."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "cache"))
    (tmp_path / "project").mkdir()
    _write(tmp_path / "project", "strip")
    return tmp_path / "project"


def _write(root: Path, key: str, name: str = "Strip") -> Path:
    (root / f"{key}.html").write_text("<p>Hello</p>", encoding="utf-8")
    path = root / f"{key}.yaml"
    path.write_text(_TEMPLATE.format(key=key, name=name), encoding="utf-8")
    return path


def _stored(root: Path) -> list[Path]:
    return sorted((root.parent / "cache").iterdir())


def _answer(root: Path) -> Any:
    loaded = load_manifests(load_project(root))
    shown = [(str(r.address), r.spec, r.source.start) for r in loaded.resources]
    return shown, loaded.problems, loaded.files, loaded.manifests, loaded.tree_digest


def test_a_known_file_is_not_parsed_again(root: Path) -> None:
    """What is remembered for these bytes is what the file says."""
    digest = hashlib.sha256((root / "strip.yaml").read_bytes()).hexdigest()
    load_manifests(load_project(root))
    ((line, column, document, settled),) = Memory(root).clean[digest]
    known = {**document, "spec": {**document["spec"], "name": "Remembered"}}
    Memory(root).keep({"another": [], digest: [(line, column, known, settled)]})

    (resource,) = load_manifests(load_project(root)).resources

    assert resource.name == "Remembered"


def test_a_valid_project_is_not_read_again_until_a_byte_changes(root: Path) -> None:
    """The verdict of the last run holds for the same bytes, and for no others."""
    assert check_manifests(load_project(root)).files == 1
    verdict = Memory(root).verdict()
    Memory(root).keep_verdict({**verdict, "files": 77})
    assert check_manifests(load_project(root)).files == 77

    (root / "strip.html").write_text("<p>Bye</p>", encoding="utf-8")

    assert check_manifests(load_project(root)).files == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "strip.yaml").write_text("kind: Template", encoding="utf-8"),
        lambda root: (root / "more.yaml").write_text("kind: Template", encoding="utf-8"),
        lambda root: (root / "strip.html").unlink(),
        lambda root: (root / "strip.html").write_bytes(b"\xff"),
        lambda root: (root / "more.yaml").symlink_to("/etc/passwd"),
        lambda root: (root / "strip.yaml").rename(root / "strip.txt"),
        lambda root: (root / "personalize-sync.yaml").write_text(
            "{apiVersion: personalize-sync/v1, kind: Project, environments: {x: {sandbox: {}}}}",
            encoding="utf-8",
        ),
    ],
    ids=["broken", "added", "file gone", "not text", "link", "renamed", "no such environment"],
)
def test_no_change_hides_behind_an_old_verdict(root: Path, change: Any) -> None:
    """A manifest, a named file, a link, the environments: each counts."""
    before = check_manifests(load_project(root))
    change(root)
    project = load_project(root)
    after = check_manifests(project)

    assert before.problems == ()
    assert (after.problems, after.files) != (before.problems, before.files)
    assert after.problems == load_manifests(project).problems


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-1],
        lambda raw: raw.replace(b"Strip", b"Spoil").replace(b'"files":1', b'"files":9'),
        lambda _raw: b"",
        lambda _raw: b"\n{}",
        lambda _raw: b"\x00" * 99,
    ],
    ids=["cut", "forged", "empty", "no seal", "noise"],
)
def test_a_damaged_memory_is_none(root: Path, spoil: Any) -> None:
    """Its seal does not fit: the files are read as if for the first time."""
    expected = _answer(root)
    assert check_manifests(load_project(root)).files == 1
    for path in _stored(root):
        path.write_bytes(spoil(path.read_bytes()))

    assert _answer(root) == expected
    assert check_manifests(load_project(root)).files == 1


def test_only_its_owner_can_read_it(root: Path) -> None:
    """Manifests may be private, and other users share the machine."""
    check_manifests(load_project(root))

    assert len(_stored(root)) == 2
    assert {path.stat().st_mode & 0o777 for path in _stored(root)} == {0o600}


def test_a_file_with_a_flaw_is_never_remembered(root: Path) -> None:
    """Above all no secret in plain text, which is a flaw."""
    (root / "secret.yaml").write_text(
        "apiVersion: personalize-sync/v1\nkind: Connection\nmetadata: {key: points}\n"
        "spec: {name: Points, systemType: DATA_SYSTEM, auth: {authType: OAUTH, clientId: a,\n"
        "  clientSecret: canary-5f0c, accessTokenUrl: 'https://a.example.test/t'},\n"
        "  request: {requestType: GET, connectionUrl: 'https://a.example.test'}}\n",
        encoding="utf-8",
    )
    assert check_manifests(load_project(root)).problems

    assert all(b"canary-5f0c" not in path.read_bytes() for path in _stored(root))
    assert len(Memory(root).clean) == 1


def test_nothing_is_kept_where_nothing_may_be(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable turns the memory off; a folder that cannot be made does no harm."""
    for folder in ("", str(root / "strip.yaml" / "cache")):
        monkeypatch.setenv(FOLDER, folder)
        assert check_manifests(load_project(root)).problems == ()
    assert not (root.parent / "cache").exists()


_NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=8)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=5,
)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(variables=st.dictionaries(_NAMES, _VALUES, max_size=3), name=_NAMES | _VALUES)
def test_any_manifest_reads_the_same_from_memory(root: Path, variables: Any, name: Any) -> None:
    """First reading, second reading, and no memory at all: one answer, values and types."""
    document = {
        "apiVersion": "personalize-sync/v1",
        "kind": "Experience",
        "metadata": {"key": "promo"},
        "spec": {
            "name": name,
            "type": "WEB_FLOW",
            "channels": ["WEB"],
            "variants": {"a": {"name": "A", "isControl": True, "templateVariables": variables}},
        },
    }
    (root / "promo.yaml").write_text(json.dumps(document), encoding="utf-8")

    first, second = repr(_answer(root)), repr(_answer(root))
    os.environ[FOLDER], kept = "", os.environ[FOLDER]
    bare = repr(_answer(root))
    os.environ[FOLDER] = kept

    assert first == second == bare


def test_two_processes_read_as_one_does(root: Path) -> None:
    """Many files are shared out; a flaw among them is explained all the same."""
    for number in range(400):
        _write(root, f"strip_{number}")
    _write(root, "strip_7", name="12")
    _write(root, "strip_399", name=str(2**70))
    command = [sys.executable, "-m", "personalize_sync", "validate", "-C", str(root)]
    done = subprocess.run(
        [*command, "--format", "json"], capture_output=True, encoding="utf-8", check=False
    )

    found = json.loads(done.stdout)["problems"]

    assert (done.returncode, done.stderr) == (10, "")
    assert [(p["file"], p["line"]) for p in found] == [("strip_399.yaml", 5), ("strip_7.yaml", 5)]
    assert [p["id"] for p in found] == [p.id for p in load_manifests(load_project(root)).problems]
