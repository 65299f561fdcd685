"""Letters that a page sets apart, made words again by the gaps between them."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import Any

_FEWEST = 6  # letters of a line that is set apart
_WIDEST = 2.0  # times the height of a letter: between two letters of a word
_WIDER = 1.5  # times the usual gap: between two words


def closed(text: str, page: Any) -> str:
    """Return the text of PDFium's text page without the spaces between letters that stand alone."""
    if "\x00" in text or page.count_chars() != len(text):
        return text  # characters beyond the first plane: places in the text are not places on the page
    lines, place = [], 0
    for line in text.split("\n"):
        lines.append(_line(line, place, page) if _apart(line) else line)
        place += len(line) + 1
    return "\n".join(lines)


def _apart(line: str) -> bool:
    parts = line.split()
    alone = [part for part in parts if len(part) == 1]
    letters = sum(1 for part in alone if part.isalpha())  # digits that stand alone are a row of a table
    return len(parts) >= _FEWEST and len(alone) >= 0.8 * len(parts) and 2 * letters > len(alone)


def _line(line: str, place: int, page: Any) -> str:
    letters = [(number, page.get_charbox(place + number)) for number, letter in enumerate(line) if not letter.isspace()]
    gaps = [after[1][0] - before[1][2] for before, after in pairwise(letters)]
    usual = median(gaps)
    if usual > _WIDEST * median(box[3] - box[1] for _, box in letters):
        return line  # columns
    words = line[letters[0][0]]
    for (number, _), gap in zip(letters[1:], gaps, strict=True):
        words += f" {line[number]}" if gap > _WIDER * usual else line[number]
    return words + ("\r" if line.endswith("\r") else "")
