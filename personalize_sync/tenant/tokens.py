"""Access tokens: one per feature, asked for only when needed, renewed before they end.

API reference: request-an-access-token. Its prose says a token lives 24 hours, its sample says 900
seconds; the number in the answer is believed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from personalize_sync.resources import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_SHORTEST = 5.0


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, the scopes it came with, and when (monotonic seconds) to renew it."""

    bearer: Secret
    scopes: tuple[str, ...]
    renew_at: float

    def without(self, secret: Secret) -> Token:
        """Return the token; scopes that echo what was sent or given are dropped, as they are shown."""
        hidden = (secret.reveal(), self.bearer.reveal())
        shown = tuple(s for s in self.scopes if not any(h in s or s in h for h in hidden))
        return replace(self, scopes=shown)


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
        self._useless: dict[str, Token] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def get(self, feature: str) -> Token:
        """Return a live token."""
        with self._lock_of(feature):
            token = self._tokens.get(feature)
            if token is None or self._clock() >= token.renew_at:
                token = self._tokens[feature] = self._request(feature)
            return token

    def has_given(self, feature: str) -> bool:
        """Whether the feature's key has been given a token in this run."""
        return feature in self._tokens

    def is_useless(self, feature: str, token: Token) -> bool:
        """Whether a token was refused when it was new, and never accepted since."""
        return self._useless.get(feature) is token

    def was_accepted(self, feature: str, token: Token) -> None:
        """Remember that a token opens something, so that its end means no more than that."""
        if self.is_useless(feature, token):
            self._useless.pop(feature, None)

    def after_refusal(
        self, feature: str, refused: Token, send: Callable[[Token], tuple[_T, bool]]
    ) -> _T:
        """Send a refused request again; `send` also returns whether it was refused once more.

        A token may end before its time, and a missing scope looks the same. Only a new token that
        is refused at its very first use tells them apart, so nobody else may use it up meanwhile:
        whoever needs the feature waits. Whoever was refused together shares one new token.
        """
        with self._lock_of(feature):
            renewed = self._tokens[feature]
            if renewed is not refused:
                answer, again = send(renewed)
                if not again or self.is_useless(feature, renewed):
                    return answer
            token = self._tokens[feature] = self._request(feature)
            answer, again = send(token)
            if again:
                self._useless[feature] = token
            return answer

    def _lock_of(self, feature: str) -> Lock:
        with self._lock:
            return self._locks.setdefault(feature, Lock())
