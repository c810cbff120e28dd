"""The prepared tenants, made once for each file that wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reliability.prepared import Prepared, big_before, big_commit, small_before, small_commit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A commit of more than thirty objects."""
    return Prepared(_folder(tmp_path_factory), big_before, big_commit)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A commit with each kind of write."""
    return Prepared(_folder(tmp_path_factory), small_before, small_commit)


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("prepared")
