"""Documents in XML: equal if they say the same, and hostile ones end in bounded time."""

from __future__ import annotations

import resource

import pytest
from pace import Pace

from personalize_sync.kinds import Form
from personalize_sync.planning.compare import align, canonical_xml

_MOST = 300  # many times what it takes


def same(desired: str, live: str) -> bool:
    """Whether a live document counts as the stated one."""
    aligned = align({"d": desired}, {"d": live}, {"/d": Form.XML})
    return bool(aligned["d"] == desired)


SAME = (
    ("attribute order", '<a x="1" y="2"/>', '<a y="2" x="1"/>'),
    ("quotes", '<a x="1"/>', "<a x='1'/>"),
    ("an empty element", "<a/>", "<a></a>"),
    ("indentation", "<a><b/><c/></a>", "<a>\n  <b/>\n  <c/>\n</a>\n"),
    ("prefixes", '<a xmlns="urn:x"/>', '<n:a xmlns:n="urn:x"/>'),
    ("CDATA", "<a><![CDATA[1 < 2]]></a>", "<a>1 &lt; 2</a>"),
    ("comments", "<a>x<!-- said -->y</a>", "<a>xy</a>"),
    ("a declaration", '<?xml version="1.0" encoding="UTF-8"?><a/>', "<a/>"),
    ("escapes", "<a>&#228;</a>", "<a>\u00e4</a>"),
)


@pytest.mark.parametrize(("why", "ours", "theirs"), SAME, ids=[row[0] for row in SAME])
def test_documents_that_say_the_same(why: str, ours: str, theirs: str) -> None:
    """A server may write a document anew, in either direction."""
    assert same(ours, theirs), why
    assert same(theirs, ours), why


OTHER = (
    ("attribute values", '<a x="1"/>', '<a x="2"/>'),
    ("namespaces", '<a xmlns="urn:x"/>', '<a xmlns="urn:y"/>'),
    ("the order of elements", "<a><b/><c/></a>", "<a><c/><b/></a>"),
    ("nesting", "<a><b/><c/></a>", "<a><b><c/></b></a>"),
    ("spaces in text", "<a>x </a>", "<a>x</a>"),
    ("text behind an element", "<a><b/>x</a>", "<a><b>x</b></a>"),
    ("where text stands", "<a>x<b/></a>", "<a><b/>x</a>"),
    ("code", "<a>if (x) y();</a>", "<a>if (x) z();</a>"),
    ("what is no XML", "Control", "control"),
    ("half a document", "<a><b></a>", "<a><b/></a>"),
)


@pytest.mark.parametrize(("why", "ours", "theirs"), OTHER, ids=[row[0] for row in OTHER])
def test_documents_that_say_something_else(why: str, ours: str, theirs: str) -> None:
    """Each of these is a difference, in either direction."""
    assert not same(ours, theirs), why
    assert not same(theirs, ours), why


def test_only_a_field_declared_as_xml_is_read_as_xml() -> None:
    """In any other text, every byte counts."""
    assert align({"t": "<a/>"}, {"t": "<a></a>"}, {"/d": Form.XML}) == {"t": "<a></a>"}


_BILLION = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "entity bomb": f'<!DOCTYPE l [<!ENTITY a "ha">{_BILLION}]><l>&i;</l>',
    "quadratic bomb": f'<!DOCTYPE l [<!ENTITY a "{"x" * 50_000}">]><l>{"&a;" * 50_000}</l>',
    "external entity": '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/hostname">]><l>&a;</l>',
    "external DTD": '<!DOCTYPE l SYSTEM "http://127.0.0.1:9/x.dtd"><l/>',
    "NUL": "<a>\0</a>",
    "lone surrogate": "<a>\ud800</a>",
    "long namespace in every name": (
        f'<r xmlns="{"u" * 500_000}">' + "".join(f"<a{i}/>" for i in range(50_000)) + "</r>"
    ),
    "long namespace behind a prefix": (
        f"<r xmlns:p = '{'u' * 500_000}'>" + "".join(f"<p:a{i}/>" for i in range(50_000)) + "</r>"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_no_document(name: str) -> None:
    """It is compared as text, in bounded time and memory."""
    before, pace = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Pace()

    assert canonical_xml(HOSTILE[name]) is None
    assert pace.moments < _MOST
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize("depth", [300, 500, 5_000, 100_000])
def test_nesting_may_be_deeper_than_python_does(depth: int) -> None:
    """Neither reading nor comparing recurses."""
    pace = Pace()

    assert same("<a>" * depth + "</a>" * depth, "<a >" * depth + "</a>" * depth)
    assert not same("<a>" * depth + "</a>" * depth, "<a>" * depth + "x" + "</a>" * depth)
    assert pace.moments < _MOST


def test_an_element_may_have_a_hundred_thousand_attributes() -> None:
    """Sorting them is all that is done to them."""
    names = [f'a{i}="x"' for i in range(100_000)]

    assert same(f"<a {' '.join(names)}/>", f"<a {' '.join(reversed(names))}/>")
