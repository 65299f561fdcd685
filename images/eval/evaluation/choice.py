"""Which of a closed set of choices an answer names: the whole answer, what stands behind a cue, or what it mentions."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from evaluation.normalisation import SQUAD, Normalisation

# Words, with what tells C from C++ and C#, and numbers with their sign and their decimals.
WORDS = re.compile(r"(?<![\w.])-?\d+(?:[.,]\d+)+|(?<!\w)-\d+|\w+(?:\+\+|\#)?")
CUES = frozenset({"answer", "choice", "option", "boxed"})
FILLERS = frozenset(
    {"is", "are", "be", "would", "should", "must", "the", "option", "choice", "letter", "correct", "best"}
    | {"text", "textbf", "mathrm", "mathbf"}  # LaTeX's, as in \boxed{\text{B}}
)
MOST_FILLERS = 8  # between a cue or a negation and the choice
NEGATIONS = frozenset({"not", "nor", "neither", "never", "cannot"})
BRACKETS = ")]}*"  # behind a letter: "(b)", "b)", "**b**"
ByWords = dict[tuple[str, ...], str]


def chosen(answer: str, choices: Sequence[str], rules: Normalisation = SQUAD) -> str | None:
    """Return the choice that an answer names.

    That is, in this order: the whole answer; the last one behind a cue ("the answer is D", "\\boxed{D}"); the last that
    it mentions, as whole words and not behind "not", or the first where the rules say so.

    Case is ignored, except for a choice of one letter that is only mentioned outside brackets: "a" is an article. Of
    choices that begin at the same place the longest counts ("yes, partly" over "yes").
    """
    text = written(answer, rules)
    spans = list(WORDS.finditer(text))
    words = [span.group() for span in spans]
    by_words = {tuple(WORDS.findall(written(choice, rules).lower())): choice for choice in choices}
    low = [word.lower() for word in words]
    if (whole := by_words.get(tuple(low))) is not None:
        return whole
    cues = (at for at, word in enumerate(low) if word in CUES and not _negated(low, at))
    for place in reversed([at + 1 for at in cues]):
        most = min(len(low), place + MOST_FILLERS)
        while place < most and low[place] in FILLERS and _at(low, place, by_words) is None:
            place += 1
        if (cued := _at(low, place, by_words)) is not None:
            return by_words[cued]
    mentions = list(_mentions(text, spans, by_words))
    if not mentions:
        return None
    return mentions[0] if rules.mention == "first" else mentions[-1]


def _mentions(text: str, spans: Sequence[re.Match[str]], by_words: ByWords) -> Iterator[str]:
    """Yield the choices that a text mentions, in order, each word read once."""
    low = [span.group().lower() for span in spans]
    place = 0
    while place < len(low):
        mentioned = _at(low, place, by_words)
        if mentioned is not None and _counts(text, spans[place], by_words[mentioned], mentioned):
            if not _negated(low, place):
                yield by_words[mentioned]
            place += len(mentioned)
        else:
            place += 1


def _negated(low: Sequence[str], place: int) -> bool:
    """Return whether the words in front of a place deny it: "not B", "is not the option B", "isn't B"."""
    last = place - 1
    while last > max(0, place - MOST_FILLERS) and low[last] in FILLERS:
        last -= 1
    if last < 0:
        return False
    return low[last] in NEGATIONS or (last > 0 and low[last] == "t" and low[last - 1].endswith("n"))


def _counts(text: str, span: re.Match[str], choice: str, words: tuple[str, ...]) -> bool:
    """Return whether a mention is one: a single letter must be in its own case, or stand in brackets or as a label."""
    if len(words) > 1 or len(words[0]) > 1 or span.group() in choice:
        return True
    begin, behind = span.start(), text[span.end() : span.end() + 1]
    label = behind in (".", ":") and not text[text.rfind("\n", 0, begin) + 1 : begin].strip(" *#-")
    return (bool(behind) and behind in BRACKETS) or label


def _at(words: Sequence[str], place: int, by_words: ByWords) -> tuple[str, ...] | None:
    """Return the words of the longest choice that stands at a place."""
    fitting = [each for each in by_words if each and tuple(words[place : place + len(each)]) == each]
    return max(fitting, key=len) if fitting else None


def written(text: str, rules: Normalisation) -> str:
    """Return a text as words are read from it."""
    return rules.cut(rules.fold(text)).replace("\u2212", "-")


def spelling(choice: str, rules: Normalisation = SQUAD) -> str:
    """Return what an answer is compared with to see whether it names a choice: its words, lower case."""
    return " ".join(WORDS.findall(written(choice, rules).lower()))


def accuracy(answer: str, sample: dict[str, Any], rules: Normalisation = SQUAD) -> float:
    """1 where the choice that the answer names is a reference."""
    return float(chosen(answer, sample["choices"], rules) in sample["references"])
