"""Embedding models: the catalog's facts of one, held to what the files beside its weights say of it.

The weights are seldom where a check runs, so that their files are read once, by images/rag/model_facts.py, into
model_facts.yaml. A model that has no entry there is held to its files when a run reads them (exit code 65).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.model.words import quoted
from dac.validate.problem import Problem

_EQUAL = ("dimension", "pooling", "query_prefix", "document_prefix")
_WHY = "vectors by other facts look right and find nothing"


def model_problems(name: str, facts: Mapping[str, Any], kinds: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield each fact of a model that its own files contradict."""
    recorded = kinds.get("model_facts", {}).get(name)
    if recorded is None or "weights" not in facts:
        return
    for key in ("weights", "revision"):
        if facts[key] != recorded[key]:
            text = (
                f"{key} of {quoted(name)} is {quoted(facts[key])}, and its files were read of {quoted(recorded[key])}"
            )
            yield (key,), text, f"read them again: images/rag/model_facts.py {name}"
            return
    for reason in recorded.get("refused", ()):
        yield ("weights",), f"{quoted(name)} cannot be used: {reason}", "use another model"
    for key in _EQUAL:
        if key in recorded and facts[key] != recorded[key]:
            text = f"{key} of {quoted(name)} is {quoted(facts[key])}, and its own files say {quoted(recorded[key])}"
            yield (key,), text, f"write that: {_WHY}"
    if facts["max_tokens"] > recorded.get("max_tokens", facts["max_tokens"]):
        text = f"max_tokens of {quoted(name)} is {facts['max_tokens']}, and the model reads {recorded['max_tokens']}"
        yield ("max_tokens",), text, f"write at most {recorded['max_tokens']}"
    if recorded.get("normalise") and not facts["normalise"]:
        text = f"normalise of {quoted(name)} is false, and the model's own files have a layer that normalises"
        yield ("normalise",), text, f"write true: {_WHY}"
