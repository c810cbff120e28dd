"""A headless Chromium, driven over its debugging pipe: what it requests, runs and measures."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PATIENCE = 60.0
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
    # Whatever a page asks for, it finds nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def executable() -> str:
    """Return where Chromium is, empty if it is nowhere."""
    return os.environ.get("CHROMIUM", "") or next(filter(None, map(shutil.which, _NAMES)), "")


@dataclass
class Visit:
    """What happened on a page: what it asked for, what its policy refused, and its complaints."""

    tab: str
    page: str
    requests: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    loaded: bool = False

    def note(self, event: dict[str, Any]) -> None:
        """Remember an event if it is one of these."""
        match event:
            case {
                "method": "Network.requestWillBeSent",
                "params": {"requestId": str(id_), "request": {"url": str(url)}},
            }:
                if url != self.page:
                    self.requests[id_] = url
            case {
                "method": "Network.loadingFailed",
                "params": {"requestId": str(id_), "blockedReason": "csp"},
            }:
                self.refused.append(self.requests.pop(id_))
            case {"method": "Log.entryAdded", "params": {"entry": {"text": str(text)}}}:
                self.complaints.append(text)
            case {"method": "Page.loadEventFired"}:
                self.loaded = True


class Browser:
    """One Chromium, with one tab at a time."""

    def __init__(self, profile: Path) -> None:
        their_input, our_output = os.pipe()
        our_input, their_output = os.pipe()
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        # Chromium reads commands from descriptor 3 and answers on 4.
        script = f'exec "$@" 3<&{their_input} 4>&{their_output}'
        self._process = subprocess.Popen(
            [
                "bash",
                "-c",
                script,
                "-",
                executable(),
                *_FLAGS,
                *sandbox,
                f"--user-data-dir={profile}",
            ],
            pass_fds=(their_input, their_output),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(their_input)
        os.close(their_output)
        self._output, self._input = our_output, our_input
        self._rest = b""
        self._number = 0
        self._target = ""
        self._visit: Visit | None = None

    def close(self) -> None:
        """End the browser."""
        with suppress(OSError, AssertionError):
            self._ask("Browser.close")
        self._process.terminate()
        self._process.wait(timeout=_PATIENCE)
        os.close(self._output)
        os.close(self._input)

    def visit(
        self, page: Path, *, width: int = 1280, medium: str = "screen", **media: str
    ) -> Visit:
        """Open a page in a new tab and wait until it has been loaded and drawn."""
        if self._target:
            self._ask("Target.closeTarget", targetId=self._target)
        self._target = target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        tab = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._visit = visit = Visit(tab, page.as_uri())
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._ask(f"{domain}.enable", tab)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", tab, **size)
        features = [{"name": name.replace("_", "-"), "value": v} for name, v in media.items()]
        self._ask("Emulation.setEmulatedMedia", tab, media=medium, features=features)
        self._ask("Page.navigate", tab, url=visit.page)
        while not visit.loaded:
            self._read()
        self.ask_page("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        return visit

    def ask_page(self, expression: str) -> Any:
        """Return the value of an expression; ours may run where the page's own may not."""
        assert self._visit
        answer = self._ask(
            "Runtime.evaluate",
            self._visit.tab,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        return answer["result"].get("value")

    def _ask(self, method: str, tab: str = "", **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if tab:
            message["sessionId"] = tab
        os.write(self._output, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "result" in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._input], [], [], max(end - time.monotonic(), 0))
            assert ready, "Chromium says nothing"
            chunk = os.read(self._input, 1 << 16)
            assert chunk, "Chromium has ended"
            self._rest += chunk
        text, _, self._rest = self._rest.partition(b"\0")
        event: dict[str, Any] = json.loads(text)
        if self._visit and event.get("sessionId") == self._visit.tab:
            self._visit.note(event)
        return event
