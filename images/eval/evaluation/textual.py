"""Metrics of one answer against its sample: SQuAD's, ROUGE-L, numbers, JSON, patterns, choices, retrieval.

Every function takes the answer and the sample and returns a value from 0 to 1, more is better. Several references: the
best one counts. A failed or empty answer never comes here: `score` gives it 0.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import regex
from runtime.errors import InputError

from evaluation import answer_schema

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?")
# Words, with what tells C from C++ and C#, and numbers with their sign and their decimals.
WORDS = re.compile(r"(?<![\w.])-?\d+(?:[.,]\d+)+|(?<!\w)-\d+|\w+(?:\+\+|\#)?")
CUES = frozenset({"answer", "choice", "option", "boxed"})
FILLERS = frozenset(
    {"is", "are", "be", "would", "should", "must", "the", "option", "choice", "letter", "correct", "best"}
)
NEGATIONS = frozenset({"not", "nor", "neither", "never"})
THINK_END = "</think>"
WORD = re.compile(r"[a-z0-9]+")
PATTERN_SECONDS = 1.0
_FENCE = "```"
Sample = dict[str, Any]


def normalise(text: str) -> str:
    """Return the text as SQuAD's evaluation compares it: lower case, no punctuation, no articles, single blanks."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def exact_match(answer: str, sample: Sample) -> float:
    """SQuAD's exact match: 1 where the normalised answer equals a normalised reference."""
    hypothesis = normalise(answer)
    return float(any(hypothesis == normalise(reference) for reference in sample["references"]))


def token_f1(answer: str, sample: Sample) -> float:
    """SQuAD's F1: shared tokens with multiplicity; with no tokens on either side, 1 where both have none."""
    hypothesis = normalise(answer).split()
    return max(_overlap(hypothesis, normalise(reference).split()) for reference in sample["references"])


def _overlap(hypothesis: Sequence[str], wanted: Sequence[str]) -> float:
    if not hypothesis or not wanted:
        return float(hypothesis == wanted)
    shared = sum((Counter(hypothesis) & Counter(wanted)).values())
    return 2 * shared / (len(hypothesis) + len(wanted))


def rouge_l(answer: str, sample: Sample) -> float:
    """ROUGE-L's F measure (Lin 2004) with rouge-score's tokens (lower case, letters and digits) and no stemming."""
    hypothesis = WORD.findall(answer.lower())
    return max(_rouge(hypothesis, WORD.findall(reference.lower())) for reference in sample["references"])


def _rouge(hypothesis: Sequence[str], wanted: Sequence[str]) -> float:
    if not hypothesis or not wanted:
        return 0.0
    return 2 * common_length(hypothesis, wanted) / (len(hypothesis) + len(wanted))


def common_length(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, a row at a time as bits of one integer (Hyyro 2004)."""
    masks: dict[str, int] = {}
    for position, token in enumerate(first):
        masks[token] = masks.get(token, 0) | 1 << position
    full = (1 << len(first)) - 1
    row = full
    for token in second:
        matches = row & masks.get(token, 0)
        row = (row + matches | row - matches) & full
    return len(first) - row.bit_count()


def numbers(text: str) -> list[float]:
    """Return the finite numbers in a text, in order; 1,234.5 is one number and 10-12 are two."""
    texts = (match.group().replace(",", "") for match in NUMBER.finditer(text.replace("\u2212", "-")))
    return [value for number in texts if math.isfinite(value := float(number))]


def numeric_match(answer: str, sample: Sample) -> float:
    """1 where the answer's last number equals a reference's last number, to a millionth of it."""
    values_given = numbers(answer)
    if not values_given:
        return 0.0
    wanted = [values[-1] for reference in sample["references"] if (values := numbers(reference))]
    return float(any(math.isclose(values_given[-1], value, rel_tol=1e-6, abs_tol=1e-12) for value in wanted))


def json_valid(answer: str, sample: Sample) -> float:
    """1 where the answer is JSON (alone, or as one fenced block) and satisfies the sample's schema, if it has one.

    Raises:
        TimeoutError: the schema needs more than a second on this answer.
    """
    try:
        value = orjson.loads(_unfenced(answer.strip()))
    except orjson.JSONDecodeError:
        return 0.0
    return float(answer_schema.satisfies(value, sample.get("schema", {})))


def _unfenced(text: str) -> str:
    """Return what stands in the one fenced block that a text is, or the text."""
    if len(text) < 2 * len(_FENCE) or not (text.startswith(_FENCE) and text.endswith(_FENCE)):
        return text
    info, newline, body = text[len(_FENCE) : -len(_FENCE)].partition("\n")
    return body if newline and info.strip() in ("", "json") else text


def check_pattern(pattern: str, where: str) -> None:
    """Refuse a pattern that `regex_match` could not search with.

    Raises:
        InputError: it is not a regular expression.
    """
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise InputError(f"{where}: its pattern is not a regular expression: {error}") from error


def regex_match(answer: str, sample: Sample) -> float:
    """1 where the sample's pattern is found in the answer.

    Raises:
        TimeoutError: the pattern needs more than a second on this answer.
    """
    return float(regex.search(sample["pattern"], answer, timeout=PATTERN_SECONDS) is not None)


def chosen(answer: str, choices: Sequence[str]) -> str | None:
    """Return the choice that an answer names.

    That is, in this order: the whole answer; the last one behind a cue ("the answer is D", "\\boxed{D}"); the first
    that it mentions, as whole words, and not behind "not".

    Case is ignored, except for a choice of one letter that is only mentioned: "A" is not the article. Of choices that
    begin at the same place the longest counts ("yes, partly" over "yes"). What stands in a think block is not read.
    """
    answer = answer.rpartition(THINK_END)[2]
    words = _words(answer)
    by_words = {tuple(_words(choice.lower())): choice for choice in choices}
    low = [word.lower() for word in words]
    if (whole := by_words.get(tuple(low))) is not None:
        return whole
    for place in reversed([at + 1 for at, word in enumerate(low) if word in CUES]):
        while place < len(low) and low[place] in FILLERS and _at(low, place, by_words) is None:
            place += 1
        if (cued := _at(low, place, by_words)) is not None:
            return cued
    for place in range(len(words)):
        mentioned = _at(low, place, by_words)
        if mentioned is None or (place and low[place - 1] in NEGATIONS):
            continue
        if len(mentioned) > 1 or words[place] == mentioned:
            return mentioned
    return None


def _at(words: Sequence[str], place: int, by_words: dict[tuple[str, ...], str]) -> str | None:
    """Return the longest choice whose words stand at a place."""
    fitting = [each for each in by_words if each and tuple(words[place : place + len(each)]) == each]
    return by_words[max(fitting, key=len)] if fitting else None


def _words(text: str) -> list[str]:
    return WORDS.findall(text.replace("\u2212", "-"))


def spelling(choice: str) -> str:
    """Return what an answer is compared with to see whether it names a choice: its words, lower case."""
    return " ".join(_words(choice.lower()))


def accuracy(answer: str, sample: Sample) -> float:
    """1 where the choice that the answer names is a reference."""
    return float(chosen(answer, sample["choices"]) in sample["references"])


def recall_at(k: int) -> Callable[[Sequence[str], Sample], float]:
    """Return recall at k: which share of the relevant documents is among the first k distinct hits."""

    def recall(hits: Sequence[str], sample: Sample) -> float:
        relevant = set(sample["relevant"])
        return len(relevant & set(distinct(hits)[:k])) / len(relevant)

    return recall


def reciprocal_rank(hits: Sequence[str], sample: Sample) -> float:
    """Return the reciprocal of the rank of the first relevant document, 0 where there is none (its mean is MRR)."""
    relevant = set(sample["relevant"])
    ranks = (rank for rank, hit in enumerate(distinct(hits), start=1) if hit in relevant)
    return 1 / next(ranks, math.inf)


def distinct(hits: Sequence[str]) -> list[str]:
    """Return the hits without repeats: several chunks of one document are one hit, at its best rank."""
    return list(dict.fromkeys(hits))
