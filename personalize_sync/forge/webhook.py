"""Webhooks of chats: told when drift appears and when it is gone. The address is a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from personalize_sync.errors import UsageError
from personalize_sync.forge.errors import ForgeError
from personalize_sync.manifests.addresses import why_unsafe
from personalize_sync.tenant.deadline import within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalize_sync.resources import Secret

_MOST = 20
_DEADLINE = 30.0
_CARD = "http://adaptivecards.io/schemas/adaptive-card.json"


def message(
    form: str, *, environment: str, appeared: bool, objects: Sequence[str], url: str
) -> dict[str, Any]:
    """Return what one sort of webhook takes. Only addresses are named, never text of the tenant."""
    shown = [*objects[:_MOST], *([f"and {len(objects) - _MOST} more"] if objects[_MOST:] else [])]
    text = (
        f"Drift in {environment}: {', '.join(shown)}"
        if appeared
        else f"No drift in {environment} any more"
    )
    match form:
        case "slack":
            return {"text": _slack(f"{text}. {url}".strip())}
        case "teams":
            block = {"type": "TextBlock", "text": f"{text}. {url}".strip(), "wrap": True}
            card = {"type": "AdaptiveCard", "$schema": _CARD, "version": "1.4", "body": [block]}
            kind = "application/vnd.microsoft.card.adaptive"
            return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}
    return {
        "event": "drift",
        "state": "appeared" if appeared else "cleared",
        "environment": environment,
        "objects": list(objects),
        "url": url,
    }


def _slack(text: str) -> str:
    """Slack finds mentions and links by angle brackets, and wants exactly these three escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post(url: Secret, content: Mapping[str, Any]) -> None:
    """Send a message once. The address is never shown, as whoever knows it can write there."""
    reason = why_unsafe(url.reveal().partition("?")[0])
    if reason or "#" in url.reveal():
        raise UsageError(f"the address of the webhook {reason or 'has a fragment'}")
    try:
        status = within(_DEADLINE, lambda: _sent(url, content))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        raise ForgeError("the webhook did not answer") from None
    if not httpx.codes.is_success(status):
        raise ForgeError(f"the webhook answered {status}")


def _sent(url: Secret, content: Mapping[str, Any]) -> int:
    with (
        httpx.Client(follow_redirects=False, timeout=20.0) as client,
        client.stream("POST", url.reveal(), json=dict(content)) as response,
    ):
        return response.status_code
