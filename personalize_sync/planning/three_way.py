"""Who moved: the cause of each difference, from what we last wrote (base), Git and the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.connection import needs_secret
from personalize_sync.planning.change import Cause, Evidence, FieldChange
from personalize_sync.planning.compare import (
    align,
    canonical,
    differing,
    matches,
    matches_from,
    value_at,
)
from personalize_sync.planning.lines import holds_all, sides
from personalize_sync.resources import ABSENT, AFTER_APPLY, SecretRef, Unset

if TYPE_CHECKING:
    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Base, Document, Live, LiveState, Path, Resource


def base_of(live: Live, state: LiveState) -> tuple[Evidence, Base | None]:
    """Return how the base of a live object is known, and an older revision where that is it.

    Live written last by one of our own keys *is* the last applied state.
    """
    if live.author is None:
        return Evidence("unreadable"), None
    if live.author in state.ours:
        return Evidence("live", live.revision, live.author, live.modified_at), None
    base = state.bases.get(live.ref)
    if base is None:
        return Evidence("none"), None
    return Evidence("revision", base.revision, base.author, base.at), base


def has_history(live: Live, state: LiveState) -> bool:
    """Whether older revisions could still show a write of ours."""
    readable = BY_NAME[live.kind].may_have_history
    return readable and live.author is not None and live.ref not in state.bases


def unverifiable(live: Live, evidence: Evidence) -> tuple[str, ...]:
    """Return what no comparison can find out about a live object."""
    if live.kind == "connection" and needs_secret(live.record) and not evidence.known:
        return ("somebody else wrote last: the secret may have been replaced, cannot verify",)
    return ()


def field_changes(
    spec: Document,
    live: Document,
    base: Document | None,
    *,
    evidence: Evidence,
    kind: Kind,
    resource: Resource,
) -> tuple[FieldChange, ...]:
    """Return every stated field in which the tenant differs from the manifest, with its cause."""
    aligned = align(spec, live, kind.shapes)
    paths = differing(spec, aligned)
    if not paths:
        return ()
    before = aligned if evidence.found == "live" else align(spec, base or {}, kind.shapes)
    return tuple(
        _field(
            path,
            cause=_cause(
                value_at(before, path),
                value_at(spec, path),
                value_at(aligned, path),
                known=evidence.known,
                moved=_moved(value_at(before, path), value_at(aligned, path), kind, path),
            ),
            values=(
                value_at(before, path) if evidence.known else ABSENT,
                value_at(aligned, path),
                value_at(spec, path),
            ),
            kind=kind,
            resource=resource,
            risk=_risk(path, kind, spec, aligned),
        )
        for path in paths
        if not isinstance(value_at(spec, path), SecretRef)
    )


def _moved(then: Any, now: Any, kind: Kind, path: Path) -> bool:
    """Whether a value became another one; order in a set, or null for nothing, is no other one."""
    then, now = (None if value is ABSENT else value for value in (then, now))
    if then is None:
        then, now = now, then  # nothing and an empty value are the same, whichever came first
    return canonical(then) != canonical(align(then, now, kind.shapes, path))


def _cause(base: Any, desired: Any, live: Any, *, known: bool, moved: bool) -> Cause:
    if desired is AFTER_APPLY:
        return Cause.PENDING  # follows from another change of this plan
    if not known:
        return Cause.UNDETERMINED
    if canonical(base) == canonical(desired):
        return Cause.DRIFT
    if moved and not _holds(base, desired, live):
        return Cause.CONFLICT
    return Cause.PENDING


def _holds(base: Any, desired: Any, live: Any) -> bool:
    """Whether Git has every line that the tenant changed already, as after a pull that merged."""
    match base, desired, live:
        case str(), str(), str():
            return holds_all(*sides(base, desired, live))
    return False


def stated_fields(spec: Document, kind: Kind, resource: Resource) -> tuple[FieldChange, ...]:
    """Return every field of a spec as one to be written: what a create or restore shows."""
    return tuple(
        _field(
            path,
            cause=Cause.PENDING,
            values=(ABSENT, ABSENT, value_at(spec, path)),
            kind=kind,
            resource=resource,
            risk=_own_risk(path, kind),
        )
        for path in differing(spec, {})
        if not isinstance(value_at(spec, path), SecretRef)
    )


def shown(value: Any, path: Path, kind: Kind) -> Any:
    """Return a value as people may see it: what may hold a secret is masked here, once, for all."""
    if value is not ABSENT and any(matches_from(pattern, path) for pattern in kind.sensitive):
        return Unset.SECRET
    return value


def _field(
    path: Path,
    *,
    cause: Cause,
    values: tuple[Any, Any, Any],
    kind: Kind,
    resource: Resource,
    risk: str,
) -> FieldChange:
    base, before, after = (shown(value, path, kind) for value in values)
    return FieldChange(
        path,
        cause,
        before=before,
        after=after,
        base=base,
        risk=risk,
        location=resource.source.locate(path),
    )


def _risk(path: Path, kind: Kind, spec: Document, aligned: Document) -> str:
    """Return how grave a difference is: that of its entry, where a whole one comes or goes."""
    for pattern, (comes, goes) in kind.entries.items():
        entry = path[: pattern.count("/")]
        if matches(pattern, entry):
            if value_at(aligned, entry) is ABSENT:
                return comes
            if value_at(spec, entry) is ABSENT:
                return goes
    return _own_risk(path, kind)


def _own_risk(path: Path, kind: Kind) -> str:
    """Return what the nearest pattern says that names a path or an object that holds it."""
    near = [pattern for pattern in kind.risks if matches_from(pattern, path)]
    nearest = max(near, key=lambda pattern: pattern.count("/"), default="")
    return kind.risks.get(nearest, "content")
