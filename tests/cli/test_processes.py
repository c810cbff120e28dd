"""What only a real process shows: signals, terminals, pipes, imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Slow

if TYPE_CHECKING:
    from cli.conftest import Shop

_APPLY = ("apply", "--auto-approve", "--parallelism", "1")
_TEMPLATES = [f"t{number}" for number in range(4)]


def _interrupted(shop: Shop, number: signal.Signals) -> subprocess.Popen[str]:
    """Start an apply, and signal it while the answer to its first write arrives slowly."""
    for key in _TEMPLATES:
        shop.template(key)
    fault = shop.sandbox.faults.add(
        Fault(Slow(pause=0.001), method="POST", path="/v3/templates", times=1)
    )
    process = shop.start(*_APPLY, "--select", "template/*")
    shop.until(lambda: fault.fired)
    process.send_signal(number)
    return process


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_a_signal_finishes_the_request_under_way_and_stops(
    shop: Shop, number: signal.Signals, code: int
) -> None:
    """What was begun is finished and reported; the rest is left to the next run."""
    said = shop.finished(_interrupted(shop, number))

    assert said.code == code
    assert "Stopping: finishing the requests under way." in said.err
    assert "Written: 1 object" in said.out
    assert len(shop.writes()) == 1
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_a_signal_after_the_last_write_does_not_deny_what_was_written(
    shop: Shop, number: signal.Signals, code: int
) -> None:
    """While the written objects are read again, the report is still to come; it comes."""
    for key in _TEMPLATES:
        shop.template(key)
    proof = shop.sandbox.faults.add(Fault(Slow(pause=0.0005), "GET", "/v3/templates", nth=3))
    process = shop.start(*_APPLY, "--select", "template/*")
    shop.until(lambda: proof.fired)
    process.send_signal(number)

    said = shop.finished(process)

    assert (said.code, len(shop.writes())) == (code, len(_TEMPLATES) + 1)
    assert f"Written: {len(_TEMPLATES) + 1} objects" in said.out
    assert "othing was written" not in said.out + said.err


def test_a_second_signal_stops_at_once_and_says_where_to_look(shop: Shop) -> None:
    """The answer under way is not waited for; the journal has the intent, and no end."""
    for key in _TEMPLATES:
        shop.template(key)
    fault = shop.sandbox.faults.add(Fault(Slow(pause=0.05), "POST", "/v3/templates"))
    process = shop.start(*_APPLY, "--select", "template/*")
    shop.until(lambda: fault.fired)
    process.send_signal(signal.SIGINT)
    assert process.stderr
    while "Stopping" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)

    said = shop.finished(process)

    assert said.code == 143
    assert "othing was written" not in said.err
    assert "Stopped at once. The journal says what was begun" in said.err


def test_an_interrupted_run_is_resumed_without_duplicates(shop: Shop) -> None:
    """The journal knows what is open."""
    stopped = shop.finished(_interrupted(shop, signal.SIGINT))

    said = shop(*_APPLY, "--resume", stopped.run)

    created = [r.path for r in shop.writes()]
    assert said.code == 0
    assert created == ["/v3/templates"] * (len(_TEMPLATES) + 1)
    assert "No changes." in shop("plan", "--select", "template/*").out


def test_a_killed_run_converges(shop: Shop) -> None:
    """After kill -9 a plain second apply says so, and makes no duplicates."""
    process = _interrupted(shop, signal.SIGKILL)
    shop.finished(process)

    said = shop(*_APPLY)

    assert said.code == 0
    assert "did not finish" in said.err
    assert len({str(r.body) for r in shop.writes()}) == len(shop.writes())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_a_plan_is_interrupted_at_once(shop: Shop, number: signal.Signals, code: int) -> None:
    """A command that only reads ends with one line."""
    for key in _TEMPLATES:
        shop.template(key)
    shop("apply", "--auto-approve")
    fault = shop.sandbox.faults.add(
        Fault(Slow(pause=0.02), method="GET", path="/v3/templates", times=0)
    )
    process = shop.start("plan")
    shop.until(lambda: fault.fired)
    process.send_signal(number)

    said = shop.finished(process)

    assert (said.code, said.out) == (code, "")
    assert said.err.endswith("Nothing was written.\n")
    assert "Traceback" not in said.err


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 1), ("", 1)])
def test_apply_asks_on_a_terminal(shop: Shop, answer: str, code: int) -> None:
    """Only the whole word is a yes."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "personalize_sync", "apply"],
        cwd=shop.root,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        encoding="utf-8",
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    shown = _read_all(ours)
    out, _ = process.communicate(timeout=30)

    assert "Only yes is accepted" in shown
    assert process.returncode == code
    assert len(shop.writes()) == (2 if code == 0 else 0)
    assert ("2 created" in out) == (code == 0)


def _read_all(terminal: int) -> str:
    text = b""
    try:
        while chunk := os.read(terminal, 65536):
            text += chunk
    except OSError:  # how Linux says that the other side has closed
        pass
    os.close(terminal)
    return text.decode()


@pytest.mark.parametrize("switch", ["", "NO_COLOR", "--no-color"])
def test_colours_are_for_terminals_that_want_them(shop: Shop, switch: str) -> None:
    """A terminal gets colours unless NO_COLOR or --no-color says otherwise."""
    ours, theirs = os.openpty()
    flags = [switch] if switch.startswith("--") else []
    environ = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, "-m", "personalize_sync", "plan", *flags],
        cwd=shop.root,
        env=environ | ({"NO_COLOR": ""} if switch == "NO_COLOR" else {}),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = _read_all(ours)

    assert process.wait(timeout=30) == 0
    assert ("\x1b[" in shown) == (switch == "")


def test_a_reader_that_went_away_is_no_bug(shop: Shop) -> None:
    """A closed pipe ends the command without a word."""
    process = shop.start("plan", environ={"PYTHONUNBUFFERED": "1"})
    assert process.stdout
    process.stdout.close()
    _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("unbuffered", ["1", ""])
@pytest.mark.parametrize("arguments", [("version",), ("validate",), ("plan", "--format", "json")])
def test_a_full_disk_is_no_bug_and_no_success(
    shop: Shop, arguments: tuple[str, ...], unbuffered: str
) -> None:
    """What could not be said is an error, whether it fails at once or when the process ends."""
    with Path("/dev/full").open("w") as full:
        process = shop.start(*arguments, environ={"PYTHONUNBUFFERED": unbuffered}, out=full)
        _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert err == "error: the output cannot be written: No space left on device\n"


_HEAVY = ("httpx", "jsonschema", "jsonschema_rs", "deepdiff", "rich", "yaml", "sqlite3")


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["version"], ["--version"], ["plan", "--help"], ["apply", "--help"], ["nope"]],
    ids=" ".join,
)
def test_asking_for_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help and version load neither network, schema, diff nor colour libraries."""
    script = (
        "import sys\n"
        "from personalize_sync.cli.endings import run\n"
        f"run({arguments})\n"
        f"print([m for m in {_HEAVY} if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True
    )

    assert done.stderr.splitlines()[-1] == "[]"
