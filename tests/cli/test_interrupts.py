"""A signal that arrives while files are written acts when they are."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from personalize_sync.cli.interrupts import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def acted() -> Iterator[list[int]]:
    """The signals that were acted upon."""
    seen: list[int] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, lambda number, _frame: seen.append(number))
    yield seen
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", _SIGNALS)
def test_a_signal_waits_until_the_files_are_written(acted: list[int], number: int) -> None:
    """Nothing happens inside; afterwards the handler of before is called, once."""
    with uninterrupted():
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert acted == []

    assert acted == [number]
    signal.raise_signal(number)
    assert acted == [number, number]


def test_a_signal_acts_although_the_writing_failed(acted: list[int]) -> None:
    """A full disk must not swallow Ctrl-C."""

    @uninterrupted()
    def write() -> None:
        signal.raise_signal(signal.SIGINT)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write()

    assert acted == [signal.SIGINT]


def test_what_is_ignored_stays_ignored(acted: list[int]) -> None:
    """A command under nohup, or in the background of a shell, has been told to go on."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with uninterrupted():
        signal.raise_signal(signal.SIGTERM)

    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    assert acted == []
