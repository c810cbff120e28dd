"""Drawings of the references: right, stable, and closed to whatever a name holds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning.builders import connection, model, template, wanted
from rendering.hostile import CORPUS

from personalize_sync.planning.references import Graph, graph_of
from personalize_sync.rendering.diagrams import DIAGRAMS
from personalize_sync.rendering.look import Look
from personalize_sync.resources import Address, Lookup

if TYPE_CHECKING:
    from personalize_sync.resources import Resource


def _flow(key: str = "hero", *used: object, template: str = "strip") -> Resource:
    variants = {"bold": {"name": "Bold", "fromTemplate": template, "decisionModels": [*used]}}
    return wanted("experiment", key, {"name": "Hero", "variants": variants})


def _graph(*used: object) -> Graph:
    return graph_of([_flow("hero", *used), *model(), template(), connection()])


def _pairs(graph: Graph) -> set[tuple[str, str]]:
    return {(str(edge.start), str(edge.end)) for edge in graph.edges}


def test_a_graph_holds_every_reference_of_every_manifest() -> None:
    """Flows name templates and models, models have variants; what is not named stands alone."""
    graph = _graph("banner")

    assert _pairs(graph) == {
        ("experiment/hero", "template/strip"),
        ("experiment/hero", "decision-model/banner"),
        ("decision-model/banner", "decision-variant/banner:main"),
    }
    assert "connection/weather" in {node.label for node in graph.nodes}


def test_the_order_of_the_manifests_does_not_matter() -> None:
    """Same input, same bytes."""
    parts = [_flow("hero", "banner"), *model(), template(), connection()]
    for name, draw in DIAGRAMS.items():
        forth = draw(graph_of(parts), Look())
        back = draw(graph_of(parts[::-1]), Look())
        assert forth == back, name


def test_the_surroundings_are_what_it_needs_and_what_needs_it() -> None:
    """However far away, but not what merely needs the same."""
    other = _flow("other", template="strip")
    graph = graph_of([_flow("hero", "banner"), other, *model(), template()])

    assert _pairs(graph.around(Address("decision-model", "banner"))) == {
        ("experiment/hero", "decision-model/banner"),
        ("decision-model/banner", "decision-variant/banner:main"),
    }
    near = {node.label for node in graph.around(Address("template", "strip")).nodes}
    assert near == {"template/strip", "experiment/hero", "experiment/other"}


def test_what_no_manifest_declares_is_external() -> None:
    """A lookup is a node of its own, dashed in drawings."""
    graph = _graph(Lookup("decision-model", "Theirs"))

    assert '  n5 [label="decision-model Theirs", shape=diamond, style=dashed]\n' in DIAGRAMS["dot"](
        graph, Look()
    )
    assert '  n5["decision#45;model Theirs"]:::external\n' in DIAGRAMS["mermaid"](graph, Look())
    node = json.loads(DIAGRAMS["json"](graph, Look()))["nodes"][5]
    assert node == {
        "id": "n5",
        "kind": "decision-model",
        "address": None,
        "name": "Theirs",
        "external": True,
        "source": None,
    }


def test_data_names_the_path_of_each_reference() -> None:
    """Where a drawing has one arrow, the data have every place."""
    document = json.loads(DIAGRAMS["json"](_graph("banner"), Look()))
    assert "/variants/bold/decisionModels/0" in {edge["path"] for edge in document["edges"]}


_DOT = re.compile(
    r"digraph manifests \{\n  rankdir=LR\n  node \[fontname=sans\]\n"
    r'(?:  n\d+ \[label="(?:[^"\\\n]|\\\\|\\")*", shape=\w+(?:, style=dashed)?\]\n)*'
    r"(?:  n\d+ -> n\d+\n)*\}\n"
)
_MERMAID = re.compile(
    r'graph LR\n(?:  n\d+\["(?:[A-Za-z0-9 _/.]|#\d+;)*"\](?::::external)?\n)*'
    r"(?:  n\d+ --> n\d+\n)*  classDef external stroke-dasharray: 4\n"
)


@given(st.one_of(st.text(min_size=1), st.sampled_from(CORPUS)))
def test_no_name_breaks_out_of_its_label(name: str) -> None:
    """Whatever a name holds, the drawing has the same grammar and the same nodes."""
    graph = _graph(Lookup("decision-model", name))

    assert _DOT.fullmatch(DIAGRAMS["dot"](graph, Look()))
    assert _MERMAID.fullmatch(DIAGRAMS["mermaid"](graph, Look()))
    assert len(json.loads(DIAGRAMS["json"](graph, Look()))["nodes"]) == 6


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_graphviz_reads_it() -> None:
    """The real thing agrees."""
    text = DIAGRAMS["dot"](_graph(Lookup("decision-model", '"]; evil [label="\\')), Look())
    done = subprocess.run(
        ["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\nnode ") == 6
