"""The API keys of one environment, one per feature, and which of them a run needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError
from personalize_sync.tenant.credentials import Key, Sources, names, variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalize_sync.kinds import Kind
    from personalize_sync.project import Environment


class Keyring:
    """The keys of one environment's declared features. Its repr shows feature names only."""

    def __init__(self, environment: Environment, sources: Sources | Mapping[str, str]) -> None:
        """Look for each declared feature's key; what is wrong is said when the key is needed."""
        self._environment = environment
        self._keys: dict[str, Key] = {}
        self._flaws: dict[str, CredentialError] = {}
        sources = sources if isinstance(sources, Sources) else Sources(sources)
        for feature in sorted(environment.keys):
            try:
                if key := sources.find(environment.name, feature):
                    self._keys[feature] = key
            except CredentialError as flaw:
                self._flaws[feature] = flaw

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    @property
    def features(self) -> tuple[str, ...]:
        """The features whose key was found."""
        return tuple(self._keys)

    @property
    def client_ids(self) -> frozenset[str]:
        """The client ids of every key found."""
        return frozenset(key.client_id for key in self._keys.values())

    @property
    def stamps(self) -> frozenset[str]:
        """The author stamps that mean us: `<client id>@clients`, former ids included."""
        ids = self.client_ids | set(self._environment.writers)
        return frozenset(ids | {f"{client_id}@clients" for client_id in ids})

    def key(self, feature: str) -> Key:
        """Return the key of a feature; raises CredentialError naming the missing variables."""
        if found := self._keys.get(feature):
            return found
        raise self._absent(feature)

    def flaw(self, feature: str) -> CredentialError | None:
        """Return what is wrong with a key of which only a part was found or could be read."""
        return self._flaws.get(feature)

    def variables(self, feature: str) -> tuple[str, ...]:
        """Return the variables that may hold a feature's client id."""
        return variables(self._environment.name, feature)

    def feature(self, kind: str, candidates: tuple[str, ...]) -> str:
        """Return the narrowest declared feature for a kind; raises CredentialError without one."""
        feature = self._environment.feature(kind, candidates)
        if feature:
            return feature
        wanted = " or ".join(f'"{candidate}"' for candidate in candidates)
        raise CredentialError(
            f'environment "{self._environment.name}" declares no API key that may be used for {kind}',
            f"Declare {wanted} under keys: in the project file"
            + (f' (with for: [{kind}] for "multiple-resources").' if len(candidates) > 1 else "."),
        )

    def missing(
        self, *, read: Iterable[Kind] = (), write: Iterable[Kind] = ()
    ) -> list[CredentialError]:
        """Return a complaint for each key that these kinds need and that is not there."""
        undeclared: dict[str, CredentialError] = {}
        purposes: dict[str, dict[str, list[str]]] = {}
        for verb, kinds in (("read", read), ("write", write)):
            for kind in kinds:
                try:
                    feature = self.feature(
                        kind.name, kind.read_with if verb == "read" else kind.write_with
                    )
                except CredentialError as error:
                    undeclared.setdefault(error.message + error.hint, error)
                    continue
                purposes.setdefault(feature, {}).setdefault(verb, []).append(kind.title)
        absent = [
            self._absent(feature, "; ".join(f"{v} {', '.join(t)}" for v, t in wanted.items()))
            for feature, wanted in sorted(purposes.items())
            if feature not in self._keys
        ]
        return [*undeclared.values(), *absent]

    def _absent(self, feature: str, purpose: str = "") -> CredentialError:
        if flaw := self._flaws.get(feature):
            return flaw
        why = f", needed to {purpose}" if purpose else ""
        return CredentialError(
            f'no API key for the feature "{feature}" of environment "{self._environment.name}"{why}',
            f"Set {names(self._environment.name, feature)}; each may also be given as …_FILE, "
            "or as a file of its name in --secrets-dir.",
        )
