"""`auth audit`: what each API key is declared, found, granted and needed for, and what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from personalize_sync.kinds import KINDS
from personalize_sync.problems import RULES
from personalize_sync.project import FEATURES
from personalize_sync.tenant.scopes import beyond, only_reads

if TYPE_CHECKING:
    from cli.conftest import Said, Shop

_WIDE = "multiple-resources"
_FOUR = (
    f"connections: {{}}\ndeveloper-templates: {{}}\ndecision-model-testing: {{}}\n{_WIDE}: {{}}\n"
)


def _variables(feature: str, environment: str = "TEST") -> list[str]:
    word = feature.replace("-", "_").upper()
    return [f"PERSONALIZE_SYNC_{environment}_{word}_CLIENT_{half}" for half in ("ID", "SECRET")]


def _keys(shop: Shop, keys: str, extra: str = "") -> None:
    """Declare these keys, and other settings, in the environment that is audited."""
    address = shop.server.base_url
    stated = "".join(f"      {line}\n" for line in keys.strip().splitlines())
    shop.write(
        "personalize-sync.yaml",
        "apiVersion: personalize-sync/v1\nkind: Project\ndefaultEnvironment: test\n"
        f"environments:\n  test:\n    baseUrl: {address}\n    tokenUrl: {address}/oauth/token\n"
        f"    keys:\n{stated}{extra}",
    )


def _feature(said: Said, name: str) -> dict[str, Any]:
    features = {feature["feature"]: feature for feature in said.document["features"]}
    found: dict[str, Any] = features[name]
    return found


def _findings(shop: Shop, *arguments: str) -> set[tuple[str, str]]:
    """Feature and rule of each finding; strictness follows from whether there is one."""
    said = shop("auth", "audit", "--strict", "--format", "json", *arguments)
    found = {
        (feature["feature"], finding["id"])
        for feature in said.document["features"]
        for finding in feature["findings"]
    }
    assert said.code == (11 if found else 0)
    assert {problem["id"] for problem in said.document["problems"]} == {rule for _, rule in found}
    assert {rule for _, rule in found} <= set(RULES)
    assert shop.writes() == []
    return found


def test_keys_that_fit_are_described_and_nothing_is_found(shop: Shop) -> None:
    """Variables by name, the public id, the scopes, and what each is needed for."""
    _keys(shop, _FOUR)
    shop.model()

    assert _findings(shop) == set()
    feature = _feature(shop("auth", "audit", "--format", "json"), "decision-model-testing")
    assert feature == {
        "feature": "decision-model-testing",
        "title": "Decision model testing",
        "variables": [
            *_variables("decision-model-testing"),
            "PERSONALIZE_SYNC_DECISION_MODEL_TESTING_CLIENT_ID",
            "PERSONALIZE_SYNC_DECISION_MODEL_TESTING_CLIENT_SECRET",
        ],
        "found": True,
        "found_in": _variables("decision-model-testing")[0],
        "client_id": "sandbox-decision-model-testing",
        "scopes": ["personalize.decision_models:r"],
        "declared": True,
        "declared_for": None,
        "needed_for": ["decision-model", "decision-variant"],
        "needed_to": {"read": ["decision-model", "decision-variant"], "write": []},
        "findings": [],
    }


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "markdown", "github", "summary"])
def test_no_format_shows_a_secret(shop: Shop, form: str) -> None:
    """Every format names the finding, and none of them a value."""
    said = shop("auth", "audit", "--format", form)

    assert said.code == 0
    assert "PS6006" in said.out
    assert "-secret" not in said.out + said.err


def test_sarif_points_at_the_declaration(shop: Shop) -> None:
    """A result stands at the line of the key in the project file."""
    _keys(shop, _FOUR)
    run = shop("auth", "audit", "--format", "sarif").document["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    lines = (shop.root / "personalize-sync.yaml").read_text(encoding="utf-8").splitlines()

    assert run["automationDetails"]["id"] == "personalize-sync/auth-audit/test/"
    assert place["artifactLocation"]["uri"] == "personalize-sync.yaml"
    assert lines[place["region"]["startLine"] - 1].strip() == "decision-model-testing: {}"


def test_what_nobody_declared_or_stored_becomes_a_list_to_follow(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what these manifests need, by the words of the UI, with the exact variables."""
    _keys(shop, "connections: {}\ndecision-model-testing: {}")
    for name in [*_variables("connections"), *_variables("decision-model-testing")]:
        monkeypatch.delenv(name)

    assert _findings(shop) == {("connections", "PS6001"), ("developer-templates", "PS6002")}
    assert shop("auth", "audit", "--format", "json").document["create"] == [
        {
            "feature": "connections",
            "title": "Connections",
            "variables": _variables("connections"),
            "to": "read and write connections",
        },
        {
            "feature": "developer-templates",
            "title": "Developer templates",
            "variables": _variables("developer-templates"),
            "to": "read and write templates",
        },
    ]
    text = shop("auth", "audit").out
    steps = text[text.index("Keys to create") :]
    assert re.findall(r"\d\. (.*), to", steps) == ["Connections", "Developer templates"]
    assert all(name in steps for name in _variables("developer-templates"))
    assert "under keys: developer-templates: {}" in steps
    assert "ecision" not in steps
    assert shop.sandbox.requests == []


def test_half_a_key_is_found_and_does_not_end_the_audit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other features are judged all the same."""
    _keys(shop, "connections: {}\ndeveloper-templates: {}")
    monkeypatch.delenv(_variables("connections")[1])

    assert _findings(shop) == {("connections", "PS6003")}


def test_a_refused_key_is_found_and_does_not_end_the_audit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong secret, and a key of another feature under this one's name."""
    _keys(shop, "connections: {}\ndeveloper-templates: {}")
    monkeypatch.setenv(_variables("connections")[1], "wrong")
    shop.sandbox.add_key(
        "connections", "sandbox-developer-templates", "sandbox-developer-templates-secret"
    )

    assert _findings(shop) == {
        ("connections", "PS6004"),
        ("developer-templates", "PS6004"),
        ("developer-templates", "PS6008"),
    }


def test_a_key_that_only_reads_is_found_where_writing_needs_it(shop: Shop) -> None:
    """The wide variable holds the key for testing: all GETs succeed, the scopes tell."""
    _keys(shop, f"decision-model-testing: {{}}\n{_WIDE}: {{}}")
    shop.forget("Template", "strip")
    shop.forget("Connection", "weather")
    shop.model()
    shop.sandbox.add_key("decision-model-testing", f"sandbox-{_WIDE}", f"sandbox-{_WIDE}-secret")

    assert _findings(shop) == {(_WIDE, "PS6004")}
    said = shop("apply", "--auto-approve")
    assert (said.code, shop.writes()) == (11, [])
    assert "only reads" in said.err


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (f"{_WIDE}: {{for: [template, connection]}}", {(_WIDE, "PS6005")}),
        (
            f"connections: {{}}\ndeveloper-templates: {{}}\n{_WIDE}: {{for: [template]}}",
            {(_WIDE, "PS6005"), (_WIDE, "PS6006")},
        ),
    ],
    ids=["used", "only allowed"],
)
def test_a_wide_key_where_a_narrow_one_suffices(
    shop: Shop, keys: str, found: set[tuple[str, str]]
) -> None:
    """Both when it is used and when it only may be."""
    _keys(shop, keys)

    assert _findings(shop) == found


def test_models_read_with_the_wide_key_are_a_finding(shop: Shop) -> None:
    """There is a narrower feature for reading them, and none for writing."""
    _keys(shop, f"connections: {{}}\ndeveloper-templates: {{}}\n{_WIDE}: {{}}")
    shop.model()

    assert _findings(shop) == {(_WIDE, "PS6005")}
    finding = _feature(shop("auth", "audit", "--format", "json"), _WIDE)["findings"][0]
    assert "read decision models, decision variants" in finding["message"]
    assert "decision-model-testing" in finding["remedy"]
    assert "for:" not in finding["remedy"]


def test_a_key_that_nothing_needs_is_found(shop: Shop) -> None:
    """Declared only is no harm; stored here, it is one key too many."""
    _keys(shop, _FOUR)

    assert _findings(shop) == {("decision-model-testing", "PS6006"), (_WIDE, "PS6006")}


def test_a_job_that_plans_must_not_hold_the_key_that_writes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--job plan` needs no key for writing, and objects to one that is there."""
    _keys(shop, _FOUR)
    shop.model()

    assert _findings(shop) == set()
    assert _findings(shop, "--job", "plan") == {(_WIDE, "PS6006")}
    for name in _variables(_WIDE):
        monkeypatch.delenv(name)
    assert _findings(shop, "--job", "plan") == set()
    assert _findings(shop) == {(_WIDE, "PS6001")}


def test_one_key_in_two_environments_or_features_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other environment's own variables count, the general ones do not."""
    other = "  uat: {region: eu, keys: {connections: {}, developer-templates: {}}}\n"
    monkeypatch.delenv("PERSONALIZE_SYNC_UAT_DEVELOPER_TEMPLATES_CLIENT_ID")
    unreadable = "PERSONALIZE_SYNC_UAT_DEVELOPER_TEMPLATES_CLIENT_ID_FILE"
    monkeypatch.setenv(unreadable, "/nonexistent/file")
    _keys(shop, "connections: {}\ndeveloper-templates: {}", other)
    assert _findings(shop) == {("connections", "PS6007")}

    for half in ("ID", "SECRET"):
        monkeypatch.delenv(f"PERSONALIZE_SYNC_UAT_CONNECTIONS_CLIENT_{half}")
        value = "sandbox-connections" + ("-secret" if half == "SECRET" else "")
        monkeypatch.setenv(f"PERSONALIZE_SYNC_CONNECTIONS_CLIENT_{half}", value)
    assert _findings(shop) == set()

    for name, general in zip(_variables("developer-templates"), ("ID", "SECRET"), strict=True):
        value = "sandbox-connections" + ("-secret" if general == "SECRET" else "")
        monkeypatch.setenv(name, value)
    assert {("connections", "PS6007"), ("developer-templates", "PS6007")} < _findings(shop)


def test_a_token_that_opens_more_than_its_feature_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody stored the wide key under the name of a narrow one: it works, and is too much."""
    _keys(shop, "connections: {}\ndeveloper-templates: {}")
    shop.sandbox.add_key("multiple-resources", "shortcut", "sh")
    for name, value in zip(_variables("connections"), ("shortcut", "sh"), strict=True):
        monkeypatch.setenv(name, value)

    assert _findings(shop) == {("connections", "PS6008")}


@pytest.mark.parametrize(
    "scope", ["openid", "offline_access", "", "templates/read", "personalize.templates", "cdp.x:r"]
)
@pytest.mark.parametrize("feature", FEATURES)
def test_scopes_that_nobody_knows_are_not_held_against_a_key(feature: str, scope: str) -> None:
    """The reference names four; other forms, and none at all, mean nothing."""
    assert beyond([scope], feature) == ()
    assert not any(only_reads([scope], kind.scope) for kind in KINDS)


def test_objects_written_by_an_unknown_key_are_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A former key of ours that nobody listed: named, until it is under writers."""
    keys = "connections: {}\ndeveloper-templates: {}"
    _keys(shop, keys)
    shop.sandbox.add_key("developer-templates", "former-key", "fk")
    with monkeypatch.context() as before:
        for name, value in zip(
            _variables("developer-templates"), ("former-key", "fk"), strict=True
        ):
            before.setenv(name, value)
        assert shop("apply", "--auto-approve").code == 0
    shop.sandbox.forget_requests()

    assert _findings(shop) == {("developer-templates", "PS6009")}
    _keys(shop, keys, "    writers: [former-key]\n")
    assert _findings(shop) == set()


def test_a_key_is_to_be_rotated_after_its_day(shop: Shop) -> None:
    """The last day itself is no finding; a day that is none is a problem of the file."""
    _keys(
        shop,
        "connections: {rotateAfter: 2001-01-01}\ndeveloper-templates: {rotateAfter: 2999-12-31}",
    )
    assert _findings(shop) == {("connections", "PS6010")}

    _keys(shop, "connections: {rotateAfter: 2026-02-30}")
    said = shop("auth", "audit")
    assert said.code == 10
    assert "personalize-sync.yaml:9:34: error[PS1014]: rotateAfter" in said.out


def test_a_key_of_another_tenant_is_found(shop: Shop) -> None:
    """The project file names the tenant, and another one answers."""
    _keys(shop, "connections: {}\ndeveloper-templates: {}")
    assert shop("apply", "--auto-approve").code == 0
    shop.sandbox.forget_requests()
    _keys(shop, "connections: {}\ndeveloper-templates: {}", "    clientKey: anotherTenant\n")

    assert _findings(shop) == {("connections", "PS6011"), ("developer-templates", "PS6011")}
