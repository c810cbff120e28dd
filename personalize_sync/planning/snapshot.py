"""Snapshots: the live state of a tenant without any secret, to plan against where there is no key.

Such a plan is for readers: pull requests from forks, tests, reports of bugs. It is never applied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from personalize_sync.errors import GuardError, StaleError
from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.kind import first_object, without
from personalize_sync.resources import Base, Live, LiveState, SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personalize_sync.kinds import Kind
    from personalize_sync.project import Environment
    from personalize_sync.resources import Document, Path, Resource

FORMAT_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read of a tenant: all living objects of some kinds, with the evidence of our writes.

    Values that may hold a secret are left out of the records.
    """

    environment: str
    state: LiveState
    kinds: tuple[str, ...]
    base_url: str = ""
    created_at: str = ""
    commit: str = ""


def document_of(snapshot: Snapshot, *, tool_version: str) -> Document:
    """Return the JSON document of a snapshot (schemas/snapshot.schema.json), without a seal."""
    state = snapshot.state
    return {
        "format_version": FORMAT_VERSION,
        "kind": "Snapshot",
        "tool": {"name": "personalize-sync", "version": tool_version},
        "created_at": snapshot.created_at,
        "target": {
            "env": snapshot.environment,
            "base_url": snapshot.base_url,
            "client_key": state.client_key,
        },
        "commit": snapshot.commit,
        "kinds": sorted(snapshot.kinds),
        "ours": sorted(state.ours),
        "incomplete": list(state.incomplete),
        "objects": [
            _entry(live, state)
            for live in sorted(state.objects, key=lambda o: (o.kind, o.parent, o.ref))
        ],
    }


def _entry(live: Live, state: LiveState) -> Document:
    base = state.bases.get(live.ref)
    return {
        "kind": live.kind,
        "ref": live.ref,
        "name": live.name,
        "friendly_id": live.friendly_id,
        "parent": live.parent,
        "revision": live.revision,
        "author": live.author,
        "modified_at": live.modified_at,
        "archived": live.archived,
        "record": published(live.record, BY_NAME[live.kind]),
        # Whether the history was looked at: if so, no base means that we never wrote it.
        "history": live.ref in state.bases,
        "base": base
        and {
            "revision": base.revision,
            "author": base.author,
            "at": base.at,
            "record": published(base.record, BY_NAME[live.kind]),
        },
    }


def published(record: Document, kind: Kind) -> Document:
    """Return a record without what may hold a secret: what its kind calls sensitive, and the like."""
    result = kind.public(record)
    for pattern in kind.sensitive:
        *parents, last = pattern.split("/")[1:]
        result = _dropped(result, tuple(parents), last)
    return result


def _dropped(record: Document, parents: Path, last: str) -> Document:
    if not parents:
        return without(record, (last,))
    head, *rest = parents
    if head not in record:
        return record
    # Some answers wrap an object in a list of one.
    return {**record, head: _dropped(first_object(record[head]), tuple(rest), last)}


def snapshot_from(document: object) -> Snapshot:
    """Return the snapshot of a document; raises StaleError where it is not one of ours."""
    match document:
        case {"kind": "Snapshot", "format_version": str() as version} if version.startswith("1."):
            pass
        case _:
            raise StaleError(
                "this is no snapshot that this version can read",
                "Make one with personalize-sync snapshot.",
            )
    try:
        return _snapshot(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise StaleError("the snapshot is broken", "Make another one.") from None


def _snapshot(document: Any) -> Snapshot:
    entries = document["objects"]
    objects = tuple(map(_live, entries))
    if unknown := {live.kind for live in objects} - set(BY_NAME):
        raise ValueError(unknown)
    return Snapshot(
        environment=str(document["target"]["env"]),
        base_url=str(document["target"]["base_url"]),
        created_at=str(document["created_at"]),
        commit=str(document["commit"]),
        kinds=tuple(map(str, document["kinds"])),
        state=LiveState(
            objects,
            client_key=str(document["target"]["client_key"]),
            ours=frozenset(map(str, document["ours"])),
            bases={str(entry["ref"]): _base(entry) for entry in entries if entry["history"]},
            incomplete=tuple(map(str, document["incomplete"])),
        ),
    )


def _live(entry: Document) -> Live:
    return Live(
        kind=str(entry["kind"]),
        ref=str(entry["ref"]),
        name=str(entry["name"]),
        record=dict(entry["record"]),
        friendly_id=_text(entry["friendly_id"]),
        revision=_number(entry["revision"]),
        author=_text(entry["author"]),
        modified_at=_text(entry["modified_at"]),
        archived=entry["archived"] is True,
        parent=str(entry["parent"]),
    )


def _base(entry: Document) -> Base | None:
    base = entry["base"]
    if base is None:
        return None
    return Base(
        dict(base["record"]), _number(base["revision"]), _text(base["author"]), _text(base["at"])
    )


def comparable(
    desired: Sequence[Resource], snapshot: Snapshot, environment: Environment
) -> tuple[Resource, ...]:
    """Return the resources as far as a snapshot can be compared with them.

    What it leaves out counts as not stated, so it is neither a difference nor silently equal to
    one. Raises StaleError or GuardError where it is of something else.
    """
    if snapshot.environment != environment.name:
        raise StaleError(
            f'the snapshot is of environment "{snapshot.environment}", not "{environment.name}"',
            "Name the environment with -e, or take another snapshot.",
        )
    found = snapshot.state.client_key
    if environment.client_key and found and found != environment.client_key:
        raise GuardError(
            f'the snapshot is of another tenant: clientKey "{found}"', "Take another snapshot."
        )
    if missing := {resource.address.kind for resource in desired} - set(snapshot.kinds):
        titles = ", ".join(sorted(BY_NAME[kind].title for kind in missing))
        raise StaleError(f"the snapshot does not hold the tenant's {titles}", "Take another one.")
    living = {(o.kind, name) for o in snapshot.state.objects for name in (o.name, o.friendly_id)}
    return tuple(
        replace(resource, spec=_open(resource.spec, BY_NAME[resource.address.kind]))
        if any((resource.address.kind, name) in living for name in _names(resource))
        else resource
        for resource in desired
    )


def _names(resource: Resource) -> tuple[str, ...]:
    return (resource.address.key, resource.name, *resource.renamed_from)


def withheld(desired: Iterable[Resource], compared: Iterable[Resource]) -> tuple[str, ...]:
    """Return the addresses of which something stated was not compared."""
    return tuple(
        str(one.address) for one, other in zip(desired, compared, strict=True) if one != other
    )


def _open(spec: Document, kind: Kind) -> Document:
    """Return a spec without the values that a snapshot never holds; references to secrets stay."""
    kept: Document = _kept(spec, published(spec, kind))
    return kept


def _kept(stated: Any, public: Any) -> Any:
    if not (isinstance(stated, dict) and isinstance(public, dict)):
        return stated
    return {
        name: child if isinstance(child, SecretRef) else _kept(child, public[name])
        for name, child in stated.items()
        if name in public or isinstance(child, SecretRef)
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
