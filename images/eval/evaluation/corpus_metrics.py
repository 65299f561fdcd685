"""Metrics of the whole corpus: BLEU and chrF as sacrebleu counts them, macro F1 over a closed set of choices.

A metric is a vector of counts a sample, and the value of summed counts, vectorised over many sums at once (the
bootstrap's draws). The counts are sacrebleu's own; the formulas are checked against sacrebleu's values in the tests.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sacrebleu.metrics import BLEU, CHRF

from evaluation.choice import chosen
from evaluation.normalisation import SQUAD, Normalisation
from evaluation.stats import Floats

ORDER = 4
BETA = 2.0
BLEU_METRIC = BLEU()
CHRF_METRIC = CHRF()


def _counts(metric: Any, answer: str, references: list[str], alike: Callable[[str], str]) -> list[float]:
    """Return one segment's counts; sacrebleu has no public call for it, so the lock pins its version."""
    wanted = [[alike(reference)] for reference in references]
    return list(metric._extract_corpus_statistics([alike(answer)], wanted)[0])


def bleu_counts(answer: str, sample: dict[str, Any], rules: Normalisation = SQUAD) -> list[float]:
    """Return BLEU's counts: lengths of answer and closest reference, matched and total n-grams by order.

    The rules make characters alike, and cut scripts that write no spaces; case and punctuation count.
    """
    return _counts(BLEU_METRIC, answer, sample["references"], lambda text: rules.cut(rules.fold(text)))


def bleu_value(sums: Floats) -> Floats:
    """Return BLEU / 100 of summed counts (draws, 10), smoothed as sacrebleu does by default (`exp`)."""
    hypothesis, wanted = sums[:, 0], sums[:, 1]
    correct, total = sums[:, 2 : 2 + ORDER], sums[:, 2 + ORDER :]
    none = correct == 0
    halvings = np.cumsum(none, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(none, 1 / (2.0**halvings * total), correct / total)
        geometric = np.exp(np.log(precision).mean(axis=1))
        brevity = np.where(hypothesis < wanted, np.exp(1 - wanted / hypothesis), 1.0)
        value = geometric * brevity
    usable = (total > 0).all(axis=1) & (correct > 0).any(axis=1)
    return np.where(usable, value, 0.0)


def chrf_counts(answer: str, sample: dict[str, Any], rules: Normalisation = SQUAD) -> list[float]:
    """Return chrF's counts: n-grams of answer, of the best reference, and shared, by order."""
    return _counts(CHRF_METRIC, answer, sample["references"], rules.fold)


def chrf_value(sums: Floats) -> Floats:
    """Return chrF2 / 100 of summed counts (draws, 18), orders without n-grams left out as sacrebleu does."""
    hypothesis, wanted, shared = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    usable = (hypothesis > 0) & (wanted > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        orders = usable.sum(axis=1)
        precision = np.where(usable, shared / hypothesis, 0).sum(axis=1) / orders
        recall = np.where(usable, shared / wanted, 0).sum(axis=1) / orders
        value = (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)
    return np.where((orders > 0) & (precision + recall > 0), value, 0.0)


def f1_counts(answer: str, sample: dict[str, Any], rules: Normalisation = SQUAD) -> list[float]:
    """Return, for each choice by name, whether it was rightly chosen, chosen, and wanted.

    `load` refuses samples of several references, or of other choices than the others have.
    """
    choice_made, wanted = chosen(answer, sample["choices"], rules), sample["references"][0]
    return [
        float(flag)
        for choice in sorted(sample["choices"])  # samples may list them in any order
        for flag in (choice_made == choice == wanted, choice_made == choice, wanted == choice)
    ]


def f1_value(sums: Floats) -> Floats:
    """Return macro F1 of summed counts (draws, 3 choices); a choice neither chosen nor wanted counts as 0.

    That is scikit-learn's f1_score(average="macro", labels=choices, zero_division=0).
    """
    right, predicted, wanted = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(predicted + wanted > 0, 2 * right / (predicted + wanted), 0.0).mean(axis=1)
