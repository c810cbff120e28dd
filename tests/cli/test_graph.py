"""The graph command: offline, three formats, and no drawing of what is not valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.conftest import Shop


def test_it_needs_no_tenant(shop: Shop) -> None:
    """Nothing is asked of the network; Graphviz is the default."""
    shop.model()
    said = shop("graph")

    assert said.code == 0
    assert said.out.startswith("digraph manifests {")
    assert said.out.count("->") == 1
    assert not shop.sandbox.requests
    assert shop("graph", "--format", "mermaid").out.startswith("graph LR\n")
    assert len(shop("graph", "--format", "json").document["nodes"]) == 4


def test_an_address_narrows_it(shop: Shop) -> None:
    """What does not belong to the object is left out; a slip of the pen is told."""
    shop.model()
    nodes = shop("graph", "decision-model/banner", "--format", "json").document["nodes"]
    assert [n["address"] for n in nodes] == [
        "decision-model/banner",
        "decision-variant/banner:main",
    ]
    said = shop("graph", "decision-model/baner")
    assert said.code == 64
    assert 'Did you mean "decision-model/banner"?' in said.err


def test_invalid_manifests_are_not_drawn(shop: Shop) -> None:
    """The problems go to stderr: what reads a drawing must not get something else."""
    shop.template(type="WBE")
    said = shop("graph")

    assert (said.code, said.out) == (10, "")
    assert "PS1013" in said.err
