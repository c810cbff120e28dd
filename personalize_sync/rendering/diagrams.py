"""The graph of references as Graphviz, as Mermaid (which GitHub and GitLab draw), and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.rendering.gates import dot_text, json_text, mermaid_text
from personalize_sync.resources import Lookup, pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from personalize_sync.planning.references import Edge, Graph, Node
    from personalize_sync.rendering.look import Look
    from personalize_sync.resources import Address

_SHAPES = {
    "connection": "cylinder",
    "template": "note",
    "decision-model": "diamond",
    "decision-variant": "box",
    "experience": "ellipse",
    "experiment": "ellipse",
}


def dot(graph: Graph, _look: Look) -> str:
    """Return a graph for Graphviz; what no manifest declares is dashed."""
    lines = ["digraph manifests {", "  rankdir=LR", "  node [fontname=sans]"]
    for name, node in _named(graph):
        shape = _SHAPES.get(node.target.kind, "box")
        style = ", style=dashed" if isinstance(node.target, Lookup) else ""
        lines.append(f"  {name} [label={dot_text(node.label)}, shape={shape}{style}]")
    lines += [f"  {start} -> {end}" for start, end in _arrows(graph)]
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(graph: Graph, _look: Look) -> str:
    """Return a graph for Mermaid; what no manifest declares is dashed."""
    lines = ["graph LR"]
    for name, node in _named(graph):
        external = ":::external" if isinstance(node.target, Lookup) else ""
        lines.append(f"  {name}[{mermaid_text(node.label)}]{external}")
    lines += [f"  {start} --> {end}" for start, end in _arrows(graph)]
    return "\n".join([*lines, "  classDef external stroke-dasharray: 4"]) + "\n"


def json(graph: Graph, look: Look) -> str:
    """Return a graph as data: each reference on its own, with the path where it stands."""
    ids = {node.target: name for name, node in _named(graph)}
    document = {
        "nodes": [_node(name, node) for name, node in _named(graph)],
        "edges": [_edge(edge, ids) for edge in graph.edges],
    }
    return json_text(document, ascii_text=look.ascii) + "\n"


def _named(graph: Graph) -> Iterator[tuple[str, Node]]:
    """Number the nodes, so that no foreign text is ever a name in the language of a drawing."""
    return ((f"n{number}", node) for number, node in enumerate(graph.nodes))


def _arrows(graph: Graph) -> list[tuple[str, str]]:
    """Return each pair once, however often one names the other."""
    ids = {node.target: name for name, node in _named(graph)}
    return list(dict.fromkeys((ids[edge.start], ids[edge.end]) for edge in graph.edges))


def _node(name: str, node: Node) -> dict[str, Any]:
    at, target = node.location, node.target
    is_external = isinstance(target, Lookup)
    return {
        "id": name,
        "kind": target.kind,
        "address": None if is_external else str(target),
        "name": target.name if isinstance(target, Lookup) else None,
        "external": is_external,
        "source": at and {"file": at.file, "line": at.line, "column": at.column},
    }


def _edge(edge: Edge, ids: Mapping[Address | Lookup, str]) -> dict[str, str]:
    return {"from": ids[edge.start], "to": ids[edge.end], "path": pointer(edge.path)}


DIAGRAMS: Mapping[str, Callable[[Graph, Look], str]] = {
    "dot": dot,
    "mermaid": mermaid,
    "json": json,
}
