"""Saved plans: an approval that holds for what was reviewed, and for nothing else."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from personalize_sync.planning.saved import sealed

if TYPE_CHECKING:
    from cli.conftest import Shop

_PLAN = "plan.json"


def _saved(shop: Shop) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((shop.root / _PLAN).read_text(encoding="utf-8"))
    return document


def _text(document: dict[str, Any]) -> str:
    """A plan file as the tool writes it."""
    return json.dumps(document, indent=2) + "\n"


def test_a_plan_file_is_carried_out_without_a_question(shop: Shop) -> None:
    """Applying a saved plan writes what the plan says."""
    assert shop("plan", "--out", _PLAN).code == 0

    said = shop("apply", _PLAN)

    assert (said.code, len(shop.writes())) == (0, 2)
    assert shop("plan").out.endswith("No changes. The tenant matches the manifests.\n")


def test_a_plan_file_is_for_its_owner_alone(shop: Shop) -> None:
    """The file appears whole, and nobody else can read it."""
    shop("plan", "--out", _PLAN)

    assert (shop.root / _PLAN).stat().st_mode & 0o077 == 0
    assert not list(shop.root.glob("*.part"))


def test_a_plan_file_finds_its_environment_by_itself(shop: Shop) -> None:
    """The environment of the file is used where none is named, not the default one."""
    shop("plan", "-e", "uat", "--out", _PLAN)

    said = shop("apply", _PLAN)

    assert said.code == 0
    assert said.out.startswith("Environment: uat")


@pytest.mark.parametrize("text", ["{}", "[]", "", "{", '{"changes": []}', '{"a": 1}', "\x00"])
def test_a_file_that_is_no_plan_approves_nothing(shop: Shop, text: str) -> None:
    """Whatever else a file holds, applying it writes nothing and ends in 13."""
    shop.write(_PLAN, text)

    said = shop("apply", _PLAN)

    assert said.code == 13
    assert "Nothing was written." in said.err
    assert shop.writes() == []


def test_a_plan_file_that_does_not_exist_is_a_usage_error(shop: Shop) -> None:
    """A wrong path ends in 64."""
    assert shop("apply", "nowhere.json").code == 64
    assert shop.writes() == []


def test_an_edited_byte_breaks_the_seal(shop: Shop) -> None:
    """A file whose text was altered is refused."""
    shop("plan", "--out", _PLAN)
    text = (shop.root / _PLAN).read_text(encoding="utf-8")
    shop.write(_PLAN, text.replace("<p>Hello</p>", "<p>Hallo</p>"))

    said = shop("apply", _PLAN)

    assert said.code == 13
    assert "was altered" in said.err
    assert shop.writes() == []


@pytest.mark.parametrize("byte", ["\n", " "])
def test_not_even_white_space_may_be_added(shop: Shop, byte: str) -> None:
    """The seal covers what the file says; the bytes must be the ones that were written, too."""
    shop("plan", "--out", _PLAN)
    text = (shop.root / _PLAN).read_text(encoding="utf-8")
    shop.write(_PLAN, (text + byte).encode())

    assert shop("apply", _PLAN).code == 13
    assert shop.writes() == []


def test_a_seal_of_another_key_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a plan key, a seal that anybody could compute does not count."""
    shop("plan", "--out", _PLAN)
    monkeypatch.setenv("PERSONALIZE_SYNC_PLAN_KEY", "known to two jobs")

    assert shop("apply", _PLAN).code == 13
    shop("plan", "--out", _PLAN)
    assert _saved(shop)["seal"].startswith("hmac-sha256:")
    assert shop("apply", _PLAN).code == 0


def test_an_expired_plan_is_refused(shop: Shop) -> None:
    """After its hour a plan approves nothing, however well it is sealed."""
    shop("plan", "--out", _PLAN)
    past = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    shop.write(_PLAN, _text(sealed({**_saved(shop), "expires_at": past}, "")))

    said = shop("apply", _PLAN)

    assert said.code == 13
    assert "expired" in said.err
    assert shop.writes() == []


def test_a_plan_of_another_environment_is_refused(shop: Shop) -> None:
    """A plan for one tenant is not applied to another."""
    shop("plan", "--out", _PLAN)

    said = shop("apply", "-e", "uat", _PLAN)

    assert said.code == 13
    assert "another environment: test, not uat" in said.err
    assert shop.writes() == []


@pytest.mark.parametrize("changed", ["manifests", "project file"])
def test_a_plan_of_other_files_is_refused(shop: Shop, changed: str) -> None:
    """Manifests or project file that changed since make the plan one of something else."""
    shop("plan", "--out", _PLAN)
    if changed == "manifests":
        shop.template("strip", name="Other")
    else:
        shop.write("personalize-sync.yaml", shop.project("    onDrift: keep\n"))

    said = shop("apply", _PLAN)

    assert said.code == 13
    assert f"other {changed}" in said.err
    assert shop.writes() == []


def test_a_second_application_is_refused(shop: Shop) -> None:
    """A plan is applied once: its changes find their objects written already."""
    shop("plan", "--out", _PLAN)
    shop("apply", _PLAN)
    shop.sandbox.forget_requests()

    said = shop("apply", _PLAN)

    assert said.code == 13
    assert "the plan was applied before" in said.out
    assert "Nothing was written." in said.out
    assert shop.writes() == []


@pytest.mark.parametrize(
    "flags",
    [("--prune",), ("--on-drift", "keep"), ("--select", "template/*"), ("--allow", "drift=a/b")],
)
def test_flags_that_alter_a_plan_are_refused_beside_a_file(
    shop: Shop, flags: tuple[str, ...]
) -> None:
    """What was approved cannot be widened on the way."""
    shop("plan", "--out", _PLAN)

    assert shop("apply", _PLAN, *flags).code == 64
    assert shop.writes() == []


def test_only_the_change_whose_object_moved_is_refused(shop: Shop) -> None:
    """Of five approved updates four are written; the fifth says who moved what, and when."""
    keys = ["strip", "footer", "banner", "menu", "teaser"]
    for key in keys:
        shop.template(key)
    shop("apply", "--auto-approve")
    for key in keys:
        shop.template(key, description="New")
    shop("plan", "--out", _PLAN)
    shop.edit("template/menu", name="Winter menu", author="Maria")
    shop.sandbox.forget_requests()

    said = shop("apply", _PLAN)

    assert said.code == 13
    assert re.search(r"revision 1 -> 2, /name, by auth0\|maria, \d{4}-\d\d-\d\dT", said.out)
    assert "4 updated" in said.out
    assert len(shop.writes()) == 4
    assert shop.stored("template/menu")["description"] != "New"


def test_a_moved_object_does_not_hold_up_the_rest_even_in_conflict(shop: Shop) -> None:
    """An edit of the very field that was approved refuses its change, and no other."""
    shop("apply", "--auto-approve")
    shop.template("strip", name="Ours")
    shop.connection("weather", socketTimeout=1500)
    shop("plan", "--out", _PLAN)
    shop.edit("template/strip", name="Theirs", author="Maria")

    said = shop("apply", _PLAN)

    assert said.code == 13
    assert "revision 1 -> 2, /name, by auth0|maria" in said.out
    assert "updated connection/weather" in said.out
    assert shop.stored("template/strip")["name"] == "Theirs"


def test_a_new_manifest_does_not_slip_in(shop: Shop) -> None:
    """What was added after the review is another plan."""
    shop("plan", "--out", _PLAN)
    shop.template("late")

    assert shop("apply", _PLAN).code == 13
    assert shop.writes() == []


def test_a_digest_approves_the_plan_it_belongs_to(shop: Shop) -> None:
    """`--expect-digest` goes on only with the plan that has it."""
    digest = shop("plan", "--format", "json").document["digest"]

    refused = shop("apply", "--auto-approve", "--expect-digest", "sha256:" + "0" * 64)
    assert refused.code == 13
    assert shop.writes() == []
    assert shop("apply", "--auto-approve", "--expect-digest", digest).code == 0


def test_a_plan_job_without_the_write_key_makes_the_same_digest(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the writing key's id under writers, authorship reads the same without that key."""
    shop.write("personalize-sync.yaml", shop.project("    writers: [sandbox-multiple-resources]\n"))
    shop.model("banner")
    shop("apply", "--auto-approve")
    shop.model("banner", description="New")
    with monkeypatch.context() as job:
        job.delenv("PERSONALIZE_SYNC_TEST_MULTIPLE_RESOURCES_CLIENT_ID")
        job.delenv("PERSONALIZE_SYNC_TEST_MULTIPLE_RESOURCES_CLIENT_SECRET")
        digest = shop("plan", "--format", "json").document["digest"]

    said = shop("apply", "--auto-approve", "--expect-digest", digest)

    assert said.code == 0
    assert "updated decision-model/banner" in said.out


def test_a_saved_plan_is_shown_without_a_network(shop: Shop) -> None:
    """`show` gives any format from the file alone."""
    shop("plan", "--out", _PLAN)
    shop.sandbox.forget_requests()

    said = {form: shop("show", _PLAN, "--format", form) for form in ("terminal", "json", "summary")}

    assert [one.code for one in said.values()] == [0, 0, 0]
    assert said["terminal"].out.splitlines()[-1] == said["summary"].out.splitlines()[-1]
    assert said["json"].document["digest"] == _saved(shop)["digest"]
    assert shop.sandbox.requests == []


@pytest.mark.parametrize("key", ["", "known to two jobs"])
def test_an_altered_plan_is_not_shown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """`show` takes a file for as altered as `apply` does, in the same words."""
    monkeypatch.setenv("PERSONALIZE_SYNC_PLAN_KEY", key)
    shop("plan", "--out", _PLAN)
    altered = {**_saved(shop), "id": "another"}
    resealed = [_text(sealed(altered, guess)) for guess in ("", "a guess") if key]
    texts = [_text(altered), _text(_saved(shop)) + " ", *resealed]
    for text in texts:
        shop.write(_PLAN, text.encode())
        said = shop("show", _PLAN)

        assert (said.code, said.out) == (13, "")
        assert "was altered" in said.err
        assert said.err == shop("apply", _PLAN).err


def test_a_seal_that_cannot_be_checked_is_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the key at hand a keyed plan is shown, and nobody takes it for checked."""
    monkeypatch.setenv("PERSONALIZE_SYNC_PLAN_KEY", "known to two jobs")
    shop("plan", "--out", _PLAN)
    assert "note" not in shop("show", _PLAN).err
    monkeypatch.delenv("PERSONALIZE_SYNC_PLAN_KEY")

    said = shop("show", _PLAN)

    assert said.code == 0
    assert "PERSONALIZE_SYNC_PLAN_KEY the seal cannot be checked" in said.err


def test_an_expired_plan_is_still_shown(shop: Shop) -> None:
    """It approves nothing any more, but it says what was planned."""
    shop("plan", "--out", _PLAN)
    past = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    shop.write(_PLAN, _text(sealed({**_saved(shop), "expires_at": past}, "")))

    assert shop("show", _PLAN).code == 0


def test_a_plan_of_another_tenant_is_refused(synced: Shop) -> None:
    """The same address and keys, but another clientKey answers: nothing is written."""
    synced.template("strip", name="Other")
    synced("plan", "--out", _PLAN)
    synced.sandbox.client_key = "anotherTenant0000000000000000000"
    synced.sandbox.forget_requests()

    said = synced("apply", _PLAN)

    assert said.code == 13
    assert "another tenant" in said.err
    assert synced.writes() == []
