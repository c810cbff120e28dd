"""Web templates in variants: copied, as the UI would, but again whenever the template changes.

The API keeps no link from a variant to the template it came from (API reference: web templates are
copied, not linked), so a fix of a template never reaches what was made from it. Here the manifest
keeps the link, and the copy is made anew from the template's manifest each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.kinds.flow_parts import objects, tasks_of
from personalize_sync.kinds.kind import Finding
from personalize_sync.kinds.parameters import complaints, rendered
from personalize_sync.resources import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalize_sync.resources import Document, Path

# What a variant holds of a template as assets; FreeMarker goes into a task.
_ASSETS = ("html", "css", "js")


def copy(
    spec: Document, template: Callable[[Address], Document | None]
) -> tuple[Document, tuple[Finding, ...]]:
    """Return a flow's spec with the code that its variants copy, and what is wrong with that.

    `template` gives the spec of a declared template; an undeclared one is for others to report. One
    that leaves its code to the tenant gives nothing to copy.
    """
    variants: dict[str, Document] = {}
    findings: list[Finding] = []
    for key, variant in objects(spec, "variants").items():
        name = variant.get("fromTemplate")
        source = template(Address("template", name)) if isinstance(name, str) else None
        if source is None:
            continue
        place = ("variants", key)
        elements = _texts(source.get("templateElements"))
        if elements:
            findings += _complaints(variant, elements, place)
            variants[key] = _copied(variant, elements)
    if variants:
        spec = {**spec, "variants": {**spec["variants"], **variants}}
    return spec, tuple(findings)


def _texts(elements: object) -> dict[str, str]:
    found = elements if isinstance(elements, dict) else {}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _values(variant: Document) -> Document:
    values = variant.get("templateVariables")
    return values if isinstance(values, dict) else {}


def _copied(variant: Document, elements: dict[str, str]) -> Document:
    texts = rendered(elements, _values(variant))
    own = variant.get("assets")
    body = {
        **variant,
        "assets": {
            **{name: texts.get(name, "") for name in _ASSETS},
            **(own if isinstance(own, dict) else {}),
        },
    }
    states_render = any(
        t.get("implementation") == "templateRenderTask" for _, t in tasks_of(variant)
    )
    if "freemarker" in texts and not states_render:
        body["freemarker"] = texts["freemarker"]
    return body


def _complaints(variant: Document, elements: dict[str, str], place: Path) -> Iterator[Finding]:
    where = "templateVariables" if "templateVariables" in variant else "fromTemplate"
    yield from complaints(elements, _values(variant), (*place, where))
