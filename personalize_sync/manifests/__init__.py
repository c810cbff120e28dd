"""Manifests: YAML files below a root -> desired resources, or problems with places and remedies.

What is named here is imported when it is asked for: the parsers cost more than a question whose
answer is known already.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalize_sync.manifests.checking import check_manifests, remembered
    from personalize_sync.manifests.loading import Loaded, load_manifests, load_views
    from personalize_sync.manifests.project_file import load_project
    from personalize_sync.manifests.roots import find_root
    from personalize_sync.manifests.schemas import has_place, schema_text
    from personalize_sync.manifests.skeletons import skeleton
    from personalize_sync.manifests.sources import named_file
else:
    _HOMES = {
        "Loaded": "loading",
        "check_manifests": "checking",
        "find_root": "roots",
        "has_place": "schemas",
        "load_manifests": "loading",
        "load_project": "project_file",
        "load_views": "loading",
        "named_file": "sources",
        "remembered": "checking",
        "schema_text": "schemas",
        "skeleton": "skeletons",
    }

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "Loaded",
    "check_manifests",
    "find_root",
    "has_place",
    "load_manifests",
    "load_project",
    "load_views",
    "named_file",
    "remembered",
    "schema_text",
    "skeleton",
]
