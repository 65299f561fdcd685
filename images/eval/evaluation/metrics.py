"""The metrics by name: what each needs of a sample, how it scores an answer, and its signature.

Two scores compare only where their signatures are equal, so a change of a metric's rules changes its signature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sacrebleu
from runtime.errors import InputError

from evaluation import answer_schema, corpus_metrics, textual
from evaluation.stats import Floats


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        kind: `binary` (0 or 1 a sample), `mean` (0 to 1 a sample) or `corpus` (counts a sample, one value).
        needs: the sample's fields that it reads.
        reads: `text`, `hits` or `judge`: what it scores.
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
BLEU_SIGNATURE = f"sacrebleu|nrefs:any|case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
CHRF_SIGNATURE = f"sacrebleu|nrefs:any|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{sacrebleu.__version__}"

METRICS: dict[str, Metric] = {
    "exact_match": Metric("binary", REFERENCES, "text", "squad|v1", textual.exact_match),
    "token_f1": Metric("mean", REFERENCES, "text", "squad|v1", textual.token_f1),
    "rouge_l": Metric("mean", REFERENCES, "text", "rouge-l|f1|stem:no|v1", textual.rouge_l),
    "numeric_match": Metric("binary", REFERENCES, "text", "last-number|rel:1e-6|v1", textual.numeric_match),
    "json_valid": Metric("binary", (), "text", "json-schema|2020-12|v1", textual.json_valid),
    "regex_match": Metric("binary", ("pattern",), "text", "search|v1", textual.regex_match),
    "accuracy": Metric("binary", ("references", "choices"), "text", "named-choice|cued|v2", textual.accuracy),
    "macro_f1": Metric(
        "corpus", ("references", "choices"), "text", "named-choice|cued|macro|by-name|v2",
        counts=corpus_metrics.f1_counts, value=corpus_metrics.f1_value,
    ),
    "bleu": Metric(
        "corpus", REFERENCES, "text", BLEU_SIGNATURE,
        counts=corpus_metrics.bleu_counts, value=corpus_metrics.bleu_value,
    ),
    "chrf": Metric(
        "corpus", REFERENCES, "text", CHRF_SIGNATURE,
        counts=corpus_metrics.chrf_counts, value=corpus_metrics.chrf_value,
    ),
    "recall_at_5": Metric("mean", ("relevant",), "hits", "recall@5|v1", textual.recall_at(5)),
    "recall_at_10": Metric("mean", ("relevant",), "hits", "recall@10|v1", textual.recall_at(10)),
    "mrr": Metric("mean", ("relevant",), "hits", "reciprocal-rank|v1", textual.reciprocal_rank),
    "judge_graded": Metric("mean", (), "judge", "graded|v1"),
    "judge_rubric": Metric("mean", (), "judge", "rubric|v1"),
    "judge_pairwise": Metric("mean", (), "judge", "pairwise-swapped|v1", fixed=0.5),
}  # fmt: skip


def chosen(names: Sequence[str]) -> dict[str, Metric]:
    """Return the metrics of these names, in order.

    Raises:
        InputError: there are none, or a name is unknown.
    """
    unknown = [name for name in names if name not in METRICS]
    if unknown or not names:
        raise InputError(f"metrics: {', '.join(unknown) or 'none chosen'}; choose from {', '.join(sorted(METRICS))}")
    return {name: METRICS[name] for name in names}


def check_choices(samples: Sequence[dict[str, Any]], metrics: dict[str, Metric], where: str) -> None:
    """Refuse choices that could not be told apart, or of which an answer could not be right.

    Args:
        samples: of the dataset, each with what its metrics read.
        metrics: by name.
        where: the dataset's address, for messages.

    Raises:
        InputError: names the sample, and what is wrong with its choices or its references.
    """
    if not any("choices" in metric.needs for metric in metrics.values()):
        return
    names = set(samples[0]["choices"])
    for sample in samples:
        at = f"{where}: sample {sample['id']!r}"
        spelt: dict[str, str] = {}
        for choice in sample["choices"]:
            other = spelt.setdefault(textual.spelling(choice), choice)
            if other is not choice:
                raise InputError(f"{at}: an answer cannot tell its choices {other!r} and {choice!r} apart")
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
        missing = [field for field in metric.needs if field not in sample]
        if missing:
            raise InputError(f"{at} has no {missing[0]!r}, which {name} needs")
        if metric.reads == "hits" and "query" not in sample:
            raise InputError(f"{at} has no 'query', and {name} scores retrieval")
        if metric.reads != "hits" and "query" in sample:
            raise InputError(f"{at} asks a 'query', which {name} cannot score")
