"""Guards: objections to single changes, each with its reason and the one override it accepts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.connection import keeps_secret, needs_secret, states_secret
from personalize_sync.kinds.flow import COMPLETED, RUNNING
from personalize_sync.kinds.kind import first_object
from personalize_sync.planning.change import Action, Block, Cause
from personalize_sync.planning.three_way import base_of
from personalize_sync.project import OnDrift
from personalize_sync.resources import AFTER_APPLY, Address, slug

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from personalize_sync.kinds.kind import Standing
    from personalize_sync.planning.change import Change
    from personalize_sync.planning.match import Matches
    from personalize_sync.planning.policy import Policy
    from personalize_sync.project import Threshold
    from personalize_sync.resources import Document, LiveState

OVERRIDABLE = ("archive", "conflict", "drift", "live-experiment", "retarget", "update")
"""The rules that --allow knows; no other objection can be waved through."""
# In a canvas a mark may follow a tag, and be written with character references.
_CONFLICT_MARK = re.compile(
    r"(?:^|>|\[CDATA\[)(?:<|&lt;|&#60;|&#x3c;){7} |^(?:>|&gt;|&#62;|&#x3e;){7} ",
    re.MULTILINE | re.IGNORECASE,
)
_GRAVE = ("statistical", "destructive")
_MOST_NAMED = 3
# Below this many objects a percentage says nothing.
_PERCENT_FROM = 10


def guard(
    changes: Sequence[Change], matches: Matches, state: LiveState, *, policy: Policy
) -> list[Change]:
    """Return the changes with every objection that was not overridden.

    Beside it they get where their objects are in life, which some objections follow from.
    """
    changes = [replace(change, standing=_standing(change)) for change in changes]
    crowds = {**_crowds(changes, Action.ARCHIVE, matches, state, policy=policy)}
    crowds |= _crowds(changes, Action.UPDATE, matches, state, policy=policy)
    planned = {change.address for change in changes}
    return [
        replace(
            change,
            blocked=tuple(
                block
                for block in (
                    *_objections(change, matches, state, policy),
                    *_about_needs(change, planned),
                    *crowds.get((change.action, change.address.kind), ()),
                )
                if not (block.override and policy.allowed(block.rule, change.address))
            ),
        )
        for change in changes
    ]


def _standing(change: Change) -> Standing | None:
    return BY_NAME[change.address.kind].standing(change.live) if change.live else None


def _objections(
    change: Change, matches: Matches, state: LiveState, policy: Policy
) -> Iterator[Block]:
    yield from _about_identity(change, matches)
    yield from _about_authors(change, policy)
    yield from _about_marks(change)
    yield from _about_running(change)
    if policy.adopt:
        yield from _about_adoption(change, matches)
    if change.action is Action.ARCHIVE:
        yield from _about_archive(change, state, policy)
    if change.address.kind == "connection":
        yield from _about_connection(change)
    if change.live and change.action in (Action.UPDATE, Action.ADOPT):
        reason = BY_NAME[change.address.kind].frozen(change.live)
        if reason:
            yield Block("frozen", reason)


def _about_identity(change: Change, matches: Matches) -> Iterator[Block]:
    several = matches.ambiguous.get(change.address)
    if several:
        found = "; ".join(
            f"{item.ref}, revision {item.revision or 'unknown'}, by {item.author or 'somebody'}, "
            f"{item.modified_at or 'at an unknown time'}"
            for item in several
        )
        yield Block(
            "duplicate-name",
            f'the tenant has {len(several)} living objects called "{several[0].name}" ({found}); '
            "rename or archive all but one in the tenant",
        )
    if change.address in matches.unclear:
        yield Block("duplicate-name", matches.unclear[change.address])
    if change.address in matches.unresolved:
        yield Block("unresolved", matches.unresolved[change.address])
    if change.live and change.live.record.get("defaultTemplate") is True:
        yield Block("built-in", "this friendlyId belongs to a built-in template; use another key")


def _about_needs(change: Change, planned: Collection[Address]) -> Iterator[Block]:
    for needed in change.depends_on:
        if needed not in planned:
            yield Block(
                "not-selected",
                f"{needed} has to be written first, and this plan does not; select it, too",
            )


def _about_marks(change: Change) -> Iterator[Block]:
    for field in change.fields:
        if isinstance(field.after, str) and _CONFLICT_MARK.search(field.after):
            yield Block(
                "conflict-marks",
                f"{field.pointer} holds the marks of a conflict that nobody has resolved yet; "
                "finish the merge in the manifest",
            )


def _about_running(change: Change) -> Iterator[Block]:
    """Object to what spoils the numbers of a flow that guests receive, or ends it for good."""
    standing = change.standing
    if standing is None:
        return
    grave = [field for field in change.fields if field.risk in _GRAVE]
    if standing.is_running and change.action is Action.ARCHIVE:
        yield _overridable("live-experiment", change, "it is running, and would be archived")
    elif standing.is_running and grave:
        names = ", ".join(field.pointer for field in grave[:_MOST_NAMED])
        more = f" and {len(grave) - _MOST_NAMED} more" if len(grave) > _MOST_NAMED else ""
        yield _overridable(
            "live-experiment",
            change,
            f"it is running, and {names}{more} would change under its guests; what was "
            "measured so far would no longer compare",
        )
    elif standing.is_running and _stops(change):
        yield _overridable(
            "live-experiment",
            change,
            "it is running, which no commit since our last write asked to end, and would be stopped",
        )
    elif standing.status == COMPLETED and _starts(change):
        yield _overridable("live-experiment", change, "it is completed, and would be started again")


def _stops(change: Change) -> bool:
    """Whether a status that somebody else set would be taken back."""
    return any(f.pointer == "/status" and f.cause is not Cause.PENDING for f in change.fields)


def _starts(change: Change) -> bool:
    return any(field.path == ("status",) and field.after == RUNNING for field in change.fields)


def _about_authors(change: Change, policy: Policy) -> Iterator[Block]:
    if any(field.cause is Cause.CONFLICT for field in change.fields):
        yield _overridable(
            "conflict",
            change,
            "Git and the tenant both changed the same field since our last write",
        )
    if policy.on_drift is OnDrift.REVERT:
        return
    if _was_edited(change) and policy.on_drift is OnDrift.KEEP:
        yield Block(
            "drift-kept",
            "somebody edited this object and onDrift is keep: writing it would undo that edit later; "
            "pull the edit, or apply with --on-drift revert",
        )
    elif _was_edited(change):
        yield _overridable("drift", change, "somebody edited this object and onDrift is block")
    elif any(field.cause is Cause.UNDETERMINED for field in change.fields) and change.live:
        yield _overridable(
            "drift",
            change,
            f"{change.live.author or 'somebody'} wrote last, nobody can tell whether what differs is "
            f"their edit, and onDrift is {policy.on_drift}; pull it, or allow it",
        )


def _was_edited(change: Change) -> bool:
    """Whether somebody surely edited an object after our last write to it."""
    # An archive names no fields; our write is found among old revisions only if another came after.
    is_overtaken = change.base.found == "revision"
    return bool(change.drifted) or (change.action is Action.ARCHIVE and is_overtaken)


def _about_adoption(change: Change, matches: Matches) -> Iterator[Block]:
    match change.action:
        case Action.CREATE:
            yield Block("adopt", "the tenant has no such object to adopt; apply creates it")
        case Action.RESTORE:
            yield Block("adopt", "it is archived in the tenant; apply restores it")
        case Action.UPDATE if not _follows(change, matches):
            yield Block(
                "adopt", "adoption changes nothing, and here something differs: apply or pull first"
            )


def _follows(change: Change, matches: Matches) -> bool:
    """Whether a model only has to pin the revisions that the adoption of its variants makes."""

    def pinned(key: str) -> int | None:
        variant = matches.live.get(Address("decision-variant", f"{change.address.key}:{key}"))
        return variant.revision if variant else None

    return bool(change.fields) and all(
        field.after is AFTER_APPLY and field.before == pinned(field.path[1])
        for field in change.fields
    )


def _about_archive(change: Change, state: LiveState, policy: Policy) -> Iterator[Block]:
    unproven = (*policy.unproven, *state.incomplete)
    if unproven:
        yield Block("incomplete-view", "cannot prove that no manifest declares it: " + unproven[0])
    if policy.protected(change.address) or policy.protected(_plain(change)):
        yield Block("protected", "the project file protects it; unprotect it there first")


def _plain(change: Change) -> Address:
    """Return the address an object would have if no manifest had taken it (a rename unannounced)."""
    model, colon, _ = change.address.key.rpartition(":")
    name = change.live.friendly_id or slug(change.live.name) if change.live else ""
    return Address(change.address.kind, f"{model}{colon}{name}")


def _about_connection(change: Change) -> Iterator[Block]:
    writes = change.action in (Action.UPDATE, Action.ADOPT)
    if not (writes and change.live and change.desired):
        return
    before = change.live.record
    if needs_secret(before) and not states_secret(change.desired):
        stated = first_object(change.desired.spec.get("auth")).get("authType")
        if stated != "NONE":
            yield Block(
                "secret-unstated",
                "the connection has a secret that the manifest does not name; writing without it "
                "may wipe it: state it under auth as {fromSecret: NAME}",
            )
    moved = _retargeted(before, change.desired.spec)
    if moved and _sends_secret(change) and keeps_secret(before, change.desired):
        yield _overridable(
            "retarget", change, f"{moved} would move to another host while the secret stays"
        )


def _retargeted(before: Document, spec: Document) -> str:
    """Return which address of a connection changes its origin, if any."""
    for holder, name in (("request", "connectionUrl"), ("auth", "accessTokenUrl")):
        stated = first_object(spec.get(holder)).get(name)
        live = first_object(before.get(holder)).get(name)
        if isinstance(stated, str) and isinstance(live, str) and _origin(stated) != _origin(live):
            return name
    return ""


def _sends_secret(change: Change) -> bool:
    """Whether a live connection authenticates, by `auth` or by headers that hold a secret."""
    record = change.live.record if change.live else {}
    stated = change.desired.secrets if change.desired else {}
    return needs_secret(record) or any(record.get(path[0]) for path in stated if path[0] != "auth")


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ("", url)  # brackets of a placeholder, taken for an IPv6 address
    scheme = parts.scheme.lower()
    usual = {"https": ":443", "http": ":80"}.get(scheme, "")
    return (scheme, parts.netloc.lower().removesuffix(usual))


def _crowds(
    changes: Sequence[Change],
    action: Action,
    matches: Matches,
    state: LiveState,
    *,
    policy: Policy,
) -> dict[tuple[Action, str], list[Block]]:
    environment = policy.environment
    limit = environment.archive_limit if action is Action.ARCHIVE else environment.update_limit
    blocks: dict[tuple[Action, str], list[Block]] = {}
    for kind in sorted({change.address.kind for change in changes}):
        concerned = [
            c
            for c in changes
            if c.action is action
            and c.address.kind == kind
            and not policy.allowed(action.value, c.address)
        ]
        owned = sum(
            item.kind == kind and base_of(item, state)[0].known
            for item in (*matches.live.values(), *matches.unclaimed.values())
        )
        message = _too_many(len(concerned), owned, limit)
        if message:
            blocks[action, kind] = [
                Block(
                    action.value,
                    f"{message} {BY_NAME[kind].title} would be {action.value}d at once",
                    f"--allow '{action.value}={kind}/*'",
                )
            ]
    return blocks


def _too_many(count: int, owned: int, limit: Threshold) -> str:
    if limit.max is not None and count > limit.max:
        return f"{count} (more than {limit.max})"
    if limit.percent is not None and owned >= _PERCENT_FROM and count * 100 > limit.percent * owned:
        return f"{count} of {owned} (more than {limit.percent} %)"
    return ""


def _overridable(rule: str, change: Change, message: str) -> Block:
    return Block(rule, message, f"--allow {rule}={change.address}")


def refused(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes that stop an apply."""
    return tuple(change for change in changes if change.blocked)
