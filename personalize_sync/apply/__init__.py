"""Applying: carrying out a plan against a tenant."""

from personalize_sync.apply.apply import Ways, apply
from personalize_sync.apply.secrets import resolve

__all__ = ["Ways", "apply", "resolve"]
