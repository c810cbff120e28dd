"""What a 4xx answer means, in words that cannot repeat a secret.

The text of an error answer is foreign and may echo our request, so it is shown only when the
request carried no secret, shortened, and never if any piece of the token is in it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError, RejectedError, SyncError

if TYPE_CHECKING:
    from personalize_sync.resources import Secret

_LONGEST = 300
_PIECE = 12
_HINTS = {
    400: "The tenant did not accept the content; correct the manifest.",
    404: "It is gone, or belongs to another tenant; plan again.",
    405: "This API does not offer that; please report it.",
    409: "It collides with something that exists, or changed meanwhile; plan again.",
    413: "It is too large for the tenant.",
    415: "Please report it.",
}


def refusal(
    status: int, raw: bytes, *, origin: str, feature: str, token: Secret, secretive: bool
) -> SyncError:
    """Return the error for a refused request; `secretive` if it carried a secret beside its token."""
    if status in (401, 403):
        return CredentialError(
            f'{origin}: the key for the feature "{feature}" does not open this ({status})',
            "Check in the Developer Center that the key exists and has this feature; "
            "a key opens one feature only.",
        )
    said = "" if secretive else _message(raw, token)
    return RejectedError(
        f"{origin}: the tenant refused it ({status}{': ' + said if said else ''})",
        _HINTS.get(status, "Plan again; if it stays, please report it."),
        status=status,
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
