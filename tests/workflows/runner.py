"""A small runner of workflows: it does with their `run` blocks what GitHub's does, on this machine.

It knows just the expressions that our workflows use, and stops at any other, so that none is taken
for something it is not. Steps that use an action are not carried out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github/workflows"
ACTION = ROOT / ".github/actions/personalize-sync/action.yml"
_BASH = {
    # How GitHub calls it where a step names the shell, and where it does not.
    "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"],
    None: ["bash", "-e", "-c"],
}
_ATOM = re.compile(r"'[^']*'|[\w.-]+(?:\([^()]*\))?")


def document(path: Path) -> dict[str, Any]:
    """A workflow or action; YAML 1.1 takes its `on` for a boolean."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in loaded.items()}


def run_blocks() -> Iterator[tuple[str, str, str]]:
    """Every `run` block there is: file, name of its step, script."""
    for path in sorted([*WORKFLOWS.glob("*.yml"), ACTION]):
        content = document(path)
        jobs = content["jobs"].values() if "jobs" in content else [content["runs"]]
        for job in jobs:
            for step in job.get("steps", ()):
                if "run" in step:
                    yield path.name, step.get("name", step["run"]), step["run"]


@dataclass
class Runner:
    """Runs workflows in one workspace; `context` is what expressions see besides."""

    workspace: Path
    temp: Path
    context: dict[str, Any] = field(default_factory=dict)
    executed: set[tuple[str, str]] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)

    def workflow(
        self, name: str, secrets: Mapping[str, str] | None = None, **inputs: str | bool
    ) -> dict[str, Job]:
        """Run a reusable workflow, a failing job ending it; return its jobs by id."""
        content = document(WORKFLOWS / name)
        call = content["on"]["workflow_call"]
        assert set(inputs) <= set(call["inputs"]), inputs
        assert set(secrets or {}) <= set(call.get("secrets", ()))
        given = {
            key: inputs.get(key, value.get("default")) for key, value in call["inputs"].items()
        }
        assert None not in given.values(), "a required input is missing"
        context = {**self.context, "inputs": given, "secrets": dict(secrets or {})}
        done: dict[str, Job] = {}
        for key, job in content["jobs"].items():
            context["needs"] = {name: {"outputs": each.outputs} for name, each in done.items()}
            if "if" in job and not truth(job["if"], context):
                done[key] = Job(skipped=True)
                continue
            done[key] = self._job(name, job, context)
            if done[key].code:
                break
        return done

    def _job(self, file: str, job: dict[str, Any], context: dict[str, Any]) -> Job:
        if "uses" in job:
            return self._called(job, context)
        context = {**context, "steps": {}}
        for step in job["steps"]:
            if "run" not in step or ("if" in step and not truth(step["if"], context)):
                continue
            said = self.step(file, step, context)
            context["steps"][step.get("id", "")] = {"outputs": said.outputs}
            if said.code:
                return Job(code=said.code)
        outputs = {name: filled(text, context) for name, text in job.get("outputs", {}).items()}
        return Job(outputs=outputs)

    def _called(self, job: dict[str, Any], context: dict[str, Any]) -> Job:
        name = job["uses"].removeprefix("$/.github/workflows/")
        jobs = self.workflow(
            name,
            secrets={n: filled(text, context) for n, text in job.get("secrets", {}).items()},
            **{n: filled(text, context) for n, text in job.get("with", {}).items()},
        )
        seen = {"jobs": {key: {"outputs": each.outputs} for key, each in jobs.items()}}
        declared = document(WORKFLOWS / name)["on"]["workflow_call"].get("outputs", {})
        outputs = {name: filled(each["value"], seen) for name, each in declared.items()}
        return Job(code=max(each.code for each in jobs.values()), outputs=outputs)

    def step(self, file: str, step: dict[str, Any], context: dict[str, Any]) -> Said:
        """Run one step with the environment that the runner would give it, and nothing else."""
        files = {
            f"GITHUB_{name}": self.temp / f"{len(self.said)}.{name.lower()}"
            for name in ("OUTPUT", "STEP_SUMMARY", "PATH", "ENV")
        }
        for path in files.values():
            path.touch()
        done = subprocess.run(
            [*_BASH[step.get("shell")], step["run"]],
            cwd=self.workspace,
            env={
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.temp),
                "LANG": "C.UTF-8",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.temp),
                **{name: str(path) for name, path in files.items()},
                **self.context.get("env", {}),
                **{name: filled(text, context) for name, text in step.get("env", {}).items()},
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        self.executed.add((file, step.get("name", step["run"])))
        said = Said(done.returncode, done.stdout, done.stderr, _outputs(files["GITHUB_OUTPUT"]))
        self.said.append(said)
        return said


@dataclass(frozen=True, slots=True)
class Said:
    """How one step ended, what it wrote, and its outputs."""

    code: int
    out: str
    err: str
    outputs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """How one job ended."""

    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    skipped: bool = False


def filled(text: object, context: Mapping[str, Any]) -> str:
    """A value of the workflow file with its expressions replaced."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda m: _value(m[1].strip(), context), str(text))


def truth(condition: str, context: Mapping[str, Any]) -> bool:
    """Whether an `if` holds; only booleans and comparisons, joined by &&, are known."""
    for part in condition.split("&&"):
        left, operator, right = [*re.split(r"\s*(==|!=)\s*", part.strip()), "==", "'true'"][:3]
        if (_value(left, context) == _value(right, context)) is not (operator == "=="):
            return False
    return True


def _value(expression: str, context: Mapping[str, Any]) -> str:
    for part in expression.split("||"):
        atom = part.strip()
        assert _ATOM.fullmatch(atom), f"unknown expression: {expression}"
        if value := _atom(atom, context):
            return value
    return ""


def _atom(atom: str, context: Mapping[str, Any]) -> str:
    if atom.startswith("'"):
        return atom[1:-1]
    if match := re.fullmatch(r"format\('([^']*)', ([\w.-]+)\)", atom):
        return match[1].replace("{0}", _atom(match[2], context))
    found: Any = context
    for name in atom.split("."):
        # A context is never unknown, but what it holds may be missing, as on GitHub.
        found = found[name] if found is context else found.get(name, {})
    if isinstance(found, bool):
        return str(found).lower()
    return found if isinstance(found, str) else ""


def _outputs(path: Path) -> dict[str, str]:
    """The outputs as GitHub reads them: `name=value`, or lines between two of a delimiter."""
    heredoc = re.compile(r"^([\w-]+)<<(\S+)\n(.*?)\n\2\n", re.MULTILINE | re.DOTALL)
    text = path.read_text(encoding="utf-8")
    plain = dict(line.split("=", 1) for line in heredoc.sub("", text).splitlines())
    return plain | {name: value for name, _, value in heredoc.findall(text)}
