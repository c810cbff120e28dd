"""One simulated tenant behind one door: tokens, faults, throttling, the log, then the rules."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING

from personalize_sync.sandbox.addresses import Unknown, find
from personalize_sync.sandbox.app import CREATING, Exchange, dispatch
from personalize_sync.sandbox.clocks import random_ids, real_clock
from personalize_sync.sandbox.exchange import Answer, Cut, Document, Recorded, Request
from personalize_sync.sandbox.faults import (
    ConcurrentEdit,
    Fault,
    FaultPlan,
    LateCommit,
    PageShift,
    answer_in_place,
    spoiled,
)
from personalize_sync.sandbox.flows import settled
from personalize_sync.sandbox.keys import ApiKey, Feature, Tokens, token_form
from personalize_sync.sandbox.knobs import Knobs
from personalize_sync.sandbox.marketer import Edited, edit, person
from personalize_sync.sandbox.refusals import Refusal, refusal_answer
from personalize_sync.sandbox.store import Kind, Record, Store
from personalize_sync.sandbox.tenant import FAMILIES, Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from personalize_sync.sandbox.tenant import Decide

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, no token
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class _Late:
    """A write that is carried out only when some more requests have come."""

    request: Request
    author: str
    after: int


class Sandbox:
    """A simulated Sitecore Personalize tenant.

    `path` is an SQLite file that outlives the process (created when missing), or ":memory:".
    `knobs` answers what the vendor's reference leaves open; the attribute may be replaced later.
    `faults` says what goes wrong; more can be added to `sandbox.faults` at any time.
    `clock` tells an aware time; `ids` makes the refs of new objects; by default both are real.
    `decide(node, known)` may supply the outputs of a decision node in test runs, None to pass.
    `keep_requests` bounds the log, so that a server may run for days.

    A fresh tenant has one key per feature: `sandbox-<feature>` with `sandbox-<feature>-secret`.
    """

    def __init__(
        self,
        path: str | Path = ":memory:",
        *,
        knobs: Knobs | None = None,
        faults: FaultPlan | Iterable[Fault] = (),
        clock: Callable[[], datetime] = real_clock,
        ids: Callable[[], str] = random_ids,
        decide: Decide | None = None,
        keep_requests: int = 100_000,
    ) -> None:
        self.faults = faults if isinstance(faults, FaultPlan) else FaultPlan(faults)
        self._lock = RLock()
        self._store = Store(path)
        self._tenant = Tenant(self._store, knobs or Knobs(), clock=clock, ids=ids, decide=decide)
        self._tokens = Tokens()
        self._late: list[_Late] = []
        self._creates = 0
        self._requests: list[Recorded] = []
        self._keep_requests = keep_requests

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._store.close()

    # The door

    def handle(self, request: Request) -> Answer:
        """Answer one request; safe to call from several threads."""
        with self._lock:
            if request.path != TOKEN_PATH:
                self._tenant.count += 1
                self._carry_out_late()
            due = self.faults.due(request)
            answer = self._in_place(request, due)
            if answer is None:
                answer = self._spoiled(request, self._served(request, due), due)
            self._record(request, answer)
            return answer

    def _in_place(self, request: Request, due: list[Fault]) -> Answer | None:
        for fault in due:
            if isinstance(fault.effect, ConcurrentEdit):
                done = edit(self, fault.effect.address, fault.effect.changes, fault.effect.author)
                fault.fired += isinstance(done, Edited)
                continue
            answer = answer_in_place(fault.effect, request, self._tenant.clock())
            if answer is not None and self._postponed(fault.effect, request):
                fault.fired += 1
                return answer
        return None

    def _postponed(self, effect: object, request: Request) -> bool:
        if not isinstance(effect, LateCommit):
            return True
        try:
            author = self._author(request)
        except Refusal:
            return False  # it would not have been carried out at all
        self._late.append(_Late(request, author, self._tenant.count + effect.requests))
        return True

    def _carry_out_late(self) -> None:
        ripe = [late for late in self._late if self._tenant.count > late.after]
        self._late = [late for late in self._late if late not in ripe]
        for late in ripe:
            self._answer(Exchange(self._tenant, late.request, late.author))

    def _spoiled(self, request: Request, answer: Answer, due: list[Fault]) -> Answer:
        if self.knobs.lost_answers == "on" and self._is_create(request, answer):
            self._creates += 1
            if self._creates % 2:  # not every one, so that both ways are walked
                answer = replace(answer, delivery=Cut())
        for fault in due:
            worse = spoiled(fault.effect, answer, self._tenant.clock())
            fault.fired += worse != answer
            answer = worse
        return answer

    @staticmethod
    def _is_create(request: Request, answer: Answer) -> bool:
        path = request.path.rstrip("/")
        done = answer.status in (200, 201)
        return done and request.method == "POST" and CREATING.fullmatch(path) is not None

    def _served(self, request: Request, due: list[Fault]) -> Answer:
        if request.path == TOKEN_PATH:
            now = self._tenant.clock()
            return self._tokens.reply(request, self._store, self.knobs, now)
        try:
            self._throttle()
            author = self._author(request)
        except Refusal as refusal:
            return refusal_answer(refusal, self.knobs)
        shift = 0
        for fault in due:
            if isinstance(fault.effect, PageShift):
                shift += fault.effect.by
                fault.fired += 1
        return self._answer(Exchange(self._tenant, request, author, shift=shift))

    def _throttle(self) -> None:
        count, every = self._tenant.count, max(1, self.knobs.throttle_every)
        match self.knobs.throttling:
            case "429-retry-after" if count % every == 0:
                wait = (("Retry-After", str(self.knobs.throttle_seconds)),)
                raise Refusal(429, "too many requests", headers=wait)
            case "429" if count % every == 0:
                raise Refusal(429, "too many requests")
            case "503-bursts" if count > 1 and count % (2 * every) in (0, 1):
                raise Refusal(503, "the service is unavailable")
            case _:
                pass

    def _author(self, request: Request) -> str:
        key = self._tokens.owner(request, self._store, self.knobs, self._tenant.clock())
        if not key.opens(request.method, request.path):
            raise Refusal(self.knobs.wrong_scope, "insufficient scope for this resource")
        return f"{key.client_id}@clients"

    def _answer(self, exchange: Exchange) -> Answer:
        try:
            if exchange.request.method in _READS:
                return dispatch(exchange)
            with self._store.transaction():
                return dispatch(exchange)
        except Refusal as refusal:
            return refusal_answer(refusal, self.knobs)
        except RecursionError:
            return refusal_answer(Refusal(400, "the body is nested too deeply"), self.knobs)

    # The log

    def _record(self, request: Request, answer: Answer) -> None:
        if request.path == TOKEN_PATH:
            client_id = token_form(request).get("client_id")
        else:
            client_id = self._tokens.client_of(request)
        key = self._store.key(client_id) if client_id else None
        self._requests.append(
            Recorded(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                feature=None if key is None else key.feature,
                client_id=client_id,
                status=0 if isinstance(answer.delivery, Cut) else answer.status,
                body=_logged_body(request),
            )
        )
        if len(self._requests) > self._keep_requests:
            del self._requests[: len(self._requests) - self._keep_requests]

    @property
    def requests(self) -> list[Recorded]:
        """The requests that arrived, token requests included, the oldest first."""
        with self._lock:
            return list(self._requests)

    def forget_requests(self) -> None:
        """Start the log anew."""
        with self._lock:
            self._requests.clear()

    # Settings

    @property
    def knobs(self) -> Knobs:
        """The answers to what the reference leaves open."""
        return self._tenant.knobs

    @knobs.setter
    def knobs(self, knobs: Knobs) -> None:
        with self._lock:
            self._tenant.knobs = knobs

    def clock(self) -> datetime:
        """Tell the tenant's time."""
        return self._tenant.clock()

    @property
    def client_key(self) -> str:
        """The tenant id that answers carry."""
        with self._lock:
            return self._tenant.client_key

    @client_key.setter
    def client_key(self, client_key: str) -> None:
        with self._lock:
            self._store.set_fact("client_key", client_key)

    @property
    def keys(self) -> tuple[ApiKey, ...]:
        """The API keys of the tenant."""
        with self._lock:
            return self._store.keys()

    def add_key(self, feature: Feature, client_id: str, secret: str) -> ApiKey:
        """Add an API key, or give an existing one another feature or secret."""
        key = ApiKey(client_id, secret, feature)
        with self._lock:
            self._store.add_key(key)
        return key

    def revoke_key(self, client_id: str) -> bool:
        """Remove an API key, and with it its tokens; tell whether it existed."""
        with self._lock:
            return self._store.remove_key(client_id)

    def expire_tokens(self) -> None:
        """End all tokens now."""
        with self._lock:
            self._tokens.expire_all()

    # The tenant from inside

    @contextmanager
    def writing(self) -> Iterator[Tenant]:
        """Work on the tenant without HTTP: nobody else writes meanwhile, errors undo all of it."""
        with self._lock, self._store.transaction():
            yield self._tenant

    def create(
        self, kind: Kind, body: Document, author: str = "Maria", *, parent: str | None = None
    ) -> Record:
        """Create an object as a person in the UI; `parent` is the model of a decision-variant.

        Fields that the API does not know become known, as if a newer UI had written them.
        """
        with self.writing() as tenant:
            owner = None if parent is None else self._one(tenant, parent).ref
            return tenant.create(FAMILIES[kind], body, person(author), parent=owner)

    def stored(self, target: str) -> Record:
        """Look at an object by ref or address, with everything the tenant keeps of it."""
        with self._lock:
            return self._one(self._tenant, target)

    def all(self, kind: Kind | None = None) -> tuple[Record, ...]:
        """List the stored objects, of one kind or all, in the order of their creation."""
        with self._lock:
            kinds = [kind] if kind else list(FAMILIES)
            records = [it for name in kinds for it in self._tenant.all(FAMILIES[name])]
            return tuple(sorted(records, key=lambda record: record.seq))

    def history(self, target: str) -> tuple[Record, ...]:
        """List all revisions of an object, the oldest first, whatever the API would tell."""
        with self._lock:
            return self._store.revisions(self._one(self._tenant, target))

    def plant(self, target: str, fields: Document) -> Record:
        """Put fields on an object that this server knows and no client does (yet).

        A PUT that carries them keeps them, one that leaves them out drops them (unless K06 says
        merge); no new revision is made.
        """
        with self.writing() as tenant:
            return tenant.plant(self._one(tenant, target), fields)

    def reset(self) -> None:
        """Become a fresh tenant with the well-known keys; the log and the faults stay."""
        with self._lock:
            self._store.clear()
            self._tokens.expire_all()
            self._late.clear()
            self._tenant.count = 0
            self._tenant.forget_writes()

    @staticmethod
    def _one(tenant: Tenant, target: str) -> Record:
        for kind in FAMILIES:
            record = tenant.store.get(kind, target)
            if record is not None:
                return settled(tenant, record)
        found = find(tenant, target)
        if isinstance(found, Unknown):
            raise LookupError(found.message)  # noqa: TRY004 - a look-up that failed, not a wrong type
        return found


def _logged_body(request: Request) -> object:
    if request.path == TOKEN_PATH:
        return token_form(request)
    if not request.body:
        return None
    try:
        body: object = json.loads(request.body)
    except (ValueError, RecursionError):
        return request.body
    return body
