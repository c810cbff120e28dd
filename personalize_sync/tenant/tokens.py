"""Access tokens: one per feature, asked for only when needed, renewed before they end.

API reference: request-an-access-token. Its prose says a token lives 24 hours, its sample says 900
seconds; the number in the answer is believed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from personalize_sync.resources import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

_SHORTEST = 5.0


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, the scopes it came with, and when (monotonic seconds) to renew it."""

    bearer: Secret
    scopes: tuple[str, ...]
    renew_at: float


def token_from(answer: dict[str, object], now: float) -> Token | None:
    """Return the token of an answer, None where it holds none."""
    bearer, expires_in = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(bearer, str) or not bearer:
        return None
    life = float(expires_in) if isinstance(expires_in, int | float) else 600.0
    scope = answer.get("scope")
    scopes = tuple(sorted(scope.split())) if isinstance(scope, str) else ()
    margin = min(60.0, life / 10)
    return Token(Secret(bearer), scopes, now + max(life - margin, _SHORTEST))


class Tokens:
    """The tokens of a run; several workers that need one wait for a single request."""

    def __init__(
        self, request: Callable[[str], Token], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._request = request
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def get(self, feature: str, *, instead_of: Token | None = None) -> Token:
        """Return a live token; `instead_of` one that was refused."""
        with self._lock:
            lock = self._locks.setdefault(feature, Lock())
        with lock:
            token = self._tokens.get(feature)
            if token is None or token is instead_of or self._clock() >= token.renew_at:
                token = self._tokens[feature] = self._request(feature)
            return token
