"""SARIF 2.1.0: the remarks of a document as results, for code scanning and editors.

Section numbers are those of the OASIS standard. Paths are relative to where the command ran, which
in a pipeline is the root of the checkout.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from personalize_sync.planning.outcome import Report
from personalize_sync.planning.plan import Plan
from personalize_sync.problems import RULES
from personalize_sync.rendering.gates import json_text, plain
from personalize_sync.rendering.remarks import last_line, remarks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.problems import Location
    from personalize_sync.rendering.look import Look, Problems
    from personalize_sync.rendering.remarks import Remark

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# Code scanning refuses a file with more results or related locations than this.
_MOST_RESULTS = 25_000
_MOST_RELATED = 100
_LEVELS = {"error": "error", "warning": "warning", "notice": "note"}
# Code scanning accepts no result without a place: what no manifest is to blame for stands here.
_PROJECT_FILE = "personalize-sync.yaml"
_TITLES = {
    "incomplete": "the tenant could not be read completely",
    "writers": "a writer of ours that the project file does not name",
    "apply/failed": "a change that could not be applied",
    "apply/skipped": "a change that was not tried",
    "apply/not-proven": "an apply whose result could not be read again",
    "apply/not-converged": "a field that the tenant stored differently",
}
_HELP = {
    "PS1": "The file is not a manifest as the schema describes it. "
    "`personalize-sync schema KIND` prints the schema.",
    "PS2": "A manifest names something that is not there.",
    "PS3": "The API would refuse this, or accept it and surprise you.",
    "PS4": "As it stands, this could leak a secret or send it to the wrong place.",
    "PS6": "The API keys do not fit what the manifests need.",
    "PS7": "The tenant is not as Git says, and Git did not change. `personalize-sync pull` brings "
    "the tenant's state into Git; `personalize-sync apply` brings Git's state into the tenant.",
    "guard": "A guard objects to this change. Apply refuses the whole plan until the reason is gone "
    "or the change is allowed by its address; `--skip-blocked` carries out the rest.",
}
_LINK = re.compile(r"\](?=\()")
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_NUMBER = re.compile(r"\d+")


def render(document: Plan | Report | Problems, look: Look) -> str:
    """Return a document as a SARIF log with one run."""
    found = remarks(document, look)
    placed = [remark for remark in found if remark.rule != "incomplete"]
    rules = sorted({remark.rule for remark in placed})
    kept = placed[:_MOST_RESULTS]
    notices = [remark.message for remark in found if remark.rule == "incomplete"]
    if len(placed) > len(kept):
        notices.append(f"{len(placed) - len(kept)} more results were left out")
    run = {
        "tool": {"driver": _driver(rules, look)},
        "automationDetails": {"id": _category(document, look)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the checkout"}}},
        "invocations": [_invocation(document, look, notices)],
        "results": _results(kept, rules, look.prefix),
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(log, ascii_text=look.ascii) + "\n"


def _driver(rules: Iterable[str], look: Look) -> dict[str, Any]:
    driver = {"name": "personalize-sync", "rules": [_rule(rule) for rule in rules]}
    return {**driver, "semanticVersion": look.tool_version} if look.tool_version else driver


def _rule(rule: str) -> dict[str, Any]:
    family, _, name = rule.partition("/")
    title = RULES.get(rule) or _TITLES.get(rule) or f"guard: {name}"
    advice = _HELP.get(family[:3] if rule in RULES else family, "")
    warns = rule.startswith("PS7") or rule in ("writers", "apply/skipped")
    return {
        "id": plain(rule),
        "shortDescription": {"text": _message(title)},
        "help": {"text": f"{_message(title)}. {advice}".strip()},
        "defaultConfiguration": {"level": "warning" if warns else "error"},
    }


def _category(document: Plan | Report | Problems, look: Look) -> str:
    """Name what two runs have to share for the newer one to replace the older one (3.17.3)."""
    match document:
        case Plan():
            return f"personalize-sync/{look.view}/{plain(document.target.environment)}/"
        case Report():
            return f"personalize-sync/apply/{plain(document.plan.target.environment)}/"
    return f"personalize-sync/{plain(document.check)}/"


def _invocation(
    document: Plan | Report | Problems, look: Look, notices: list[str]
) -> dict[str, Any]:
    said = [("note", last_line(document, look)), *(("warning", notice) for notice in notices)]
    return {
        "executionSuccessful": not (isinstance(document, Report) and document.exit_code),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": _message(text)}} for level, text in said
        ],
    }


def _results(found: Iterable[Remark], rules: list[str], prefix: str) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    results = []
    for remark in found:
        fingerprint = _fingerprint(remark)
        seen[fingerprint] += 1
        results.append(
            {
                "ruleId": plain(remark.rule),
                "ruleIndex": rules.index(remark.rule),
                "level": _LEVELS[remark.level],
                "message": {"text": _text(remark)},
                "locations": [_location(remark.location, prefix, remark.about)],
                "partialFingerprints": {"personalizeSync/v1": f"{fingerprint}:{seen[fingerprint]}"},
                **_related(remark, prefix),
            }
        )
    return results


def _text(remark: Remark) -> str:
    # The title of a problem is its rule, which every viewer of results shows anyway.
    lead = "" if remark.title.startswith(remark.rule) else f"{remark.title}: "
    return "\n".join(_message(line) for line in (lead + remark.message).split("\n"))


def _message(line: str) -> str:
    """Gate a line of a message: no embedded link (3.11.6), no mention of anybody."""
    return _MENTION.sub("@ ", _LINK.sub("] ", plain(line)))


def _location(at: Location | None, prefix: str, about: str) -> dict[str, Any]:
    place = _place(at, prefix)
    if not about:
        return place
    return {**place, "logicalLocations": [{"fullyQualifiedName": plain(about), "kind": "object"}]}


def _place(at: Location | None, prefix: str) -> dict[str, Any]:
    file = prefix + (at.file if at else _PROJECT_FILE)
    uri = quote(file.encode("utf-8", "surrogatepass"), safe="/")
    region = {"startLine": at.line, "startColumn": at.column} if at else {"startLine": 1}
    if at and at.end_line:
        region |= {"endLine": at.end_line, "endColumn": at.end_column}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
            "region": region,
        }
    }


def _related(remark: Remark, prefix: str) -> dict[str, Any]:
    if not remark.also:
        return {}
    places = [
        {"id": number, **_place(at, prefix), "message": {"text": _message(why)}}
        for number, (why, at) in enumerate(remark.also[:_MOST_RELATED], start=1)
    ]
    return {"relatedLocations": places}


def _fingerprint(remark: Remark) -> str:
    """Name a result so that it is recognised when lines move, numbers change or authors do."""
    file = remark.location.file if remark.location else ""
    said = [remark.rule, remark.about or file]
    if not remark.rule.startswith(("PS7", "guard", "apply")):
        said.append(_NUMBER.sub("#", remark.message))
    return hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]
