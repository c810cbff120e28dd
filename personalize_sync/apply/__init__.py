"""Applying: carrying out a plan against a tenant, and running the tests of what it holds."""

from personalize_sync.apply.apply import Ways, apply
from personalize_sync.apply.connection_tests import call_connections
from personalize_sync.apply.fingerprints import fingerprinted
from personalize_sync.apply.journal import Journal, PastRun, entry, past_runs
from personalize_sync.apply.model_tests import run_tests
from personalize_sync.apply.secrets import resolve

__all__ = [
    "Journal",
    "PastRun",
    "Ways",
    "apply",
    "call_connections",
    "entry",
    "fingerprinted",
    "past_runs",
    "resolve",
    "run_tests",
]
