"""The catalog's facts of a model, held to what its own folder says: vectors by wrong facts look right and find nothing.

Read are the files that sentence-transformers writes beside the weights: modules.json, the pooling's config.json,
sentence_bert_config.json or else tokenizer_config.json, and the prompts of config_sentence_transformers.json. A folder
without them is taken as the catalog says.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runtime.errors import InputError

POOLINGS = ("mean", "cls")
_FACTS = {"summary", "weights", "revision", "licence", "dimension", "max_tokens", "pooling", "normalise"}
_FACTS |= {"query_prefix", "document_prefix", "digest"}
_FACTS |= {"api", "model", "tokenizer", "batch", "concurrency", "limit", "request_seconds", "price"}
_COMPUTED = {"Transformer", "Pooling", "Normalize"}  # modules that the embedder computes
_PROMPTS = {"query_prefix": ("query",), "document_prefix": ("document", "passage", "corpus")}
_WIDTH = ("hidden_size", "dim", "d_model", "n_embd")  # of BERT and most others, of DistilBERT, T5 and GPT-2
# Architectures whose positions begin past that of the padding: so many fewer tokens fit than there are positions.
_AFTER_PADDING = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "longformer", "xmod")
_AFTER_PADDING += ("roberta-prelayernorm", "data2vec-text", "ibert")
_NO_LIMIT = 10**9  # what tokenizers write where there is none is larger
_MODE = "pooling_mode_"
_MODES = {"cls_token": "cls", "mean_tokens": "mean"}


def check(folder: Path, facts: Mapping[str, Any]) -> None:
    """Refuse facts that the model's files contradict.

    Raises:
        InputError: they do; the message names every contradiction.
    """
    if problems := [*_of_facts(facts), *_of_folder(folder, facts)]:
        name = facts.get("weights", folder.name)
        raise InputError(f"the catalog's facts of {name} are wrong: {'; '.join(problems)}; correct catalog/models.yaml")


def facts_of(folder: Path) -> dict[str, Any]:
    """Return what a model's files say of it: facts of the catalog, and under `refused` why it cannot be used, if so."""
    config, modules = _read(folder / "config.json"), _read(folder / "modules.json")
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules] if isinstance(modules, list) else []
    longest = [_positions(config), _longest(folder)[1]]
    facts: dict[str, Any] = {
        "dimension": _width(config)[1],
        "max_tokens": min(filter(None, longest), default=None),
    }
    if kinds:
        facts["normalise"] = "Normalize" in kinds
    prompts = _read(folder / "config_sentence_transformers.json").get("prompts") or {}
    for fact, names in _PROMPTS.items():
        facts[fact] = next((prompts[name] for name in names if prompts.get(name)), None)
    facts = {key: value for key, value in facts.items() if value is not None}
    # The pooling with which nothing is left to complain of; where none is, the model is not one that can be computed.
    complaints = {pooling: list(_of_folder(folder, {**facts, "pooling": pooling})) for pooling in POOLINGS}
    if refused := [reason for reason in complaints["mean"] if reason in complaints["cls"]]:
        return {**facts, "refused": refused}
    fitting = [pooling for pooling, reasons in complaints.items() if not reasons]
    return {**facts, "pooling": fitting[0]} if len(fitting) == 1 else facts


def _of_facts(facts: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(facts.keys() - _FACTS):
        guess = difflib.get_close_matches(key, _FACTS, 1)
        yield f"unknown key {key!r}{f', did you mean {guess[0]!r}?' if guess else ''}"
    if (pooling := facts.get("pooling", "mean")) not in POOLINGS:
        yield f"pooling {pooling!r} must be one of {', '.join(POOLINGS)}"


def _of_folder(folder: Path, facts: Mapping[str, Any]) -> Iterator[str]:
    config = _read(folder / "config.json")
    if (most := _positions(config)) and facts.get("max_tokens", 0) > most:
        yield f"max_tokens is {facts['max_tokens']}, config.json has {most} positions"
    key, size = _width(config)
    if size and facts.get("dimension", size) != size:
        yield f"dimension is {facts['dimension']}, config.json says {key} {size}"
    if config.get("is_encoder_decoder"):
        yield "config.json is of an encoder with a decoder, which the embedder does not compute: use another model"
    where, longest = _longest(folder)
    if longest and facts.get("max_tokens", 0) > longest:
        yield f"max_tokens is {facts['max_tokens']}, {where} says {longest}"
    lower = _read(folder / "sentence_bert_config.json").get("do_lower_case")
    if lower and not _lowers(_read(folder / "tokenizer.json").get("normalizer")):
        yield "sentence_bert_config.json has lower case, which tokenizer.json does not make: use another model"
    modules = _read(folder / "modules.json")
    for module in modules if isinstance(modules, list) else []:
        kind, path = str(module.get("type", "")).rpartition(".")[2], module.get("path", "")
        if kind not in _COMPUTED:
            yield f"modules.json has a layer {kind} ({path}), which the embedder does not compute: use another model"
        elif kind == "Pooling":
            yield from _of_pooling(_read(folder / path / "config.json"), f"{path}/config.json", facts)
        elif kind == "Normalize" and not facts.get("normalise", True):
            yield f"normalise is false, modules.json has a layer {kind} ({path})"
    yield from _of_prompts(_read(folder / "config_sentence_transformers.json").get("prompts") or {}, facts)


def _positions(config: Mapping[str, Any]) -> int | None:
    """Return how many tokens have a position; None where a model's length is not limited by it."""
    most: int | None = config.get("max_position_embeddings")
    if most and config.get("model_type") in _AFTER_PADDING:
        return most - 1 - int(config.get("pad_token_id") or 0)
    return most


def _longest(folder: Path) -> tuple[str, int | None]:
    """Return the file that says how many tokens a text may have, and what it says: of the two the older form first."""
    keys = {"sentence_bert_config.json": "max_seq_length", "tokenizer_config.json": "model_max_length"}
    for name, key in keys.items():
        if isinstance(longest := _read(folder / name).get(key), int) and longest < _NO_LIMIT:
            return name, longest
    return "", None


def _width(config: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return the size of a vector by the key that the architecture has for it."""
    return next(((key, config[key]) for key in _WIDTH if config.get(key)), ("", None))


def _lowers(normalizer: Mapping[str, Any] | None) -> bool:
    """Return whether a tokenizer makes lower case of what it is given."""
    parts = (normalizer or {}).get("normalizers") or ([normalizer] if normalizer else [])
    return any(part.get("lowercase") or part.get("type") == "Lowercase" for part in parts)


def _of_pooling(config: Mapping[str, Any], where: str, facts: Mapping[str, Any]) -> Iterator[str]:
    modes = [key.removeprefix(_MODE) for key, value in config.items() if key.startswith(_MODE) and value is True]
    if isinstance(mode := config.get("pooling_mode"), str):
        modes = [mode]
    pooling = facts.get("pooling", "mean")
    if len(modes) > 1 or any(_MODES.get(mode, mode) not in POOLINGS for mode in modes):
        yield f"{where} pools by {' and '.join(modes)}, which the embedder does not compute: use another model"
    elif modes and _MODES.get(modes[0], modes[0]) != pooling:
        yield f"pooling is {pooling}, {where} says {_MODES.get(modes[0], modes[0])}"
    if config.get("include_prompt") is False and (facts.get("query_prefix") or facts.get("document_prefix")):
        yield f"{where} leaves prompts out of the pooling, which the embedder does not: use another model"


def _of_prompts(prompts: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[str]:
    for fact, names in _PROMPTS.items():
        wanted = next((prompts[name] for name in names if prompts.get(name)), None)
        if wanted is not None and facts.get(fact, "") != wanted:
            yield f"{fact} is {facts.get(fact, '')!r}, config_sentence_transformers.json says {wanted!r}"


def _read(path: Path) -> Any:
    """Return the JSON of a file, {} where it does not exist.

    Raises:
        InputError: it is not JSON.
    """
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise InputError(f"the model's {path.name} is not JSON: {error}; upload the model's folder again") from error
