"""Code in files of its own: which texts of a spec leave the manifest, and under which names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.init.naming import keys_for, shortened, stem
from personalize_sync.kinds.canvas import Canvas, CanvasError
from personalize_sync.resources import Lookup, SecretRef

if TYPE_CHECKING:
    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Document, Path

_CANVAS = "dmn"
_BY_NAME = {"html": "html", "css": "css", "js": "js", "freemarker": "ftl"}
# The texts that are code, by kind: where they stand, and the extension; None asks the last name.
_FLOW = (
    ("variants/*/assets/*", None),
    ("variants/*/tasks/*/input/template", "ftl"),
    ("traffic/splits/*/template", "json"),
    ("target/script", "js"),
)
_CODE: dict[str, tuple[tuple[str, str | None], ...]] = {
    "template": (("templateElements/*", None),),
    "decision-model": (("variants/*/definition", _CANVAS),),
    "experience": _FLOW,
    "experiment": _FLOW,
}
_TRIVIAL = ("", "{}")


def extracted(kind: Kind, key: str, spec: Document) -> tuple[Document, dict[str, str]]:
    """Return a spec as it is written, and the files beside it, by name."""
    files: dict[str, str] = {}
    places = [(tuple(p.split("/")), ext) for p, ext in _CODE.get(kind.name, ())]

    def written(value: Any, path: Path) -> Any:
        match value:
            case SecretRef():
                return {"fromSecret": value.name}
            case Lookup():
                return {"lookup": {"kind": value.kind, "name": value.name}}
            case dict():
                return {name: written(child, (*path, name)) for name, child in value.items()}
            case list():
                return [written(child, (*path, str(i))) for i, child in enumerate(value)]
            case str() if value.strip() not in _TRIVIAL:
                name = _file_name(key, path, places)
                if name and name not in files:
                    return _in_file(name, value, files)
        return value

    return written(spec, ()), files


def _in_file(name: str, text: str, files: dict[str, str]) -> Document:
    """Put a text into its file, and the scripts of a canvas into theirs."""
    files[name] = text
    if not name.endswith(f".{_CANVAS}"):
        return {"fromFile": name}
    try:
        canvas = Canvas(text)
        found = {p: script for p in canvas.programmables if (script := canvas.script(p.id))}
        rest = canvas.without(p.id for p in found)
    except CanvasError:  # the API may take any text for a canvas
        return {"fromFile": name}
    if not found:
        return {"fromFile": name}
    are_told_apart = len({p.name for p in found}) == len(found)
    keys = keys_for(p.name if are_told_apart else p.id for p in found)
    beside = {
        p.id: f"{name.removesuffix(_CANVAS)}{keys[p.name if are_told_apart else p.id]}.js"
        for p in found
    }
    files |= {name: rest, **{beside[p.id]: script for p, script in found.items()}}
    scripts = {id_: {"fromFile": file} for id_, file in beside.items()}
    return {"fromFile": name, "scripts": scripts}


def _file_name(key: str, path: Path, places: list[tuple[tuple[str, ...], str | None]]) -> str:
    """Return the name of the file for a text, empty where it stays in the manifest."""
    for place, extension in places:
        if len(place) == len(path) and all(p in ("*", n) for p, n in zip(place, path, strict=True)):
            free = [name for part, name in zip(place, path, strict=True) if part == "*"]
            last = extension or _BY_NAME.get(free.pop(), "txt")
            return ".".join((stem(key), *map(shortened, free), last))
    return ""
