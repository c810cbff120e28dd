"""Secrets never leave, and a tenant's text never acts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from personalize_sync.cli.options import FORMATS
from personalize_sync.sandbox import Fault
from personalize_sync.sandbox.faults import Instead

if TYPE_CHECKING:
    from cli.conftest import Shop

_CANARY = "canary-4b1d9e"
_HOSTILE = "\x1b[2J\x1b]0;owned\x07evil\r\n::error::owned\n\u202egnp\u200b\x9b31m | <script> `"


@pytest.fixture
def guarded(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop with a connection that has a secret, whose value is a canary."""
    monkeypatch.setenv("POINTS_SECRET", _CANARY)
    auth = {
        "authType": "OAUTH",
        "clientId": "shop",
        "clientSecret": {"fromSecret": "POINTS_SECRET", "version": "1"},
        "accessTokenUrl": "https://points.example.test/token",
    }
    shop.connection("points", auth=auth)
    return shop


def test_secrets_are_in_no_output_and_in_no_file(guarded: Shop) -> None:
    """Every command in every format, and everything below the project, without one secret."""
    said = [guarded("plan", "--out", "plan.json", "-v")]
    said += [guarded("plan", "--format", form, "-v") for form in FORMATS]
    said.append(guarded("apply", "plan.json", "--format", "json", "-v"))
    guarded.connection("weather", description="New")
    guarded.edit("connection/Points", description="Edited", author="Maria")
    said += [guarded("drift", "--format", form, "-v") for form in FORMATS]
    said += [guarded("show", "plan.json", "--format", form, "-v") for form in FORMATS]
    said.append(guarded("auth", "audit", "-v"))
    said.append(guarded("apply", "--auto-approve", "-v"))
    texts = [one.out + one.err for one in said]
    texts += [p.read_text(encoding="utf-8") for p in guarded.root.rglob("*") if p.is_file()]

    assert guarded.stored("connection/Points")["auth"]["clientSecret"] == _CANARY
    assert [t for t in texts if _CANARY in t or re.search(r"sandbox-[a-z-]+-secret", t)] == []


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_an_answer_that_echoes_a_secret_is_not_repeated(guarded: Shop, status: int) -> None:
    """Whatever a server sends back, its raw body is not shown."""
    body = json.dumps({"status": status, "message": f"bad clientSecret {_CANARY}"}).encode()
    echo = Instead(body=body, status=status, headers=(("Content-Type", "application/json"),))
    guarded.forget("Connection", "weather")
    fault = guarded.sandbox.faults.add(Fault(echo, method="POST", path="/v2/connections"))

    said = guarded("apply", "--auto-approve", "-v")

    files = [p.read_text(encoding="utf-8") for p in guarded.root.rglob("*") if p.is_file()]
    assert fault.fired
    assert [t for t in (said.out, said.err, *files) if _CANARY in t] == []


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_names_do_not_act(synced: Shop, form: str) -> None:
    """Control characters, direction marks and workflow commands of a tenant are spelt out."""
    synced.edit("template/strip", name=_HOSTILE, author="Maria\x1b[31m\n::warning::")

    for command in ("plan", "drift"):
        said = synced(command, "--format", form)
        shown = said.out + said.err
        assert not re.search(r"[^\n -~\u00a1-\uffff]|[\u200b-\u200f\u202a-\u202e]", shown)
        assert not re.search(r"^::(error|warning)::", shown, re.MULTILINE)
        # In a fence HTML is text.
        assert "<script>" not in re.sub(
            r"^```.*?^```$", "", shown, flags=re.MULTILINE | re.DOTALL
        ) or (form != "markdown")


def test_hostile_names_do_not_act_in_the_report_of_an_apply(synced: Shop) -> None:
    """Refusals quote the tenant's text as carefully as plans do."""
    synced.edit("template/strip", name=_HOSTILE, author="Maria\x1b[31m")
    synced.template("strip", name="Ours")

    said = synced("apply", "--auto-approve")

    assert said.code == 12
    assert not re.search(r"[^\n -~\u00a1-\uffff]|[\u200b-\u200f\u202a-\u202e]", said.out + said.err)
