"""A pull request that names another host in the project file gets no key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalize_sync.cli.hosts import VARIABLE, demand_trusted
from personalize_sync.errors import CredentialError

if TYPE_CHECKING:
    from cli.conftest import Shop

_EVIL = "https://evil.example.test"


@pytest.mark.parametrize(
    "url",
    [
        "https://api-engage-eu.sitecorecloud.io",
        "https://auth.sitecorecloud.io/oauth/token",
        "https://API-ENGAGE-US.SitecoreCloud.io:443",
        "http://127.0.0.1:8080/oauth/token",
        "http://localhost:8080",
        "https://[::1]:8080",
        "https://Gateway.example.test/engage",
        "https://second.example.test",
    ],
)
def test_the_vendor_this_machine_and_what_the_environment_names_get_keys(url: str) -> None:
    """A name counts whatever its letter case and port."""
    demand_trusted([url], {VARIABLE: "gateway.example.test, second.example.test"})


@pytest.mark.parametrize(
    "url",
    [
        _EVIL,
        "https://sitecorecloud.io.evil.example.test",
        "https://evil-sitecorecloud.io",
        "https://evil.example.test/.sitecorecloud.io",
        "https://evil.example.test:443/?api-engage-eu.sitecorecloud.io",
        "https://gateway.example.test.evil.example.test",
        "https://localhost.evil.example.test",
        "https://127.0.0.1.evil.example.test",
        "",
    ],
)
def test_any_other_host_gets_none(url: str) -> None:
    """Whatever it looks like from far."""
    with pytest.raises(CredentialError):
        demand_trusted([url], {VARIABLE: "gateway.example.test"})


@pytest.mark.parametrize("field", ["baseUrl", "tokenUrl"])
@pytest.mark.parametrize("command", ["plan", "apply", "drift", "pull", "auth audit", "snapshot"])
def test_no_command_sends_a_key_to_a_host_that_only_the_project_file_names(
    shop: Shop, command: str, field: str
) -> None:
    """Exit 11, the host and the variable by name, and nothing was sent to the tenant either."""
    shop.template()
    text = shop.project().splitlines()
    changed = [
        f"    {field}: {_EVIL}/x" if line.strip().startswith(field) else line for line in text
    ]
    shop.write("personalize-sync.yaml", "\n".join(changed))
    approve = ["--auto-approve"] if command == "apply" else []

    said = shop(*command.split(), *approve)

    assert said.code == 11
    assert "no key is sent to evil.example.test" in said.err
    assert f"{VARIABLE}=evil.example.test" in said.err
    assert "Nothing was written" in said.err
    assert shop.sandbox.requests == []
