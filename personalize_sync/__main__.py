"""The entry point: `personalize-sync` and `python -m personalize_sync`."""

from __future__ import annotations

import gc
import sys


def spare_the_collector() -> None:
    """Look for garbage seldom: what is read is kept to the end, and each look walks over all of it."""
    gc.set_threshold(100_000, 20, 100)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] in (["--version"], ["version"]):
        # Answered before anything is imported: scripts ask this often.
        from personalize_sync import __version__  # noqa: PLC0415

        print(f"personalize-sync {__version__}")  # noqa: T201 - this is the document asked for
        sys.exit(0)
    from personalize_sync.cli.endings import run  # noqa: PLC0415

    spare_the_collector()
    code = run()
    gc.freeze()  # nor need it look at the end for what nobody needs any more
    sys.exit(code)


if __name__ == "__main__":
    main()
