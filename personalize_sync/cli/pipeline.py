"""What a CI system is told besides the document: outputs for later steps, and a summary page.

Nothing here may fail a run: a pipeline that cannot be told is no reason to stop half-way.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from personalize_sync.cli.options import Common
    from personalize_sync.planning.outcome import Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering import Look, Problems

_SIGNS = {"github": ("GITHUB_ACTIONS", "true")}
# GitHub drops a step's summary beyond 1 MiB, and a character may take four bytes.
_SUMMARY_BYTES = 900_000
_LONGEST_SUMMARY = _SUMMARY_BYTES // 4
_SHORTEST_SUMMARY = 2_000


def detected(wish: str) -> str:
    """Return the CI system this run is part of: the one that was named, else the one around us."""
    if wish != "auto":
        return wish
    return next((s for s, (name, word) in _SIGNS.items() if os.environ.get(name) == word), "none")


def tell(
    document: Plan | Report | Problems, common: Common, look: Look, exit_code: int, **facts: str
) -> None:
    """Tell the CI system around us, if there is one, how the run ended."""
    known = {name: value for name, value in facts.items() if value}
    match detected(common.ci):
        case "github":
            _github(document, common, look, {"exit_code": str(exit_code), **known})


def _github(
    document: Plan | Report | Problems, common: Common, look: Look, facts: dict[str, str]
) -> None:
    from personalize_sync.rendering import outputs, render  # noqa: PLC0415 - not for --help

    values = outputs.outputs(document, look, facts)
    _append("GITHUB_OUTPUT", outputs.github_file(values, f"end-{uuid4().hex}"), common)
    _append("GITHUB_STEP_SUMMARY", _summary(document, look), common)
    if common.format != "github" and not common.quiet:
        common.say(render(document, "github", look).rstrip("\n"))


def _summary(document: Plan | Report | Problems, look: Look) -> str:
    """Return the document for the summary page, as much of it as the page still takes."""
    from personalize_sync.rendering import markdown  # noqa: PLC0415

    path = Path(os.environ.get("GITHUB_STEP_SUMMARY") or os.devnull)
    taken = path.stat().st_size if path.is_file() else 0
    room = min(_LONGEST_SUMMARY, (_SUMMARY_BYTES - taken) // 4)
    if room < _SHORTEST_SUMMARY:
        return ""
    return markdown.render(document, look, limit=room) + "\n"


def _append(variable: str, text: str, common: Common) -> None:
    name = os.environ.get(variable)
    if not name or not text:
        return
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        common.say(f"note: {variable} cannot be written: {error.strerror}")
