"""An embedded, simulated Sitecore Personalize tenant.

Runs without an account or a network: in process (`SandboxTransport`) or as a loopback server
(`Server`). Its rules come from the vendor's API reference; what the reference leaves open is a
knob (`Knobs`). It shares no code with the client, so that the two can disagree.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalize_sync.sandbox.clocks import ManualClock, numbered_ids
    from personalize_sync.sandbox.faults import Fault, FaultPlan
    from personalize_sync.sandbox.knobs import ALTERNATIVES, KnobError, Knobs, starred_settings
    from personalize_sync.sandbox.marketer import Edited, NotEdited, edit
    from personalize_sync.sandbox.sandbox import Sandbox
    from personalize_sync.sandbox.server import Server
    from personalize_sync.sandbox.transport import SandboxTransport

__all__ = [
    "ALTERNATIVES",
    "Edited",
    "Fault",
    "FaultPlan",
    "KnobError",
    "Knobs",
    "ManualClock",
    "NotEdited",
    "Sandbox",
    "SandboxTransport",
    "Server",
    "edit",
    "numbered_ids",
    "starred_settings",
]

_HOMES = {
    "ALTERNATIVES": "knobs",
    "Edited": "marketer",
    "Fault": "faults",
    "FaultPlan": "faults",
    "KnobError": "knobs",
    "Knobs": "knobs",
    "ManualClock": "clocks",
    "NotEdited": "marketer",
    "Sandbox": "sandbox",
    "SandboxTransport": "transport",
    "Server": "server",
    "edit": "marketer",
    "numbered_ids": "clocks",
    "starred_settings": "knobs",
}


def __getattr__(name: str) -> object:
    # Commands that never touch the sandbox must not pay for sqlite3, http.server or httpx.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
