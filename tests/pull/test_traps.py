"""What a hostile tree, a hostile tenant or a failing disk cannot make a pull do."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pull.ground import STRIP, pull, said, strip, text, tree

from personalize_sync.errors import InvalidInput, StaleError, UsageError
from personalize_sync.project import IgnoreRule
from personalize_sync.pull import desk
from personalize_sync.pull.replacing import replace
from personalize_sync.pull.spots import Unwritable

if TYPE_CHECKING:
    from world import World


def test_a_link_is_not_written_through(world: World) -> None:
    """A file that is reached over a link, even one inside the root, stays as it is."""
    world.write("real/strip.html", b"<p/>\n")
    (world.root / "linked").symlink_to("real")
    own = STRIP.replace("strip.html", "linked/strip.html")
    strip(world, own)
    world.edit("template/strip", templateElements__html="<b/>\n")

    pulled = pull(world, "theirs")

    assert pulled.has_conflicts
    assert "linked is a link" in pulled.fields[0].note
    assert text(world, "real/strip.html") == "<p/>\n"


def test_a_folder_that_became_a_link_leads_nowhere(world: World, tmp_path: Path) -> None:
    """A folder exchanged for a link out of the root between reading and writing is noticed."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "a.html").write_bytes(b"theirs")
    world.write("in/a.html", b"<p/>")
    work = desk.Desk(world.root)
    name, _ = work.code("strip.yaml", "in/a.html")
    work.rewrite_code(name, "<b/>")
    rewrites = work.rewrites()
    (world.root / "in").rename(world.root / "was")
    (world.root / "in").symlink_to(outside)

    with pytest.raises(UsageError, match="is a link"):
        desk.write(work, rewrites)

    assert (outside / "a.html").read_bytes() == b"theirs"


@pytest.mark.parametrize(
    "path", ["../a.html", "/etc/hostname", "a/../../a.html", ".git/config", "b.yaml"]
)
def test_nothing_outside_the_root_is_touched(world: World, path: str) -> None:
    """Neither a path upwards nor an absolute or hidden one is even looked at."""
    with pytest.raises(Unwritable):
        desk.Desk(world.root).code("strip.yaml", path)


def test_a_secret_or_header_never_reaches_a_file(world: World) -> None:
    """Header values that somebody changed are named, not written."""
    world.connection(customHeaders=[{"name": "X-Shop", "value": "blue"}])
    world.apply()
    before = tree(world)
    headers = [{"name": "X-Shop", "value": "hunter2"}]
    world.edit("connection/weather", customHeaders=headers)

    pulled = pull(world, "theirs")

    assert said(pulled) == [("/customHeaders", "undetermined", "git")]
    assert "secret" in pulled.fields[0].note
    assert tree(world) == before


def test_a_built_in_template_is_left_alone(world: World) -> None:
    """What belongs to the vendor is not pulled either."""
    strip(world)
    world.edit("template/strip", name="Other")
    record = world.sandbox.stored("template/strip")
    record.body["defaultTemplate"] = True
    with world.sandbox.writing() as tenant:
        tenant.amend(record, {**record.body, "defaultTemplate": True}, "auth0|vendor")

    assert not pull(world, "theirs").fields


def test_an_ignored_field_is_not_pulled(world: World) -> None:
    """What marketers own stays out of the manifest."""
    strip(world)
    world.rules["ignore"] = (IgnoreRule("template/*", "/name", "theirs"),)
    world.edit("template/strip", name="Other")

    assert not pull(world, "theirs").fields


def test_an_archived_object_is_named_and_nothing_is_written(world: World) -> None:
    """A manifest cannot say that its object is archived."""
    strip(world)
    world.edit("template/strip", archived=True, name="Other")
    before = tree(world)

    pulled = pull(world, "theirs")

    assert [f.path for f in pulled.fields] == ["/archived"]
    assert tree(world) == before


@pytest.mark.parametrize("dry_run", [True, False])
def test_values_that_make_manifests_invalid_are_not_written(world: World, *, dry_run: bool) -> None:
    """If the result would not validate, no file is touched, and the problems are told."""
    strip(world)
    world.edit("template/strip", templateElements__html="<b/>", name="")
    before = tree(world)
    inode = (world.root / "strip.html").stat().st_ino

    with pytest.raises(InvalidInput):
        pull(world, dry_run=dry_run)

    assert tree(world) == before
    assert (world.root / "strip.html").stat().st_ino == inode


def test_a_dry_run_writes_nothing_and_knows_the_difference(world: World) -> None:
    """The unified diff is that of the files a real run would write."""
    strip(world)
    world.edit("template/strip", name="Other")
    before = tree(world)

    pulled = pull(world, dry_run=True)

    assert tree(world) == before
    lines = "".join(pulled.rewrites[0].diff()).splitlines()
    assert lines[:2] == ["--- a/strip.yaml", "+++ b/strip.yaml"]
    assert "+  name: 'Other'   # what people see" in lines


def test_a_pull_only_reads_the_tenant(world: World) -> None:
    """No request of a pull changes anything."""
    strip(world)
    world.edit("template/strip", name="Other")
    world.sandbox.forget_requests()
    pull(world)
    assert not world.writes()


def test_a_file_that_changed_meanwhile_is_not_overwritten(world: World) -> None:
    """Somebody saves the file while the tenant is read: their text wins, and pull says so."""
    world.write("a.html", b"<p/>")
    work = desk.Desk(world.root)
    work.rewrite_code(work.code("strip.yaml", "a.html")[0], "<b/>")
    world.write("a.html", b"<i/>")

    with pytest.raises(StaleError):
        desk.write(work, work.rewrites())

    assert text(world, "a.html") == "<i/>"


def test_a_failure_half_way_puts_every_file_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second file cannot be written: the first one has its old text again."""
    strip(world)
    world.edit("template/strip", templateElements__html="<b/>", name="Other")
    before = tree(world)
    rename, calls = Path.replace, []

    def full(self: Path, target: Any) -> Path:
        if target.parent == world.root:
            calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match="No space"):
        pull(world)

    assert len(calls) == 3
    assert tree(world) == before


def test_a_state_folder_that_leads_elsewhere_is_not_written_into(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Files in the making would stand, and old ones be cleared, in a folder that is not ours."""
    strip(world)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / ".pull-mine.part").write_text("mine")
    (world.root / ".personalize-sync").symlink_to(elsewhere)
    world.edit("template/strip", name="Other")

    with pytest.raises(UsageError, match="is a link"):
        pull(world)

    assert [path.name for path in elsewhere.iterdir()] == [".pull-mine.part"]


def test_a_file_on_another_file_system_is_replaced_beside_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no rename leads from the state folder, the new text is made in the file's own folder."""
    (tmp_path / "state").mkdir()
    (tmp_path / "mounted").mkdir()
    file = tmp_path / "mounted" / "a.yaml"
    file.write_text("old")
    (file.parent / ".pull-left.part").write_text("of a death")
    rename = Path.replace

    def apart(self: Path, target: Path) -> Path:
        if self.parent != target.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", apart)
    replace(file, b"new", tmp_path / "state")

    assert [(p.name, p.read_text()) for p in file.parent.iterdir()] == [("a.yaml", "new")]
    assert not list((tmp_path / "state").iterdir())


def test_the_mode_of_a_file_stays(world: World) -> None:
    """An executable script is executable afterwards, a private file private."""
    strip(world)
    (world.root / "strip.html").chmod(0o750)
    world.edit("template/strip", templateElements__html="<b/>")
    pull(world)
    assert stat.S_IMODE((world.root / "strip.html").stat().st_mode) == 0o750


def test_an_unchanged_file_is_not_even_touched(world: World) -> None:
    """A file whose text stays keeps its inode: it was not written."""
    strip(world)
    world.edit("template/strip", name="Other")
    inode = (world.root / "strip.html").stat().st_ino
    pull(world)
    assert (world.root / "strip.html").stat().st_ino == inode


def test_one_file_of_two_fields_has_one_text(world: World) -> None:
    """Two templates that share a file cannot both have their way."""
    strip(world)
    world.write("twin.yaml", STRIP.replace("key: strip", "key: twin").encode())
    world.apply()
    world.edit("template/strip", templateElements__html="one")
    world.edit("template/twin", templateElements__html="two")

    pulled = pull(world)

    assert [f.is_conflict for f in pulled.fields] == [False, True]
    assert text(world, "strip.html") == "one\n"
