"""What a 4xx answer means, in words that cannot repeat a secret.

The text of an error answer is foreign and may echo our request, so it is shown only when the
request carried no secret, shortened, and never if any piece of the token is in it.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError, RejectedError, SyncError

if TYPE_CHECKING:
    from personalize_sync.resources import Secret
    from personalize_sync.tenant.tokens import Token

_LONGEST = 300
_PIECE = 12
_HINTS = {
    400: "The tenant did not accept it: correct the manifest, or what its message names.",
    404: "It is gone, or belongs to another tenant; plan again.",
    405: "This API does not offer that; please report it.",
    409: "It collides with something that exists, or changed meanwhile; plan again.",
    413: "It is too large for the tenant.",
    415: "Please report it.",
}


def refusal(
    status: int, raw: bytes, *, origin: str, feature: str, token: Token, secretive: bool
) -> SyncError:
    """Return the error for a refused request; `secretive` if it carried a secret beside its token."""
    if status in (401, 403):
        return _not_opened(status, origin, feature, token)
    said = "" if secretive else _message(raw, token.bearer)
    return RejectedError(
        f"{origin}: the tenant refused it ({status}{': ' + said if said else ''})",
        _HINTS.get(status, "Plan again; if it stays, please report it."),
        status=status,
    )


def key_refused(status: int, feature: str, variables: str, *, worked: bool) -> CredentialError:
    """Return the error for a refused token request; `worked` if the key gave a token before."""
    refused = f'the API key for the feature "{feature}" was refused (token endpoint: {status})'
    if worked:
        return CredentialError(
            f"{refused}, though it gave a token earlier in this run",
            f"It was revoked or changed meanwhile. Check {variables} and its secret.",
        )
    return CredentialError(
        refused,
        f"Check {variables} and its secret; the key may be wrong, revoked, or of another region.",
    )


def _not_opened(status: int, origin: str, feature: str, token: Token) -> CredentialError:
    """Tell a key of another feature from one that the tenant does not know, as far as it says."""
    granted = f" Its token was granted: {' '.join(token.scopes)}." if token.scopes else ""
    if status == HTTPStatus.FORBIDDEN:
        return CredentialError(
            f'{origin}: the key for the feature "{feature}" does not open this (403)',
            "The key is valid, but of another feature: a key opens one feature only. Check in the "
            f"Developer Center which one it has.{granted}",
        )
    return CredentialError(
        f'{origin}: the key for the feature "{feature}" does not open this '
        "(401, with a new token too)",
        "Either the key is of another feature, or this tenant does not know it: revoked, or of "
        f"another tenant or region. Check in the Developer Center.{granted}",
    )


def _message(raw: bytes, token: Secret) -> str:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    said = answer.get("message") if isinstance(answer, dict) else None
    if isinstance(said, list):
        said = "; ".join(str(part) for part in said)
    if not isinstance(said, str):
        return ""
    bearer = token.reveal()
    pieces = (bearer[i : i + _PIECE] for i in range(0, len(bearer), _PIECE))
    if any(piece in said for piece in pieces):
        return ""
    return said if len(said) <= _LONGEST else said[:_LONGEST] + "…"
