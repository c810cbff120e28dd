"""What a pipeline relies on: verify's word, the approved digest, the tip, and masked logs."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from cli.conftest import Shop

_OAUTH: dict[str, Any] = {
    "authType": "OAUTH",
    "clientId": "shop",
    "clientSecret": {"fromSecret": "WEATHER_SECRET"},
    "accessTokenUrl": "https://weather.example.test/token",
}


def _git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.test"]
    command = ["git", *identity, *arguments]
    return subprocess.run(
        command, cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_verify_is_content_only_when_nothing_is_left(synced: Shop) -> None:
    """0 after an apply; 17 after an edit in the tenant, and after a commit."""
    assert synced("verify").code == 0

    synced.edit("template/strip", name="By Maria")
    said = synced("verify")
    assert said.code == 17
    assert "By Maria" in said.out


def test_only_the_approved_digest_is_applied(shop: Shop) -> None:
    """The digest of a reviewed plan lets the same plan through, and nothing else."""
    digest = shop("plan", "--format", "json").document["digest"]
    shop.template("later")

    refused = shop("apply", "--auto-approve", "--expect-digest", digest)
    assert refused.code == 13
    assert shop.writes() == []

    digest = shop("plan", "--format", "json").document["digest"]
    assert shop("apply", "--auto-approve", "--expect-digest", digest).code == 0


def test_only_the_tip_of_the_branch_is_applied(shop: Shop, tmp_path: Path) -> None:
    """A re-run of an old commit must not roll the tenant back; no answer is no leave."""
    remote = tmp_path / "remote.git"
    _git(tmp_path, "init", "--quiet", "--bare", str(remote))
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("remote", "add", "origin", str(remote)),
        ("add", "."),
        ("commit", "--quiet", "-m", "First"),
        ("push", "--quiet", "origin", "main"),
        ("commit", "--quiet", "--allow-empty", "-m", "Second"),
        ("push", "--quiet", "origin", "main"),
        ("checkout", "--quiet", "HEAD~1"),
    ):
        _git(shop.root, *command)

    old = shop("apply", "--auto-approve", "--require-tip", "main")
    assert (old.code, shop.writes()) == (13, [])
    assert "main has moved on" in old.err

    assert shop("apply", "--auto-approve", "--require-tip", "nowhere").code == 13

    _git(shop.root, "checkout", "--quiet", "main")
    assert shop("apply", "--auto-approve", "--require-tip", "main").code == 0


def test_a_log_of_github_learns_each_line_of_a_secret(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Masked when it is loaded, and only there: elsewhere no secret is ever printed."""
    monkeypatch.setenv("WEATHER_SECRET", "first%line\nsecond")
    shop.connection("weather", auth=_OAUTH)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert "second" not in shop("apply", "--auto-approve", "--select", "connection/*").err

    shop.connection("weather", auth=_OAUTH, description="again")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    said = shop("apply", "--auto-approve")

    assert said.code == 0
    assert "::add-mask::first%25line\n::add-mask::second\n" in said.err
    assert "second" not in said.out
