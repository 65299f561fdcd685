"""How an answer and its references are made alike before they are compared: rules that the catalog names.

The presets are in standards/catalog/normalisations.yaml: `squad`, `strict`, `numeric`, `multilingual`. The rules are
part of a metric's signature, so that scores of two presets are never compared.
"""

import hashlib
import re
import string
import unicodedata
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import orjson
from runtime import settings
from runtime.errors import InputError

from evaluation import numbers, scripts

SPELLINGS = {
    "unicode": ("none", "nfc", "nfkc"),
    "typography": ("keep", "ascii"),
    "case": ("keep", "lower"),
    "punctuation": ("keep", "ascii", "unicode"),
    "space": ("keep", "fold"),
    "numbers": ("text", "value"),
    "words": ("spaces", "characters"),
    "mention": ("first", "last"),
}
ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
# Typographic signs as a keyboard has them, and characters that nobody sees.
TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\uff07\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u300c\u300d\u300e\u300f\uff02", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000", " "),
        "\u2026": "...",
        **dict.fromkeys(
            "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff", ""
        ),
    }
)
# What punctuation keeps: a number with its sign and its decimals, and what tells C from C++ and C#.
KEPT = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*|\w(?:\+\+|#)(?!\w)|\w")


@dataclass(frozen=True)
class Normalisation:
    """The rules of one preset; the defaults are SQuAD's.

    Attributes:
        name: the preset's.
        unicode: the normal form: none, nfc or nfkc.
        typography: whether typographic quotes, dashes and blanks are made ASCII's, and invisible characters dropped.
        case: whether letters are made lower case.
        punctuation: what is removed: nothing, ASCII's, or all of Unicode's but signs, decimals, `C++` and `C#`.
        articles: words that are removed.
        space: whether runs of blanks become one.
        numbers: whether numbers are compared by value: 1/2, 0.5 and 0.50 are alike.
        words: what a token is: what stands between blanks, or a character too in scripts that write no spaces.
        mention: which choice counts of an answer that gives none behind a cue: the first or the last mentioned.
    """

    name: str = "squad"
    unicode: str = "none"
    typography: str = "keep"
    case: str = "lower"
    punctuation: str = "ascii"
    articles: tuple[str, ...] = ("a", "an", "the")
    space: str = "fold"
    numbers: str = "text"
    words: str = "spaces"
    mention: str = "last"

    @cached_property
    def signature(self) -> str:
        """The preset's name, and the digest of its rules."""
        rules = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "name"}
        if self.numbers == "value":
            rules["numbers"] = numbers.READS
        digest = hashlib.sha256(orjson.dumps(rules, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return f"{self.name}:{digest[:8]}"

    @property
    def changes_nothing(self) -> bool:
        """Whether `fold` and `cut` leave every text as it is."""
        return (self.unicode, self.typography, self.words) == ("none", "keep", "spaces")

    @cached_property
    def _articles(self) -> re.Pattern[str] | None:
        words = "|".join(map(re.escape, self.articles))
        return re.compile(rf"\b({words})\b") if words else None

    def fold(self, text: str) -> str:
        """Return a text with its characters made alike: normal form and typography."""
        if self.unicode != "none":
            text = unicodedata.normalize(self.unicode.upper(), numbers.spaced_fractions(text))
        return text.translate(TYPOGRAPHY) if self.typography == "ascii" else text

    def text(self, text: str) -> str:
        """Return a text as it is compared whole."""
        if self.numbers == "value":  # first: folded, a raised digit is one like the others
            text = numbers.by_value(text)
        text = self.fold(text)
        if self.case == "lower":
            text = text.lower() if self.unicode == "none" else unicodedata.normalize("NFC", text.casefold())
        if self.punctuation != "keep":
            text = text.translate(ASCII_PUNCTUATION) if self.punctuation == "ascii" else without_punctuation(text)
        if self._articles is not None:
            text = self._articles.sub(" ", text)
        return " ".join(text.split()) if self.space == "fold" else text.strip()

    def tokens(self, text: str) -> list[str]:
        """Return a text's tokens."""
        return self.cut(self.text(text)).split()

    def cut(self, text: str) -> str:
        """Return a text with blanks around each character of a script that writes none, where tokens are cut so."""
        return scripts.spaced(text) if self.words == "characters" else text


def without_punctuation(text: str) -> str:
    """Return a text without punctuation, in any script; apostrophes and dots within words leave no gap."""
    pieces, end = [], 0
    for kept in KEPT.finditer(text):
        pieces += [_gap(text[end : kept.start()]), kept.group()]
        end = kept.end()
    return "".join([*pieces, _gap(text[end:])])


def _gap(text: str) -> str:
    """Return what is left of characters that are neither letters nor digits: marks stay, symbols stand alone."""
    left = []
    for character in text:
        kind = unicodedata.category(character)
        if character in "'.":
            continue
        if kind[0] == "M":  # a vowel or an accent of the letter before
            left.append(character)
        else:
            left.append(f" {character} " if kind in ("Sc", "Sm") else " ")
    return "".join(left)


SQUAD = Normalisation()


def of_catalog(facts: dict[str, Any]) -> Normalisation:
    """Return the rules that the catalog's facts describe; SQuAD's where there are none.

    Raises:
        InputError: a rule has a value that is not one of its own.
    """
    rules = {each.name for each in fields(Normalisation)}
    given = {name: value for name, value in facts.items() if name in rules}
    for name, value in given.items():
        if name in SPELLINGS and value not in SPELLINGS[name]:
            raise InputError(
                f"normalisation {facts.get('name', '?')}: {name} is {value!r}; choose from {', '.join(SPELLINGS[name])}"
            )
    if "articles" in given:
        given["articles"] = tuple(given["articles"])
    return Normalisation(**given)


def read() -> Normalisation:
    """Return the rules that the suite decides (NORMALISATION, the catalog's facts)."""
    return of_catalog(settings.facts("NORMALISATION"))
