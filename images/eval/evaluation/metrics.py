"""The metrics by name: what each needs of a sample, how it scores an answer, and its signature.

Two scores compare only where their signatures are equal, so a change of a metric's rules changes its signature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sacrebleu
from runtime.errors import InputError

from evaluation import (
    answer_schema,
    calls,
    choice,
    corpus_metrics,
    likelihood,
    normalisation,
    numbers,
    scripts,
    textual,
    thinking,
)
from evaluation.normalisation import SQUAD, Normalisation
from evaluation.stats import Floats


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        kind: `binary` (0 or 1 a sample), `mean` (0 to 1 a sample) or `corpus` (counts a sample, one value).
        needs: the sample's fields that it reads.
        reads: `text`, `calls`, `hits`, `loglikelihoods` or `judge`: what it scores.
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
            "binary", REFERENCES, "text", "last-number|boxed|fractions|powers|rel:1e-6|v2", textual.numeric_match
        ),
        "json_valid": Metric("binary", (), "text", "json-schema|2020-12|v1", textual.json_valid),
        "regex_match": Metric("binary", ("pattern",), "text", "search|v1", textual.regex_match),
        "accuracy": Metric(
            "binary", CHOICES, "text", f"named-choice|cued|{by}|v3", partial(choice.accuracy, rules=rules)
        ),
        "macro_f1": Metric(
            "corpus", CHOICES, "text", f"named-choice|cued|macro|by-name|{by}|v3",
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
    """Return the metrics of these names by the rules that the suite decides (NORMALISATION, THINKING)."""
    return chosen(names, normalisation.read(), thinking.read())


def applies(metric: Metric, sample: dict[str, Any]) -> bool:
    """Return whether a metric scores a sample: one whose right answer is a call of a tool has no right text."""
    if metric.reads == "calls":
        return "calls" in sample
    return metric.reads in UNWRITTEN or not sample.get("calls")


def check_choices(
    samples: Sequence[dict[str, Any]], metrics: dict[str, Metric], where: str, rules: Normalisation = SQUAD
) -> None:
    """Refuse choices that could not be told apart, or of which an answer could not be right.

    Args:
        samples: of the dataset, each with what its metrics read.
        metrics: by name.
        where: the dataset's address, for messages.
        rules: how texts are made alike.

    Raises:
        InputError: names the sample, and what is wrong with its choices or its references.
    """
    if not any("choices" in metric.needs and metric.reads == "text" for metric in metrics.values()):
        return
    names = set(samples[0]["choices"])
    for sample in samples:
        at = f"{where}: sample {sample['id']!r}"
        spelt: dict[str, str] = {}
        for each in sample["choices"]:
            other = spelt.setdefault(choice.spelling(each, rules), each)
            if other is not each:
                raise InputError(f"{at}: an answer cannot tell its choices {other!r} and {each!r} apart")
        if "" in spelt:
            raise InputError(f"{at}: no answer can name its choice {spelt['']!r}, which has no letter and no digit")
        if strays := [reference for reference in sample["references"] if reference not in sample["choices"]]:
            raise InputError(f"{at}: its reference {strays[0]!r} is not one of its choices")
        if "macro_f1" in metrics and len(sample["references"]) != 1:
            raise InputError(f"{at}: macro_f1 needs one reference")
        if "macro_f1" in metrics and set(sample["choices"]) != names:
            raise InputError(f"{at}: macro_f1 needs the same choices in every sample; {samples[0]['id']!r} has others")


def check_sample(sample: dict[str, Any], metrics: dict[str, Metric], where: str) -> None:
    """Refuse a sample that lacks what a metric reads, or whose pattern or schema cannot be used.

    Raises:
        InputError: names the sample, the field and the metric.
    """
    at = f"{where}: sample {sample['id']!r}"
    if "pattern" in sample:
        textual.check_pattern(sample["pattern"], at)
    if "schema" in sample:
        answer_schema.check(sample["schema"], at)
    for name, metric in metrics.items():
        if sample.get("calls") and not applies(metric, sample):
            raise InputError(f"{at}: its right answer is a call of a tool, which {name} cannot score")
        missing = [field for field in metric.needs if field not in sample]
        if missing:
            raise InputError(f"{at} has no {missing[0]!r}, which {name} needs")
        if metric.reads == "loglikelihoods":
            likelihood.check(sample, at)
        if metric.reads == "hits" and "query" not in sample:
            raise InputError(f"{at} has no 'query', and {name} scores retrieval")
        if metric.reads != "hits" and "query" in sample:
            raise InputError(f"{at} asks a 'query', which {name} cannot score")


COUNTS_WORDS = ("token_f1", "rouge_l", "bleu")


def check_references(sample: dict[str, Any], metrics: dict[str, Metric], where: str, rules: Normalisation) -> None:
    """Refuse references of which a metric would read nothing, or read a sentence as one word.

    Raises:
        InputError: names the sample, the metric, and the preset that reads such a script.
    """
    at = f"{where}: sample {sample['id']!r}"
    for name in metrics:
        for reference in sample.get("references", []):
            if name in COUNTS_WORDS and rules.words == "spaces" and (sign := scripts.unspaced(reference)):
                raise InputError(
                    f"{at}: {name} counts words, and its reference has a script that writes no spaces ({sign!r}); "
                    "choose the normalisation multilingual, or chrf"
                )
            if name == "rouge_l" and any(map(str.isalnum, reference)) and not textual.rouge_tokens(reference, rules):
                raise InputError(
                    f"{at}: rouge_l by {rules.name} reads ASCII letters and digits, and its reference has none; choose "
                    "the normalisation multilingual"
                )
            if name == "numeric_match" and numbers.given(reference) is None:
                raise InputError(f"{at}: numeric_match compares numbers, and its reference {reference[:60]!r} has none")
            if name in ("exact_match", "token_f1") and not rules.text(reference) and reference.strip():
                raise InputError(
                    f"{at}: nothing is left of its reference {reference[:60]!r} by {rules.name}; choose the "
                    "normalisation strict or multilingual"
                )
