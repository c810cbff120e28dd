"""`personalize-sync pull`: edits made in the tenant come back into the manifests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from personalize_sync.cli.interrupts import uninterrupted
from personalize_sync.cli.options import Common, option, parallelism_option, speaking
from personalize_sync.cli.planning import Wishes, demand_each, ready
from personalize_sync.cli.progress import waiting
from personalize_sync.cli.session import deliver_problems, open_project
from personalize_sync.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from personalize_sync.project import Project
    from personalize_sync.pull import Pulled, Rewrite, Taken

_CONFLICT = 13
_MARKS = {"tenant": "<", "git": " ", "both": "="}
_WORDS = {"tenant": "taken from the tenant", "git": "Git's kept", "both": "both sides merged"}


@click.command("pull")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@option("--merge", is_flag=True, help="Keep both sides of a conflict, marked (the default).")
@option("--theirs", is_flag=True, help="The tenant wins conflicts.")
@option("--ours", is_flag=True, help="Git wins conflicts.")
@option("--dry-run", is_flag=True, help="Print the file diff and write nothing.")
@option("--detailed-exitcode", is_flag=True, help="Exit with 2 if files change.")
@parallelism_option
@speaking("terminal", "json")
def command(
    common: Common,
    addresses: tuple[str, ...],
    *,
    dry_run: bool,
    detailed_exitcode: bool,
    parallelism: int,
    **sides: bool,
) -> int:
    """Bring edits made in the tenant back into the manifests. Never writes to the tenant."""
    chosen = [name for name, is_chosen in sides.items() if is_chosen]
    if len(chosen) > 1:
        raise UsageError(
            f"--{' and --'.join(chosen)} contradict each other", "Say who wins conflicts once."
        )
    project = open_project(common)
    wishes = Wishes(select=addresses, parallelism=parallelism)
    done = pulled(common, project, wishes, chosen[0] if chosen else "merge", dry_run=dry_run)
    as_json = common.format == "json"
    if any(field.is_conflict and field.cause == "undetermined" for field in done.fields):
        common.say(
            "Undetermined: none of our own writes of these objects is known. --theirs takes the "
            "tenant's values; once adopted, later edits in the tenant are drift."
        )
    common.deliver(
        _document(done) if as_json else _text(done, common, project.root, dry_run=dry_run)
    )
    if done.has_conflicts:
        return _CONFLICT
    return 2 if detailed_exitcode and done.rewrites else 0


def pulled(
    common: Common, project: Project, wishes: Wishes, choice: str, *, dry_run: bool
) -> Pulled:
    from personalize_sync import reconcile  # noqa: PLC0415 - httpx
    from personalize_sync.pull import Choice  # noqa: PLC0415

    with (
        ready(common, project, wishes) as (opened, loaded, policy),
        opened.readable(wishes.parallelism) as tenant,
    ):
        demand_each(loaded.resources, policy, "pull writes into manifests that exist.")
        try:
            with waiting(common, "Reading the tenant"):
                return reconcile.pull(
                    loaded,
                    tenant,
                    policy,
                    project,
                    choice=Choice(choice),
                    dry_run=dry_run,
                    shielded=uninterrupted,
                )
        except InvalidInput as error:
            common.say("With the tenant's values the manifests would be invalid; see below.")
            deliver_problems(common, project.root, error)
            raise


def _document(pulled: Pulled) -> str:
    document = {
        "files": [rewrite.name for rewrite in pulled.rewrites],
        "fields": [
            {
                "address": str(field.address),
                "path": field.path,
                "cause": field.cause,
                "taken": field.taken.value,
                "conflict": field.is_conflict,
                "file": field.file,
                "line": field.line,
                "note": field.note,
            }
            for field in pulled.fields
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _text(pulled: Pulled, common: Common, root: Path, *, dry_run: bool) -> str:
    """Return what happened to each field; of a dry run only the diff, fit for `patch`."""
    from personalize_sync.rendering import plain  # noqa: PLC0415

    conflicts = sum(field.is_conflict for field in pulled.fields)
    verb = "would change" if dry_run else "changed"
    last = f"Pull: {_count(len(pulled.rewrites), 'file')} {verb}. Conflicts: {conflicts}."
    told = [*_told(pulled.fields, common.look(root).prefix), last]
    lines = [plain(line) for line in told]
    if not dry_run:
        return "\n".join(lines) + "\n"
    for line in lines:
        common.say(line)
    return _diff(pulled.rewrites)


def _told(fields: Iterable[Taken], prefix: str) -> Iterable[str]:
    address = ""
    for field in fields:
        if str(field.address) != address:
            address = str(field.address)
            yield address
        mark = "X" if field.is_conflict else _MARKS[field.taken]
        words = _WORDS[field.taken]
        if field.is_conflict:
            words = "both sides kept and marked" if field.taken == "both" else "not resolved"
        note = f" ({field.note})" if field.note else ""
        where = f"{prefix}{field.file}:{field.line}"
        yield f"  {mark} {field.path}: {field.cause}, {words}{note}   {where}"


def _diff(rewrites: Iterable[Rewrite]) -> str:
    return "".join(_gated(line) for rewrite in rewrites for line in rewrite.diff())


def _gated(line: str) -> str:
    """Return a line of a diff harmless for a terminal; tabs and line ends stay for `patch`."""
    from personalize_sync.rendering import plain  # noqa: PLC0415

    body = line.rstrip("\r\n")
    ends = line[len(body) :]
    shown = "\n".join("\t".join(map(plain, part.split("\t"))) for part in body.split("\n"))
    return shown + ends


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
