"""Comparable tools, measured beside ours where `make bench` could install them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

# Beside the project's own environment: they must not choose the versions that we are measured with.
PEERS = Path(__file__).parents[2] / ".venv" / "peers"
SCHEMAS = Path(__file__).parents[2] / "schemas"
_KINDS = {
    "templates": "template",
    "connections": "connection",
    "decision-models": "decision-model",
    "experiences": "experience",
    "experiments": "experiment",
}
_FEW = 100


def _tool(*candidates: Path) -> str | None:
    return next((str(path) for path in candidates if path.exists()), None)


def validators(root: Path) -> Iterator[tuple[str, list[Command]]]:
    """Yield the tools that check the same files against the same schemas, each at its fastest.

    That is a command per kind for many files and check-jsonschema, else one command for all.
    """
    files = {
        kind: sorted(str(path) for path in (root / folder).rglob("*.yaml"))
        for folder, kind in _KINDS.items()
        if (root / folder).is_dir()
    }
    every = _schema_of_all()
    if sum(map(len, files.values())) < _FEW:
        work = {every: [path for paths in files.values() for path in paths]}
    else:
        work = {SCHEMAS / f"{kind}.schema.json": paths for kind, paths in files.items()}
    for name in ("check-jsonschema", "check-jsonschema (C reader)"):
        folder = PEERS / ("clib" if "C reader" in name else "plain")
        if tool := _tool(folder / "bin" / "check-jsonschema"):
            yield (
                name,
                [
                    Command([tool, "-q", "--schemafile", str(schema), *paths])
                    for schema, paths in work.items()
                ],
            )
    if tool := _tool(PEERS / "node_modules" / ".bin" / "ajv"):
        options = ("validate", "--spec=draft2020", "--strict=false", "-s", str(every))
        yield "ajv-cli", [Command([tool, *options, "-d", f"{root}/*/**/*.yaml"])]
    if tool := _tool(PEERS / "plain" / "bin" / "yamllint"):
        yield "yamllint (relaxed)", [Command([tool, "-d", "relaxed", str(root)], codes=(0, 1))]


def _schema_of_all() -> Path:
    """Write the schema that asks the schema of a document's kind."""
    schemas = [
        json.loads((SCHEMAS / f"{kind}.schema.json").read_bytes()) for kind in _KINDS.values()
    ]
    whole = {
        "$schema": schemas[0]["$schema"],
        "$defs": {str(number): schema for number, schema in enumerate(schemas)},
        "allOf": [
            {
                "if": {"properties": {"kind": schema["properties"]["kind"]}},
                "then": {"$ref": schema["$id"]},
            }
            for schema in schemas
        ],
    }
    PEERS.mkdir(parents=True, exist_ok=True)
    path = PEERS / "manifest.schema.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def planners(root: Path, count: int) -> Iterator[tuple[str, Command]]:
    """Yield other tools' plans of so many things of which none changed."""
    if tool := _tool(PEERS / "plain" / "bin" / "octodns-sync"):
        yield "octodns-sync", _octodns(tool, root / "octodns", count)
    if tool := shutil.which("terraform"):
        yield "terraform plan", _terraform(tool, root / "terraform", count)


def _octodns(tool: str, root: Path, count: int) -> Command:
    """One-record zones in one folder, the same zones in another: nothing to do."""
    for folder in ("desired", "live"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for n in range(count):
            text = f"---\nwww:\n  ttl: 300\n  type: A\n  value: 192.0.2.{n % 250}\n"
            (root / folder / f"z{n}.example.test.yaml").write_text(text, encoding="utf-8")
    provider = {"class": "octodns.provider.yaml.YamlProvider", "default_ttl": 300}
    config = {
        "providers": {
            name: {**provider, "directory": str(root / name)} for name in ("desired", "live")
        },
        "zones": {
            f"z{n}.example.test.": {"sources": ["desired"], "targets": ["live"]}
            for n in range(count)
        },
    }
    (root / "octodns.yaml").write_text(json.dumps(config), encoding="utf-8")
    return Command([tool, "--config-file", str(root / "octodns.yaml"), "--quiet"])


def _terraform(tool: str, root: Path, count: int) -> Command:
    """Resources that need no provider from elsewhere, applied once."""
    root.mkdir(parents=True, exist_ok=True)
    text = "\n".join(
        f'resource "terraform_data" "strip_{n}" {{\n  input = {{ name = "Strip {n}" }}\n}}'
        for n in range(count)
    )
    (root / "main.tf").write_text(text, encoding="utf-8")
    Command([tool, f"-chdir={root}", "init", "-input=false"]).run()
    Command([tool, f"-chdir={root}", "apply", "-auto-approve", "-input=false"]).run()
    return Command([tool, f"-chdir={root}", "plan", "-input=false"])
