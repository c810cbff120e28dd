"""The tenant in our own words: live objects instead of answers, kinds instead of paths.

Reading is lenient, as the API's answers are known to vary: the user field has two names, lists may
or may not be paged, may be short links only, and may repeat items. What is missing altogether is an
error, never an empty tenant.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from personalize_sync.errors import (
    CredentialError,
    GuardError,
    RejectedError,
    TenantError,
    UnknownOutcomeError,
    UnreachableError,
)
from personalize_sync.kinds import BY_NAME
from personalize_sync.resources import Base, Live
from personalize_sync.tenant.paging import Lists, item_path, last_segment
from personalize_sync.tenant.scopes import only_reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from personalize_sync.kinds import Kind
    from personalize_sync.kinds.questions import Question
    from personalize_sync.project import Environment
    from personalize_sync.resources import Document
    from personalize_sync.tenant.client import Reader, Writer
    from personalize_sync.tenant.keyring import Keyring

_T = TypeVar("_T")
_R = TypeVar("_R")


class Tenant:
    """Reads live objects. `parallelism` bounds the requests under way at once."""

    def __init__(
        self, reader: Reader, keyring: Keyring, environment: Environment, *, parallelism: int = 4
    ) -> None:
        self._reader = reader
        self._keyring = keyring
        self._environment = environment
        self.parallelism = parallelism
        self._pool = ThreadPoolExecutor(max_workers=parallelism)
        self.client_key = ""
        self.doubts: set[str] = set()
        self._lists = Lists(reader, self.doubts, parallelism=parallelism)

    def close(self) -> None:
        """Stop the workers and close the connections."""
        self._pool.shutdown(cancel_futures=True)
        self._lists.close()
        self._reader.close()

    def each(self, work: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
        """Return the results in order, the work done in parallel."""
        return list(self.begun(work, items))

    def begun(self, work: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
        """Begin the work in parallel now; yield the results in order as somebody takes them."""
        return self._pool.map(work, items)

    def in_lists(self, kinds: Iterable[Kind]) -> list[tuple[Kind, ...]]:
        """Return the kinds by the lists that show them: that of flows shows several."""
        lists: dict[tuple[str, str], list[Kind]] = defaultdict(list)
        for kind in kinds:
            lists[kind.collection, self._reads(kind)].append(kind)
        return [tuple(shown) for shown in lists.values()]

    def list_all(self, kind: Kind, *others: Kind, parent: str = "") -> tuple[Live, ...]:
        """Return every object that the tenant lists, each once: of a kind, and of others in its list."""
        found: dict[str, dict[str, Live]] = {each.name: {} for each in (kind, *others)}
        path = kind.collection.format(parent=quote(parent, safe=""))
        for record in self._lists.records(kind, path, feature=self._reads(kind)):
            for each in (kind, *others):
                if live := self._live(each, record, parent=parent):
                    found[each.name].setdefault(live.ref, live)
        return tuple(live for lives in found.values() for live in lives.values())

    def get(self, kind: Kind, ref: str, *, parent: str = "") -> Live | None:
        """Return one object by ref, or by friendlyId where the kind allows it; None for 404."""
        record = self._reader.get(self._reads(kind), item_path(kind, ref))
        return self._live(kind, record, parent=parent) if record is not None else None

    def missing(
        self, *, read: Iterable[Kind] = (), write: Iterable[Kind] = ()
    ) -> list[CredentialError]:
        """Return a complaint for each API key that these kinds need and that is not there."""
        return self._keyring.missing(read=read, write=write)

    @property
    def is_recognised(self) -> bool:
        """Whether an answer has shown this to be the tenant that was named, if one was."""
        return bool(self.client_key or not self._environment.client_key)

    @property
    def ours(self) -> frozenset[str]:
        """The author stamps of our own keys."""
        return self._keyring.stamps

    def revision(self, kind: Kind, live: Live, number: int) -> Live | None:
        """Return one past revision of an object, None where it cannot be read."""
        try:
            record = self._reader.get(
                self._reads(kind), f"{item_path(kind, live.ref)}/revisions/{number}"
            )
        except TenantError:
            return None
        return live_from(kind, {**record, "ref": live.ref}, parent=live.parent) if record else None

    def history(self, kind: Kind, live: Live) -> Base | None:
        """Return the newest revision that one of our own keys wrote, None if there is none."""
        ours = self.ours
        path = item_path(kind, live.ref) + "/revisions"
        try:
            listed = list(self._lists.records(kind, path, feature=self._reads(kind)))
        except RejectedError:
            return None  # the tenant keeps none; and a base is never guessed
        except TenantError as trouble:
            if kind.revisions or isinstance(trouble, UnreachableError):
                raise  # taken for no history, a conflict would look like nothing of the kind
            return None
        for short in sorted(listed, key=_revision_of, reverse=True):
            record = short
            if _author(short) is None or "name" not in short:
                found = self._reader.get(self._reads(kind), f"{path}/{_revision_of(short)}")
                record = found or short
            if _author(record) in ours and "name" in record:
                return Base(
                    record, _revision_of(record), _author(record), _text(record, "modifiedAt")
                )
        return None

    def ask(self, question: Question, body: Document) -> Document:
        """Return the answer to a question that the client was opened for."""
        return self._reader.ask(self.asks_with(question), question, body)

    def asks_with(self, question: Question) -> str:
        """Return the narrowest feature that may ask; raises CredentialError without one."""
        return self._reads(BY_NAME[question.kind])

    def _reads(self, kind: Kind) -> str:
        return self._keyring.feature(kind.name, kind.read_with)

    def _live(self, kind: Kind, record: Document, *, parent: str = "") -> Live | None:
        subtype = record.get("subtype")
        if kind.collection.endswith("/flowDefinitions") and str(subtype).lower() != kind.name:
            return None
        ref = record.get("ref")
        if not isinstance(ref, str) or not ref:
            raise TenantError(f"the tenant sent a {kind.name} without ref")
        self._recognise(record)
        return live_from(kind, record, parent=parent)

    def _recognise(self, record: Document) -> None:
        """Stop at the first sign of another tenant than the one that was named."""
        client_key = record.get("clientKey")
        if not isinstance(client_key, str):
            return
        expected = self._environment.client_key
        if expected and client_key != expected:
            raise GuardError(
                f'wrong tenant: environment "{self._environment.name}" is meant for clientKey '
                f'"{expected}", but "{client_key}" answered',
                "Check which tenant the API keys belong to.",
            )
        if self.client_key and client_key != self.client_key and not record.get("defaultTemplate"):
            raise GuardError(
                f'the API keys of environment "{self._environment.name}" belong to two tenants: '
                f'clientKey "{self.client_key}" and "{client_key}" answered',
                "Check which tenant each API key belongs to.",
            )
        self.client_key = self.client_key or client_key


class WritableTenant(Tenant):
    """Reads and writes live objects."""

    def __init__(
        self, writer: Writer, keyring: Keyring, environment: Environment, *, parallelism: int = 4
    ) -> None:
        super().__init__(writer, keyring, environment, parallelism=parallelism)
        self._writer = writer

    def create(self, kind: Kind, body: Document, *, parent: str = "") -> Live:
        """Create an object. Raises UnknownOutcomeError where it may or may not exist now."""
        path = kind.collection.format(parent=quote(parent, safe=""))
        return self._written(kind, self._writer.post(self._writes(kind), path, body), parent)

    def replace(self, kind: Kind, live: Live, body: Document) -> Live:
        """Replace an object that exists; its ref is the path, so nothing new can come of it."""
        answer = self._writer.put(self._writes(kind), item_path(kind, live.ref), body)
        return self._written(kind, answer, live.parent)

    def open(self, kinds: Iterable[Kind], questions: Iterable[Question] = ()) -> None:
        """Prove before the first write that every key it needs exists and opens its kind."""
        refused: dict[str, CredentialError] = {}
        proofs: list[Callable[[], object]] = [partial(self._prove, kind) for kind in kinds]
        proofs += [partial(self._may_ask, question) for question in questions]
        for prove in proofs:
            try:
                prove()
            except CredentialError as error:
                refused.setdefault(error.message, error)
        if refused:
            raise CredentialError.together([*refused.values()])

    def _prove(self, kind: Kind) -> None:
        feature = self._writes(kind)
        if only_reads(self._writer.scopes(feature), kind.scope):
            raise CredentialError(
                f'the key for the feature "{feature}" cannot write {kind.title}: its token only reads',
                "Check in the Developer Center which feature the key has.",
            )
        if not kind.parent:
            self._writer.get(feature, kind.collection, limit=1, offset=0)

    def _may_ask(self, question: Question) -> None:
        self._writer.scopes(self.asks_with(question))

    def _writes(self, kind: Kind) -> str:
        return self._keyring.feature(kind.name, kind.write_with)

    def _written(self, kind: Kind, answer: Document, parent: str) -> Live:
        """Return what a write was answered; whatever is wrong with the answer, it was carried out."""
        try:
            live = self._live(kind, answer, parent=parent)
        except GuardError as wrong_tenant:
            wrong_tenant.wrote = True
            wrong_tenant.hint = (
                f"This object was written to the wrong tenant: archive {answer.get('ref')} there. "
                + wrong_tenant.hint
            )
            raise
        except TenantError as strange:
            raise UnknownOutcomeError(strange.message, strange.hint) from None
        if live is None:
            raise UnknownOutcomeError(
                f"the tenant answered another kind of object than a {kind.name}"
            )
        return live


def live_from(kind: Kind, record: Document, *, parent: str = "") -> Live:
    """Return a live object from a record that has at least a ref."""
    return Live(
        kind=kind.name,
        ref=str(record["ref"]),
        name=str(record.get("name", "")),
        record=record,
        friendly_id=_text(record, "friendlyId"),
        revision=_revision_of(record) or None,
        author=_author(record),
        modified_at=_text(record, "modifiedAt"),
        archived=record.get("archived") is True,
        parent=parent or (_text(record, "decisionModelDefinitionRef") or "" if kind.parent else ""),
    )


def _author(record: Document) -> str | None:
    return _text(record, "modifiedByRef") or _text(record, "modifiedByUserRef")


def _revision_of(record: Document) -> int:
    """Return the revision number; a list of revisions may give it only in the link."""
    revision = record.get("revision")
    if isinstance(revision, int) and not isinstance(revision, bool):
        return revision
    last = last_segment(record)
    return int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0  # noqa: PLR2004 - a number, no ref


def _text(record: Document, name: str) -> str | None:
    value = record.get(name)
    return value if isinstance(value, str) and value else None
