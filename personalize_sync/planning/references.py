"""Which resources name which: the graph behind orders, drawings, and "what hangs on this?"."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.resources import Address, Lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personalize_sync.problems import Location
    from personalize_sync.resources import Path, Resource


@dataclass(frozen=True, slots=True)
class Node:
    """A resource that a manifest declares, or a live object that one looks up (no location)."""

    target: Address | Lookup
    location: Location | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        if isinstance(self.target, Lookup):
            return f"{self.target.kind} {self.target.name}"
        return str(self.target)


@dataclass(frozen=True, slots=True)
class Edge:
    """One resource naming another at a path of its spec."""

    start: Address
    end: Address | Lookup
    path: Path


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges in one order, whatever order they were found in."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    def around(self, address: Address) -> Graph:
        """Return what a resource needs and what needs it, however far away."""
        needs: dict[object, list[object]] = defaultdict(list)
        needed: dict[object, list[object]] = defaultdict(list)
        for edge in self.edges:
            needs[edge.start].append(edge.end)
            needed[edge.end].append(edge.start)
        near = _reached(address, needs) | _reached(address, needed)
        return Graph(
            tuple(node for node in self.nodes if node.target in near),
            tuple(edge for edge in self.edges if edge.start in near and edge.end in near),
        )


def graph_of(resources: Sequence[Resource]) -> Graph:
    """Return the graph of resources; models need their variants, since they deploy them."""
    nodes = {r.address: Node(r.address, r.source.start) for r in resources}
    edges = {edge for resource in resources for edge in _edges(resource)}
    looked_up = {edge.end for edge in edges if isinstance(edge.end, Lookup)}
    ordered = sorted(looked_up, key=lambda lookup: (lookup.kind, lookup.name))
    return Graph(
        (*(nodes[address] for address in sorted(nodes)), *map(Node, ordered)),
        tuple(sorted(edges, key=lambda edge: (edge.start, str(edge.end), edge.path))),
    )


def _edges(resource: Resource) -> Iterable[Edge]:
    kind = BY_NAME[resource.address.kind]
    for reference in kind.references(resource.spec):
        yield Edge(resource.address, reference.target, reference.path)
    if kind.parent:
        parent, _, key = resource.address.key.partition(":")
        yield Edge(Address(kind.parent, parent), resource.address, ("variants", key))


def _reached(start: object, follow: dict[object, list[object]]) -> set[object]:
    reached = {start}
    todo = [start]
    while todo:
        fresh = [end for end in follow[todo.pop()] if end not in reached]
        reached.update(fresh)
        todo += fresh
    return reached
