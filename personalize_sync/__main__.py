"""The entry point: `personalize-sync` and `python -m personalize_sync`."""

from __future__ import annotations

import gc
import os
import sys


def spare_the_collector() -> None:
    """Look for garbage seldom: what is read is kept to the end, and each look walks over all of it."""
    gc.set_threshold(1_000_000, 20, 100)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] in (["--version"], ["version"]):
        # Answered before anything is imported: scripts ask this often.
        from personalize_sync import __version__  # noqa: PLC0415

        _end(0, f"personalize-sync {__version__}\n")
        return
    from personalize_sync.cli.endings import run  # noqa: PLC0415

    spare_the_collector()
    _end(run())


def _end(code: int, words: str = "") -> None:
    """End the process at once: giving back its memory piece by piece takes as long as some answers.

    Every file, thread and process that matters was closed by whoever opened it.
    """
    try:
        if sys.stdout:
            sys.stdout.write(words)
            sys.stdout.flush()
    except OSError as error:
        # Where the reader of our output went away, there is nobody left to tell.
        if not code and not isinstance(error, BrokenPipeError):
            words = f"error: the output cannot be written: {error.strerror}\n"
            os.write(2, words.encode())
        code = code or 1
    os._exit(code)


if __name__ == "__main__":
    main()
