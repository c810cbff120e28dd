"""The project file: which environments exist and what may be done to each."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from personalize_sync.errors import InvalidInput
from personalize_sync.kinds import BY_NAME
from personalize_sync.manifests.addresses import why_unsafe
from personalize_sync.manifests.complaints import Complaint, listed, quoted
from personalize_sync.manifests.composing import compose, decode
from personalize_sync.manifests.files import Tree
from personalize_sync.manifests.roots import PROJECT_FILE
from personalize_sync.manifests.schemas import PROJECT, verdict
from personalize_sync.manifests.sources import ManifestSource, SourceFile
from personalize_sync.manifests.values import Values
from personalize_sync.problems import Location, Problem, did_you_mean, in_order
from personalize_sync.project import (
    FEATURES,
    Environment,
    IgnoreRule,
    OnDrift,
    Project,
    Threshold,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalize_sync.resources import Document
    from personalize_sync.resources import Path as Place

_TOKEN_URL = "https://auth.sitecorecloud.io/oauth/token"  # noqa: S105 - an address, no secret
_BASE_URL = "https://api-engage-{region}.sitecorecloud.io"


def load_project(root: Path, *, today: date | None = None) -> Project:
    """Return the project whose root this is; without a project file it has no environments."""
    if not (root / PROJECT_FILE).exists() and not (root / PROJECT_FILE).is_symlink():
        return Project(root)
    reading = _ProjectReading(today or datetime.now(UTC).date())
    project = reading.project(root)
    if reading.problems:
        raise InvalidInput(in_order(reading.problems))
    return project


class _ProjectReading:
    """Reads one project file; the problems gather in `problems`."""

    def __init__(self, today: date) -> None:
        self.problems: list[Problem] = []
        self._today = today

    def project(self, root: Path) -> Project:
        data = Tree(root).read_manifest(PROJECT_FILE)
        if isinstance(data, Problem):
            self.problems.append(data)
            return Project(root)
        try:
            document, source = self._document(decode(data))
        except Complaint as complaint:
            self.problems.append(complaint.problem(PROJECT_FILE))
            return Project(root)
        if not self.problems:
            self._judge(document, source)
        if self.problems:
            return Project(root)
        return Project(
            root,
            document.get("defaultEnvironment", ""),
            {
                name: replace(_environment(name, stated), places=_places(name, stated, source))
                for name, stated in document["environments"].items()
            },
            "sha256:" + hashlib.sha256(data).hexdigest(),
        )

    def _document(self, text: str) -> tuple[Any, ManifestSource]:
        roots = list(compose(text))
        file = SourceFile(PROJECT_FILE, text)
        if len(roots) != 1:
            what = "is empty" if not roots else "holds more than one document"
            raise Complaint(
                "PS1030",
                f"the project file {what}",
                "Write apiVersion: personalize-sync/v1, kind: Project and environments.",
            )
        values = Values()
        document = values.of(roots[0])
        self.problems += (complaint.problem(PROJECT_FILE) for complaint in values.complaints)
        return document, ManifestSource.of(file, 0, roots[0])

    def _judge(self, document: Any, source: ManifestSource) -> None:
        shape_holds = True
        if not verdict(PROJECT)(document):
            from personalize_sync.manifests.explaining import explain  # noqa: PLC0415 - 75 ms

            for flaw in explain(PROJECT, document):
                shape_holds = shape_holds and flaw.keeps_shape
                at = source.locate_in_document(flaw.path, key=flaw.at_key)
                self.problems.append(Problem(flaw.rule, flaw.message, flaw.remedy, at))
        if shape_holds and isinstance(document, dict):
            said = {problem.location for problem in self.problems}
            found = self._check(document, source)
            self.problems += [problem for problem in found if problem.location not in said]

    def _check(self, document: Document, source: ManifestSource) -> Iterator[Problem]:
        environments = document.get("environments", {})
        default = document.get("defaultEnvironment")
        if default is not None and default not in environments:
            yield Problem(
                "PS2006",
                f"the project has no environment {quoted(default)}",
                f"Declared: {listed(environments)}.{did_you_mean(default, environments)}",
                source.locate_in_document(("defaultEnvironment",)),
            )
        for name, stated in environments.items():
            place = ("environments", name)
            yield from self._addresses(stated, source, place)
            yield from self._keys(stated, source, place)
            yield from self._ignore_rules(stated, source, place)

    def _addresses(
        self, stated: Document, source: ManifestSource, place: Place
    ) -> Iterator[Problem]:
        for field in ("baseUrl", "tokenUrl"):
            if reason := why_unsafe(stated.get(field, "https://example.test")):
                yield Problem(
                    "PS4004",
                    f"{field} {reason}",
                    "Write https://host, or http://127.0.0.1:port for a server on this machine.",
                    source.locate_in_document((*place, field)),
                )

    def _keys(self, stated: Document, source: ManifestSource, place: Place) -> Iterator[Problem]:
        keys = stated.get("keys")
        if keys is None and "sandbox" not in stated:
            yield Problem(
                "PS1011",
                'missing field "keys"',
                f"Add keys with the API-key features that exist here: {', '.join(FEATURES)}.",
                source.locate_in_document(place, key=True),
            )
        for feature, key in (keys or {}).items():
            for index, kind in enumerate((key or {}).get("for", ())):
                if kind in BY_NAME and feature not in _openers(kind):
                    yield Problem(
                        "PS1013",
                        f"a key for {feature} does not open {BY_NAME[kind].title}",
                        f"What opens them: {', '.join(_openers(kind))}.",
                        source.locate_in_document((*place, "keys", feature, "for", str(index))),
                    )
            try:
                date.fromisoformat((key or {}).get("rotateAfter") or date.max.isoformat())
            except ValueError:
                yield Problem(
                    "PS1014",
                    "rotateAfter is not a day of the calendar",
                    "Write a day as YYYY-MM-DD.",
                    source.locate_in_document((*place, "keys", feature, "rotateAfter")),
                )

    def _ignore_rules(
        self, stated: Document, source: ManifestSource, place: Place
    ) -> Iterator[Problem]:
        for index, rule in enumerate(stated.get("ignore", ())):
            at: Location = source.locate_in_document((*place, "ignore", str(index), "until"))
            try:
                until = date.fromisoformat(rule.get("until") or date.max.isoformat())
            except ValueError:
                remedy = "Write a day as YYYY-MM-DD."
                yield Problem("PS1014", "until is not a day of the calendar", remedy, at)
                continue
            if until < self._today:
                yield Problem(
                    "PS3007",
                    f"this ignore rule ended on {until}",
                    "Remove the rule, or set a later day if the reason still holds.",
                    at,
                )


def _openers(kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*BY_NAME[kind].read_with, *BY_NAME[kind].write_with)))


def _environment(name: str, stated: Document) -> Environment:
    region = stated.get("region")
    sandbox = stated.get("sandbox")
    guards = stated.get("guards", {})
    default = Environment(name)
    given: dict[str, Any] = {
        "client_key": stated.get("clientKey"),
        "writers": _tuple(stated.get("writers")),
        "prune": stated.get("prune"),
        "owns": _tuple(stated.get("owns")),
        "protected": _tuple(stated.get("protected")),
    }
    return Environment(
        name=name,
        sandbox=None if sandbox is None else _knobs(sandbox),
        base_url=_BASE_URL.format(region=region) if region else _bare(stated.get("baseUrl", "")),
        token_url=_TOKEN_URL if region else stated.get("tokenUrl", ""),
        keys=_features(stated),
        rotate_after=_rotations(stated),
        on_drift=OnDrift(stated.get("onDrift", OnDrift.REVERT)),
        archive_limit=_threshold(default.archive_limit, guards.get("archive", {})),
        update_limit=_threshold(default.update_limit, guards.get("update", {})),
        ignore=tuple(map(_ignore_rule, stated.get("ignore", ()))),
        **{field: value for field, value in given.items() if value is not None},
    )


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _bare(url: str) -> str:
    return url.rstrip("/")


def _knobs(sandbox: Document) -> tuple[str, ...]:
    settings = sandbox.get("knobs", {})
    return tuple(f"{knob}={_word(settings[knob])}" for knob in sorted(settings))


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _features(stated: Document) -> dict[str, tuple[str, ...] | None]:
    if "sandbox" in stated and "keys" not in stated:
        return dict.fromkeys(FEATURES)
    return {feature: _tuple(key.get("for")) for feature, key in stated["keys"].items()}


def _rotations(stated: Document) -> dict[str, date]:
    return {
        feature: date.fromisoformat(key["rotateAfter"])
        for feature, key in (stated.get("keys") or {}).items()
        if key.get("rotateAfter")
    }


def _places(name: str, stated: Document, source: ManifestSource) -> dict[str, Location]:
    """Return where each key is declared, and under "" where all of them are."""
    place = ("environments", name)
    if "keys" not in stated:
        return {"": source.locate_in_document(place, key=True)}
    found = {"": source.locate_in_document((*place, "keys"), key=True)}
    for feature in stated["keys"]:
        found[feature] = source.locate_in_document((*place, "keys", feature), key=True)
    return found


def _threshold(default: Threshold, stated: Document) -> Threshold:
    return replace(default, **stated)


def _ignore_rule(stated: Document) -> IgnoreRule:
    until = stated.get("until")
    return IgnoreRule(
        stated["address"],
        stated["path"],
        stated["reason"],
        date.fromisoformat(until) if until else None,
    )
