"""The metrics by name: what each needs of a sample, how it scores an answer, and its signature.

Two scores compare only where their signatures are equal, so a change of a metric's rules changes its signature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sacrebleu
from runtime.errors import InputError

from evaluation import calls, choice, citations, contexts, corpus_metrics, likelihood, normalisation, textual, thinking
from evaluation.normalisation import SQUAD, Normalisation
from evaluation.stats import Floats


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        kind: `binary` (0 or 1 a sample), `mean` (0 to 1 a sample) or `corpus` (counts a sample, one value).
        needs: the sample's fields that it reads.
        reads: `text`, `calls`, `hits`, `loglikelihoods`, `record` (an answer with the documents that it was given) or
            `judge`: what it scores.
        score: a sample's value; None for a corpus metric, and for one that the judge model gives.
        counts, value: a corpus metric's counts of a sample, and the value of summed counts.
        signature: its rules in one line.
        fixed: what each sample is compared with in place of the baseline's value (pairwise: 0.5, an even match).
    """

    kind: str
    needs: tuple[str, ...]
    reads: str
    signature: str
    score: Callable[[Any, dict[str, Any]], float] | None = None
    counts: Callable[[str, dict[str, Any]], list[float]] | None = None
    value: Callable[[Floats], Floats] | None = None
    fixed: float | None = None


REFERENCES = ("references",)
CHOICES = ("references", "choices")
BLEU_SIGNATURE = f"sacrebleu|nrefs:any|case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
CHRF_SIGNATURE = f"sacrebleu|nrefs:any|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{sacrebleu.__version__}"


def table(rules: Normalisation) -> dict[str, Metric]:
    """Return every metric by name, as it compares texts by these rules."""
    by, alike = rules.signature, "" if rules.changes_nothing else f"|{rules.signature}"
    return {
        "exact_match": Metric("binary", REFERENCES, "text", f"{by}|v2", partial(textual.exact_match, rules=rules)),
        "token_f1": Metric("mean", REFERENCES, "text", f"{by}|v2", partial(textual.token_f1, rules=rules)),
        "rouge_l": Metric(
            "mean", REFERENCES, "text", f"rouge-l|f1|stem:no{alike}|v1", partial(textual.rouge_l, rules=rules)
        ),
        "numeric_match": Metric(
            "binary", REFERENCES, "text", "boxed|cued|last-number|fractions|powers|rel:1e-6|v3", textual.numeric_match
        ),
        "json_valid": Metric("binary", (), "text", "json-schema|2020-12|v1", textual.json_valid),
        "regex_match": Metric("binary", ("pattern",), "text", "search|v1", textual.regex_match),
        "accuracy": Metric(
            "binary", CHOICES, "text", f"named-choice|cued|{by}|v4", partial(choice.accuracy, rules=rules)
        ),
        "macro_f1": Metric(
            "corpus", CHOICES, "text", f"named-choice|cued|macro|by-name|{by}|v4",
            counts=partial(corpus_metrics.f1_counts, rules=rules), value=corpus_metrics.f1_value,
        ),
        "bleu": Metric(
            "corpus", REFERENCES, "text", BLEU_SIGNATURE + alike,
            counts=partial(corpus_metrics.bleu_counts, rules=rules), value=corpus_metrics.bleu_value,
        ),
        "chrf": Metric(
            "corpus", REFERENCES, "text", CHRF_SIGNATURE + alike,
            counts=partial(corpus_metrics.chrf_counts, rules=rules), value=corpus_metrics.chrf_value,
        ),
        "choice_loglikelihood": Metric(
            "binary", CHOICES, "loglikelihoods", f"{likelihood.SIGNATURE}|v1", likelihood.accuracy
        ),
        "choice_loglikelihood_norm": Metric(
            "binary", CHOICES, "loglikelihoods", f"{likelihood.SIGNATURE}|by-characters|v1",
            likelihood.normalised_accuracy,
        ),
        "tool_call_match": Metric("binary", ("tools", "calls"), "calls", "calls|json-equal|any-order|v1", calls.match),
        "recall_at_5": Metric("mean", ("relevant",), "hits", "recall@5|v1", textual.recall_at(5)),
        "recall_at_10": Metric("mean", ("relevant",), "hits", "recall@10|v1", textual.recall_at(10)),
        "mrr": Metric("mean", ("relevant",), "hits", "reciprocal-rank|v1", textual.reciprocal_rank),
        "ndcg_at_10": Metric("mean", ("relevant",), "hits", "ndcg@10|gains:binary|v1", textual.ndcg_at(10)),
        "abstained": Metric(
            "binary", ("relevant",), "record", f"{citations.SIGNATURE}|abstained|v1", citations.abstained
        ),
        "cited": Metric("mean", ("relevant",), "record", f"{citations.SIGNATURE}|v1", citations.cited),
        "grounded": Metric(
            "mean", ("relevant",), "record", f"{citations.SIGNATURE}|k-precision|{by}|v1",
            partial(citations.grounded, rules=rules),
        ),
        "judge_graded": Metric("mean", (), "judge", "graded|v1"),
        "judge_rubric": Metric("mean", (), "judge", "rubric|v1"),
        "judge_pairwise": Metric("mean", (), "judge", "pairwise-swapped|v1", fixed=0.5),
    }  # fmt: skip


METRICS = table(SQUAD)
UNWRITTEN = ("calls", "hits", "loglikelihoods")  # what holds no text of a model


def chosen(names: Sequence[str], rules: Normalisation = SQUAD, blocks: str = thinking.STRIP) -> dict[str, Metric]:
    """Return the metrics of these names, in order.

    Args:
        names: of the metrics.
        rules: how texts are made alike before they are compared.
        blocks: whether blocks of thought are stripped or kept, which is part of what a score means.

    Raises:
        InputError: there are none, or a name is unknown.
    """
    unknown = [name for name in names if name not in METRICS]
    if unknown or not names:
        raise InputError(f"metrics: {', '.join(unknown) or 'none chosen'}; choose from {', '.join(sorted(METRICS))}")
    by_name = METRICS if rules == SQUAD else table(rules)
    if blocks == thinking.STRIP:
        return {name: by_name[name] for name in names}
    return {name: _keeping(by_name[name]) for name in names}


def _keeping(metric: Metric) -> Metric:
    return metric if metric.reads in UNWRITTEN else replace(metric, signature=f"{metric.signature}|thinking:kept")


def decided(names: Sequence[str]) -> dict[str, Metric]:
    """Return the metrics of these names by the rules that the suite decides (NORMALISATION, THINKING, CONTEXTS).

    Raises:
        InputError: there are none, a name is unknown, or one scores answers from an index and none is asked.
    """
    wanted = chosen(names, normalisation.read(), thinking.read())
    if contexts.answers_from_index():
        given = contexts.signature()
        return {
            name: metric if metric.reads in UNWRITTEN else replace(metric, signature=f"{metric.signature}|{given}")
            for name, metric in wanted.items()
        }
    if strays := [name for name, metric in wanted.items() if metric.reads == "record"]:
        raise InputError(
            f"metrics: {', '.join(strays)} score answers from an index; name the index that the model answers from, "
            "with an endpoint that is asked by chat"
        )
    return wanted


def is_judged(name: str) -> bool:
    """Return whether a judge model gives a metric's values."""
    return METRICS[name].reads == "judge"


def applies(metric: Metric, sample: dict[str, Any]) -> bool:
    """Return whether a metric scores a sample.

    One whose right answer is a call of a tool has no right text. One that no document answers (`relevant` is empty) has
    neither right hits nor a right text: what is right is to abstain.
    """
    if sample.get("relevant") == []:
        return metric.reads == "record"
    if metric.reads == "calls":
        return "calls" in sample
    return metric.reads in UNWRITTEN or not sample.get("calls")
