"""What the tests of catalogs start from."""

from __future__ import annotations

from pathlib import Path

import pytest
from dac.load import load_repository
from dac.model import Repository


@pytest.fixture(scope="module")
def repository() -> Repository:
    """Return the repository's own standards and catalog, without projects."""
    return load_repository(Path(__file__).parents[2], [])[0]
