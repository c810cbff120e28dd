"""API keys in the system's own keyring, for people on laptops (the extra `keyring`).

An entry belongs to one environment of one project directory and to the addresses that its key is
sent to: a project file that names another address, or a clone of somebody else's, finds nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from personalize_sync.errors import CredentialError
from personalize_sync.resources import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from personalize_sync.project import Environment
    from personalize_sync.tenant.credentials import Key

_SERVICE = "personalize-sync"


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys that the system keeps for one environment of one project."""

    root: Path
    environment: Environment

    @staticmethod
    def is_installed() -> bool:
        """Whether the extra is there."""
        return find_spec("keyring") is not None

    def get(self, feature: str) -> tuple[str, Secret] | None:
        """Return the client id and secret of a feature, None where there is none or no keyring."""
        if not self.is_installed():
            return None
        try:
            kept = json.loads(_keyring().get_password(_SERVICE, self._entry(feature)) or "null")
            return kept["client_id"], Secret(kept["client_secret"])
        except Exception:  # noqa: BLE001 - foreign code; without its key the run says what it lacks
            return None

    def put(self, key: Key) -> None:
        """Keep a key. Raises CredentialError where the system does not."""
        value = json.dumps({"client_id": key.client_id, "client_secret": key.secret.reveal()})
        try:
            _keyring().set_password(_SERVICE, self._entry(key.feature), value)
        except Exception as error:  # noqa: BLE001 - foreign code, whose words may hold the secret
            raise CredentialError(
                f"the system's keyring does not take the key ({type(error).__name__})",
                "Unlock it, or use variables or --secrets-dir.",
            ) from None

    def remove(self, feature: str) -> bool:
        """Forget a key; False where there was none. Raises CredentialError for a locked keyring."""
        try:
            if _keyring().get_password(_SERVICE, self._entry(feature)) is None:
                return False
            _keyring().delete_password(_SERVICE, self._entry(feature))
        except Exception as error:  # noqa: BLE001 - foreign code
            raise CredentialError(
                f"the system's keyring does not let go of the key ({type(error).__name__})",
                "Unlock it, or remove the entry with the system's own tool.",
            ) from None
        return True

    def _entry(self, feature: str) -> str:
        environment = self.environment
        addresses = f"{environment.base_url} {environment.token_url}"
        return f"{feature} {environment.name} {addresses} {self.root.resolve()}"


def _keyring() -> Any:
    import keyring  # noqa: PLC0415 - an extra, and slow to start

    return keyring
