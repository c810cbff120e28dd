"""Init: a project in an empty directory, be it a starter or all that a tenant has."""

from __future__ import annotations

from personalize_sync.init.drafts import Drafts, draft
from personalize_sync.init.pipelines import SYSTEMS, Pipeline, next_steps, pipeline_files
from personalize_sync.init.placing import Stage, finish_interrupted
from personalize_sync.init.proving import prove
from personalize_sync.init.starter import Site, schemas, support_files

__all__ = [
    "SYSTEMS",
    "Drafts",
    "Pipeline",
    "Site",
    "Stage",
    "draft",
    "finish_interrupted",
    "next_steps",
    "pipeline_files",
    "prove",
    "schemas",
    "support_files",
]
