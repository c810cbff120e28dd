"""What a run asked for and what its environment permits: the planner's fourth input."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from personalize_sync.project import Environment, OnDrift
from personalize_sync.resources import Address, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable


def is_allowed(rule: str, address: Address, allow: Iterable[tuple[str, str]]) -> bool:
    """Whether one of the (rule, address glob) pairs overrides a rule for this address."""
    return any(rule == r and fnmatchcase(str(address), glob) for r, glob in allow)


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules of the environment and wishes of the command line.

    `allow` holds (rule, address glob) pairs; `send_secret` addresses whose secrets are to be sent
    again though nothing else differs. `only` are the addresses an earlier run left open, None for
    any: unlike a selection it leaves the view whole. `unproven` says, in sentences, why the
    manifests may be incomplete; the planner adds what it finds itself. `adopt` asks for nothing but
    that what is selected, and equal, becomes ours.
    """

    environment: Environment
    prune: bool = False
    on_drift: OnDrift = OnDrift.REVERT
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow: tuple[tuple[str, str], ...] = ()
    send_secret: frozenset[str] = frozenset()
    unproven: tuple[str, ...] = ()
    adopt: bool = False
    only: frozenset[Address] | None = None

    def selected(self, resource: Resource) -> bool:
        """Whether a resource is within the run's scope; a model stands for its variants too."""
        if not self.is_open(resource.address):
            return False
        if not self.narrowed:
            return True
        names = [str(resource.address), *(f"tag:{tag}" for tag in resource.tags)]
        if resource.address.kind == "decision-variant":
            names.append(f"decision-model/{resource.address.key.partition(':')[0]}")
        if any(fnmatchcase(name, glob) for glob in self.exclude for name in names):
            return False
        return not self.select or any(fnmatchcase(n, glob) for glob in self.select for n in names)

    def is_open(self, address: Address) -> bool:
        """Whether an address is among those that an earlier run left open, if one is resumed."""
        return self.only is None or address in self.only

    @property
    def narrowed(self) -> bool:
        """Whether some resources were left out on purpose."""
        return bool(self.select or self.exclude)

    def allowed(self, rule: str, address: Address) -> bool:
        """Whether a guard's objection was overridden for this address."""
        return is_allowed(rule, address, self.allow)

    def owns(self, address: Address) -> bool:
        """Whether prune may consider this address."""
        return any(fnmatchcase(str(address), glob) for glob in self.environment.owns)

    def protected(self, address: Address) -> bool:
        """Whether this address may never be archived."""
        return any(fnmatchcase(str(address), glob) for glob in self.environment.protected)
