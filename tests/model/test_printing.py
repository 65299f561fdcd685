"""Which signs are escaped, at the ends of each range, and how long a shortened text is."""

from __future__ import annotations

import pytest
from dac.model.printing import json_printable, printable, shortened


@pytest.mark.parametrize("sign", ["\u180a", "\u1810", "\ufdff", "\ufe10", "\u00a1", "\u0100", "\U00010000"])
def test_a_sign_beside_what_nobody_sees_is_shown(sign: str) -> None:
    assert (printable(sign), json_printable(sign)) == (sign, sign)


@pytest.mark.parametrize(
    ("sign", "text", "json"),
    [
        ("\x7f", r"\x7f", r"\u007f"),
        ("\xff\xad", "\xff" + r"\xad", "\xff" + r"\u00ad"),
        ("\u180b", r"\u180b", r"\u180b"),
        ("\u180f", r"\u180f", r"\u180f"),
        ("\ufe00\ufe0f", r"\ufe00\ufe0f", r"\ufe00\ufe0f"),
        ("\uffff", r"\uffff", r"\uffff"),
        ("\U0001107f", r"\U0001107f", r"\ud804\udc7f"),
        ("\U000e0100\U000e01ef", r"\U000e0100\U000e01ef", r"\udb40\udd00\udb40\uddef"),
        ("\U0010ffff", r"\U0010ffff", r"\udbff\udfff"),
    ],
)
def test_a_sign_that_nobody_sees_is_escaped(sign: str, text: str, json: str) -> None:
    assert (printable(sign), json_printable(sign)) == (text, json)


def test_a_text_is_shortened_only_where_it_is_longer() -> None:
    assert [shortened("abc", limit) for limit in (4, 3, 2, 1)] == [
        "abc",
        "abc",
        "ab... (1 more character)",
        "a... (2 more characters)",
    ]
    assert shortened("abc", 2, repr) == "'ab...' (1 more character)"
