"""The pull command: what it says, how it ends, and that the tenant is only read."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Shop

_MANIFEST = "Template-strip.yaml"


def test_it_says_what_it_took(synced: Shop) -> None:
    """Each field stands with its cause, its winner and its place; the tenant is only read."""
    synced.edit("template/strip", name="Other")
    synced.sandbox.forget_requests()

    said = synced("pull")

    assert said.code == 0
    assert said.out == (
        "template/strip\n"
        "  < /name: drift, taken from the tenant "
        "(stands in spec, so production, sandbox, uat will get it too)   Template-strip.yaml:1\n"
        "Pull: 1 file changed. Conflicts: 0.\n"
    )
    assert '"name": "Other"' in (synced.root / _MANIFEST).read_text()
    assert not synced.writes()
    assert synced("plan", "--detailed-exitcode").code == 0


def test_nothing_to_pull(synced: Shop) -> None:
    """A tenant that is as Git says changes no file."""
    said = synced("pull", "--detailed-exitcode")
    assert (said.code, said.out) == (0, "Pull: 0 files changed. Conflicts: 0.\n")


def test_a_dry_run_prints_the_diff_alone(synced: Shop) -> None:
    """stdout is a diff for `patch`; what happened to each field goes to stderr."""
    synced.edit("template/strip", name="Other\x1b[31m")
    before = (synced.root / _MANIFEST).read_bytes()

    said = synced("pull", "--dry-run", "--detailed-exitcode")

    assert said.code == 2
    assert said.out.startswith(f"--- a/{_MANIFEST}\n+++ b/{_MANIFEST}\n@@ -1 +1 @@\n-")
    assert "\x1b" not in said.out + said.err
    assert "1 file would change" in said.err
    assert (synced.root / _MANIFEST).read_bytes() == before


def test_conflicts_end_in_13(synced: Shop) -> None:
    """A conflict that was left marked is exit 13, in JSON as in text."""
    synced.edit("template/strip", name="Maria's")
    synced.template(name="Git's")

    said = synced("pull", "--format", "json")

    assert said.code == 13
    field = {
        "address": "template/strip",
        "path": "/name",
        "cause": "conflict",
        "taken": "both",
        "conflict": True,
        "file": _MANIFEST,
        "line": 2,
        "note": "",
    }
    assert json.loads(said.out) == {"files": [_MANIFEST], "fields": [field]}
    assert synced("pull", "--theirs").code == 0


def test_what_nobody_can_tell_is_explained(synced: Shop) -> None:
    """After an import every edit is undetermined: what to do about it is said, once."""
    synced.connection()
    synced("apply", "--auto-approve")
    synced.edit("connection/Weather", description="Maria's")
    synced.connection(description="Git's")

    said = synced("pull")

    assert said.code == 13
    assert said.err.count("Undetermined: none of our own writes of these objects is known.") == 1
    assert "Undetermined" not in synced("pull", "--theirs").err


def test_only_the_named_objects_are_pulled(synced: Shop) -> None:
    """Other objects keep what Git says."""
    synced.edit("template/strip", name="Other")
    synced.edit("connection/weather", description="Other")
    assert "template/strip" not in synced("pull", "connection/weather", "--theirs").out
    assert "Other" not in (synced.root / _MANIFEST).read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--ours", "--theirs"), "contradict each other"),
        (("template/strip", "template/nope"), "no manifest is called template/nope"),
        (("--format", "markdown"), "markdown"),
    ],
)
def test_command_lines_that_cannot_be_carried_out(
    synced: Shop, arguments: tuple[str, ...], words: str
) -> None:
    """What contradicts itself or names nothing is exit 64, before anything is read."""
    said = synced("pull", *arguments)
    assert said.code == 64
    assert words in said.err


def test_values_that_would_not_validate_are_refused(synced: Shop) -> None:
    """The problems are the document, exit 10, and the files are as they were."""
    synced.edit("template/strip", name="")
    before = (synced.root / _MANIFEST).read_bytes()

    said = synced("pull")

    assert said.code == 10
    assert "PS1" in said.out
    assert "nothing was written" in said.err
    assert (synced.root / _MANIFEST).read_bytes() == before


def test_a_signal_does_not_come_between_the_files(synced: Shop) -> None:
    """Terminated while it writes, a pull writes all of its files, says so, and ends."""
    synced.write("strip.html", "<p>Hello</p>")
    synced.template(templateElements={"html": {"fromFile": "strip.html"}})
    synced.edit("template/strip", name="Other", templateElements__html="<b>Other</b>")
    script = (
        "import os, signal, sys\n"
        "from personalize_sync.cli.endings import run\n"
        "from personalize_sync.pull import desk\n"
        "replace = desk.replace\n"
        "def dying(*file):\n"
        "    replace(*file)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "desk.replace = dying\n"
        "sys.exit(run(['pull']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=synced.root, capture_output=True, check=False
    )

    assert done.returncode == 143
    assert done.stderr.endswith(b"Terminated. All files were written.\n")
    assert (synced.root / "strip.html").read_text() == "<b>Other</b>"
    assert '"name": "Other"' in (synced.root / _MANIFEST).read_text()
