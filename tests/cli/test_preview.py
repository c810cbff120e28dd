"""`preview`: what a template looks like, by reading calls only, on a page where nothing can act."""

from __future__ import annotations

import html
import re
import webbrowser
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from personalize_sync.kinds.previews import rendered_elements

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Shop

ELEMENTS = {
    "html": "<p>[[ Text | string | Hello | {required: true} ]]</p>",
    "css": "p{color:[[ Colour | colour | red ]]}",
    "js": "alert('[[Text]]');\n::error::<script>",
}


@pytest.fixture
def strip(shop: Shop) -> Shop:
    """A shop with one template in Git, which the tenant does not have."""
    shop.template("strip", templateElements=ELEMENTS)
    return shop


def frame(page: str) -> str:
    """Return what a browser shows inside the frame."""
    found = re.findall(r'<iframe sandbox="" title="Preview" srcdoc="([^"]*)"></iframe>', page)
    assert len(found) == 1
    return html.unescape(found[0])


def test_git_s_code_is_rendered_by_the_tenant(strip: Shop) -> None:
    """The template need not be there; one question is asked, and nothing is written."""
    said = strip("preview", "template/strip", "--param", "Text=Hi & <b>bye</b>")

    asked = [r for r in strip.sandbox.requests if r.path != "/oauth/token"]
    assert (said.code, said.err) == (0, "")
    assert "<style>p{color:red}</style><p>Hi & <b>bye</b></p>" in frame(said.out)
    assert [(r.method, r.path) for r in asked] == [("POST", "/v3/templates/process")]
    assert {r.client_id for r in asked} == {"sandbox-developer-templates"}


def test_what_is_stored_is_rendered_on_request(strip: Shop) -> None:
    """With --stored, and for templates that no manifest declares."""
    assert strip("apply", "--auto-approve").code == 0
    strip.template("strip", templateElements={"html": "<p>new</p>"})
    stored = strip("preview", "template/strip", "--stored", "--param", "Text=Hi")
    strip.forget("Template", "strip")
    undeclared = strip("preview", "template/strip")

    assert "<p>Hi</p>" in frame(stored.out)
    assert "<p>Hello</p>" in frame(undeclared.out)


def test_the_elements_are_there_as_json(strip: Shop) -> None:
    """To the byte."""
    document = strip("preview", "template/strip", "--format", "json").document

    assert document == {
        "address": "template/strip",
        "environment": "test",
        "elements": {
            "html": "<p>Hello</p>",
            "css": "p{color:red}",
            "js": "alert('Hello');\n::error::<script>",
        },
    }


def test_a_flow_s_variant_is_shown_with_what_it_copies(strip: Shop) -> None:
    """Its assets, filled in already."""
    strip.manifest(
        "Experiment",
        "hero",
        {
            "name": "Hero",
            "type": "INTERACTIVE_WEB_FLOW",
            "channels": ["WEB"],
            "status": "DRAFT",
            "schedule": {"type": "simpleSchedule", "startDate": "2030-01-01T00:00:00.000Z"},
            "variants": {
                "bold": {
                    "name": "Bold",
                    "isControl": True,
                    "fromTemplate": "strip",
                    "templateVariables": {"Text": "Copied"},
                },
            },
        },
    )

    said = strip("preview", "experiment/hero:bold")

    assert "<p>Copied</p>" in frame(said.out)
    assert 'Did you mean "experiment/hero:bold"?' in strip("preview", "experiment/hero:bald").err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("template/strip", "--param", "Txt=x"), 'Did you mean "Text"?'),
        (("template/strip", "--param", "Text"), "is not NAME=VALUE"),
        (("template/strip", "--param", "=x"), "is not NAME=VALUE"),
        (("template/strip", "--param", "Text=\udcff"), "not UTF-8"),
        (("connection/weather",), "cannot be shown"),
        (("strip",), "cannot be shown"),
        (("experience/strip:a",), "no manifest has the variant"),
        (("experience/strip:a", "--stored"), "only templates it stores"),
        (("template/strip", "--open", "--format", "json"), "only a page can be opened"),
    ],
)
def test_what_cannot_be_shown_is_said_before_anything_is_sent(
    strip: Shop, arguments: tuple[str, ...], why: str
) -> None:
    """As a mistake of the command line."""
    said = strip("preview", *arguments)

    assert said.code == 64
    assert why in said.err
    assert [r for r in strip.sandbox.requests if r.path.startswith("/v3")] == []


def test_an_unknown_template_is_the_tenant_s_to_refuse(strip: Shop) -> None:
    """Nobody else knows what it stores."""
    said = strip("preview", "template/nowhere")

    assert (said.code, said.out) == (1, "")


def test_what_the_form_would_mind_is_mentioned(shop: Shop) -> None:
    """The tenant may render it all the same."""
    shop.template("strip", templateElements={"html": "[[ Text | string || {required: true} ]]"})

    said = shop("preview", "template/strip")

    assert said.code == 0
    assert 'demands a value for its parameter "Text"' in said.err


class Page(HTMLParser):
    """Collects the elements of a page that could act."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what there is."""
        self.tags.append(tag)
        given = dict(attrs)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given.get("content") or ""


def test_hostile_code_stays_in_its_frame(shop: Shop) -> None:
    """No element of it is one of the page, and no line is a command for a runner or a terminal."""
    hostile = '"></iframe><script>x</script>\x1b[2J\n::error::x\n##[error]x</style>\u202e'
    texts = {"html": hostile, "css": hostile, "js": hostile}
    shop.template("strip", templateElements=texts, name="x")

    out = shop("preview", "template/strip").out

    page = Page()
    page.feed(out)
    assert page.tags.count("script") == 0
    assert page.tags.count("iframe") == 1
    assert page.policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    # A browser keeps the control character; Python's reader of entities drops it.
    assert hostile.replace("\x1b", "") in frame(out)
    assert not {"\x1b", "\u202e"} & set(out)
    assert "##[error]" not in out
    assert not [line for line in out.splitlines() if line.lstrip().startswith("::")]


def test_open_writes_a_page_and_shows_it(
    strip: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the file of -o, or in one of its own that only its owner can read."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert strip("preview", "template/strip", "-o", "page.html", "--open").out == ""
    assert strip("preview", "template/strip", "--open").out == ""

    (own,) = tmp_path.glob("personalize-sync-*.html")
    assert opened == [(strip.root / "page.html").as_uri(), own.as_uri()]
    assert own.stat().st_mode & 0o077 == 0
    assert frame(own.read_text(encoding="utf-8")) == frame(
        (strip.root / "page.html").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize(
    ("answer", "elements"),
    [
        ({"templates": [{"id": "html", "template": "x"}, {"id": 3}, None]}, {"html": "x"}),
        ({"renderedTemplates": {"preview": [{"id": "js", "template": "x"}]}}, {"js": "x"}),
        ({"renderedTemplates": [{"id": "js", "template": "x"}]}, {"js": "x"}),
        ({"templates": {"css": "x"}}, {"css": "x"}),
        ({"templates": "x"}, None),
        ({}, None),
    ],
)
def test_answers_are_read_leniently(answer: dict[str, object], elements: object) -> None:
    """Lists and maps; what is no text is left out."""
    assert rendered_elements(answer) == elements
