"""The README is honest: what it shows was run, and what it lists is what there is.

Every `console` block runs, in order, in one shell and a temporary copy of the example project, stdout
and stderr together. Before both sides are compared, times, run ids and digests are replaced by words;
a line `...` in the README stands for any lines.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from personalize_sync import errors
from personalize_sync.cli import cli
from personalize_sync.cli.endings import run
from personalize_sync.manifests.memory import FOLDER
from personalize_sync.problems import RULES
from personalize_sync.project import FEATURES
from personalize_sync.tenant.credentials import variables

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).resolve().parents[1]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}"), "RUN"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:DIGEST"),
)
_MARK = "@@end of command@@"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _README, re.MULTILINE | re.DOTALL)


def _commands() -> list[tuple[str, str]]:
    """The commands of all console blocks, each with the output shown below it."""
    return [
        (command, expected)
        for block in _blocks("console")
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]


def _section(title: str) -> str:
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", _README, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def _first_cells(text: str) -> list[str]:
    """The first cells of the rows that document something: code, or a number."""
    rows = re.findall(r"^\|(.*?)\|", text, re.MULTILINE)
    return [row.strip() for row in rows if "`" in row or row.strip().isdigit()]


def _code(cells: list[str]) -> set[str]:
    """All words in code style."""
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def _steady(text: str) -> str:
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
    return text


def _as_pattern(expected: str) -> re.Pattern[str]:
    lines = [
        "(?:.*\n)*?" if line == "..." else re.escape(line) + "\n"
        for line in _steady(expected).splitlines()
    ]
    return re.compile("".join(lines))


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each command of the README says, in order."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(
        _ROOT / "manifests",
        folder / "manifests",
        ignore=shutil.ignore_patterns(".personalize-sync", "plan.json"),
    )
    script = "exec 2>&1\n" + "".join(
        # The mark must not hide the exit code from the next command.
        f"{command}\ncode=$?; echo '{_MARK}'; (exit $code)\n"
        for command, _ in _commands()
    )
    foreign = (
        "PERSONALIZE_SYNC_",
        "GIT_",
        "NO_COLOR",
        "COLUMNS",
        "LOYALTY_",
        "GITHUB_",
        "GITLAB_",
        "TF_",
    )
    environ = {name: v for name, v in os.environ.items() if not name.startswith(foreign)}
    # The command of the environment that runs the tests, wherever it was installed.
    path = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**environ, "PATH": path, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split(f"{_MARK}\n")[:-1]


@pytest.mark.parametrize("number", range(len(_commands())))
def test_each_command_says_what_the_readme_shows(number: int, said: list[str]) -> None:
    """A command of a console block gives the output below it."""
    command, expected = _commands()[number]
    found = _steady(said[number])

    if not _as_pattern(expected).fullmatch(found):
        pytest.fail(f"$ {command}\n{found}", pytrace=False)


def test_every_console_line_is_a_command_or_its_output() -> None:
    """No console block begins with output that nothing would check."""
    assert [block for block in _blocks("console") if not block.startswith("$ ")] == []


def _leaves(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    if command.invoke_without_command:
        yield name, command
    context = click.Context(command)
    for word in command.list_commands(context):
        child = command.get_command(context, word)
        assert child
        yield from _leaves(child, f"{name} {word}".strip())


def test_the_documented_commands_are_the_commands() -> None:
    """The table of commands lists each command and no other."""
    table = _section("Commands").partition("| option |")[0]
    documented = {re.sub(r" [A-Z\[].*", "", word) for word in _code(_first_cells(table))}

    assert documented == {name for name, _ in _leaves(cli)}


def test_the_documented_options_are_the_options() -> None:
    """The table of options gives each option to the commands that have it."""
    rows = re.findall(r"^\| (`-.*?) \| (.*?) \|", _section("Commands"), re.MULTILINE)
    leaves = dict(_leaves(cli))
    shared = {"validate", "plan", "apply", "drift", "show"}
    documented = {
        (command, flag)
        for names, commands in rows
        for flag in re.findall(r"`(?:-\w`/`)?(?:-\w`, `)?(--[\w-]+)", names)
        for command in (sorted(shared) if commands == "all" else commands.split(", "))
    }
    existing = {
        (name, max(parameter.opts, key=len))
        for name, command in leaves.items()
        for parameter in command.params
        if isinstance(parameter, click.Option)
    }
    common = {flag for name, flag in existing if name == "show"}
    relevant = {(n, f) for n, f in existing if n in shared or f not in common}

    assert documented == relevant


def test_the_documented_exit_codes_are_the_exit_codes() -> None:
    """Each error's exit code is in the table, beside those that no error carries."""
    family = {errors.SyncError.exit_code} | {e.exit_code for e in _below(errors.SyncError)}
    documented = {int(cell) for cell in _first_cells(_section("Exit codes"))}

    assert documented == family | {0, 2, 14, 17, 130, 143}


def _below(kind: type[errors.SyncError]) -> Iterator[type[errors.SyncError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def test_the_documented_rules_are_the_rules() -> None:
    """The table of rules is the one in the code."""
    rows = dict(re.findall(r"^\| `(PS\d+)` \| (.*) \|$", _section("Rules"), re.MULTILINE))

    assert rows == RULES


def test_the_documented_guards_are_the_guards() -> None:
    """The table names each rule that can block a change."""
    homes = [_ROOT / f"personalize_sync/planning/{name}.py" for name in ("guards", "undo")]
    trees = [ast.parse(home.read_text(encoding="utf-8")) for home in homes]
    blocks = {
        call.args[0].value
        for tree in trees
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("Block", "_overridable")
        and isinstance(call.args[0], ast.Constant)
    }

    assert _code(_first_cells(_section("Guards"))) == blocks | {"archive", "update"}


@pytest.mark.parametrize(
    ("title", "kind", "path"),
    [
        ("Template", "template", ("properties", "spec")),
        ("Connection", "connection", ("properties", "spec")),
        ("Decision model", "decision-model", ("properties", "spec")),
        ("Decision model", "decision-model", ("$defs", "variant")),
        ("Project file", "project", ("$defs", "environment")),
    ],
)
def test_the_documented_fields_are_the_fields(title: str, kind: str, path: tuple[str, str]) -> None:
    """The manifest reference lists each field of the schema."""
    schema = json.loads((_ROOT / f"schemas/{kind}.schema.json").read_text(encoding="utf-8"))
    fields = set(schema[path[0]][path[1]]["properties"])

    assert fields - _code(_first_cells(_section(title))) == set()


def test_the_documented_variables_are_the_variables() -> None:
    """The credentials of each feature are named as the keyring looks for them."""
    wanted = [variables("production", feature)[0] for feature in FEATURES]

    assert [name for name in wanted if name not in _section("Variables")] == []


def test_the_documented_make_targets_exist() -> None:
    """`make X` in the README is a target of the Makefile."""
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make (\w+)", "\n".join(_blocks("sh")), re.MULTILINE)

    assert targets
    assert [t for t in targets if not re.search(rf"^{t}:", makefile, re.MULTILINE)] == []


def test_links_lead_somewhere() -> None:
    """Every link is a heading of this page or a file of this repository."""
    headings = re.findall(r"^#+ (.*)$", _README, re.MULTILINE)
    anchors = {"#" + heading.lower().replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(([^)]+)\)", _README)

    assert [link for link in links if link not in anchors and not (_ROOT / link).exists()] == []


def test_the_documented_workflows_are_the_workflows() -> None:
    """The table of workflows names each one that another repository can call."""
    callable_ones = {
        path.name
        for path in (_ROOT / ".github/workflows").glob("*.yml")
        if "workflow_call:" in path.read_text(encoding="utf-8")
    }

    assert {w for w in _code(_first_cells(_section("CI"))) if w.endswith(".yml")} == callable_ones


def test_the_workflow_sets_variables_that_mean_something() -> None:
    """Each variable of ours in the section is a credential, a flag, or the cache's folder."""
    flags = {
        f"PERSONALIZE_SYNC_{max(parameter.opts, key=len)[2:].upper().replace('-', '_')}"
        for _, command in _leaves(cli)
        for parameter in command.params
    }
    ids = {name for feature in FEATURES for name in variables("any", feature)}
    secrets = {name.removesuffix("_ID") + "_SECRET" for name in ids}

    assert set(re.findall(r"PERSONALIZE_SYNC_\w+", _section("CI"))) <= flags | ids | secrets | {
        FOLDER
    }


def test_the_samples_are_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The manifest and the project file that the README shows pass `validate`."""
    manifest, project = (
        next(block for block in _blocks("yaml") if f"kind: {kind}\n" in block)
        for kind in ("Template", "Project")
    )
    (tmp_path / "promo_strip.html").write_text("<p>Hello</p>", encoding="utf-8")
    (tmp_path / "promo_strip.yaml").write_text(manifest, encoding="utf-8")
    (tmp_path / "personalize-sync.yaml").write_text(
        project + "  uat: { region: eu, keys: { developer-templates: {} } }\n", encoding="utf-8"
    )

    assert run(["validate", "-C", str(tmp_path)]) == 0, capsys.readouterr().out
