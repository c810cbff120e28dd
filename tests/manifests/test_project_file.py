"""The project file: environments as values, or every mistake at its place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from manifests.trees import places, write

from personalize_sync.errors import InvalidInput, UsageError
from personalize_sync.manifests import find_root, load_project
from personalize_sync.project import FEATURES, OnDrift, Project, Threshold

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = "apiVersion: personalize-sync/v1\nkind: Project\n"
_TODAY = date(2026, 11, 23)
_FULL = (
    _HEAD
    + """\
defaultEnvironment: sandbox
environments:
  sandbox: {sandbox: {knobs: {K06: merge, K01: 600, K12: true}}}
  production:
    region: jpe
    clientKey: pqsPERS0000
    keys:
      connections: {}
      multiple-resources: {for: [decision-model, experience]}
    writers: [formerClientId]
    prune: true
    onDrift: block
    owns: ["template/*"]
    protected: ["template/checkout_*"]
    guards: {archive: {percent: 10}, update: {max: 7}}
    ignore:
      - {address: "experience/*", path: /schedule/startDate, reason: marketers own it, until: 2026-11-23}
      - {address: "template/a", path: /name, reason: for ever}
  local:
    baseUrl: http://127.0.0.1:8080/
    tokenUrl: http://[::1]:8080/oauth/token
    keys: {connections: {}}
"""
)


def _load(root: Path, text: str | bytes) -> Project:
    return load_project(write(root, {"personalize-sync.yaml": text}), today=_TODAY)


def _mistakes(root: Path, text: str | bytes) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        _load(root, text)
    return places(caught.value.problems)


def test_a_project_file_becomes_environments(tmp_path: Path) -> None:
    """Everything the file states is a value; the rest has its default."""
    project = _load(tmp_path, _FULL)
    production = project.environments["production"]

    assert project.default_environment == "sandbox"
    assert list(project.environments) == ["sandbox", "production", "local"]
    assert production.base_url == "https://api-engage-jpe.sitecorecloud.io"
    assert production.token_url == "https://auth.sitecorecloud.io/oauth/token"
    assert production.client_key == "pqsPERS0000"
    assert production.keys == {
        "connections": None,
        "multiple-resources": ("decision-model", "experience"),
    }
    assert (production.sandbox, production.writers) == (None, ("formerClientId",))
    assert (production.prune, production.on_drift) == (True, OnDrift.BLOCK)
    assert (production.owns, production.protected) == (("template/*",), ("template/checkout_*",))
    assert production.archive_limit == Threshold(max=5, percent=10)
    assert production.update_limit == Threshold(max=7, percent=50)
    assert [rule.until for rule in production.ignore] == [_TODAY, None]


def test_a_sandbox_needs_no_keys(tmp_path: Path) -> None:
    """It has every feature, and its knobs as settings."""
    sandbox = _load(tmp_path, _FULL).environments["sandbox"]

    assert sandbox.sandbox == ("K01=600", "K06=merge", "K12=true")
    assert tuple(sandbox.keys) == FEATURES
    assert (sandbox.base_url, sandbox.prune, sandbox.on_drift) == ("", False, OnDrift.REVERT)


def test_a_server_on_this_machine_may_speak_http(tmp_path: Path) -> None:
    """Addresses are taken as they are, without a final slash."""
    local = _load(tmp_path, _FULL).environments["local"]

    assert (local.base_url, local.token_url) == (
        "http://127.0.0.1:8080",
        "http://[::1]:8080/oauth/token",
    )


def test_the_digest_follows_the_text(tmp_path: Path) -> None:
    """Any change of the file is another configuration."""
    first = _load(tmp_path, _FULL).config_digest

    assert first.startswith("sha256:")
    assert _load(tmp_path, _FULL).config_digest == first
    assert _load(tmp_path, _FULL + "# comment\n").config_digest != first


def test_no_project_file_means_no_environments(tmp_path: Path) -> None:
    """A directory of manifests can be validated as it is."""
    assert load_project(tmp_path) == Project(tmp_path)


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://api.example.test", None),
        ("https://api.example.test:8443/prefix", None),
        ("http://127.8.9.1", None),
        ("http://localhost:1", None),
        ("http://api.example.test", "PS4004"),
        ("http://127.0.0.1.example.test", "PS4004"),
        ("http://127.0.0.1@example.test", "PS4004"),
        ("http://localhost.example.test", "PS4004"),
        ("https://user:pass@api.example.test", "PS4004"),
        ("https://api.example.test?x=1", "PS4004"),
        ("https://api.example.test#x", "PS4004"),
        ("https://", "PS4004"),
        ("ftp://api.example.test", "PS4004"),
        ("https://api.example.test:99999", "PS4004"),
        ("https://[::1", "PS4004"),
        ("api.example.test", "PS4004"),
        ("https://a b", "PS4004"),
        ("https://exa\\u006dple.t\\u00ebst", "PS4004"),
        ("https:\\\\\\\\api.example.test", "PS4004"),
    ],
)
def test_credentials_go_to_safe_addresses_only(url: str, rule: str | None, tmp_path: Path) -> None:
    """Https, or http on this machine; no user, query or fragment."""
    text = f'{_HEAD}environments:\n  a:\n    baseUrl: "{url}"\n    tokenUrl: https://t.example.test\n    keys: {{connections: {{}}}}\n'

    if rule is None:
        assert _load(tmp_path, text).environments["a"].base_url == url
    else:
        assert _mistakes(tmp_path, text) == [f"5:14 {rule}"]


@pytest.mark.parametrize(
    ("environments", "expected"),
    [
        ("{}", ["3:15 PS1016"]),
        ("5", ["3:15 PS1012"]),
        ("{a: {keys: {connections: {}}}}", ["3:16 PS1011"]),
        ("{a: {region: eu, sandbox: {}}}", ["3:32 PS1013"]),
        ("{a: {region: eu}}", ["3:16 PS1011"]),
        ("{a: {region: eu, keys: {}}}", ["3:38 PS1016"]),
        ("{a: {region: jp, keys: {connections: {}}}}", ["3:28 PS1013"]),
        ("{a: {baseUrl: https://x, keys: {connections: {}}}}", ["3:16 PS1011"]),
        ("{a: {region: eu, tokenUrl: https://x, keys: {connections: {}}}}", ["3:16 PS1011"]),
        ("{a: {region: eu, keys: {conections: {}}}}", ["3:39 PS1010"]),
        ("{a: {region: eu, keys: {connections: {for: [template]}}}}", ["3:59 PS1013"]),
        ("{a: {region: eu, keys: {connections: {}}, clientSecret: x}}", ["3:57 PS1010"]),
        ("{a: {sandbox: {knobs: {K6: x}}}}", ["3:38 PS1014"]),
        ("{a: {sandbox: {}, guards: {archive: {max: -1}}}}", ["3:57 PS1016"]),
        ("{a: {sandbox: {}, guards: {update: {percent: 101}}}}", ["3:60 PS1016"]),
        ("{a: {sandbox: {}, onDrift: ignore}}", ["3:42 PS1013"]),
        ("{Prod: {sandbox: {}}}", ["3:16 PS1014"]),
        ("{a: {sandbox: {}}}\ndefaultEnvironment: b", ["4:21 PS2006"]),
        ("{a: {sandbox: {}}}\nunknown: b", ["4:1 PS1010"]),
    ],
)
def test_mistakes_in_environments(environments: str, expected: list[str], tmp_path: Path) -> None:
    """Each is reported at its key or value."""
    assert _mistakes(tmp_path, f"{_HEAD}environments: {environments}\n") == expected


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2026-11-22", ["6:55 PS3007"]),
        ("2026-02-30", ["6:55 PS1014"]),
        ("tomorrow", ["6:55 PS1014"]),
        ("5", ["6:55 PS1012"]),
    ],
)
def test_an_ignore_rule_ends(until: str, expected: list[str], tmp_path: Path) -> None:
    """A rule counts on its last day, and is an error afterwards."""
    text = f"{_HEAD}environments:\n  a:\n    sandbox: {{}}\n    ignore: [{{address: a, path: /b, reason: c, until: {until}}}]\n"

    assert _mistakes(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1 PS1030"]),
        ("# only\n", ["1:1 PS1030"]),
        ("a\n---\nb\n", ["1:1 PS1030"]),
        ("a: [", ["1:5 PS1003"]),
        ("kind: Project\n", ["1:1 PS1011", "1:1 PS1011"]),
        (
            _HEAD.replace("Project", "Template") + "environments: {a: {sandbox: {}}}\n",
            ["2:7 PS1015"],
        ),
        ("- a\n", ["1:1 PS1012"]),
        (b"\xff\xfe", ["1:1 PS1002"]),
        (_HEAD + "environments: {a: {sandbox: {}}, a: {sandbox: {}}}\n", ["3:34 PS1004"]),
    ],
)
def test_an_unusable_project_file(text: str | bytes, expected: list[str], tmp_path: Path) -> None:
    """It stops the run with its place, never with a traceback."""
    assert _mistakes(tmp_path, text) == expected


def test_the_root_is_found_upwards(tmp_path: Path) -> None:
    """`-C` wins, then the nearest project file, then a folder called manifests."""
    write(tmp_path, {"p/personalize-sync.yaml": "", "p/a/b/x": "", "q/manifests/x": ""})

    assert find_root(None, tmp_path / "p/a/b") == tmp_path / "p"
    assert find_root(tmp_path / "q", tmp_path / "p") == tmp_path / "q"
    assert find_root(None, tmp_path / "q") == tmp_path / "q/manifests"


@pytest.mark.parametrize("chdir", [None, "nowhere"])
def test_without_a_root_the_command_line_is_wrong(chdir: str | None, tmp_path: Path) -> None:
    """The hint says how to name one."""
    with pytest.raises(UsageError) as caught:
        find_root(tmp_path / chdir if chdir else None, tmp_path)

    assert caught.value.hint
