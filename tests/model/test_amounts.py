"""Amounts as the argument `predicted` of a run: what is read is what was written, within the standards' pattern."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dac.load import load_repository
from dac.model.bounds import NOTHING, UNKNOWN, Bounds
from dac.model.estimate import NO_AMOUNT_KNOWN, Amounts

ROOT = Path(__file__).parents[2]
STANDARDS = load_repository(ROOT, [])[0].standards.values()


@pytest.mark.parametrize(
    "amounts",
    [Amounts(), NO_AMOUNT_KNOWN, Amounts(Bounds(0.000001, 86400.5), UNKNOWN, NOTHING, Bounds(1e12), Bounds(0.25, 3))],
)
def test_the_argument_is_read_as_it_was_written_and_every_standard_takes_it(amounts: Amounts) -> None:
    text = amounts.text()
    assert Amounts.of_text(text) == amounts
    assert all(re.fullmatch(standard.parameters["predicted"].pattern, text) for standard in STANDARDS)


@pytest.mark.parametrize("text", ["", "seconds=1..2", "seconds=1.2.3..4", Amounts().text().replace("0..0", "..", 1)])
def test_any_other_text_is_no_prediction(text: str) -> None:
    assert Amounts.of_text(text) is None
