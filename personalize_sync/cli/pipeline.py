"""What a CI system is told besides the document: outputs for later steps, a summary, remarks at lines.

Nothing here may fail a run: a pipeline that cannot be told is no reason to stop half-way.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from personalize_sync.cli.options import Common
    from personalize_sync.errors import SyncError
    from personalize_sync.planning.outcome import Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering import Look, Problems

REPORTS = Path(".personalize-sync/reports")
"""Below the working directory: where GitLab and Azure Pipelines find what they are told by file."""
_SIGNS = {
    "github": ("GITHUB_ACTIONS", "true"),
    "gitlab": ("GITLAB_CI", "true"),
    "azure": ("TF_BUILD", "True"),
}
# GitHub drops a step's summary beyond 1 MiB, and a character may take four bytes.
_SUMMARY_BYTES = 900_000
_LONGEST_SUMMARY = _SUMMARY_BYTES // 4
_SHORTEST_SUMMARY = 2_000


def detected(wish: str) -> str:
    """Return the CI system this run is part of: the one that was named, else the one around us."""
    if wish != "auto":
        return wish
    return next((s for s, (name, word) in _SIGNS.items() if os.environ.get(name) == word), "none")


def below_here(root: Path) -> str:
    """Return a folder as it is called from here, which in a pipeline is the repository."""
    return Path(os.path.relpath(root, Path.cwd())).as_posix()


def tell(
    document: Plan | Report | Problems, common: Common, look: Look, exit_code: int, **facts: str
) -> None:
    """Tell the CI system around us, if there is one, how the run ended."""
    system = detected(common.ci)
    if system == "none":
        return
    from personalize_sync.rendering import outputs, render  # noqa: PLC0415 - not for --help

    known = {name: value for name, value in facts.items() if value}
    values = outputs.outputs(document, look, {"exit_code": str(exit_code), **known})
    match system:
        case "github":
            _append("GITHUB_OUTPUT", outputs.github_file(values, f"end-{uuid4().hex}"), common)
            show_summary(document, common, look)
            if common.format != "github":
                common.say(render(document, "github", look).rstrip("\n"))
        case "gitlab":
            _gitlab(document, common, look, values)
        case "azure":
            from personalize_sync.rendering import azure  # noqa: PLC0415

            show_summary(document, common, look)
            for line in (*azure.issues(document, look), *azure.variables(values)):
                common.say(line)


def tell_refusal(error: SyncError, common: Common) -> None:
    """Tell the CI system around us, if there is one, why the run could not be finished."""
    from personalize_sync.rendering import azure, github, outputs  # noqa: PLC0415 - not for --help
    from personalize_sync.rendering.remarks import Remark  # noqa: PLC0415

    values = {"exit_code": str(error.exit_code)}
    remark = Remark("error", "", "personalize-sync", "\n".join(error.sentences))
    match detected(common.ci):
        case "github":
            _append("GITHUB_OUTPUT", outputs.github_file(values, f"end-{uuid4().hex}"), common)
            common.say(github.command(remark))
        case "gitlab":
            _report("outputs.env", outputs.dotenv(values), common)
        case "azure":
            for line in (azure.issue(remark), *azure.variables(values)):
                common.say(line)


def show_summary(document: Plan | Report | Problems, common: Common, look: Look) -> None:
    """Put a document on the summary page of the run, where the CI system has one."""
    from personalize_sync.rendering import azure, markdown  # noqa: PLC0415

    match detected(common.ci):
        case "github":
            path = Path(os.environ.get("GITHUB_STEP_SUMMARY") or os.devnull)
            taken = path.stat().st_size if path.is_file() else 0
            room = min(_LONGEST_SUMMARY, (_SUMMARY_BYTES - taken) // 4)
            if room >= _SHORTEST_SUMMARY:
                text = markdown.render(document, look, limit=room)
                _append("GITHUB_STEP_SUMMARY", text + "\n", common)
        case "azure":
            name = f"{look.view}-{uuid4().hex[:8]}.md"
            if _report(name, markdown.render(document, look), common):
                common.say(azure.upload_summary(str((REPORTS / name).resolve())))


def _gitlab(
    document: Plan | Report | Problems, common: Common, look: Look, values: dict[str, str]
) -> None:
    from personalize_sync.planning.outcome import Report  # noqa: PLC0415
    from personalize_sync.planning.plan import Plan  # noqa: PLC0415
    from personalize_sync.rendering import gitlab, outputs  # noqa: PLC0415

    plan = document.plan if isinstance(document, Report) else document
    if isinstance(plan, Plan):
        _report("terraform.json", gitlab.terraform(plan) + "\n", common)
    _report("codequality.json", gitlab.code_quality(document, look) + "\n", common)
    _report("outputs.env", outputs.dotenv(values), common)


def _report(name: str, text: str, common: Common) -> bool:
    try:
        REPORTS.mkdir(parents=True, exist_ok=True)
        (REPORTS / name).write_text(text, encoding="utf-8")
    except OSError as error:
        common.say(f"note: {REPORTS / name} cannot be written: {error.strerror}")
        return False
    return True


def _append(variable: str, text: str, common: Common) -> None:
    name = os.environ.get(variable)
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        common.say(f"note: {variable} cannot be written: {error.strerror}")
