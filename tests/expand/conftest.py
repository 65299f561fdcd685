"""What the tests of `dac grants` share: a catalog with two projects of different owners, and what each is granted."""

from __future__ import annotations

import pytest
from dac.expand import grants
from dac.expand.grants import Grant
from dac.model import Catalog, Document, Project

CATALOG = Catalog(
    {
        "endpoints": {"artifacts": {"address": "s3://kept/dac"}},
        "platform": {"artifacts": {"bucket": "logs"}},
        "owners": {"team": {"reads": ["s3://sources", "s3://shared/team/"]}, "others": {}},
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
