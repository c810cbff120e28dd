"""The kinds of resource, in the order in which they can be applied."""

from __future__ import annotations

from personalize_sync.kinds.connection import CONNECTION
from personalize_sync.kinds.decision_model import DECISION_MODEL, DECISION_VARIANT
from personalize_sync.kinds.flow import EXPERIENCE, EXPERIMENT
from personalize_sync.kinds.kind import Finding, Form, KeyedBy, Kind, Refs
from personalize_sync.kinds.template import TEMPLATE

KINDS = (CONNECTION, TEMPLATE, DECISION_MODEL, DECISION_VARIANT, EXPERIENCE, EXPERIMENT)
BY_NAME = {kind.name: kind for kind in KINDS}
BY_MANIFEST = {kind.manifest: kind for kind in KINDS if kind.manifest}

__all__ = ["BY_MANIFEST", "BY_NAME", "KINDS", "Finding", "Form", "KeyedBy", "Kind", "Refs"]
