"""What an answer of a forge holds: JSON of somebody else, of which nothing is certain."""

from __future__ import annotations

from typing import Any

from personalize_sync.forge.errors import ForgeError


def stated(content: Any, *path: str) -> Any:
    """Return the part of an answer that there is no going on without; raises ForgeError."""
    for name in path:
        if not isinstance(content, dict) or name not in content:
            raise ForgeError(
                f"the forge answered without {'.'.join(path)}",
                "Perhaps a proxy, or another version of the forge, answered. Try again later.",
            )
        content = content[name]
    return content


def offered(content: Any, *path: str) -> Any:
    """Return a part of an answer, None where it has none."""
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    return content
