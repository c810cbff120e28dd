"""Live objects as drafts of manifests: which ones, under which keys, with what in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from personalize_sync.init.cutting import Cut, cut_at
from personalize_sync.init.fitting import Unfit, fitted
from personalize_sync.init.naming import is_key, keys_for
from personalize_sync.init.values import secrets_named, with_value, without_nulls
from personalize_sync.kinds import BY_NAME, KINDS, Refs
from personalize_sync.planning.prune import is_built_in
from personalize_sync.resources import Address, Live, Lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from personalize_sync.init.values import Needed
    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Document, LiveState

_TWINS = "rename or archive all but one in the tenant"


@dataclass(frozen=True, slots=True)
class Draft:
    """One manifest to be; `files` are the texts it names, by name beside it."""

    address: Address
    document: Document
    files: Mapping[str, str]
    cuts: tuple[Cut, ...] = ()
    secrets: tuple[Needed, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A live object that gets no manifest: what it is called, why, and what to do about it."""

    what: str
    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A field that its manifest does not state."""

    address: Address
    path: str
    reason: str


@dataclass(slots=True)
class Drafts:
    """All drafts of a tenant, by address, and the objects that have none."""

    by_address: dict[Address, Draft] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    unselected: int = 0

    def drop(self, address: Address, reason: str, advice: str) -> None:
        """Leave an object out after all."""
        del self.by_address[address]
        self.left_out.append(LeftOut(str(address), reason, advice))

    @property
    def unmanaged(self) -> tuple[Unmanaged, ...]:
        """Every field that was left alone."""
        return tuple(
            Unmanaged(address, cut.pointer, cut.reason)
            for address, draft in sorted(self.by_address.items())
            for cut in draft.cuts
        )

    @property
    def secrets(self) -> tuple[tuple[Address, Needed], ...]:
        """Every secret that has to be set before the first apply."""
        return tuple(
            (address, needed)
            for address, draft in sorted(self.by_address.items())
            for needed in draft.secrets
        )


def draft(state: LiveState, select: Sequence[str] = ()) -> Drafts:
    """Return a draft of every living object that a manifest can declare.

    With globs in `select`, only of those whose address one of them matches.
    """
    drafts = Drafts()
    living = [o for o in state.objects if not (o.archived or is_built_in(o))]
    tops = dict(_top_level(living, drafts))
    below = dict(_below(living, {live.ref: a for a, live in tops.items()}, drafts))
    refs = Refs({address: live.ref for address, live in {**tops, **below}.items()})
    children: dict[Address, dict[str, Live]] = defaultdict(dict)
    for address, live in below.items():
        parent, _, key = address.key.partition(":")
        children[Address(BY_NAME[address.kind].parent, parent)][key] = live
    friendly = {(o.kind, o.friendly_id) for o in state.objects if o.friendly_id and not o.archived}
    strangers = {Address(*known): Lookup(*known) for known in friendly}
    for address, live in tops.items():
        if not select or any(fnmatchcase(str(address), glob) for glob in select):
            strangers.pop(address, None)
        else:
            strangers[address] = Lookup(address.kind, live.friendly_id or live.name)
    for address, live in tops.items():
        if address in strangers:
            drafts.unselected += 1
            continue
        try:
            made = _draft(address, live, refs, children[address], strangers)
            drafts.by_address[address] = made
        except Unfit as reason:
            advice = "correct it in the tenant, or write its manifest by hand"
            drafts.left_out.append(LeftOut(str(address), str(reason), advice))
    return drafts


def _draft(
    address: Address,
    live: Live,
    refs: Refs,
    children: Mapping[str, Live],
    strangers: Mapping[Address, Lookup],
) -> Draft:
    """Return the draft of one object; `strangers` live, but get no manifest, so they are looked up."""
    kind = BY_NAME[address.kind]
    own = kind.normalise(live, refs)
    below = {key: BY_NAME[child.kind].normalise(child, refs) for key, child in children.items()}
    whole = kind.gather(own, below)
    spec = without_nulls(whole, kind.shapes)
    for reference in kind.references(spec):
        target = reference.target
        if isinstance(target, Address) and target in strangers:
            spec = with_value(spec, reference.path, strangers[target])
    spec, needed, cuts = secrets_named(kind, address.key, spec, kind.secrets(live, spec))
    waiting = _not_deployed(own, {key: child.revision for key, child in children.items()})
    for cut in waiting if "variants" in whole else ():
        spec, _ = cut_at(spec, cut.path, kind.shapes)
        cuts.append(cut)
    result = fitted(kind, address, spec, cuts=cuts)
    for name in sorted(own.keys() - whole.keys()):
        result.cut(f"/{name}", "it uses a variant that no manifest can name")
    kept = tuple(n for n in needed if result.states(n.path))
    return Draft(address, result.document, result.files, tuple(result.cuts), kept)


def _not_deployed(model: Document, revisions: Mapping[str, Any]) -> Iterator[Cut]:
    """Yield the status of each variant that is deployed at another revision than its newest.

    A manifest that stated it would deploy the newest one.
    """
    for key, newest in revisions.items():
        entry = model["variants"].get(key, {})
        pinned = entry.get("revision")
        if entry.get("status") in ("TEST", "PRODUCTION") and newest not in (None, pinned):
            yield Cut(
                ("variants", key, "status"),
                f"revision {pinned} is deployed, and {newest}, which the manifest has, is not; "
                f"add status: {entry['status']} to deploy it",
            )


def _top_level(living: Iterable[Live], drafts: Drafts) -> Iterator[tuple[Address, Live]]:
    for kind in (k for k in KINDS if not k.parent):
        objects = [live for live in living if live.kind == kind.name]
        if kind.identity == "friendlyId":
            named = _distinct(kind, ((o.friendly_id or "", o) for o in objects), drafts)
            for friendly_id, live in named.items():
                if is_key(friendly_id):
                    yield Address(kind.name, friendly_id), live
                else:
                    drafts.left_out.append(_without_key(kind, friendly_id, live))
            continue
        named = _distinct(kind, ((o.name, o) for o in objects), drafts)
        for name, key in keys_for(named).items():
            yield Address(kind.name, key), named[name]


def _below(
    living: Iterable[Live], parents: Mapping[str, Address], drafts: Drafts
) -> Iterator[tuple[Address, Live]]:
    siblings: dict[tuple[str, str], list[Live]] = defaultdict(list)
    for live in living:
        if live.parent in parents:
            siblings[live.kind, live.parent].append(live)
    for (name, parent), objects in siblings.items():
        above = parents[parent]
        named = _distinct(BY_NAME[name], ((o.name, o) for o in objects), drafts, of=f" of {above}")
        for word, key in keys_for(named).items():
            yield Address(name, f"{above.key}:{key}"), named[word]


def _distinct(
    kind: Kind, objects: Iterable[tuple[str, Live]], drafts: Drafts, *, of: str = ""
) -> dict[str, Live]:
    """Return the objects by what the tenant tells them apart by; twins are left out."""
    found: dict[str, list[Live]] = defaultdict(list)
    for identity, live in objects:
        found[identity].append(live)
    for identity, twins in sorted(found.items()):
        if len(twins) > 1:
            refs = ", ".join(sorted(twin.ref for twin in twins))
            what = "name" if kind.identity == "name" else "friendlyId"
            reason = f"{len(twins)} living {kind.title} have this {what} ({refs})"
            drafts.left_out.append(LeftOut(f'{kind.name} "{identity}"{of}', reason, _TWINS))
    return {identity: twins[0] for identity, twins in found.items() if len(twins) == 1}


def _without_key(kind: Kind, friendly_id: str, live: Live) -> LeftOut:
    return LeftOut(
        f'{kind.name} "{live.name}"',
        f'its friendlyId "{friendly_id}" is no key: lower-case letters, digits and underscores',
        "give it another friendlyId in the tenant",
    )
