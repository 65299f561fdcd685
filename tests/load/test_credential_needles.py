"""What is searched for first stands in whatever a credential's pattern matches, or the pattern would never be asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.exhaustive

KINDS = yaml.safe_load((Path(__file__).parents[2] / "standards/catalog/secrets.yaml").read_text())


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data())
def test_a_match_holds_a_needle(kind: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(KINDS[kind]["pattern"], fullmatch=True))
    assert any(needle in text for needle in KINDS[kind]["needles"]), text
