"""What only all manifests together show: twins, references that lead nowhere or in circles."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.manifests.complaints import listed, quoted
from personalize_sync.manifests.values import MAX_COMPLAINTS
from personalize_sync.problems import Problem, Severity, did_you_mean
from personalize_sync.resources import Address, pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from personalize_sync.manifests.documents import Manifest
    from personalize_sync.manifests.sources import ManifestSource
    from personalize_sync.problems import Location
    from personalize_sync.resources import Reference

_MAX_COMPARISONS = 50_000


def check_together(
    manifests: Sequence[Manifest],
    *,
    environments: Sequence[str],
    declared: Collection[str],
    unread: Sequence[str],
) -> Iterator[Problem]:
    """Yield the problems of manifests with each other.

    `environments` are those that are looked at, `declared` those of the project file; `unread` are
    texts whose manifests are unknown, so that nothing they may declare is called missing.
    """
    for manifest in manifests:
        yield from _unknown_environments(manifest, declared)
    yield from _twin_addresses(manifests)
    yield from _twin_objects(manifests, environments)
    yield from _lookalike_names(manifests, environments)
    yield from _bad_renames(manifests)
    graph = _Graph(manifests, environments, unread)
    yield from graph.dangling()
    yield from graph.cycles()


def _unknown_environments(manifest: Manifest, declared: Collection[str]) -> Iterator[Problem]:
    source = manifest.source
    if declared:
        for name in sorted((manifest.environments or frozenset()) - set(declared)):
            yield _unknown(manifest, name, declared, _item(source, "environments", name))
    for override in filter(None, manifest.specs):
        if declared and override not in declared:
            at = source.locate_in_document(("overrides", override), key=True)
            yield _unknown(manifest, override, declared, at)
        elif not manifest.is_for(override):
            yield Problem(
                "PS2006",
                f"the override for {quoted(override)} is never used",
                "Remove it, or add the environment to metadata.environments.",
                source.locate_in_document(("overrides", override), key=True),
                address=str(manifest.address),
            )


def _unknown(manifest: Manifest, name: str, declared: Iterable[str], at: Location) -> Problem:
    remedy = f"Declared: {listed(declared)}.{did_you_mean(name, declared)}"
    message = f"the project has no environment {quoted(name)}"
    return Problem("PS2006", message, remedy, at, address=str(manifest.address))


def _item(source: ManifestSource, name: str, value: str) -> Location:
    """Return where a value stands in one of the lists of metadata."""
    index = 0
    while source.has(("metadata", name, str(index))):
        at = source.locate_in_document(("metadata", name, str(index)))
        if source.scalar(("metadata", name, str(index))) == value:
            return at
        index += 1
    return source.locate_in_document(("metadata", name))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _twin_addresses(manifests: Sequence[Manifest]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Manifest] = {}
    for manifest in manifests:
        address = manifest.address
        other = first.setdefault((address.kind, _folded(address.key)), manifest)
        if other is manifest:
            continue
        same = other.address == address
        what = (
            "has this address" if same else f"has the nearly equal key {quoted(other.address.key)}"
        )
        yield Problem(
            "PS1020",
            f"another manifest {what}, in {other.source.start}",
            "Give one of them another key, or remove it.",
            manifest.source.locate_in_document(("metadata", "key")),
            address=str(address),
        )


def _twin_objects(manifests: Sequence[Manifest], environments: Sequence[str]) -> Iterator[Problem]:
    """Find manifests that mean one live object although their addresses differ."""
    told: set[tuple[int, int]] = set()
    for environment in environments or (None,):
        first: dict[tuple[str, str], Manifest] = {}
        for manifest in manifests:
            identity = _identity(manifest, environment)
            if identity is None or not (environment is None or manifest.is_for(environment)):
                continue
            other = first.setdefault(identity, manifest)
            pair = (id(other), id(manifest))
            if other.address == manifest.address or pair in told:
                continue
            told.add(pair)
            yield _twin_object(manifest, other, environment)


def _identity(manifest: Manifest, environment: str | None) -> tuple[str, str] | None:
    """Return what the tenant tells objects apart by."""
    kind = manifest.kind
    if kind.identity == "friendlyId":
        return kind.collection, manifest.address.key
    name = manifest.spec(environment).get("name")
    return (kind.collection, name) if isinstance(name, str) else None


def _twin_object(manifest: Manifest, other: Manifest, environment: str | None) -> Problem:
    by_name = manifest.kind.identity == "name"
    if by_name:
        at = manifest.source_in(environment).locate(("name",))
        there = other.source_in(environment).locate(("name",))
        name = quoted(str(manifest.spec(environment).get("name")))
    else:
        at = manifest.source.locate_in_document(("metadata", "key"))
        there = other.source.locate_in_document(("metadata", "key"))
        name = quoted(manifest.address.key)
    what = "name" if by_name else "friendlyId"
    return Problem(
        "PS1021",
        f"{other.address} means the same object: its {what} is {name} too, in {there}",
        f"The tenant knows {manifest.kind.title} by {what}: give each its own.",
        at,
        address=str(manifest.address),
    )


def _lookalike_names(
    manifests: Sequence[Manifest], environments: Sequence[str]
) -> Iterator[Problem]:
    """Find names that people see as one and the tenant as two; it may hold both, so only warn.

    In several environments it is the same problem, unless overrides make it one of other places.
    """
    for environment in environments or (None,):
        first: dict[tuple[str, str], Manifest] = {}
        for manifest in manifests:
            identity = _identity(manifest, environment)
            if identity is None or identity[1].isascii() or manifest.kind.identity != "name":
                continue
            shown = (identity[0], unicodedata.normalize("NFC", identity[1]))
            other = first.setdefault(shown, manifest)
            if _identity(other, environment) != identity:
                yield _lookalike_name(manifest, other, environment)


def _lookalike_name(manifest: Manifest, other: Manifest, environment: str | None) -> Problem:
    name = str(manifest.spec(environment).get("name"))
    return Problem(
        "PS3003",
        f"the name {quoted(name)} looks like that of {other.address}, and is made of other characters",
        "Unicode has several ways to write one letter. Copy the name from there, or give each its own.",
        manifest.source_in(environment).locate(("name",)),
        severity=Severity.WARNING,
        address=str(manifest.address),
    )


def _bad_renames(manifests: Sequence[Manifest]) -> Iterator[Problem]:
    renamed = [manifest for manifest in manifests if manifest.renamed_from]
    if not renamed:
        return
    taken: dict[tuple[str, str], Manifest] = {}
    for manifest in manifests:
        if identity := _identity(manifest, None):
            taken.setdefault(identity, manifest)
    claimed: dict[tuple[str, str], Manifest] = {}
    for manifest in renamed:
        for name in manifest.renamed_from:
            identity = (manifest.kind.collection, name)
            other = taken.get(identity) or claimed.setdefault(identity, manifest)
            if other is manifest and identity in claimed:
                continue
            what = (
                "is the present name" if other is manifest else f"also belongs to {other.address}"
            )
            yield Problem(
                "PS1021",
                f"the former name {quoted(name)} {what}",
                "Remove it from renamedFrom: only one manifest can claim an object.",
                _item(manifest.source, "renamedFrom", name),
                address=str(manifest.address),
            )


@dataclass
class _Edge:
    manifest: Manifest
    environment: str | None
    start: Address
    reference: Reference
    target: Address

    def problem(self, rule: str, message: str, remedy: str) -> Problem:
        at = self.manifest.source_in(self.environment).locate(self.reference.path)
        return Problem(rule, message, remedy, at, address=str(self.start))


class _Graph:
    """Which manifest names which, in any of the environments."""

    def __init__(
        self, manifests: Sequence[Manifest], environments: Sequence[str], unread: Sequence[str]
    ) -> None:
        self._environments = environments
        self._unread = unread
        self._comparisons = 0
        self._declared: dict[Address, Manifest] = {}
        self._edges: list[_Edge] = []
        for manifest in manifests:
            self._declared.setdefault(manifest.address, manifest)
            for environment, resource in manifest.resources.items():
                for part in manifest.kind.expand(resource):
                    self._declared.setdefault(part.address, manifest)
                    self._edges += (
                        _Edge(manifest, environment, part.address, reference, reference.target)
                        for reference in BY_NAME[part.address.kind].references(part.spec)
                        if isinstance(reference.target, Address)
                    )

    def dangling(self) -> Iterator[Problem]:
        told: set[tuple[Address, str]] = set()
        counts: Counter[Address] = Counter()
        for edge in self._edges:
            if counts[edge.start] >= MAX_COMPLAINTS:
                continue
            place = (edge.start, pointer(edge.reference.path))
            problem = self._dangling(edge)
            if problem and not (edge.environment is not None and place in told):
                told.add(place)
                counts[edge.start] += 1
                yield problem

    def _dangling(self, edge: _Edge) -> Problem | None:
        target = self._declared.get(edge.target)
        title = BY_NAME[edge.target.kind].title
        key = quoted(edge.target.key)
        if target is None:
            if any(edge.target.key in text for text in self._unread):
                return None
            known = [a.key for a in self._declared if a.kind == edge.target.kind]
            declared = (
                f"Declared {title}: {listed(known)}." if known else f"No {title} are declared."
            )
            return edge.problem(
                "PS2001",
                f"no manifest of {title} has the key {key}",
                f"{declared} Add a manifest or correct the key.{self._hint(edge.target.key, known)}",
            )
        lacking = [
            name
            for name in self._environments
            if edge.environment in (None, name)
            and edge.manifest.is_for(name)
            and not target.is_for(name)
        ]
        if not lacking:
            return None
        return edge.problem(
            "PS2001",
            f"{edge.target} is not declared for {listed(lacking)}",
            "Add the environment to its metadata.environments, or override the reference.",
        )

    def _hint(self, key: str, known: list[str]) -> str:
        """Compare with what is declared, but not thousands of keys with thousands."""
        self._comparisons += len(known)
        return did_you_mean(key, known) if self._comparisons <= _MAX_COMPARISONS else ""

    def cycles(self) -> Iterator[Problem]:
        follow: dict[Address, dict[Address, _Edge]] = {}
        for edge in self._edges:
            follow.setdefault(edge.start, {}).setdefault(edge.target, edge)
        for path in circles({start: tuple(ends) for start, ends in follow.items()}):
            edge = follow[path[-1]][path[0]]
            shown = " -> ".join(str(address) for address in (*path, path[0]))
            yield edge.problem(
                "PS2002", f"references run in a circle: {shown}", "Remove one of the references."
            )


def circles(follow: Mapping[Address, Sequence[Address]]) -> Iterator[tuple[Address, ...]]:
    """Yield one circle for each place where a walk along the references comes back to itself."""
    done: set[Address] = set()
    for start in sorted(follow):
        path: dict[Address, None] = {}  # in order; a list would make long chains quadratic
        steps: list[Iterator[Address]] = [iter((start,))]
        while steps:
            here = next(steps[-1], None)
            if here is None:
                steps.pop()
                if path:
                    done.add(path.popitem()[0])
            elif here in path:
                walked = list(path)
                yield tuple(walked[walked.index(here) :])
            elif here not in done:
                path[here] = None
                steps.append(iter(follow.get(here, ())))
