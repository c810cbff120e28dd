"""Reading the lists of a tenant to their end, whatever it thinks a page is.

Nothing may be missed: what a list hides would be created twice, or be taken for gone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urlsplit

from personalize_sync.errors import RejectedError, TenantError
from personalize_sync.tenant.answers import items_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from personalize_sync.kinds import Kind
    from personalize_sync.resources import Document
    from personalize_sync.tenant.client import Reader

# Accepted under every paging rule that clients have seen (API reference: paginating-responses).
_PAGE = 100
_MOST_PAGES = 10_000
_FRACTION = 20
"""No tenant is believed to cut one of its lists into pages of a twentieth of those of another."""


_Page: TypeAlias = "tuple[Document, list[Document]]"


class Lists:
    """The lists of one tenant. What makes a list doubtful is added to `doubts`."""

    def __init__(self, reader: Reader, doubts: set[str], *, parallelism: int) -> None:
        self._reader = reader
        self._doubts = doubts
        self._parallelism = parallelism
        # A pool of its own: those that read lists wait for what it does.
        self._requests = ThreadPoolExecutor(max_workers=parallelism)
        self._expanding: set[str] = set()
        self._reading: list[str] = []
        self._longest_page = 0

    def close(self) -> None:
        """Send nothing more."""
        self._requests.shutdown(cancel_futures=True)

    def records(self, kind: Kind, path: str, *, feature: str) -> Iterator[Document]:
        """Yield what a list shows, page by page, asking on until nothing new appears."""
        self._reading.append(path)
        try:
            yield from self._records(kind, path, feature)
        finally:
            self._reading.remove(path)

    def _records(self, kind: Kind, path: str, feature: str) -> Iterator[Document]:
        seen: set[str] = set()
        offset = step = 0
        ahead = _Ahead(lambda at: self._requests.submit(self._page, path, feature, at))
        for _ in range(_MOST_PAGES):
            page, items = ahead.take(offset) or self._page(path, feature, offset)
            fresh = [item for item in items if _mark(item) not in seen]
            if seen and 0 < len(fresh) < len(items):
                self._doubts.add(f"the list {path} shifted while it was read; read it again")
            is_paged = bool(fresh and seen) or page.get("limit") == len(items)
            seen.update(_mark(item) for item in fresh)
            offset += len(items)
            limit = page.get("limit")
            self._longest_page = max(self._longest_page, min(len(items), _PAGE))
            # A short page is the last one only where the tenant says what it made of our limit: one
            # that merely repeats the limit may cap its pages all the same.
            is_last = not fresh or (isinstance(limit, int) and len(items) < limit < _PAGE)
            # Asking each of a thousand models whether its two variants are all would take longer
            # than all the rest.
            if kind.parent and offset * _FRACTION <= self._longest_page:
                is_last = True
            step = step or len(items)
            if is_paged and not is_last and len(items) == step:
                ahead.ask(offset, step=step, most=self._share())
            else:
                ahead.give_up()
            yield from self._whole(kind, path, feature, fresh)
            if is_last:
                return
        raise TenantError(f"GET {path}: the list does not end")

    def _share(self) -> int:
        """Return how many requests one of the lists that are being read may have under way.

        More would only wait for each other, and be too many where the list ends.
        """
        return ceil(self._parallelism / max(1, len(self._reading)))

    def _page(self, path: str, feature: str, offset: int) -> tuple[Document, list[Document]]:
        query: dict[str, str | int] = {"limit": _PAGE, "offset": offset}
        if path in self._expanding:
            query["expand"] = "true"
        page = self._reader.get(feature, path, **query)
        if page is None:
            raise RejectedError(
                f"GET {path}: not found",
                "Check the region or baseUrl.",
                status=HTTPStatus.NOT_FOUND,
            )
        items = items_of(page, f"GET {path}")
        if path not in self._expanding and items and all(set(item) == {"href"} for item in items):
            self._expanding.add(path)
            return self._page(path, feature, offset)
        return page, items

    def _whole(
        self, kind: Kind, path: str, feature: str, items: list[Document]
    ) -> Iterable[Document]:
        """Fetch the items of which a list gave only the link. Links are never followed as such."""
        if path.endswith("/revisions"):
            return items
        if all("ref" in item for item in items):
            return items
        found = self._requests.map(lambda item: self._one(kind, path, feature, item), items)
        return [record for record in found if record is not None]

    def _one(self, kind: Kind, path: str, feature: str, item: Document) -> Document | None:
        if "ref" in item:
            return item
        ref = last_segment(item)
        if not ref:
            raise TenantError(f"GET {path}: a listed object has neither ref nor href")
        return self._reader.get(feature, item_path(kind, ref))


class _Ahead:
    """Pages asked for before their turn, once a list has shown that it has pages.

    The window doubles, so that a short list costs hardly a request too many.
    """

    def __init__(self, request: Callable[[int], Future[_Page]]) -> None:
        self._request = request
        self._under_way: dict[int, Future[_Page]] = {}
        self._window = 1

    def ask(self, offset: int, *, step: int, most: int) -> None:
        """Ask for the pages from an offset on, each `step` items long, if the last one was."""
        for n in range(self._window):
            at = offset + n * step
            if at not in self._under_way:
                self._under_way[at] = self._request(at)
        self._window = min(2 * self._window, most)

    def give_up(self) -> None:
        """Send none of the requests that still wait for their turn: the list seems to end."""
        self._under_way = {at: page for at, page in self._under_way.items() if not page.cancel()}

    def take(self, offset: int) -> _Page | None:
        """Return the page at an offset, None if nobody asked for it."""
        page = self._under_way.pop(offset, None)
        return page.result() if page else None


def item_path(kind: Kind, ref: str) -> str:
    """Return where one object is read and written."""
    return kind.item.format(ref=quote(ref, safe=""))


def last_segment(record: Document) -> str:
    """Return the id at the end of a link; its host is never trusted."""
    return urlsplit(str(record.get("href", ""))).path.rstrip("/").rpartition("/")[2]


def _mark(record: Document) -> str:
    """Return what tells two listed items apart: revisions of one object share its ref."""
    revision = record.get("revision")
    return f"{record.get('ref') or record.get('href')}@{revision}"
