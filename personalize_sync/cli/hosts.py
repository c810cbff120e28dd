"""Which hosts may be sent a key.

The addresses of a tenant stand in the project file, which a pull request may change. So on their
own they are believed only if they name the vendor or this machine; any other host has to be named
where the keys come from, the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from personalize_sync.errors import CredentialError
from personalize_sync.manifests.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIABLE = "PERSONALIZE_SYNC_HOSTS"
"""Names the variable that holds further hosts, with commas or blanks between them."""
_VENDOR = ".sitecorecloud.io"


def demand_trusted(urls: Iterable[str], environ: Mapping[str, str]) -> None:
    """Raise CredentialError unless a key may be sent to each of these addresses."""
    named = environ.get(VARIABLE, "").lower().replace(",", " ").split()
    hosts = {(urlsplit(url).hostname or "").lower() for url in urls}
    strange = sorted(h for h in hosts if not (h in named or _is_vendor(h) or is_loopback(h)))
    if strange:
        raise CredentialError(
            f"no key is sent to {' and '.join(strange)}: the project file names it, and a pull "
            "request could have changed that",
            f"If it is yours, set {VARIABLE}={','.join([*named, *strange])} where the keys are set.",
        )


def _is_vendor(host: str) -> bool:
    return host.endswith(_VENDOR)
