"""Keys and file names for live objects: readable, the same every time, safe on any file system."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from personalize_sync.kinds.kind import KEY_PATTERN
from personalize_sync.resources import slug

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 80
"""Characters; up to three of these and an extension make a file name, which may have 255 bytes."""
# Names that Windows gives to devices, whatever the extension.
_DEVICES = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")


def is_key(text: str | None) -> bool:
    """Whether a friendlyId can be the key of a manifest."""
    return bool(text and re.fullmatch(KEY_PATTERN.strip("^$"), text))


def keys_for(names: Iterable[str]) -> dict[str, str]:
    """Return a key for each of several different names, whatever their order.

    Where two names give one key, the first of them in alphabetical order has it, and the others
    get numbers; no number makes a key that another name gives by itself.
    """
    ordered = sorted(set(names))
    plain = {name: _shortened(slug(name), "_") for name in ordered}
    taken = set(plain.values())
    first: set[str] = set()
    keys = {}
    for name in ordered:
        key = plain[name]
        if key in first:
            key = next(k for n in range(2, len(ordered) + 3) if (k := f"{key}_{n}") not in taken)
            taken.add(key)
        first.add(plain[name])
        keys[name] = key
    return keys


def stem(key: str) -> str:
    """Return the part of a file name that stands for a key; different keys give different ones."""
    if _DEVICES.fullmatch(key):
        return f"{key}-"  # no key holds a hyphen
    return shortened(key)


def shortened(part: str) -> str:
    """Return a part of a file name, the end of a long one replaced by a hash of the whole."""
    return _shortened(part, "-")


def _shortened(word: str, joint: str) -> str:
    if len(word) <= _LONGEST:
        return word
    return f"{word[: _LONGEST - 9]}{joint}{hashlib.sha256(word.encode()).hexdigest()[:8]}"
