"""What each API key may do, compared with what is declared and what is needed of it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError, GuardError
from personalize_sync.kinds import BY_NAME, KINDS
from personalize_sync.problems import Problem, Severity, in_order
from personalize_sync.project import FEATURES
from personalize_sync.tenant.credentials import secret_of, variables
from personalize_sync.tenant.scopes import beyond, only_reads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from personalize_sync.kinds import Kind
    from personalize_sync.project import Environment
    from personalize_sync.resources import Live, Resource
    from personalize_sync.tenant.client import Reader
    from personalize_sync.tenant.credentials import Sources
    from personalize_sync.tenant.keyring import Keyring
    from personalize_sync.tenant.live import Tenant


@dataclass(frozen=True, slots=True)
class Feature:
    """One API-key feature: what was declared, found, granted and needed, and what is wrong.

    `variables` may hold the key, `origin` is the place where it was found. `reads` and `writes` are
    the kinds of these manifests that it is the narrowest declared key for.
    """

    feature: str
    variables: tuple[str, ...]
    origin: str
    client_id: str
    scopes: tuple[str, ...]
    declared: bool
    declared_for: tuple[str, ...] | None
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    findings: tuple[Problem, ...]

    @property
    def title(self) -> str:
        """Its name in the Developer Center."""
        return self.feature.replace("-", " ").capitalize()

    @property
    def found(self) -> bool:
        """Whether there is a whole key."""
        return bool(self.client_id)

    @property
    def needed_for(self) -> tuple[str, ...]:
        """The kinds it is needed for, in the order of all kinds."""
        return tuple(k.name for k in KINDS if k.name in {*self.reads, *self.writes})

    @property
    def purpose(self) -> str:
        """What it is needed for, as in `read and write templates`."""
        return purpose(
            [BY_NAME[name] for name in self.reads], [BY_NAME[name] for name in self.writes]
        )

    @property
    def to_create(self) -> bool:
        """Whether it is needed, and there is not a trace of a key."""
        return any(problem.id in ("PS6001", "PS6002") for problem in self.findings)


@dataclass(frozen=True, slots=True)
class Audit:
    """The state of every feature that is declared, or needed, in one environment."""

    environment: str
    features: tuple[Feature, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All findings."""
        return in_order(problem for feature in self.features for problem in feature.findings)


@dataclass(slots=True)
class _Need:
    """The kinds that a feature is needed for."""

    reads: list[Kind] = field(default_factory=list)
    writes: list[Kind] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.reads or self.writes)


def audit(
    tenant: Tenant,
    reader: Reader,
    keyring: Keyring,
    environment: Environment,
    *,
    resources: Sequence[Resource],
    elsewhere: Mapping[str, Sequence[str]],
    today: date,
    writing: bool = True,
) -> Audit:
    """Return the state of every feature; `writing` unless the keys are those of a job that plans.

    Asks for a token for each key found and reads what the manifests are about. `elsewhere` names
    the other environments that use a client id.
    """
    kinds = {resource.address.kind for resource in resources}
    if environment.prune:
        kinds |= {k.name for k in KINDS if environment.feature(k.name, k.read_with)}
    needs = _needs(environment, [k for k in KINDS if k.name in kinds], writing=writing)
    looking = _Looking(tenant, reader, keyring, environment, resources, elsewhere, today, writing)
    return Audit(
        environment.name,
        tuple(
            looking.feature(name, needs.get(name, _Need()))
            for name in FEATURES
            if name in environment.keys or name in needs
        ),
    )


def used_elsewhere(
    environment: Environment, others: Iterable[Environment], sources: Sources
) -> dict[str, list[str]]:
    """Return, by client id, the other environments whose own variables hold it.

    The general variables count for every environment and say nothing about sharing.
    """
    found: dict[str, list[str]] = {}
    for other in others:
        if other.name == environment.name or other.sandbox is not None:
            continue
        for feature in other.keys:
            client_id = ""
            with suppress(CredentialError):  # it is said where that environment is audited
                client_id, _ = sources.value(variables(other.name, feature)[0])
            if client_id and other.name not in found.setdefault(client_id, []):
                found[client_id].append(other.name)
    return found


def _needs(environment: Environment, kinds: Iterable[Kind], *, writing: bool) -> dict[str, _Need]:
    """Return what each feature is needed for: the narrowest declared one, else the narrowest."""
    needs: dict[str, _Need] = {}
    for kind in kinds:
        read = environment.feature(kind.name, kind.read_with) or kind.read_with[0]
        needs.setdefault(read, _Need()).reads.append(kind)
        if writing:
            write = environment.feature(kind.name, kind.write_with) or kind.write_with[0]
            needs.setdefault(write, _Need()).writes.append(kind)
    return needs


@dataclass(frozen=True, slots=True)
class _Looking:
    """All that findings about one feature are made from."""

    tenant: Tenant
    reader: Reader
    keyring: Keyring
    environment: Environment
    resources: Sequence[Resource]
    elsewhere: Mapping[str, Sequence[str]]
    today: date
    writing: bool

    def feature(self, name: str, need: _Need) -> Feature:
        key = self.keyring.key(name) if name in self.keyring.features else None
        findings = [*self._declaration(name, need), *self._presence(name, need)]
        scopes: tuple[str, ...] = ()
        if key:
            findings += self._sharing(name, key.client_id)
            try:
                scopes = self.reader.scopes(name)
                findings += self._granted(name, need, scopes)
                findings += self._opened(name, need)
            except CredentialError as error:
                findings.append(self._said("PS6004", name, error.message, error.hint))
        return Feature(
            name,
            tuple(v for i in self.keyring.variables(name) for v in (i, secret_of(i))),
            key.origin if key else "",
            key.client_id if key else "",
            scopes,
            name in self.environment.keys,
            self.environment.keys.get(name),
            tuple(kind.name for kind in need.reads),
            tuple(kind.name for kind in need.writes),
            tuple(findings),
        )

    def _presence(self, name: str, need: _Need) -> Iterator[Problem]:
        """Say whether there is a key, and a use for it."""
        if flaw := self.keyring.flaw(name):
            yield self._said("PS6003", name, flaw.message, flaw.hint)
        elif name in self.keyring.features:
            if not need and not self.writing:
                message = (
                    "nothing that only reads needs this key, so a job that plans must not hold it"
                )
                yield self._warned(
                    "PS6006", name, message, "Hand it to the job that applies alone."
                )
            elif not need:
                message = "no manifest needs this key"
                yield self._warned(
                    "PS6006", name, message, "Remove it from here; revoke it if unused."
                )
        elif need and name in self.environment.keys:
            own = self.keyring.variables(name)[0]
            yield self._said(
                "PS6001",
                name,
                f"no key, needed to {purpose(need.reads, need.writes)}",
                f"Set {own} and {secret_of(own)}.",
            )

    def _declaration(self, name: str, need: _Need) -> Iterator[Problem]:
        """Compare what the project file declares with what is needed."""
        if name not in self.environment.keys:
            yield self._said(
                "PS6002",
                name,
                f"not declared, but needed to {purpose(need.reads, need.writes)}",
                f"Add {name}: {{}} under keys: in the project file.",
            )
        for narrow, uses in _too_wide(name, need, self.environment.keys.get(name)):
            message = f"used to {uses}, for which {narrow} suffices"
            remedy = f"Declare {narrow}: {{}} under keys:"
            if " and write " in uses:
                remedy += ", and take these kinds out of for:"
            yield self._warned("PS6005", name, message, remedy + ".")
        last_day = self.environment.rotate_after.get(name)
        if last_day and last_day < self.today:
            message = f"this key was to be rotated after {last_day}"
            remedy = (
                "Make a new one, list the old client id under writers, then revoke the old one."
            )
            yield self._warned("PS6010", name, message, remedy)

    def _sharing(self, name: str, client_id: str) -> Iterator[Problem]:
        others = [f"the environment {other}" for other in self.elsewhere.get(client_id, ())]
        others += [
            f"the feature {feature}"
            for feature in self.keyring.features
            if feature != name and self.keyring.key(feature).client_id == client_id
        ]
        if others:
            message = f"the same key serves {' and '.join(others)}"
            remedy = "Make one key for each: who loses one loses them all."
            yield self._warned("PS6007", name, message, remedy)

    def _granted(self, name: str, need: _Need, scopes: tuple[str, ...]) -> Iterator[Problem]:
        if more := beyond(scopes, name):
            message = f"its token also opens {', '.join(more)}"
            remedy = "Is it a key of a wider feature? Make one that has this feature alone."
            yield self._warned("PS6008", name, message, remedy)
        barred = [kind for kind in need.writes if only_reads(scopes, kind.scope)]
        if barred:
            message = f"its token cannot {purpose((), barred)}: it only reads"
            yield self._said("PS6004", name, message, "Check in the Developer Center its feature.")

    def _opened(self, name: str, need: _Need) -> Iterator[Problem]:
        """Read with the key what it is needed for: the proof that it opens it, and whose it is."""
        writers: Counter[str] = Counter()
        try:
            for kind in need.reads:
                if not kind.parent:
                    writers.update(self._strangers(kind, self.tenant.list_all(kind)))
            for kind in need.writes:
                if not kind.parent and kind not in need.reads:
                    self.reader.get(name, kind.collection, limit=1, offset=0)
        except GuardError as error:
            yield self._said("PS6011", name, error.message, error.hint)
        for stamp, count in sorted(writers.items()):
            yield self._warned(
                "PS6009",
                name,
                f"{stamp} wrote {count} of the manifests' objects last, and is none of these keys",
                "If it is ours, a former key or that of another job, add the id to writers:.",
            )

    def _strangers(self, kind: Kind, objects: Iterable[Live]) -> Iterator[str]:
        """The keys that wrote what the manifests are about, and that nobody says are ours."""
        meant = {
            r.address.key if kind.identity == "friendlyId" else r.name
            for r in self.resources
            if r.address.kind == kind.name
        }
        for live in objects:
            identity = live.friendly_id if kind.identity == "friendlyId" else live.name
            author = live.author or ""
            if identity in meant and author.endswith("@clients") and author not in self.tenant.ours:
                yield author

    def _said(
        self,
        rule: str,
        name: str,
        message: str,
        remedy: str,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        place = self.environment.places.get(name) or self.environment.places.get("")
        return Problem(rule, f"{name}: {message}", remedy, place, severity)

    def _warned(self, rule: str, name: str, message: str, remedy: str) -> Problem:
        return self._said(rule, name, message, remedy, Severity.WARNING)


def purpose(reads: Iterable[Kind], writes: Iterable[Kind]) -> str:
    """Return what a key is needed for: `read and write templates`."""
    groups: dict[str, list[str]] = {}
    reads, writes = tuple(reads), tuple(writes)
    for kind in KINDS:
        verbs = [v for v, kinds in (("read", reads), ("write", writes)) if kind in kinds]
        if verbs:
            groups.setdefault(" and ".join(verbs), []).append(kind.title)
    return "; ".join(f"{verbs} {', '.join(titles)}" for verbs, titles in groups.items())


def _too_wide(name: str, need: _Need, stated: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
    """Yield each narrower feature that would do, and for what: what is needed or only allowed."""
    allowed = [
        kind
        for kind in KINDS
        if kind.name in (stated or ()) and name not in (kind.read_with[0], kind.write_with[0])
    ]
    for narrow in FEATURES:
        if narrow != name:
            reads = [k for k in (*need.reads, *allowed) if k.read_with[0] == narrow]
            writes = [k for k in (*need.writes, *allowed) if k.write_with[0] == narrow]
            if reads or writes:
                yield narrow, purpose(reads, writes)
