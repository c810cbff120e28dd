"""Undoing a run: what it wrote is taken back, through the same plan, guards and exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from world import DMN

from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Reset, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Shop

_APPLY = ("apply", "--auto-approve")
_UNDO = ("undo", "--auto-approve")
_OTHER = DMN.replace('id="d"', 'id="e"')
_OAUTH = {
    "authType": "OAUTH",
    "clientId": "shop",
    "clientSecret": {"fromSecret": "WEATHER_SECRET"},
    "accessTokenUrl": "https://weather.example.test/token",
}
# Set by the server at each write, and the pin of a revision, which counts up.
_MOVES = {"variantRevision", "transpiledDefinition", "inProduction"}


def _content(shop: Shop) -> dict[str, Any]:
    """Everything that lives in the tenant, by name."""

    def plain(value: Any) -> Any:
        match value:
            case dict():
                return {k: plain(v) for k, v in sorted(value.items()) if v and k not in _MOVES}
            case list():
                return [plain(child) for child in value]
        return value

    return {
        f"{r.kind}/{r.body['name']}": plain(r.body)
        for r in shop.sandbox.all()
        if not r.body.get("archived")
    }


def _all_kinds(shop: Shop) -> None:
    for key in ("strip", "gone"):
        shop.template(key)
    shop.connection()
    shop.model()
    shop.experiment()
    shop.flow("hero")
    task = {"name": "Only", "assets": {"html": "<p/>"}, "decisionModels": ["banner"]}
    shop.flow("leaving", variants={"only": task})


def _change_everything(shop: Shop) -> None:
    shop.template("strip", name="New", templateElements={"html": "<b/>", "css": "b{}"})
    shop.forget("Template", "gone")
    shop.template("added")
    request = {"requestType": "POST", "connectionUrl": "https://weather.example.test/v2"}
    shop.connection(description="New", request=request)
    shop.connection("stock")
    halves = {"status": "PRODUCTION", "split": 50}
    main = {"name": "Main", "definition": _OTHER, **halves}
    shop.model(variants={"main": main, "more": {"name": "More", "definition": DMN, **halves}})
    shop.model("basket")
    variants = {
        "bold": {"name": "Bold", "assets": {"html": "<i/>"}, "decisionModels": ["basket"]},
        "control": {"name": "Control", "isControl": True, "assets": {"html": "<p>b</p>"}},
    }
    shop.experiment(variants=variants, splits={"control": 40, "bold": 60})
    shop.forget("Experience", "leaving")
    shop.flow("hero", tags=["x"], channels=["WEB", "EMAIL"])


@pytest.mark.parametrize(
    "knob", ["K01=900", "K13=excluded", "K15=all", "K07=array K38=absent", "K24=400"]
)
def test_a_run_of_all_kinds_is_taken_back(shops: Callable[..., Shop], knob: str) -> None:
    """Creates are archived, updates get their old content, archives come back."""
    shop = shops(knobs=tuple(knob.split()))
    _all_kinds(shop)
    assert shop(*_APPLY).code == 0
    before = _content(shop)
    _change_everything(shop)
    run = shop(*_APPLY, "--prune", "--allow", "update=*").run
    assert _content(shop) != before

    undone = shop(*_UNDO, run, "--allow", "archive=*", "--allow", "update=*")

    assert (undone.code, undone.err.count("Revert the commit")) == (0, 1)
    assert _content(shop) == before
    assert shop("undo", undone.run, "--what-if").code == 0
    again = shop(*_UNDO, run)
    assert (again.code, "Nothing to undo." in again.out) == (0, True)


def test_a_running_flow_goes_on_when_it_was_paused_for_an_undo(shops: Callable[..., Shop]) -> None:
    """Unasked it is not paused; allowed, its old content comes back, and it runs."""
    shop = shops(knobs=("K31=production", "K33=400"))
    allow = ("--allow", "live-experiment=*")
    shop.experiment(status="PRODUCTION")
    assert shop(*_APPLY).code == 0
    before = _content(shop)
    shop.experiment(status="PRODUCTION", name="New")
    run = shop(*_APPLY, *allow).run

    asked = shop(*_UNDO, run)
    assert (asked.code, "--allow live-experiment=experiment/" in asked.err + asked.out) == (
        14,
        True,
    )
    assert shop(*_UNDO, run, *allow).code == 0

    assert _content(shop) == before


def test_after_the_commit_is_reverted_too_there_is_nothing_to_do(shop: Shop) -> None:
    """Undo and revert end in the same state, pinned revisions included."""
    shop.model()
    shop(*_APPLY)
    halves = {"status": "PRODUCTION", "split": 50}
    main = {"name": "Main", "definition": _OTHER, **halves}
    shop.model(variants={"main": main, "more": {"name": "More", "definition": DMN, **halves}})
    shop.template(name="New")
    run = shop(*_APPLY).run

    assert shop(*_UNDO, run).code == 0

    shop.model()
    shop.template()
    assert "No changes." in shop("plan").out


def test_an_undo_is_undone_like_any_run(shop: Shop) -> None:
    """It has a journal of its own."""
    shop(*_APPLY)
    shop.template(name="New")
    shop.connection(description="New")
    run = shop(*_APPLY).run
    wanted = _content(shop)
    undone = shop(*_UNDO, run)

    assert shop(*_UNDO, undone.run).code == 0

    assert _content(shop) == wanted
    assert shop("verify").code == 0


def test_it_shows_first_and_writes_nothing_without_consent(shop: Shop) -> None:
    """--what-if gets a client that cannot write, and without a terminal nothing is assumed."""
    run = shop(*_APPLY).run
    before = len(shop.writes())

    shown = shop("undo", run, "--what-if")
    refused = shop("undo", run)

    assert (shown.code, refused.code) == (0, 64)
    assert "- template/strip" in shown.out
    assert "Plan: 0 to create, 0 to update, 2 to archive, 0 to restore." in shown.out
    assert len(shop.writes()) == before


def test_what_somebody_has_touched_since_is_not_taken_back(shop: Shop) -> None:
    """The whole undo is refused, with who and when; --skip-blocked takes the rest back."""
    run = shop(*_APPLY).run
    shop.edit("template/strip", description="By Maria")

    refused = shop(*_UNDO, run)

    assert refused.code == 12
    assert "moved-since" in refused.out
    assert "by auth0|maria" in refused.out
    assert shop.stored("connection/Weather").get("archived") is not True
    assert shop(*_UNDO, run, "--skip-blocked").code == 12
    assert shop.stored("template/strip")["description"] == "By Maria"
    assert "connection/Weather" not in _content(shop)


def test_a_connections_secret_cannot_be_brought_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the old value nor a write without it: the plan says so, and what to do instead."""
    monkeypatch.setenv("WEATHER_SECRET", "canary-3f1c")
    shop.connection(auth=_OAUTH)
    shop(*_APPLY)
    shop.connection(auth=_OAUTH, description="New")
    run = shop(*_APPLY).run

    refused = shop(*_UNDO, run)

    assert refused.code == 12
    assert "irrevocable" in refused.out
    assert "secret-unstated" not in refused.out
    assert shop.stored("connection/Weather")["auth"]["clientSecret"] == "canary-3f1c"


def test_the_journal_keeps_no_secret_and_no_header(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Header values may be secrets: the journal names their place, and undo refuses."""
    monkeypatch.setenv("HEADER", "canary-of-git")
    shop(*_APPLY)
    shop.edit("connection/Weather", customHeaders=[{"name": "X-Key", "value": "canary-live"}])
    header = {"name": "X-Key", "value": {"fromSecret": "HEADER"}}
    shop.connection(customHeaders=[header], description="New")
    run = shop(*_APPLY)

    journals = b"".join(p.read_bytes() for p in (shop.root / ".personalize-sync").rglob("*.jsonl"))
    assert b"canary" not in journals
    refused = shop(*_UNDO, run.run)
    assert (refused.code, "/customHeaders" in refused.out) == (12, True)
    assert (run.code, shop.stored("connection/Weather")["description"]) == (0, "New")


def test_a_write_that_never_happened_needs_no_undo(shop: Shop) -> None:
    """One was refused, the other lost for good: both objects are at the revision they had before."""
    shop(*_APPLY)
    shop.template(name="New")
    shop.connection(description="New")
    refused = shop.sandbox.faults.add(Fault(Status(400), "PUT", "/v2/connections/*"))
    lost = shop.sandbox.faults.add(Fault(Status(500), "PUT", "/v3/templates/*", times=0))
    run = shop(*_APPLY)
    assert (run.code, refused.fired, lost.fired > 0) == (14, 1, True)

    said = shop(*_UNDO, run.run)

    assert (said.code, "Nothing to undo." in said.out) == (0, True)


def test_what_the_run_never_learnt_is_not_guessed(shop: Shop) -> None:
    """Killed between a write and its result, the journal does not tell what the write made."""
    shop(*_APPLY)
    shop.template(name="New")
    shop.connection("stock")
    run = shop(*_APPLY).run
    journal = shop.root / ".personalize-sync" / "runs" / f"{run}.jsonl"
    lines = [x for x in journal.read_text().splitlines() if json.loads(x)["event"] != "result"]
    journal.write_text("\n".join(lines))

    said = shop(*_UNDO, run, "--skip-blocked")

    assert said.code == 12
    assert said.out.count("irrevocable") == 2
    assert shop.stored("template/strip")["name"] == "New"
    assert "connection/Stock" in _content(shop)


def test_another_tenant_than_then_is_refused(shop: Shop) -> None:
    """The journal knows which tenant the run wrote to."""
    shop.template("first")
    shop(*_APPLY)
    shop.template("second")
    run = shop(*_APPLY).run
    shop.sandbox.client_key = "another" + "0" * 25

    assert shop(*_UNDO, run).code == 12
    assert "second" in {r.body["name"] for r in shop.sandbox.all("template")}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("nope", "--auto-approve"), 64), (("RUN", "--auto-approve", "-e", "uat"), 64)],
)
def test_a_run_or_environment_that_does_not_fit_is_a_usage_error(
    shop: Shop, arguments: tuple[str, ...], code: int
) -> None:
    """Nothing is sent."""
    run = shop(*_APPLY).run
    shop.sandbox.forget_requests()

    said = shop("undo", *(run if word == "RUN" else word for word in arguments))

    assert (said.code, shop.sandbox.requests) == (code, [])


def test_guards_watch_over_an_undo_too(shop: Shop) -> None:
    """More archives at once than the environment permits are refused like any others."""
    for number in range(6):
        shop.template(f"t{number}")
    run = shop(*_APPLY).run

    refused = shop(*_UNDO, run)
    allowed = shop(*_UNDO, run, "--allow", "archive=template/*")

    assert (refused.code, "blocked (archive)" in refused.out) == (12, True)
    assert allowed.code == 0
    assert _content(shop) == {}


def test_an_undo_that_broke_off_is_finished_by_undoing_again(shop: Shop) -> None:
    """What is back already is left alone."""
    shop(*_APPLY)
    shop.template(name="New")
    shop.connection(description="New")
    run = shop(*_APPLY).run
    failed = shop.sandbox.faults.add(Fault(Status(400), "PUT", "/v3/templates/*", times=2))
    broken = shop(*_UNDO, run)
    assert (broken.code, failed.fired >= 1) == (14, True)
    shop.sandbox.faults.clear()
    assert shop(*_APPLY, "--resume", broken.run).code == 64

    finished = shop(*_UNDO, run, "--format", "json")

    assert finished.code == 0
    assert [c["address"] for c in finished.document["changes"]] == ["template/strip"]
    assert shop.stored("template/strip")["name"] == "strip"


def test_an_undo_is_a_document_like_any_plan(shop: Shop) -> None:
    """It says where it comes from: the first line of the journal."""
    shop(*_APPLY)
    shop.template(name="New")
    run = shop(*_APPLY).run

    document = shop("undo", run, "--what-if", "--format", "json").document

    (change,) = document["changes"]
    (field,) = change["fields"]
    assert (document["view"], field["before"], field["after"]) == ("undo", "New", "strip")
    assert field["source"]["file"] == f".personalize-sync/runs/{run}.jsonl"


def test_a_lost_server_ends_an_undo_honestly(shop: Shop) -> None:
    """It is an apply in all but its plan."""
    run = shop(*_APPLY).run
    lost = shop.sandbox.faults.add(Fault(Reset(), "PUT", "*", times=0))

    said = shop(*_UNDO, run, "--format", "json")

    assert (said.code, lost.fired > 0) == (14, True)
    assert json.loads(said.out)["exit_code"] == 14
