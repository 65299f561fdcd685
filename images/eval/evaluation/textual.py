"""Metrics of one answer against its sample: SQuAD's, ROUGE-L, numbers, JSON, patterns, choices, retrieval.

Every function takes the answer and the sample and returns a value from 0 to 1, more is better. Several references: the
best one counts. A failed or empty answer never comes here: `score` gives it 0.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import regex
from runtime.errors import InputError

from evaluation import answer_schema, numbers
from evaluation.normalisation import SQUAD, Normalisation

WORD = re.compile(r"[a-z0-9]+")
PATTERN_SECONDS = 1.0
_FENCE = "```"
Sample = dict[str, Any]


def exact_match(answer: str, sample: Sample, rules: Normalisation = SQUAD) -> float:
    """1 where the normalised answer equals a normalised reference; by SQuAD's rules its exact match."""
    hypothesis = rules.text(answer)
    return float(any(hypothesis == rules.text(reference) for reference in sample["references"]))


def token_f1(answer: str, sample: Sample, rules: Normalisation = SQUAD) -> float:
    """Return the F1 of shared tokens with multiplicity, 1 where neither side has any; by SQuAD's rules its F1."""
    hypothesis = rules.tokens(answer)
    return max(_overlap(hypothesis, rules.tokens(reference)) for reference in sample["references"])


def _overlap(hypothesis: Sequence[str], wanted: Sequence[str]) -> float:
    if not hypothesis or not wanted:
        return float(hypothesis == wanted)
    shared = sum((Counter(hypothesis) & Counter(wanted)).values())
    return 2 * shared / (len(hypothesis) + len(wanted))


def rouge_l(answer: str, sample: Sample, rules: Normalisation = SQUAD) -> float:
    """ROUGE-L's F measure (Lin 2004) without stemming; tokens as `rouge_tokens` has them."""
    hypothesis = rouge_tokens(answer, rules)
    return max(_rouge(hypothesis, rouge_tokens(reference, rules)) for reference in sample["references"])


def rouge_tokens(text: str, rules: Normalisation) -> list[str]:
    """Return rouge-score's tokens (lower case, ASCII letters and digits), or those of rules that cut characters."""
    if rules.words == "characters":
        return rules.tokens(text)
    return WORD.findall(rules.fold(text).lower())


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


def numeric_match(answer: str, sample: Sample) -> float:
    """1 where the number that the answer gives equals a reference's, to a millionth of it."""
    value = numbers.given(answer)
    wanted = [numbers.given(reference) for reference in sample["references"]]
    return float(value is not None and any(each is not None and numbers.equal(value, each) for each in wanted))


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
    return body if newline and info.strip().lower() in ("", "json") else text


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


def ndcg_at(k: int) -> Callable[[Sequence[str], Sample], float]:
    """Return the discounted gain of the first k distinct hits, of the most that there could be: nDCG, gains 0 or 1."""

    def ndcg(hits: Sequence[str], sample: Sample) -> float:
        relevant = set(sample["relevant"])
        gain = sum(1 / math.log2(rank + 1) for rank, hit in enumerate(distinct(hits)[:k], start=1) if hit in relevant)
        return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(relevant)) + 1))

    return ndcg


def distinct(hits: Sequence[str]) -> list[str]:
    """Return the hits without repeats: several chunks of one document are one hit, at its best rank."""
    return list(dict.fromkeys(hits))
