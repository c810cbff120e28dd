"""Resources: what manifests want (desired) and what the tenant has (live), as plain values."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.problems import Location

# A JSON object as read or sent. Its values are JSON plus, in desired specs, `SecretRef` and `Lookup`.
Document: TypeAlias = dict[str, Any]
# Where a value stands in a document: ("templateElements", "html") is /templateElements/html.
Path: TypeAlias = tuple[str, ...]


class Unset(Enum):
    """Values a field can have that JSON has no word for."""

    ABSENT = "absent"
    AFTER_APPLY = "known after apply"
    SECRET = "(sensitive)"  # noqa: S105 - what is shown in place of one


ABSENT: Final = Unset.ABSENT
AFTER_APPLY: Final = Unset.AFTER_APPLY


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def slug(name: str) -> str:
    """Return the key-like form of a name: what addresses an object that no manifest declares.

    Accents are dropped; a name without any Latin letter gives a hash of it.
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if re.search(r"[a-z]", word) or (word and name.isascii()):
        return word
    return "name_" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]


class Address(NamedTuple):
    """What people call a resource: `template/promo_strip`.

    A tuple, because a plan looks addresses up a dozen times per object, and tuples are hashed in C.
    """

    kind: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read what `str` of an address gives; whether its kind exists is not asked."""
        kind, _, key = text.partition("/")
        return cls(kind, key)

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"


class Manage(StrEnum):
    """How far a manifest goes: all the way, only up to creation, or only to reporting."""

    FULL = "full"
    CREATE_ONLY = "createOnly"
    OBSERVE = "observe"


class Secret:
    """A secret value. No representation of it shows the value; `reveal` is called only to send it."""

    __slots__ = ("_value", "version")

    def __init__(self, value: str, version: str = "") -> None:
        self._value = value
        self.version = version

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return "(secret)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "(secret)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never stored")


@dataclass(frozen=True, slots=True)
class SecretRef:
    """`{fromSecret: NAME, version: …}`: where a secret's value will come from; never the value."""

    name: str
    version: str = ""

    def __str__(self) -> str:
        return "(secret)"


@dataclass(frozen=True, slots=True)
class Lookup:
    """`{lookup: {kind: …, name: …}}`: a live object that no manifest declares."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One resource naming another: where it stands, and which address or live object it means.

    A copy is made of the target's manifest: the tenant need not have the target itself.
    """

    path: Path
    target: Address | Lookup
    is_copy: bool = False


class Source(Protocol):
    """The manifest a resource came from."""

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """Return where the value at `path` below `spec` stands, or its key; overrides count.

        A path that the manifest does not hold gives the nearest enclosing place that it does.
        """
        ...

    @property
    def start(self) -> Location:
        """Where the document starts."""
        ...


@dataclass(frozen=True, slots=True)
class Resource:
    """What one manifest (or one variant in it) wants in one environment.

    `spec` is in the manifest's shape, overrides merged, files read, secrets as `SecretRef`. `tags`
    are the manifest's own, by which it can be selected. `fingerprint` tells the values of its
    secrets from others, where a key for that is set and all values are at hand.
    """

    address: Address
    spec: Document
    source: Source = field(compare=False, repr=False)
    manage: Manage = Manage.FULL
    renamed_from: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def name(self) -> str:
        """The display name, which for connections, models and variants is the identity."""
        return str(self.spec.get("name", ""))

    @property
    def secrets(self) -> Mapping[Path, SecretRef | Secret]:
        """Every secret of the spec by its path, by name or, during apply, with its value."""
        return dict(_secrets(self.spec, ()))


def _secrets(value: object, path: Path) -> Iterator[tuple[Path, SecretRef | Secret]]:
    match value:
        case SecretRef() | Secret():
            yield path, value
        case dict() | list():
            named = value.items() if isinstance(value, dict) else enumerate(value)
            for name, child in named:
                # Most values are plain: going into each of them would cost five times as much.
                if isinstance(child, _MAY_BE_SECRET):
                    yield from _secrets(child, (*path, str(name)))


_MAY_BE_SECRET = (dict, list, SecretRef, Secret)


@dataclass(frozen=True, slots=True)
class Live:
    """One object as the tenant has it; `record` is its whole answer, unknown fields included.

    `revision` and `author` are None where the tenant does not say. `parent` is the ref of the
    decision model a variant belongs to.
    """

    kind: str
    ref: str
    name: str
    record: Document = field(repr=False)
    friendly_id: str | None = None
    revision: int | None = None
    author: str | None = None
    modified_at: str | None = None
    archived: bool = False
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """The newest state of an object that we wrote ourselves."""

    record: Document = field(repr=False)
    revision: int | None = None
    author: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class LiveState:
    """What was read of a tenant.

    `ours` holds the author stamps that mean one of our own keys. `bases` has an entry, perhaps
    None, for each ref whose history was asked for. `incomplete` says, in sentences, why some part
    may be missing.
    """

    objects: tuple[Live, ...] = ()
    client_key: str = ""
    ours: frozenset[str] = frozenset()
    bases: Mapping[str, Base | None] = field(default_factory=dict)
    incomplete: tuple[str, ...] = ()
