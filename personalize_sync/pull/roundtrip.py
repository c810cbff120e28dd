"""The second way to write a value: the whole stream through ruamel.yaml.

It keeps comments, order, quoting and anchors, but not every byte; so it only does what a cut in the
text cannot, such as giving a value of its own to a place where an alias stands.
"""

from __future__ import annotations

import io
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from personalize_sync.pull.spots import Unwritable
from personalize_sync.resources import Unset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.resources import Path

_ENDLESS = 1_000_000


def round_trip(text: str, document: int, path: Path, value: Any) -> Iterator[str]:
    """Yield the text with `value` at `path`, in the layouts that people use."""
    for sequence, offset in ((2, 0), (4, 2)):
        yaml = YAML()
        yaml.preserve_quotes = True
        yaml.width = _ENDLESS
        yaml.indent(mapping=2, sequence=sequence, offset=offset)
        yaml.line_break = "\r\n" if "\r\n" in text else "\n"  # type: ignore[assignment]
        yaml.explicit_start = text.startswith("---") or None
        try:
            documents = [d for d in yaml.load_all(text) if d is not None]
            _put(documents[document], path, value)
            out = io.StringIO(newline="")
            yaml.dump_all(documents, out)
        except (YAMLError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise Unwritable(type(error).__name__) from None
        yield out.getvalue()


def _put(root: Any, path: Path, value: Any) -> None:
    *above, last = path
    holder = root
    for part in above:
        holder = holder[int(part) if isinstance(holder, list) else part]
    name: Any = int(last) if isinstance(holder, list) else last
    if isinstance(value, Unset):
        del holder[name]
    elif isinstance(holder, list) and name == len(holder):
        holder.append(deepcopy(value))
    else:
        holder[name] = deepcopy(value)
