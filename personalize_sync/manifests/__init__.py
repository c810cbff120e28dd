"""Manifests: YAML files below a root -> desired resources, or problems with places and remedies."""

from __future__ import annotations

from personalize_sync.manifests.checking import check_manifests
from personalize_sync.manifests.loading import Loaded, load_manifests
from personalize_sync.manifests.project_file import load_project
from personalize_sync.manifests.roots import find_root
from personalize_sync.manifests.schemas import has_place, schema_text
from personalize_sync.manifests.skeletons import skeleton
from personalize_sync.manifests.sources import named_file

__all__ = [
    "Loaded",
    "check_manifests",
    "find_root",
    "has_place",
    "load_manifests",
    "load_project",
    "named_file",
    "schema_text",
    "skeleton",
]
