"""What speaks against a change, and the one word that allows it."""

from __future__ import annotations

from typing import Any

import pytest
from planning.builders import (
    MARIA,
    US,
    actions,
    connection,
    fields,
    live_connection,
    live_template,
    only_change,
    plan_for,
    rules_against,
    template,
)

from personalize_sync.planning.plan import Plan
from personalize_sync.project import OnDrift
from personalize_sync.resources import Base, SecretRef

SECRET = SecretRef("WEATHER_SECRET", "1")
TOKEN_URL = "https://weather.example.test/token"
OAUTH = {"authType": "OAUTH", "clientId": "us", "accessTokenUrl": TOKEN_URL}
HERE = {"requestType": "GET", "connectionUrl": "https://weather.example.test/v1"}
ELSEWHERE = {"requestType": "GET", "connectionUrl": "https://evil.example.test/v1"}


def edited(desired: dict[str, Any], live: dict[str, Any], **wishes: Any) -> Plan:
    """Plan a template that was called `Strip` and `{}` when we wrote it, before Maria came."""
    base = Base(live_template(icon="ours").record, 1, US)
    return plan_for(
        [template(**desired)],
        live_template(revision=2, modifiedByRef=MARIA, **live),
        bases={"ref-of-strip": base},
        **wishes,
    )


BOTH: dict[str, Any] = {"desired": {"icon": "Git's"}, "live": {"icon": "Maria's"}}
DRIFT: dict[str, Any] = {"desired": {"icon": "ours"}, "live": {"icon": "Maria's"}}
MIXED: dict[str, Any] = {
    "desired": {"icon": "ours", "name": "Git's"},
    "live": {"icon": "Maria's"},
}


def test_a_conflict_is_blocked() -> None:
    """Neither side is overwritten without a word."""
    (block,) = only_change(edited(**BOTH)).blocked

    assert (block.rule, block.override) == ("conflict", "--allow conflict=template/strip")


def test_drift_is_reverted_unless_the_project_says_otherwise() -> None:
    """The default carries Git through."""
    change = only_change(edited(**DRIFT))

    assert (change.blocked, list(fields(change))) == ((), ["/icon"])


def test_drift_can_block() -> None:
    """With onDrift block, each drifted object needs a word of its own."""
    (block,) = only_change(edited(**DRIFT, on_drift=OnDrift.BLOCK)).blocked

    assert (block.rule, block.override) == ("drift", "--allow drift=template/strip")


def test_kept_drift_is_no_work() -> None:
    """It is still reported."""
    plan = edited(**DRIFT, on_drift=OnDrift.KEEP)

    assert plan.is_empty
    assert [str(entry.address) for entry in plan.drift] == ["template/strip"]


def test_pending_changes_of_a_kept_object_wait() -> None:
    """Writing one would make the kept edit our own, and the next run would undo it."""
    (block,) = only_change(edited(**MIXED, on_drift=OnDrift.KEEP)).blocked

    assert (block.rule, block.override) == ("drift-kept", "")


@pytest.mark.parametrize("on_drift", [OnDrift.KEEP, OnDrift.BLOCK])
@pytest.mark.parametrize("author", [MARIA, None])
def test_what_may_be_an_edit_needs_a_word(on_drift: OnDrift, author: str | None) -> None:
    """Nobody knows whether Git or the tenant moved, and only revert takes Git's side unasked."""
    live = live_connection(modifiedByRef=author, request=HERE)
    desired = [connection(request={**HERE, "requestType": "POST"})]

    (block,) = only_change(plan_for(desired, live, on_drift=on_drift)).blocked
    allowed = plan_for(desired, live, on_drift=on_drift, allow=(("drift", "connection/*"),))
    reverted = plan_for(desired, live)

    assert (block.rule, block.override) == ("drift", "--allow drift=connection/weather")
    assert (author or "somebody") in block.message
    assert only_change(allowed).blocked == ()
    assert only_change(reverted).blocked == ()


@pytest.mark.parametrize(
    ("on_drift", "rules"),
    [(OnDrift.REVERT, []), (OnDrift.KEEP, ["drift-kept"]), (OnDrift.BLOCK, ["drift"])],
)
def test_what_somebody_edited_is_not_archived_unasked(on_drift: OnDrift, rules: list[str]) -> None:
    """A manifest that is gone is no reason to put away what somebody works on."""
    base = Base(live_template().record, 1, US)
    edited = live_template(revision=2, modifiedByRef=MARIA, name="Maria's")

    plan = plan_for(
        [template("other")],
        edited,
        live_template("other"),
        bases={"ref-of-strip": base},
        prune=True,
        on_drift=on_drift,
    )

    change = only_change(plan)
    assert rules_against(change) == rules
    assert f"edited since our last write, by {MARIA}" in change.notes[0]


@pytest.mark.parametrize("on_drift", [OnDrift.KEEP, OnDrift.BLOCK])
def test_pending_changes_alone_are_not_held_up(on_drift: OnDrift) -> None:
    """onDrift speaks of drift."""
    change = only_change(edited({"icon": "Git's"}, {"icon": "ours"}, on_drift=on_drift))

    assert change.blocked == ()


@pytest.mark.parametrize(
    ("allow", "blocked"),
    [
        (("conflict", "template/strip"), False),
        (("conflict", "template/*"), False),
        (("conflict", "template/other"), True),
        (("drift", "template/strip"), True),
        (("*", "template/strip"), True),
    ],
)
def test_an_override_names_the_rule_and_the_address(
    allow: tuple[str, str], *, blocked: bool
) -> None:
    """No word allows everything."""
    assert bool(only_change(edited(**BOTH, allow=(allow,))).blocked) is blocked


def test_a_built_in_template_is_never_touched() -> None:
    """Its friendlyId is taken; nothing overrides that."""
    plan = plan_for(
        [template(name="Ours")],
        live_template(defaultTemplate=True),
        allow=(("built-in", "*"),),
    )

    assert rules_against(only_change(plan)) == ["built-in"]


def test_a_published_module_is_never_edited() -> None:
    """The server would swallow the edit."""
    module: dict[str, Any] = {"type": "JS_MODULE", "status": "PUBLISHED"}

    plan = plan_for([template(name="New", **module)], live_template(**module))

    assert rules_against(only_change(plan)) == ["frozen"]


@pytest.mark.parametrize(("kind", "status"), [("JS_MODULE", "DRAFT"), ("WEB", "PUBLISHED")])
def test_other_templates_are_edited(kind: str, status: str) -> None:
    """A draft of a module, and a published template of another type."""
    plan = plan_for(
        [template(name="New", type=kind, status=status)], live_template(type=kind, status=status)
    )

    assert rules_against(only_change(plan)) == []


def oauth(live_request: object = HERE, **live: Any) -> Any:
    """Return a live connection with OAuth."""
    return live_connection(auth=OAUTH, request=live_request, **live)


def test_a_secret_that_the_manifest_does_not_name_blocks_every_write() -> None:
    """A PUT without it may wipe it, and nobody could send it."""
    plan = plan_for([connection(auth=OAUTH, description="New")], oauth())

    (block,) = only_change(plan).blocked
    assert (block.rule, block.override) == ("secret-unstated", "")


def test_a_connection_may_give_up_its_secret() -> None:
    """Stating NONE says so."""
    plan = plan_for([connection()], oauth())

    assert rules_against(only_change(plan)) == []


MOVES: tuple[tuple[str, dict[str, str], dict[str, str]], ...] = (
    ("another host", {"connectionUrl": "https://evil.example.test/v1"}, {}),
    ("another port", {"connectionUrl": "https://weather.example.test:8443/v1"}, {}),
    ("another scheme", {"connectionUrl": "http://weather.example.test/v1"}, {}),
    ("a user", {"connectionUrl": "https://weather.example.test@evil.example.test/v1"}, {}),
    ("a back-slash", {"connectionUrl": "https://weather.example.test\\.evil.example.test/"}, {}),
    ("brackets", {"connectionUrl": "https://[[ host ]]/v1"}, {}),
    ("the token URL", {}, {"accessTokenUrl": "https://evil.example.test/token"}),
)


@pytest.mark.parametrize(("why", "request_", "auth"), MOVES, ids=[row[0] for row in MOVES])
def test_a_connection_that_keeps_its_secret_stays_where_it_is(
    why: str, request_: dict[str, str], auth: dict[str, str]
) -> None:
    """Moving it is the classic way to steal the secret."""
    desired = connection(auth={**OAUTH, "clientSecret": SECRET, **auth}, request=HERE | request_)

    (block,) = only_change(plan_for([desired], oauth())).blocked

    assert (block.rule, block.override) == ("retarget", "--allow retarget=connection/weather"), why


STAYS = (
    ("another path", "https://weather.example.test/v2?q=1"),
    ("capitals in the host", "https://Weather.Example.test/v1"),
    ("brackets in the path", "https://weather.example.test/[x]"),
)


@pytest.mark.parametrize(("why", "url"), STAYS, ids=[row[0] for row in STAYS])
def test_the_same_host_may_be_asked_for_something_else(why: str, url: str) -> None:
    """Scheme, host and port decide."""
    desired = connection(
        auth={**OAUTH, "clientSecret": SECRET}, request={**HERE, "connectionUrl": url}
    )

    assert rules_against(only_change(plan_for([desired], oauth()))) == [], why


def test_a_tenant_may_hold_an_address_that_is_none() -> None:
    """A URL that cannot be read is another address, not a crash."""
    desired = connection(auth={**OAUTH, "clientSecret": SECRET}, request=HERE)

    plan = plan_for([desired], oauth({**HERE, "connectionUrl": "https://[x/"}))

    assert rules_against(only_change(plan)) == ["retarget"]


def test_a_connection_without_a_secret_goes_where_it_likes() -> None:
    """There is nothing to steal."""
    plan = plan_for([connection(request=ELSEWHERE)], live_connection())

    assert rules_against(only_change(plan)) == []


def test_a_secret_in_a_header_keeps_a_connection_where_it_is() -> None:
    """A header authenticates as well as `auth` does."""
    header = [{"name": "Authorization", "value": SECRET}]
    live = live_connection(customHeaders=[{"name": "Authorization", "value": "hush"}])

    plan = plan_for([connection(request=ELSEWHERE, customHeaders=header)], live)

    assert rules_against(only_change(plan)) == ["retarget"]


@pytest.mark.parametrize(("version", "rules"), [("1", ["retarget"]), ("2", [])])
def test_a_connection_may_move_with_a_new_secret(version: str, rules: list[str]) -> None:
    """A version that changes in the same commit is the reviewed intent."""
    auth = {**OAUTH, "clientSecret": SecretRef("WEATHER_SECRET", version)}
    live = oauth(description="[personalize-sync secret=1 rv=1]")

    plan = plan_for([connection(auth=auth, request=ELSEWHERE)], live)

    assert rules_against(only_change(plan)) == rules


@pytest.mark.parametrize("reason", ["a page is missing", "a file is invalid"])
def test_an_archive_needs_the_whole_view(reason: str) -> None:
    """What was not read may declare the object; other changes are not held up."""
    for given in ({"incomplete": [reason]}, {"unproven": (reason,)}):
        plan = plan_for(
            [template("other")],
            live_template(),
            prune=True,
            **given,
        )

        create, archive = plan.changes
        assert (create.blocked, rules_against(archive)) == ((), ["incomplete-view"])
        assert reason in archive.blocked[0].message
        assert reason in plan.scope.failed


@pytest.mark.parametrize(
    ("glob", "rules"), [("template/st*", ["protected"]), ("connection/*", []), ("strip", [])]
)
def test_what_is_protected_is_never_archived(glob: str, rules: list[str]) -> None:
    """Not even by a word."""
    plan = plan_for(
        [],
        live_template(),
        prune=True,
        allow=(("protected", "*"),),
        rules={"protected": (glob,)},
    )

    assert rules_against(only_change(plan)) == rules


def test_a_protected_object_stays_protected_when_its_manifest_takes_another_name() -> None:
    """Without renamedFrom the old object is on its own, under a longer address."""
    create, archive = plan_for(
        [connection(name="Weather 2")],
        live_connection("Weather"),
        prune=True,
        rules={"protected": ("connection/weather",)},
    ).changes

    assert (rules_against(create), rules_against(archive)) == ([], ["protected"])


def test_every_objection_is_told_at_once() -> None:
    """And a blocked change hides no other one."""
    plan = edited(
        {"icon": "Git's", "type": "JS_MODULE"},
        {"icon": "Maria's", "type": "JS_MODULE", "status": "PUBLISHED"},
        on_drift=OnDrift.BLOCK,
    )

    assert rules_against(only_change(plan)) == ["conflict", "drift", "frozen"]
    assert actions(plan) == ["update template/strip"]
    assert plan.blocked == plan.changes
