"""What a kind of resource answers for itself. No I/O: everything here is pure and total."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from personalize_sync.problems import Severity
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from personalize_sync.resources import Document, Live, Path, Reference, Resource

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
KEY_PATTERN = r"^[a-z0-9_]+$"
"""The friendlyId alphabet (API reference: template-rest-api); keys of every kind follow it."""


class Form(Enum):
    """How a value below `spec` is compared; what is not declared compares as it stands."""

    MAP = "a collection by key: stated means managed whole"
    DEPLOYMENT = "a MAP in which an entry that serves nobody is like no entry"
    SET = "a list whose order means nothing"
    XML = "a document, equal in canonical form"
    MOMENT = "a point in time, however many digits it is written with"


IDLE = frozenset({"DRAFT", "ARCHIVED"})
"""The states in which a deployment's entry serves nobody (user guide: variant states)."""


@dataclass(frozen=True, slots=True)
class KeyedBy:
    """A list whose items are told apart by one field and whose order means nothing."""

    name: str


Shape: TypeAlias = Form | KeyedBy


@dataclass(frozen=True, slots=True)
class Finding:
    """A complaint of a kind about a spec; the loader adds the place and the address.

    `at_key` asks for the place of the key instead of the value.
    """

    path: Path
    id: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR
    at_key: bool = False


@dataclass(frozen=True, slots=True)
class Refs:
    """The one translation between what manifests say (addresses) and what the wire says (refs)."""

    by_address: dict[Address, str] = field(default_factory=dict)
    _by_ref: dict[tuple[str, str], Address] = field(default_factory=dict, repr=False, compare=False)
    _below: dict[tuple[str, str], list[Address]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for address, ref in self.by_address.items():
            self._index(address, ref)

    def learn(self, address: Address, ref: str) -> None:
        """Add what became known, such as the ref of an object that was just created."""
        if self.by_address.get(address) != ref:
            self.by_address[address] = ref
            self._index(address, ref)

    def _index(self, address: Address, ref: str) -> None:
        self._by_ref[address.kind, ref] = address
        parent, colon, _ = address.key.partition(":")
        if colon:
            self._below.setdefault((address.kind, parent), []).append(address)

    def ref(self, address: Address) -> str | None:
        """Return the tenant's ref of an address, None while it does not exist."""
        return self.by_address.get(address)

    def address(self, kind: str, ref: str) -> Address | None:
        """Return the address a ref is known by."""
        return self._by_ref.get((kind, ref))

    def below(self, kind: str, key: str) -> Iterable[Address]:
        """Return the addresses of a kind that belong to a parent key (`parent:child`)."""
        return self._below.get((kind, key), ())


@dataclass(frozen=True, slots=True)
class Inside:
    """The refs of what lies inside a live object and has a key in the manifest, by address.

    `unclear` says why some part could be meant by several keys, or several parts by one.
    """

    refs: Mapping[Address, str] = field(default_factory=dict)
    unclear: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a live object is in its life: its status, whether guests receive it, and since when.

    All states in which it is started have one status, so that it is stable between two looks.
    """

    status: str
    is_running: bool
    since: str = ""


def nothing_to_say(_resource: Resource) -> Iterable[Finding]:
    """Return no findings: the schema says it all."""
    return ()


def check_names(resource: Resource) -> Iterable[Finding]:
    """Find names with characters that nobody sees: by name most kinds are known."""
    variants = resource.spec.get("variants")
    named: dict[Path, object] = {("name",): resource.spec}
    for key, variant in (variants if isinstance(variants, dict) else {}).items():
        named["variants", key, "name"] = variant
    for path, holder in named.items():
        name = holder.get("name") if isinstance(holder, dict) else None
        if isinstance(name, str) and (_UNSEEN.search(name) or name != name.strip()):
            yield Finding(
                path,
                "PS3003",
                "the name has a line break, a tab, or a blank at its end, which nobody sees",
                "Write it on one line. A block that begins with | ends with a line break: use |-.",
                severity=Severity.WARNING,
            )


def no_references(_spec: Document) -> Iterable[Reference]:
    """Return no references to other resources."""
    return ()


def only_itself(resource: Resource) -> tuple[Resource, ...]:
    """Return the resource: one manifest, one live object."""
    return (resource,)


def as_stated(spec: Document, _revisions: Mapping[str, Any]) -> Document:
    """Return the spec: nothing in it depends on other live objects."""
    return spec


def as_written(
    spec: Document, _spec_of: Callable[[Address], Document | None]
) -> tuple[Document, tuple[Finding, ...]]:
    """Return the spec: nothing in it is copied from other manifests."""
    return spec, ()


def nothing_inside(_resource: Resource, _live: Live | None) -> Inside:
    """Return no refs: nothing inside is known by a key."""
    return Inside()


def at_once(body: Document) -> Document:
    """Return the body: what is created is complete."""
    return body


def no_life(_live: Live) -> Standing | None:
    """Return nothing: objects of this kind neither start nor stop."""
    return None


def never(_live: Live) -> str:
    """Return no reason: the API lets this kind be edited in every state."""
    return ""


def remembered(_live: Live, _resource: Resource) -> str:
    """Return no reason: the kind has no secrets that could have to be sent again."""
    return ""


def nothing_secret(_live: Live, _spec: Document) -> Iterable[tuple[Path, str]]:
    """Return no paths: nothing that the kind holds is a secret."""
    return ()


def by_itself(spec: Document, _children: Mapping[str, Document]) -> Document:
    """Return the spec: no other live object is declared in the same manifest."""
    return spec


def in_one_step(_record: Document, _body: Document) -> tuple[Document, ...]:
    """Return no detour: what the server refuses stays refused."""
    return ()


def all_of_it(record: Document) -> Document:
    """Return the record: what may be secret in it stands only where the kind says `sensitive`."""
    return record


COSMETIC = dict.fromkeys(("/name", "/description", "/icon", "/tags"), "cosmetic")


def archived(record: Document) -> Document:
    """Return the body that archives an object; no DELETE is documented for any kind."""
    return {**record, "archived": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Everything the tool knows about one kind; clients, planner and renderers derive from it."""

    name: str
    """The word in addresses and plans."""
    manifest: str
    """The `kind:` of its manifests; empty where another kind's manifest holds it."""
    title: str
    """Plural, for people."""
    collection: str
    """Where it is created and listed; `{parent}` stands for the parent's ref."""
    item: str
    """Where one object is read and written; `{ref}` stands for its ref."""
    identity: str
    """The record's field that makes a manifest and a live object the same thing."""
    read_with: tuple[str, ...]
    """API-key features that can read it, narrowest first (API reference: api-keys)."""
    write_with: tuple[str, ...]
    """API-key features that can write it, narrowest first."""
    scope: str
    """The word for it in the scopes of tokens (API reference: request-an-access-token)."""
    normalise: Callable[[Live, Refs], Document]
    """The live record in the manifest's shape, without server-owned fields."""
    overlay: Callable[[Document, Resource, Refs], Document]
    """The body of a PUT: the whole record, the managed fields laid over; of a POST from `{}`."""
    retire: Callable[[Document], Document] = archived
    """The body of the PUT that archives a record."""
    parent: str = ""
    """The kind whose ref its collection needs."""
    revisions: bool = False
    """Whether the API documents a history of its objects."""
    tries_history: bool = False
    """Whether a history that no page documents is worth a look: without it no base is known."""
    by_friendly_id: bool = False
    """Whether a GET by friendlyId may work."""
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    """How values are compared, by JSON pointer; `*` stands for any one key."""
    sensitive: tuple[str, ...] = ()
    """Pointers whose values are never shown; `*` stands for any one key."""
    public: Callable[[Document], Document] = all_of_it
    """The live record as a snapshot may hold it, before what is sensitive is taken out."""
    risks: Mapping[str, str] = field(default_factory=dict)
    """How grave a change of a field, or below it, is, by pointer; `content` where nothing is said."""
    entries: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """How grave it is that an entry of a collection comes, and that it goes, by pointer."""
    check: Callable[[Resource], Iterable[Finding]] = nothing_to_say
    """What a schema cannot say about one resource."""
    references: Callable[[Document], Iterable[Reference]] = no_references
    """Which other resources a spec names."""
    expand: Callable[[Resource], tuple[Resource, ...]] = only_itself
    """The resources one manifest stands for."""
    gather: Callable[[Document, Mapping[str, Document]], Document] = by_itself
    """The inverse of `expand`: the spec of one manifest, given those of its children by key."""
    secrets: Callable[[Live, Document], Iterable[tuple[Path, str]]] = nothing_secret
    """Where a live object holds, or may hold, what must never be written to a file, and what."""
    copy: Callable[
        [Document, Callable[[Address], Document | None]], tuple[Document, tuple[Finding, ...]]
    ] = as_written
    """The spec with what it copies from the specs of other manifests, and what is wrong with it."""
    settle: Callable[[Document, Mapping[str, Any]], Document] = as_stated
    """The spec with what depends on its children filled in, given the revision of each by key:
    a number, AFTER_APPLY, or None where the tenant does not say."""
    inside: Callable[[Resource, Live | None], Inside] = nothing_inside
    """What inside a live object, or one to be created, the keys of the manifest mean."""
    begin: Callable[[Document], Document] = at_once
    """The body of the POST; if it is not the wanted one, a PUT follows."""
    standing: Callable[[Live], Standing | None] = no_life
    """Where a live object is in its life, if its kind starts and stops."""
    busy: Callable[[Live], str] = never
    """Why it cannot be written for a while; empty if it can."""
    frozen: Callable[[Live], str] = never
    """Why the server will refuse, or swallow, any edit of this object; empty if it will not."""
    unsent: Callable[[Live, Resource], str] = remembered
    """Why the secrets must be sent although no field differs; empty if they need not."""
    detour: Callable[[Document, Document], tuple[Document, ...]] = in_one_step
    """Bodies to send one after the other when the server refused `body` as a direct change."""

    @property
    def may_have_history(self) -> bool:
        """Whether older revisions may be readable."""
        return self.revisions or self.tries_history

    @property
    def folder(self) -> str:
        """The folder `new` and `init` write its manifests to."""
        return self.title.replace(" ", "-")


# Set by the server on every object; never drift, never in a manifest (API reference: common fields).
SERVER_OWNED = frozenset(
    {
        "ref",
        "href",
        "clientKey",
        "modifiedByRef",
        "modifiedByUserRef",
        "modifiedAt",
        "revision",
        "revisions",
        "revisionComment",
        "archived",
    }
)


def without(record: Document, names: Iterable[str]) -> Document:
    """Return a record without the named fields."""
    dropped = frozenset(names)
    return {name: value for name, value in record.items() if name not in dropped}


def first_object(value: object) -> Document:
    """Return an object that some answers wrap in a list of one (API reference: connections)."""
    match value:
        case dict():
            return value
        case [dict() as only, *_]:
            return only
    return {}


def overlay_object(record: object, stated: Document) -> Document:
    """Return a plain object with the stated fields laid over it, field by field (RFC 7396 style)."""
    merged: Document = dict(first_object(record))
    for name, value in stated.items():
        merged[name] = overlay_object(merged.get(name), value) if isinstance(value, dict) else value
    return merged


def overlay_items(record: object, stated: list[Any], key: str) -> list[Any]:
    """Return the stated items, each laid over the recorded one of the same key, in turn."""
    recorded: dict[str, list[Document]] = {}
    for item in record if isinstance(record, list) else ():
        if isinstance(item, dict):
            recorded.setdefault(str(item.get(key)), []).append(item)
    merged = []
    for item in stated:
        under = recorded.get(str(item.get(key))) if isinstance(item, dict) else None
        merged.append({**under.pop(0), **item} if under else item)
    return merged
