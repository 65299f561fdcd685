"""Numbers as lists count: 4, iv, d, 4th; what Word and OpenDocument name a format by is mapped where each is read."""

from __future__ import annotations

import string

_ROMAN = [(1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")]
_ROMAN += [(9, "ix"), (5, "v"), (4, "iv"), (1, "i")]
_ENDINGS = ("th", "st", "nd", "rd")
_CHINESE = "〇一二三四五六七八九"
_LARGEST_ROMAN = 4999
_LARGEST_CHINESE = 99
_LARGEST_LETTERS = 780
_LARGEST_CIRCLED = 20


def roman(number: int) -> str:
    """Return a number in lower-case Roman numerals; in digits where they have none."""
    if not 0 < number <= _LARGEST_ROMAN:
        return str(number)
    written = ""
    for value, letters in _ROMAN:
        written += letters * (number // value)
        number %= value
    return written


def letters(number: int) -> str:
    """Return a number in lower-case letters: z is followed by aa, bb, zz by aaa; past 780, Word's last, digits."""
    if not 0 < number <= _LARGEST_LETTERS:
        return str(number)
    rounds, place = divmod(number - 1, len(string.ascii_lowercase))
    return string.ascii_lowercase[place] * (rounds + 1)


def columns(number: int) -> str:
    """Return a number in lower-case letters as a sheet's columns have them: z is followed by aa, ab."""
    written = ""
    while number > 0:
        number, place = divmod(number - 1, len(string.ascii_lowercase))
        written = string.ascii_lowercase[place] + written
    return written or str(number)


def ordinal(number: int) -> str:
    """Return a number as 1st, 2nd, 3rd, 4th."""
    last = 0 if number % 100 in (11, 12, 13) else number % 10
    return f"{number}{_ENDINGS[last] if last < len(_ENDINGS) else 'th'}"


def padded(number: int) -> str:
    """Return a number with two digits at least."""
    return f"{number:02}"


def chinese(number: int) -> str:
    """Return a number of at most two digits in Chinese, a larger one in digits."""
    if not 0 <= number <= _LARGEST_CHINESE:
        return str(number)
    tens, ones = divmod(number, 10)
    if not tens:
        return _CHINESE[ones]
    return f"{_CHINESE[tens] if tens > 1 else ''}十{_CHINESE[ones] if ones else ''}"


def circled(number: int) -> str:
    """Return a number in a circle, where there is such a character."""
    return chr(0x2460 + number - 1) if 0 < number <= _LARGEST_CIRCLED else str(number)


def numbered_text(number: str, text: str) -> str:
    """Return a paragraph's text after its number, if it has one; an empty paragraph stays empty."""
    return f"{number} {text}" if number and text.strip() else text
