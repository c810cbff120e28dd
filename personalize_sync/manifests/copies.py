"""Code that one manifest copies from another: made anew at each load, for each environment."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from personalize_sync.kinds import BY_NAME
from personalize_sync.kinds.kind import as_written
from personalize_sync.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalize_sync.manifests.documents import Manifest
    from personalize_sync.resources import Address, Document, Resource


class Copies:
    """Finds what manifests copy from each other, as an environment sees both."""

    def __init__(self, manifests: Sequence[Manifest]) -> None:
        self._manifests = manifests

    @cached_property
    def _declared(self) -> dict[Address, Manifest]:
        declared: dict[Address, Manifest] = {}
        for manifest in self._manifests:
            declared.setdefault(manifest.address, manifest)
        return declared

    def made(self, resource: Resource, environment: str | None) -> Resource:
        """Return the resource with what it copies."""
        kind = BY_NAME[resource.address.kind]
        spec, _ = kind.copy(resource.spec, lambda address: self._spec(address, environment))
        return resource if spec is resource.spec else replace(resource, spec=spec)

    def problems(self, environments: Sequence[str]) -> Iterator[Problem]:
        """Yield what is wrong with the copies, in each of the environments."""
        copying = [m for m in self._manifests if m.kind.copy is not as_written]
        for manifest in copying:
            for environment in environments or (None,):
                resource = manifest.resource(environment)
                if resource is None or not (environment is None or manifest.is_for(environment)):
                    continue
                yield from self._problems(resource, environment)

    def _problems(self, resource: Resource, environment: str | None) -> Iterator[Problem]:
        kind = BY_NAME[resource.address.kind]
        _, findings = kind.copy(resource.spec, lambda address: self._spec(address, environment))
        for finding in findings:
            yield Problem(
                finding.id,
                finding.message,
                finding.remedy,
                resource.source.locate(finding.path, key=finding.at_key),
                finding.severity,
                str(resource.address),
            )

    def _spec(self, address: Address, environment: str | None) -> Document | None:
        """Return what a manifest states, None where none declares it or its own errors hide it."""
        manifest = self._declared.get(address)
        resource = manifest.resource(environment) if manifest and manifest.is_valid else None
        return resource.spec if resource else None
