"""Sums and products of bounds: an upper bound that is not known stays unknown."""

from __future__ import annotations

import pytest
from dac.model.amount_words import number, span, usd
from dac.model.bounds import NOTHING, UNKNOWN, Bounds, total


def test_a_sum_with_an_unknown_part_has_no_upper_bound() -> None:
    assert Bounds(1, 2) + Bounds(3) == Bounds(4)
    assert total([Bounds(1, 2), Bounds(1, 1)]) == Bounds(2, 3)


def test_nothing_of_an_unknown_price_is_nothing() -> None:
    assert UNKNOWN.times(0) == NOTHING
    assert UNKNOWN.times(2) == UNKNOWN


def test_a_limit_is_an_upper_bound_where_none_is_known() -> None:
    assert Bounds(1).within(3) == Bounds(1, 3)
    assert Bounds(1, 2).within(3) == Bounds(1, 2)
    assert Bounds(5, 9).within(3) == Bounds(3, 3)
    assert Bounds(5).within(None) == Bounds(5)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (NOTHING, "$0.00"),
        (UNKNOWN, "unknown"),
        (Bounds(2), "at least $2.00, the most is unknown"),
        (Bounds(0, 2), "at most $2.00"),
        (Bounds(2, 2.001), "$2.00"),
        (Bounds(0.001, 1234.4), "under $0.01 to $1,234"),
        (Bounds(0, 0.0001), "under $0.01"),
    ],
)
def test_money_in_words(bounds: Bounds, words: str) -> None:
    assert usd(bounds) == words


def test_durations_and_numbers_in_words() -> None:
    assert span(Bounds(1.5, 89)) == "1.5 s to 89 s"
    assert span(Bounds(300, 5 * 3600)) == "5 min to 5.0 h"
    assert number(Bounds(0, 1_000_000)) == "at most 1,000,000"
