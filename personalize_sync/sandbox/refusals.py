"""How the tenant says no.

API reference: response-codes. The page names status and code; the rest follows the typed error
model of the sibling product.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from personalize_sync.sandbox.exchange import Answer, Document, Headers, json_answer

if TYPE_CHECKING:
    from personalize_sync.sandbox.knobs import Knobs

MORE_INFO = "https://developers.sitecore.invalid/errors/"


class Refusal(Exception):  # noqa: N818 - an answer of the tenant, not an error of ours
    """A request that the tenant refuses, with the status it answers."""

    def __init__(self, status: int, *messages: str, headers: Headers = ()) -> None:
        super().__init__(status, *messages)
        self.status = status
        self.messages = messages or (HTTPStatus(status).phrase,)
        self.headers = headers


@dataclass(slots=True)
class Objections:
    """Collects what is wrong with a body, so that one answer can say it all."""

    messages: list[str] = field(default_factory=list)

    def add(self, message: str) -> None:
        """Note one objection."""
        self.messages.append(message)

    def raise_any(self) -> None:
        """Refuse with 400 if anything was noted."""
        if self.messages:
            raise Refusal(400, *self.messages)


def refusal_answer(refusal: Refusal, knobs: Knobs) -> Answer:
    """Write a refusal the way the tenant is set to write errors."""
    match knobs.error_body:
        case "empty":
            answer = Answer(refusal.status, b"", ())
        case "html":
            answer = _html(refusal)
        case "json" | "string-status" | "messages":
            answer = json_answer(refusal.status, _document(refusal, knobs.error_body))
    return Answer(answer.status, answer.body, (*answer.headers, *refusal.headers))


def _html(refusal: Refusal) -> Answer:
    page = f"<html><body><h1>{refusal.status}</h1><p>Request failed.</p></body></html>"
    return Answer(refusal.status, page.encode(), (("Content-Type", "text/html"),))


def _document(refusal: Refusal, form: str) -> Document:
    unauthorized = refusal.status == HTTPStatus.UNAUTHORIZED
    # The sibling's model of a 401 has a textual status and nothing for developers.
    as_text = form == "string-status" or unauthorized
    document: Document = {
        "status": str(refusal.status) if as_text else refusal.status,
        "code": refusal.status,
    }
    if form == "messages":
        document["messages"] = list(refusal.messages)
    else:
        document["message"] = "; ".join(refusal.messages)
    if not unauthorized:
        document["developerMessage"] = refusal.messages[0]
    document["moreInfoUrl"] = f"{MORE_INFO}{refusal.status}"
    return document
