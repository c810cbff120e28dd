"""Every open question about the vendor's API, as a switch.

The reference leaves much unsaid. Each field below is one question, its default the likeliest
answer. A tool that talks to the tenant must work under every setting of a starred knob.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Literal, Self, cast, get_args


class KnobError(ValueError):
    """A knob or a setting that does not exist."""


@dataclass(frozen=True, slots=True)
class Span:
    """A length of simulated time, counted in API requests or in seconds of the sandbox's clock."""

    amount: int
    unit: Literal["requests", "seconds"]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `3r` (requests) or `20s` (seconds)."""
        found = re.fullmatch(r"(\d+)([rs])", text.strip())
        if found is None:
            raise KnobError(f'"{text}" is not a span; write 3r for requests or 20s for seconds')
        return cls(int(found[1]), "requests" if found[2] == "r" else "seconds")

    def __str__(self) -> str:
        return f"{self.amount}{self.unit[0]}"


def _knob(number: str, default: object, *others: object, question: str) -> Any:
    return field(
        default=default,
        metadata={
            "number": number.rstrip("*"),
            "starred": number.endswith("*"),
            "others": others,
            "question": question,
        },
    )


# The annotations beside the fields decide; like dataclasses.field, these return anything.
def _measure(default: object, purpose: str) -> Any:
    return field(default=default, metadata={"question": purpose})


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """The answers a sandbox gives to what the reference leaves open."""

    token_expires_in: int = _knob(
        "K01*", 900, 86400, 600, question="expires_in in the token reply, in seconds"
    )
    token_validity: Literal["equal", "shorter", "longer"] = _knob(
        "K02*", "equal", "shorter", "longer", question="real validity of a token vs expires_in"
    )
    wrong_scope: Literal[403, 401] = _knob("K03*", 403, 401, question="answer to a wrong scope")
    put_status: Literal[200, 201] = _knob("K04*", 200, 201, question="success code of PUT")
    post_status: Literal[201, 200] = _knob("K05*", 201, 200, question="success code of POST")
    omitted_fields: Literal["reset", "merge"] = _knob(
        "K06*", "reset", "merge", question="optional attributes left out of a PUT"
    )
    connection_objects: Literal["object", "array"] = _knob(
        "K07*", "object", "array", question="shape of auth and request in answers"
    )
    auth_type_case: Literal["upper", "as-sent"] = _knob(
        "K08", "upper", "as-sent", question="letter case of authType in answers"
    )
    secret_on_read: Literal["omitted", "masked", "null", "echoed"] = _knob(
        "K09*", "omitted", "masked", "null", question="an OAuth clientSecret on read"
    )
    secret_left_out: Literal["wiped", "kept", "refused"] = _knob(
        "K10*", "wiped", "kept", question="PUT of an OAuth connection without its secret"
    )
    paging: Literal["limit-10-max-100", "everything", "over-max-400", "max-1000"] = _knob(
        "K11*",
        "limit-10-max-100",
        "everything",
        "over-max-400",
        "max-1000",
        question="default and greatest page size",
    )
    list_items: Literal["full", "href-only"] = _knob(
        "K12*", "full", "href-only", question="list items without expand=true"
    )
    archived_in_lists: Literal["included", "excluded"] = _knob(
        "K13*", "included", "excluded", question="archived items in lists"
    )
    list_order: Literal["by-creation", "newest-first", "shifting"] = _knob(
        "K14*", "by-creation", "newest-first", "shifting", question="order of lists between pages"
    )
    rename_on_archive: Literal["decision-models", "all", "none"] = _knob(
        "K15*", "decision-models", "all", "none", question="kinds that archiving renames"
    )
    duplicate_friendly_id: Literal[400, 409, 500] = _knob(
        "K16*", 400, 409, 500, question="a friendlyId that is taken, also by an archived item"
    )
    duplicate_name: Literal["allowed", 400, 409] = _knob(
        "K17*", "allowed", 400, 409, question="a second connection, model or variant of one name"
    )
    friendly_id_change: Literal["templates", 400, "ignored"] = _knob(
        "K18", "templates", 400, "ignored", question="change of a friendlyId by PUT"
    )
    get_by_friendly_id: Literal["both", "flows"] = _knob(
        "K19*", "both", "flows", question="kinds that GET finds by friendlyId"
    )
    put_unknown_ref: Literal[404, "creates"] = _knob(
        "K20*", 404, "creates", question="PUT of a flow to an unknown ref"
    )
    delete: Literal[405, 404, 403, "deletes"] = _knob(
        "K21*", 405, 404, 403, "deletes", question="the undocumented DELETE"
    )
    split_total: Literal["production", "all", "unchecked"] = _knob(
        "K22*", "production", "all", "unchecked", question="deployment entries that must total 100"
    )
    new_variant: Literal["undeployed", "as-draft"] = _knob(
        "K23*", "undeployed", "as-draft", question="does a new variant enter the deployment itself"
    )
    edit_deployed_variant: Literal["allowed", 400] = _knob(
        "K24*", "allowed", 400, question="PUT of a variant that is in TEST or PRODUCTION"
    )
    unknown_variant_revision: Literal[400, "accepted"] = _knob(
        "K25", 400, "accepted", question="deployment of a variantRevision that does not exist"
    )
    definition_check: Literal["any", "xml"] = _knob(
        "K26", "any", "xml", question="what a variant's definition may be"
    )
    definition_text: Literal["kept", "rewritten"] = _knob(
        "K27*", "kept", "rewritten", question="does the server rewrite a definition's XML"
    )
    edit_published_template: Literal["allowed", 400] = _knob(
        "K28*", "allowed", 400, question="edit of a published template that stays published"
    )
    edit_published_module: Literal[400, "unchanged"] = _knob(
        "K29*", 400, "unchanged", question="edit of a published JS module"
    )
    bare_template: Literal["accepted", 400] = _knob(
        "K30", "accepted", 400, question="a template without description or render"
    )
    after_production: Literal["publishing", "production"] = _knob(
        "K31*", "publishing", "production", question="a web flow after PRODUCTION was written"
    )
    put_while_publishing: Literal[400, 409, "accepted"] = _knob(
        "K32*", 400, 409, "accepted", question="PUT of a flow that is PUBLISHING"
    )
    edit_running_flow: Literal["accepted", 400] = _knob(
        "K33*", "accepted", 400, question="content edit of a running flow"
    )
    create_not_draft: Literal["accepted", 400] = _knob(
        "K34", "accepted", 400, question="creation of a flow in another status than DRAFT"
    )
    archive_running_flow: Literal["accepted", 400] = _knob(
        "K35*", "accepted", 400, question="archive of a running flow without status PAUSED"
    )
    href_host: Literal["request", "legacy"] = _knob(
        "K36*", "request", "legacy", question="host in href values"
    )
    user_field: Literal["mixed", "modifiedByRef", "modifiedByUserRef", "absent"] = _knob(
        "K37*",
        "mixed",
        "modifiedByRef",
        "modifiedByUserRef",
        "absent",
        question="name of the field that holds the author",
    )
    connection_revision: Literal["present", "absent"] = _knob(
        "K38*", "present", "absent", question="revision in create and update answers of connections"
    )
    unknown_fields: Literal["dropped", "stored", 400] = _knob(
        "K39*", "dropped", "stored", 400, question="body fields the server does not know"
    )
    stale_revision: Literal["ignored", 409] = _knob(
        "K40", "ignored", 409, question="a PUT body that carries an old revision"
    )
    missing_content_type: Literal[500, 415] = _knob(
        "K41", 500, 415, question="a body without Content-Type"
    )
    throttling: Literal["none", "429-retry-after", "429", "503-bursts"] = _knob(
        "K42*", "none", "429-retry-after", "429", "503-bursts", question="throttling"
    )
    read_after_write: Literal["immediate", "lagging"] = _knob(
        "K43*", "immediate", "lagging", question="when a list shows what was written"
    )
    server_defaults: Literal["added", "not-added"] = _knob(
        "K44*", "added", "not-added", question="defaults the server adds to what was sent"
    )
    modified_at_digits: Literal[3, 0, 1, 2, 4, 5, 6] = _knob(
        "K45", 3, 0, 1, 2, 4, 5, 6, question="fraction digits of modifiedAt"
    )
    error_body: Literal["json", "empty", "html", "string-status", "messages"] = _knob(
        "K46*", "json", "empty", "html", "string-status", "messages", question="body of an error"
    )
    non_numeric_limit: Literal["ignored", 400] = _knob(
        "K47", "ignored", 400, question="limit=undefined, as a published client sends it"
    )
    collection_order: Literal["as-sent", "sorted"] = _knob(
        "K48*", "as-sent", "sorted", question="order of headers, elements, tags, channels on read"
    )
    line_endings: Literal["kept", "normalised"] = _knob(
        "K49*", "kept", "normalised", question="line ends and outer blanks of stored texts"
    )
    lost_answers: Literal["off", "on"] = _knob(
        "K50*", "off", "on", question="connection cut after the server has applied a POST"
    )
    patch: Literal[405] = _knob("K51", 405, question="PATCH")
    goals_name: Literal["goals", "goal"] = _knob(
        "K52", "goals", "goal", question="name of the goals in flow answers"
    )
    machine_stamp: Literal["client-id", "uuid-on-v2", "uuid"] = _knob(
        "K53*", "client-id", "uuid-on-v2", "uuid", question="how a key's write is stamped"
    )

    token_dies_after: Span = field(
        default=Span(10, "requests"), metadata={"question": "life of a token under K02=shorter"}
    )
    publishing_lasts: Span = field(
        default=Span(3, "requests"), metadata={"question": "how long a flow is PUBLISHING (K31)"}
    )
    list_lag: Span = field(
        default=Span(3, "requests"), metadata={"question": "how far lists lag under K43=lagging"}
    )
    throttle_every: int = _measure(5, "every how many requests K42 refuses one")
    throttle_seconds: int = _measure(0, "Retry-After of K42=429-retry-after")

    def __post_init__(self) -> None:
        for knob in fields(self):
            _check(knob.name, knob.type, getattr(self, knob.name))

    @classmethod
    def parse(cls, settings: Iterable[str]) -> Self:
        """Read settings like `K06=merge`, `omitted_fields=merge` or `publishing_lasts=20s`."""
        knobs = cls()
        for setting in settings:
            name, mark, text = setting.partition("=")
            if not mark:
                raise KnobError(f'"{setting}" is no setting; write for example K06=merge')
            chosen = _field_named(name.strip())
            change: dict[str, Any] = {chosen: _value(chosen, text.strip())}
            knobs = replace(knobs, **change)
        return knobs

    def in_real_time(self) -> Self:
        """Measure spans in seconds, as a long-running server wants it; others are kept."""
        seconds: Mapping[str, Span] = {
            "token_dies_after": Span(60, "seconds"),
            "publishing_lasts": Span(20, "seconds"),
            "list_lag": Span(2, "seconds"),
        }
        changes: dict[str, Any] = {
            name: span for name, span in seconds.items() if _is_default(self, name)
        }
        return replace(self, **changes, throttle_seconds=self.throttle_seconds or 1)

    def __str__(self) -> str:
        changed = [knob for knob in fields(self) if not _is_default(self, knob.name)]
        return " ".join(
            f"{knob.metadata.get('number', knob.name)}={getattr(self, knob.name)}"
            for knob in changed
        )


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One knob: its default and the other settings worth running a suite under."""

    number: str
    field: str
    question: str
    default: str | int
    others: tuple[str | int, ...]
    starred: bool

    @property
    def settings(self) -> tuple[str, ...]:
        """The other settings in the form that `Knobs.parse` reads."""
        return tuple(f"{self.number}={other}" for other in self.others)


def _alternatives() -> Mapping[str, Alternatives]:
    numbered = (knob for knob in fields(Knobs) if "number" in knob.metadata)
    return MappingProxyType(
        {
            knob.metadata["number"]: Alternatives(
                knob.metadata["number"],
                knob.name,
                knob.metadata["question"],
                cast("str | int", knob.default),
                knob.metadata["others"],
                knob.metadata["starred"],
            )
            for knob in numbered
        }
    )


ALTERNATIVES: Mapping[str, Alternatives] = _alternatives()


def starred_settings() -> tuple[str, ...]:
    """All non-default settings of starred knobs, e.g. for parametrising a suite."""
    return tuple(
        setting for knob in ALTERNATIVES.values() if knob.starred for setting in knob.settings
    )


def _is_default(knobs: Knobs, name: str) -> bool:
    return bool(getattr(knobs, name) == Knobs.__dataclass_fields__[name].default)


def _check(name: str, annotation: object, value: object) -> None:
    allowed = get_args(annotation)
    if allowed and value not in allowed:
        raise KnobError(_not_allowed(name, value, allowed))
    if annotation is int and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise KnobError(f"{name} takes a whole number, not {value!r}")
    if annotation is Span and not isinstance(value, Span):
        raise KnobError(f"{name} takes a Span, not {value!r}")


def _not_allowed(name: str, value: object, allowed: tuple[object, ...]) -> str:
    settings = ", ".join(str(setting) for setting in allowed)
    return f'{name} has no setting "{value}". Settings: {settings}.'


def _field_named(name: str) -> str:
    if name.upper() in ALTERNATIVES:
        return ALTERNATIVES[name.upper()].field
    known = [knob.name for knob in fields(Knobs)]
    if name in known:
        return name
    near = get_close_matches(name, [*ALTERNATIVES, *known], n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise KnobError(f'There is no knob "{name}".{hint}')


def _value(name: str, text: str) -> object:
    annotation = Knobs.__dataclass_fields__[name].type
    if annotation is Span:
        return Span.parse(text)
    if annotation is int:
        if not text.isdecimal():
            raise KnobError(f'{name} takes a whole number, not "{text}"')
        return int(text)
    allowed = get_args(annotation)
    for setting in allowed:
        if str(setting) == text:
            found: object = setting
            return found
    raise KnobError(_not_allowed(name, text, allowed))
