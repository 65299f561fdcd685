"""What a sample must have for a suite's metrics; refused before anything is asked."""

from collections.abc import Sequence
from typing import Any

from runtime.errors import InputError

from evaluation import answer_schema, choice, contexts, likelihood, numbers, scripts, textual
from evaluation.metrics import Metric, applies
from evaluation.normalisation import SQUAD, Normalisation

COUNTS_WORDS = ("token_f1", "rouge_l", "bleu")


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
    documents = contexts.answers_from_index()
    if documents and "query" not in sample:
        raise InputError(f"{at} has no 'query', by which the index is asked for what the model answers from")
    if sample.get("relevant") == [] and not documents:
        raise InputError(f"{at}: its `relevant` is empty, which says that no document answers: only a model can say so")
    for name, metric in metrics.items():
        if sample.get("relevant") == [] and not applies(metric, sample):
            continue
        if sample.get("calls") and not applies(metric, sample):
            raise InputError(f"{at}: its right answer is a call of a tool, which {name} cannot score")
        missing = [field for field in metric.needs if field not in sample]
        if missing:
            raise InputError(f"{at} has no {missing[0]!r}, which {name} needs")
        if metric.reads == "loglikelihoods":
            likelihood.check(sample, at)
        if metric.reads == "hits" and "query" not in sample:
            raise InputError(f"{at} has no 'query', and {name} scores retrieval")
        if metric.reads != "hits" and "query" in sample and not documents:
            raise InputError(f"{at} asks a 'query', which {name} cannot score")


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
