"""Applying: carrying out a plan against a tenant, and running the tests of what it holds.

What is named here is imported when it is asked for: a plan wants the fingerprints alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalize_sync.apply.connection_tests import call_connections
    from personalize_sync.apply.fingerprints import fingerprinted
    from personalize_sync.apply.journal import Journal, PastRun, entry, past_runs
    from personalize_sync.apply.model_tests import run_tests
    from personalize_sync.apply.progress import Ways
    from personalize_sync.apply.secrets import resolve
else:
    _HOMES = {
        "Journal": "journal",
        "PastRun": "journal",
        "Ways": "progress",
        "call_connections": "connection_tests",
        "entry": "journal",
        "fingerprinted": "fingerprints",
        "past_runs": "journal",
        "resolve": "secrets",
        "run_tests": "model_tests",
    }

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "Journal",
    "PastRun",
    "Ways",
    "call_connections",
    "entry",
    "fingerprinted",
    "past_runs",
    "resolve",
    "run_tests",
]
