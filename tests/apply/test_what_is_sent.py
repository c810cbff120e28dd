"""Apply sends as little as it can, and nothing that would lose what others keep there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from apply.single_writes import MODELS, VARIANTS, WRITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

_TEXTS = {
    "crlf": "<p>\r\none\r\n</p>\r\n",
    "trailing spaces": "a{}   \n  b{} \t",
    "no final newline": "<p>last line",
    "only a newline": "\n",
    "blank lines around": "\n\n<p/>\n\n\n",
    "emoji": "<p>👩‍👩‍👧 naïve façade \u200b e\u0301</p>\n",
    "lone cr": "a\rb\r",
    "templating": "${guest.name} {{name}} [[Text | string]] <#if a??>x</#if>\n",
    "quotes": "\"'`\\ \\n \\u0041 </script>\n",
}


def _sent(world: World, since: int) -> Counter[tuple[str, str]]:
    return Counter((r.method, r.path) for r in world.writes()[since:])


def test_each_changed_object_costs_one_put_and_an_unchanged_one_none(world: World) -> None:
    """Of three templates and a connection two change: two PUTs, to their refs."""
    for key in ("a", "b", "c"):
        world.template(key)
    world.connection()
    world.apply()
    before = len(world.writes())
    world.template("b", name="New", description="Two fields at once")
    world.connection(description="New")

    assert world.apply().exit_code == 0

    assert _sent(world, before) == {
        ("PUT", f"/v3/templates/{world.sandbox.stored('template/b').ref}"): 1,
        ("PUT", f"/v2/connections/{world.sandbox.stored('connection/Weather').ref}"): 1,
    }


def test_a_changed_variant_costs_its_put_and_one_of_the_model(world: World) -> None:
    """The variant gets a new revision, then the model deploys exactly that one."""
    WRITES["update-variant"].prepare(world)
    before = len(world.writes())

    assert world.apply().exit_code == 0

    variant = world.sandbox.stored("decision-variant/banner:Main")
    model = world.sandbox.stored("decision-model/banner")
    assert [(r.method, r.path) for r in world.writes()[before:]] == [
        ("PUT", f"{VARIANTS}/{variant.ref}"),
        ("PUT", f"{MODELS}/{model.ref}"),
    ]
    pinned = {
        entry["variantRef"]: entry["variantRevision"]
        for entry in model.body["deploymentConfiguration"]["variants"]
    }
    assert (variant.revision, pinned[variant.ref]) == (2, 2)


def test_a_new_model_costs_two_posts_and_one_put(world: World) -> None:
    """Empty model, variant, deployment: in this order."""
    world.model()
    world.apply()

    model = world.sandbox.stored("decision-model/banner")
    assert [(r.method, r.path) for r in world.writes()] == [
        ("POST", MODELS),
        ("POST", f"{MODELS}/{model.ref}/variants"),
        ("PUT", f"{MODELS}/{model.ref}"),
    ]


@pytest.mark.parametrize("merging", ["K06=reset", "K06=merge"])
@pytest.mark.parametrize(
    ("write", "target"),
    [
        ("update-template", "template/strip"),
        ("update-connection", "connection/Weather"),
        ("update-model", "decision-model/banner"),
        ("update-variant", "decision-variant/banner:Main"),
        ("pin-variant", "decision-model/banner"),
        ("archive-template", "template/strip"),
        ("archive-connection", "connection/Weather"),
        ("archive-model", "decision-model/banner"),
        ("restore-template", "template/strip"),
    ],
)
def test_fields_that_we_do_not_know_survive_a_write(
    worlds: Callable[..., World], write: str, target: str, merging: str
) -> None:
    """What a newer UI wrote beside the managed fields is carried through unchanged."""
    world = worlds(knobs=(merging,))
    WRITES[write].prepare(world)
    future = {"inTenYears": {"a": [1, 2.5, None, "x"]}, "flag": True}
    ref = world.sandbox.stored(target).ref
    world.sandbox.plant(target, future)

    report = WRITES[write].apply(world)

    assert report.exit_code == 0
    stored = world.stored(ref)
    assert {name: stored.get(name) for name in future} == future
    assert any(r.path.endswith(ref) for r in world.writes())


@pytest.mark.parametrize("name", _TEXTS)
def test_every_byte_of_an_element_arrives(world: World, name: str) -> None:
    """The text of a file is in the tenant byte for byte after one apply, and stays unchanged."""
    world.write("element.txt", _TEXTS[name].encode())
    world.template(templateElements={"html": {"fromFile": "element.txt"}, "css": _TEXTS[name]})

    report = world.apply()

    assert (report.exit_code, report.leftovers) == (0, ())
    elements = {e["id"]: e["template"] for e in world.stored("template/strip")["templateElements"]}
    assert elements["html"].encode() == _TEXTS[name].encode()
    assert elements["css"].encode() == _TEXTS[name].encode()
    assert world.plan().is_empty
