"""What the tests share: the tree of the case `features`, and what two projects of different owners are granted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from dac.expand import grants
from dac.expand.grants import Grant
from dac.model import Catalog, Document, Project

sys.path.insert(0, str(Path(__file__).parent))  # modules beside the tests

CATALOG = Catalog(
    {
        "endpoints": {"artifacts": {"address": "s3://kept/dac"}},
        "platform": {"artifacts": {"bucket": "logs"}},
        "owners": {"team": {"reads": ["files", "site", "s3://shared/team/"]}, "others": {}},
        "sources": {"files": {"address": "s3://sources"}, "site": {"address": "https://docs.example.com/sitemap.xml"}},
        "models": {"large": {"weights": "s3://models/large"}, "packed": {"weights": "package:gt"}},
        "datasets": {"names@v1": {"uri": "s3://shared/names.jsonl"}},
    },
    {},
)
OWNERS = {"alpha": "team", "beta": "others"}


@pytest.fixture(scope="session")
def granted() -> dict[str, list[Grant]]:
    """Project -> what it is granted."""
    return {name: grants(CATALOG, Project(name, owner, {}, Document(name, {}))) for name, owner in OWNERS.items()}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the case `features` as it is written, with nothing rendered."""
    from features_tree import CASES, copied

    return copied(CASES / "features", tmp_path / "tree")
