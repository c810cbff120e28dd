"""Ignored fields: neither compared nor changed, since the tenant's people own them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize_sync.kinds import BY_NAME
from personalize_sync.planning.compare import WHOLE, shape_at
from personalize_sync.resources import pointer

if TYPE_CHECKING:
    from personalize_sync.planning.policy import Policy
    from personalize_sync.resources import Address, Document, Path


def without_ignored(spec: Document, stored: Document, address: Address, policy: Policy) -> Document:
    """Leave ignored fields out; in a collection that is managed whole, leave them as stored."""
    shapes = BY_NAME[address.kind].shapes
    ignored = {r.path for r in policy.environment.ignore if r.covers(str(address), r.path)}

    def spare(value: Any, found: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            return value
        found = found if isinstance(found, dict) else {}
        kept = {
            name: spare(child, found.get(name), (*path, name))
            for name, child in value.items()
            if pointer((*path, name)) not in ignored
        }
        if shape_at(shapes, path) in WHOLE:
            kept |= {n: child for n, child in found.items() if pointer((*path, n)) in ignored}
        return kept

    pruned: Document = spare(spec, stored, ()) if ignored else spec
    return pruned
