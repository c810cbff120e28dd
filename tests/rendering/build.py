"""Builders with boring defaults: a test states only what it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from personalize_sync.planning.change import Action, Block, Cause, Change, Drift, FieldChange
from personalize_sync.planning.outcome import Outcome, Report, Result
from personalize_sync.planning.plan import Plan, SourceTree, Target
from personalize_sync.problems import Location, Problem
from personalize_sync.rendering import Look, Problems
from personalize_sync.resources import ABSENT, Address

LOOK = Look(
    created_at="2026-03-01T10:00:00Z",
    expires_at="2026-03-01T11:00:00Z",
    id="run-1",
    tool_version="1.2.3",
)
AUTHOR = "maria@example.test"
AT = "2026-02-28T09:14:00.000Z"


def address(text: str) -> Address:
    """`template/promo_strip` as a value."""
    kind, _, key = text.partition("/")
    return Address(kind, key)


def at(file: str = "templates/promo.yaml", line: int = 12, column: int = 9) -> Location:
    """A place in a manifest."""
    return Location(file, line, column)


def field(
    path: str = "/name",
    before: Any = "Old",
    after: Any = "New",
    *,
    cause: Cause = Cause.PENDING,
    base: Any = ABSENT,
    location: Location | None = None,
    risk: str = "content",
) -> FieldChange:
    """A field that Git moved from Old to New."""
    parts = tuple(path.split("/")[1:])
    if base is ABSENT:
        base = {Cause.PENDING: before, Cause.DRIFT: after}.get(cause, ABSENT)
    return FieldChange(parts, cause, before, after, base, risk, location)


def change(what: str = "template/promo_strip", *fields: FieldChange, **more: Any) -> Change:
    """An update that nobody objects to."""
    more.setdefault("action", Action.UPDATE)
    more.setdefault("cause", next((f.cause for f in fields), Cause.PENDING))
    return Change(address(what), fields=fields, **more)


def create(what: str = "template/promo_strip", *fields: FieldChange, **more: Any) -> Change:
    """A create; its fields were absent before."""
    new = tuple(replace(f, before=ABSENT, base=ABSENT) for f in fields)
    return change(what, *new, action=Action.CREATE, **more)


def drift(what: str = "template/alert_bar", *fields: FieldChange, **more: Any) -> Drift:
    """An edit of Maria's."""
    given = {"author": AUTHOR, "at": AT, "revision": 13, **more}
    return Drift(address(what), fields=fields, **given)


def block(rule: str = "protected", message: str = "the project file protects it") -> Block:
    """An objection without an override."""
    return Block(rule, message)


def plan(*changes: Change, **more: Any) -> Plan:
    """A plan for production."""
    more.setdefault("target", Target("production", "https://api.example.test", "pqsPERS0000"))
    more.setdefault("source", SourceTree("sha256:aa", "sha256:bb", "4f2a9c1d8e7b6a5c"))
    return Plan(changes=changes, **more)


def outcome(what: str = "template/promo_strip", **more: Any) -> Outcome:
    """A successful update."""
    given = {"result": Result.UPDATED, "revision": 8, "wrote": True, **more}
    return Outcome(address(what), **given)


def report(of: Plan, *outcomes: Outcome, **more: Any) -> Report:
    """What became of a plan."""
    return Report(of, outcomes, **more)


def problem(message: str = 'type is "WBE"', **more: Any) -> Problem:
    """An error in line 4."""
    given = {
        "id": "PS1013",
        "remedy": 'Did you mean "WEB"?',
        "location": at(line=4, column=15),
        **more,
    }
    return Problem(message=message, **given)


def problems(*found: Problem, manifests: int = 12) -> Problems:
    """What a check found in some files."""
    return Problems(found, files=3, manifests=manifests)


def mixed() -> Plan:
    """One change of every sort."""
    html = "<div>\n  <p>One</p>\n  <p>Two</p>\n</div>\n"
    edited = field(
        "/name", "Alert bar (Black Friday)", "Alert bar", cause=Cause.DRIFT, location=at()
    )
    torn = field("/description", "Theirs", "Ours", cause=Cause.CONFLICT, base="Before")
    unknown = field("/request/requestType", "GET", "POST", cause=Cause.UNDETERMINED)
    conflict = Block(
        "conflict",
        "Git and the tenant both changed the same field",
        "--allow conflict=template/torn",
    )
    return plan(
        create(
            "connection/loyalty_points",
            field("/name", after="LoyaltyPoints"),
            field("/request/requestBody", after="{\n}\n"),
            secrets=("/auth/clientSecret",),
            credential="connections",
            location=at("connections/loyalty.yaml", 1, 1),
        ),
        change(
            "connection/weather",
            unknown,
            secrets=("/auth/clientSecret",),
            notes=("somebody else wrote last",),
            credential="connections",
        ),
        change("template/alert_bar", edited, credential="developer-templates"),
        change(
            "template/promo_strip",
            field("/name", "Promo", "Promo strip", location=at()),
            field("/templateElements/html", html, html.replace("Two", "2"), location=at(line=20)),
            credential="developer-templates",
        ),
        change("template/torn", torn, blocked=(conflict,), credential="developer-templates"),
        change("template/old", action=Action.ARCHIVE, credential="developer-templates"),
        drift=(
            drift("connection/weather", unknown),
            drift("template/alert_bar", edited),
            drift("template/torn", torn, author=None),
        ),
        unmanaged=4,
        adoptable=(address("template/footer"),),
    )
