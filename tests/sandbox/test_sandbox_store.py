"""What the tenant remembers, and what it plants."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sandbox.sandbox_world import (
    CONNECTIONS,
    FLOWS,
    MODELS,
    TEMPLATES,
    Api,
    connection,
    flow,
    model,
    new_sandbox,
    oauth,
    template,
    tenant,
    variant,
)

from personalize_sync.sandbox import Knobs, Sandbox, edit

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_outlives_the_process_that_wrote_it(tmp_path: Path) -> None:
    """Objects, revisions and keys are there when the file is opened again; tokens are not."""
    path = tmp_path / "new folder" / "sandbox.db"
    with new_sandbox(path=path) as sandbox:
        api = Api(sandbox).sign_in()
        made = api.made(TEMPLATES, template())
        api.changed(f"{TEMPLATES}/{made['ref']}", template(name="New"))
        sandbox.add_key("connections", "ci", "ci-secret")
        bearer = api.http.headers["Authorization"]

    with new_sandbox(path=path) as sandbox:
        api = Api(sandbox)
        api.http.headers["Authorization"] = bearer
        assert api.get(TEMPLATES).status_code == 401
        api.sign_in(client_id="sandbox-multiple-resources")
        assert [it.revision for it in sandbox.history(made["ref"])] == [1, 2]
        assert api.read(f"{TEMPLATES}/promo_strip")["name"] == "New"
        assert "ci" in {key.client_id for key in sandbox.keys}


def test_two_openers_of_a_file_see_each_others_writes(tmp_path: Path) -> None:
    """A person's edit from another process reaches a running server's tenant."""
    path = tmp_path / "sandbox.db"
    with new_sandbox(path=path) as serving, new_sandbox(path=path) as editing:
        api = Api(serving).sign_in()
        api.made(TEMPLATES, template())
        edit(editing, "template/promo_strip", {"name": "Maria's"})

        assert api.read(f"{TEMPLATES}/promo_strip")["name"] == "Maria's"
        assert (
            api.changed(f"{TEMPLATES}/{api.read(f'{TEMPLATES}/promo_strip')['ref']}", template())[
                "revision"
            ]
            == 3
        )


def test_publishing_goes_on_after_reopening(tmp_path: Path) -> None:
    """The requests that a flow has still to wait for are counted across processes."""
    path = tmp_path / "sandbox.db"
    with new_sandbox(path=path) as sandbox:
        api = Api(sandbox).sign_in()
        made = api.made(FLOWS, flow())
        api.changed(f"{FLOWS}/{made['ref']}", flow(status="PRODUCTION"))

    with new_sandbox(path=path) as sandbox:
        api = Api(sandbox).sign_in()
        statuses = [api.read(f"{FLOWS}/{made['ref']}")["status"] for _ in range(4)]

    assert statuses == ["PUBLISHING", "PUBLISHING", "PUBLISHING", "LIVE"]


def test_a_reset_tenant_is_fresh() -> None:
    """Objects, added keys and tokens are gone, the well-known keys are back."""
    api = tenant()
    api.made(TEMPLATES, template())
    api.sandbox.revoke_key("sandbox-connections")
    api.sandbox.reset()

    assert api.sandbox.all() == ()
    assert api.get(TEMPLATES).status_code == 401
    assert len(api.sandbox.keys) == 4
    assert api.sign_in().listed(TEMPLATES) == []


def test_the_default_tenant_works_without_arguments() -> None:
    """Real time and random refs are the defaults."""
    with Sandbox() as sandbox:
        first, second = (
            Api(sandbox).sign_in().made(CONNECTIONS, connection(name=name)) for name in "ab"
        )

    assert first["ref"] != second["ref"]
    assert first["clientKey"] == "sandboxTenant0000000000000000000"
    assert len(first["clientKey"]) == 32


def test_another_tenant_can_be_pretended() -> None:
    """The client key is a setting that the file remembers."""
    api = tenant()
    api.sandbox.client_key = "another0000000000000000000000000"

    assert api.made(TEMPLATES, template())["clientKey"] == "another0000000000000000000000000"


def test_knobs_can_change_while_the_tenant_runs() -> None:
    """The next request meets the new setting."""
    api = tenant()
    api.sandbox.knobs = Knobs.parse(["K05=200"])

    assert api.post(TEMPLATES, template()).status_code == 200


@pytest.mark.parametrize("unknown_fields", ["dropped", "stored", "400"])
def test_a_planted_field_lives_as_long_as_it_is_sent_back(unknown_fields: str) -> None:
    """A PUT that carries the field keeps it, one that leaves it out drops it."""
    api = tenant(f"K39={unknown_fields}")
    path = f"{TEMPLATES}/{api.made(TEMPLATES, template())['ref']}"
    planted = api.sandbox.plant("template/promo_strip", {"futureFlags": {"beta": True}})
    carried = api.changed(path, api.read(path) | {"name": "New"})
    dropped = api.changed(path, template())

    assert (planted.revision, planted.modified_by) == (1, "sandbox-multiple-resources@clients")
    assert carried["futureFlags"] == {"beta": True}
    assert "futureFlags" not in dropped


def test_a_planted_field_survives_a_merging_put() -> None:
    """Under K06=merge nothing that is left out is lost."""
    api = tenant("K06=merge")
    path = f"{TEMPLATES}/{api.made(TEMPLATES, template())['ref']}"
    api.sandbox.plant(path.rpartition("/")[2], {"future": 1})

    assert api.changed(path, template())["future"] == 1


def test_planting_reaches_into_objects() -> None:
    """Nested fields are added to what is there."""
    api = tenant()
    made = api.made(CONNECTIONS, connection(auth=oauth()))
    api.sandbox.plant(made["ref"], {"auth": {"placement": "HEADER"}})

    auth = api.read(f"{CONNECTIONS}/{made['ref']}")["auth"]
    assert (auth["placement"], auth["clientId"]) == ("HEADER", "loyalty-client")


def test_a_person_may_create_with_fields_nobody_knows() -> None:
    """What the UI writes, the API knows from then on."""
    api = tenant()
    record = api.sandbox.create("template", template(future=1, defaultTemplate=True), "Sitecore")

    assert record.modified_by == "auth0|sitecore"
    assert api.read(f"{TEMPLATES}/promo_strip")["future"] == 1


def test_a_person_may_create_a_variant_below_a_model() -> None:
    """The parent is named by address or ref."""
    sandbox = tenant().sandbox
    owner = sandbox.create("decision-model", model())
    made = sandbox.create("decision-variant", variant(), parent="decision-model/next_best_banner")

    assert made.parent == owner.ref
    assert [it.kind for it in sandbox.all()] == ["decision-model", "decision-variant"]


def test_a_refused_write_leaves_no_trace() -> None:
    """A PUT that is refused half-way changes nothing, not even the history."""
    api = tenant()
    api.made(TEMPLATES, template())
    other = api.made(TEMPLATES, template(friendlyId="other"))

    assert api.put(f"{TEMPLATES}/{other['ref']}", template()).status_code == 400
    assert len(api.sandbox.history(other["ref"])) == 1


def test_equal_runs_give_equal_bytes() -> None:
    """With an injected clock and ids, two tenants answer the same to the byte."""

    def run() -> list[bytes]:
        api = tenant()
        made = api.made(MODELS, model())
        api.post(f"{MODELS}/{made['ref']}/variants", variant())
        return [api.get(MODELS).content, api.get(f"{MODELS}/{made['ref']}/variants").content]

    assert run() == run()


def test_importing_the_package_loads_nothing_heavy() -> None:
    """Commands that never use the sandbox pay for no database, server or HTTP library."""
    code = (
        "import sys, personalize_sync.sandbox as s; "
        "print(sorted({'httpx', 'sqlite3', 'http.server'} & set(sys.modules)), s.Knobs.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] Knobs"


def test_the_sandbox_shares_no_code_with_the_client() -> None:
    """Using every part of it loads no other module of the package."""
    code = (
        "import sys, personalize_sync.sandbox as s; [getattr(s, name) for name in s.__all__]; "
        "print([m for m in sys.modules if m.startswith('personalize_sync.')"
        " and not m.startswith('personalize_sync.sandbox')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
