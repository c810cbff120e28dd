"""The capability firewall: which requests each API-key feature may make, whatever its token could.

Derived from the kinds: a feature may read what lists it in `read_with` and write what lists it in
`write_with`. A question may be asked where the client was opened for it and the feature may read
its kind. Nothing else leaves the process.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from personalize_sync.errors import CredentialError
from personalize_sync.kinds import BY_NAME, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalize_sync.kinds.questions import Question

# What no URL needs to encode (RFC 3986, section 2.3); refs and friendlyIds have nothing else. An
# encoded slash or dot would pass here and be decoded behind a proxy.
_PART = r"[A-Za-z0-9._~-]+"


def check(feature: str, method: str, path: str, questions: Iterable[Question] = ()) -> None:
    """Raise CredentialError unless the feature may make this request, or ask one of these."""
    if any(
        (method, path) == ("POST", question.path) and feature in BY_NAME[question.kind].read_with
        for question in questions
    ):
        return
    # HTTP clients and servers resolve dots: such a path would arrive as another one.
    dotted = any(part in (".", "..") for part in path.split("/"))
    if dotted or not any(
        m == method and pattern.fullmatch(path) for m, pattern in _opened_by(feature)
    ):
        raise CredentialError(
            f'refused to send {method} {path} with the key for "{feature}"',
            "It is outside what that feature is declared for, or an id in it is none. "
            "Please report it.",
        )


@cache
def _opened_by(feature: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    opened = []
    for kind in KINDS:
        if feature in kind.read_with:
            opened += [("GET", _pattern(kind.collection)), ("GET", _pattern(kind.item))]
            if kind.may_have_history:
                history = kind.item + "/revisions"
                opened += [("GET", _pattern(history)), ("GET", _pattern(history + "/{ref}"))]
        if feature in kind.write_with:
            opened += [("POST", _pattern(kind.collection)), ("PUT", _pattern(kind.item))]
    return tuple(opened)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", _PART, template))
