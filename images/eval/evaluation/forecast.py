"""The cost of a run before anything is asked, from the catalog's prices of a million tokens.

Questions are counted as the budget counts them. The length of answers is taken from the baseline's run. Without a
baseline each answer is as long as it may be, so that the forecast is the most that the run can cost.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from evaluation import contexts, judge_model, likelihood
from evaluation.budget import CHARACTERS_PER_TOKEN

DOCUMENT_TOKENS = 512  # of a document's chunk, at most as the catalog cuts them

Sample = dict[str, Any]


def tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return len(text) // CHARACTERS_PER_TOKEN + 1


def asked(sample: Sample) -> str:
    """Return a sample's question as text."""
    return sample.get("prompt") or sample.get("query") or "\n".join(map(spoken, sample["messages"]))


def spoken(turn: Sample) -> str:
    """Return a turn of a conversation as text, with the calls that it makes."""
    called = f" {orjson.dumps(turn['tool_calls']).decode()}" if turn.get("tool_calls") else ""
    return f"{turn['role']}: {turn.get('content') or ''}{called}"


def of_likelihoods(samples: Sequence[Sample], price: dict[str, float]) -> float:
    """Return the cost of asking every sample once how likely its choices are: each text is read by itself."""
    texts = [text for sample in samples for text in likelihood.prompts(sample)]
    return (sum(map(tokens, texts)) * price.get("input", 0) + len(texts) * price.get("output", 0)) / 1e6


def answer_tokens(baseline: dict[str, Any] | None, max_tokens: int) -> float:
    """Return how many tokens an answer will have: the mean of the baseline's scorecard, or else the most allowed."""
    if baseline and (used := baseline.get("usage", {}).get("output_tokens")):
        return min(float(max_tokens), used / baseline["samples"]["total"])
    return float(max_tokens)


def given_tokens(baseline: dict[str, Any] | None) -> float:
    """Return how many tokens the documents of a question will have, where a model is given any.

    It is the baseline's whole input, or else what documents have at most as indexes are mostly cut.
    """
    if not contexts.answers_from_index():
        return 0.0
    if baseline and (used := baseline.get("usage", {}).get("input_tokens")):
        return float(used / baseline["samples"]["total"])
    return float(contexts.count() * DOCUMENT_TOKENS)


def of_model(samples: Sequence[Sample], price: dict[str, float], answer: float, given: float = 0.0) -> float:
    """Return the cost of asking every sample once; 0 where an index alone is asked.

    Args:
        samples: of the dataset.
        price: of a million tokens.
        answer: how many tokens an answer will have.
        given: how many tokens the documents will have that the model is given with a question; 0 where it is given
            none.
    """
    if not samples or ("query" in samples[0] and not given):
        return 0.0
    read = sum(tokens(asked(sample)) + sum(tokens(str(tool)) for tool in sample.get("tools", [])) for sample in samples)
    read += int(given * len(samples))
    return (read * price.get("input", 0) + len(samples) * answer * price.get("output", 0)) / 1e6


def of_judge_model(samples: Sequence[Sample], facts: dict[str, Any], answer: float) -> float:
    """Return the cost of having every answer rated, with no reply cached; 0 where there is no judge model."""
    if "mode" not in facts or not samples or ("query" in samples[0] and not contexts.answers_from_index()):
        return 0.0
    answers = ["x" * int(answer * CHARACTERS_PER_TOKEN)] * (2 if facts["mode"] == "pairwise" else 1)
    rounds = int(facts.get("repeats", 1)) * len(answers)
    read = written = 0
    for sample in samples:
        shown = {"ask": asked(sample), "references": sample.get("references", [])}
        request = judge_model.request(facts, shown, answers, 0, judge_model.new_mark())
        times = rounds * (1 + (len(sample.get("marks", [])) if facts["mode"] != "pairwise" else 0))
        read += times * sum(tokens(message["content"]) for message in request["messages"])
        written += times * request["max_tokens"]
    price = facts.get("price", {})
    return (read * price.get("input", 0) + written * price.get("output", 0)) / 1e6
