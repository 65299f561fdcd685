"""Scripts that write no spaces between words: a word of them cannot be counted, a character can."""

import re

# Han, kana, bopomofo, Yi; Thai, Lao, Tibetan, Burmese, Khmer and their neighbours. Korean writes spaces.
RANGES = (
    "\u0e01-\u0e5b\u0e81-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u30ff\u3105-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua980-\ua9df\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
UNSPACED = re.compile(f"[{RANGES}]")
# With the marks that belong to it: a vowel above a Thai letter is a part of it.
MARKS = (
    "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u0f71-\u0f84\u102b"
    "-\u103e\u17b4-\u17d3\u3099\u309a\uff9e\uff9f"
)
CHARACTER = re.compile(f"[{RANGES}][{MARKS}]*")


def spaced(text: str) -> str:
    """Return a text with blanks around each character of such a script."""
    return CHARACTER.sub(r" \g<0> ", text)


def unspaced(text: str) -> str:
    """Return the first character of such a script in a text; empty where there is none."""
    match = UNSPACED.search(text)
    return match.group() if match else ""
