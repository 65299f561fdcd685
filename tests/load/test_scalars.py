"""Unquoted scalars: one meaning to every YAML reader, or refused."""

from __future__ import annotations

import pytest
from dac.load.scalars import Ambiguous, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("-3", -3), ("0", 0), ("0.5", 0.5), ("1.0", 1.0), ("true", True), ("false", False)],
)
def test_a_number_or_truth_value_that_every_reader_reads_alike(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "nightly",
        "30 4 * * 1-5",
        "v1",
        "1.2.3",
        "0.0.0.0/0",
        "10m",
        "4Gi",
        "1e",
        "e3",
        "0x",
        "12:99",
        "2026-01",
        "nullify",
    ],
)
def test_text_that_every_reader_reads_as_text(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "y",
        "Y",
        "yes",
        "Yes",
        "YES",
        "n",
        "N",
        "no",
        "No",
        "NO",
        "on",
        "On",
        "ON",
        "off",
        "Off",
        "OFF",
        "True",
        "TRUE",
        "False",
        "FALSE",
        "~",
        "null",
        "Null",
        "NULL",
        "1e3",
        "1.5e3",
        "1E+3",
        "08",
        "007",
        "0o7",
        "0x1f",
        "0b11",
        "1_000",
        "+1",
        "-0",
        ".5",
        "5.",
        "1.10",
        ".inf",
        "-.inf",
        ".nan",
        "12:30",
        "1:2:3",
        "190:20:30.15",
        "2026-01-31",
        "2026-1-31",
        "2026-01-31T10:00:00Z",
        "<<",
        "=",
        "12345678901234567890",
        "0.1234567890123456789",
    ],
)
def test_text_that_readers_read_differently(text: str) -> None:
    resolved = resolve(text)
    assert isinstance(resolved, Ambiguous)
    if resolved.instead:
        assert not isinstance(resolve(resolved.instead), Ambiguous), "what is proposed must itself pass"


@pytest.mark.parametrize("text", ["0x" + "f" * 5000, "-0b" + "1" * 20_000, "0o" + "7" * 6000, "9" * 6000])
def test_a_number_of_thousands_of_digits_has_no_form_to_suggest(text: str) -> None:
    """Python refuses to turn so long a number into text."""
    assert resolve(text) == Ambiguous("a number")
