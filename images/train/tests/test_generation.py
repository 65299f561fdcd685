"""How the sidecar's generation begins and ends."""

from pathlib import Path
from typing import Any

import pytest
import serve
import torch
from trainer import generation


def test_an_answer_ends_at_every_end_token(base: Path) -> None:
    """Of generation_config.json's list and of config.json: an end of turn that is not the tokenizer's end of text."""
    model, tokenizer = serve.load(base, {}, base)
    prompt = "reverse one1"
    ids = torch.tensor([tokenizer(prompt, add_special_tokens=False)["input_ids"]])
    written = model.generate(ids, max_new_tokens=6, do_sample=False)[0, ids.shape[1] :].tolist()
    assert 0 not in written
    for config in (model.generation_config, model.config):
        before = config.eos_token_id
        config.eos_token_id = [0, written[2]]
        [answer] = generation.Generator(model, tokenizer).answers([generation.Request(prompt, False, 6)])
        config.eos_token_id = before
        assert (answer.finish_reason, answer.completion_tokens) == ("stop", written.index(written[2]))


ODD = [
    {"num_beams": 4},
    {"do_sample": True, "temperature": 0.0},
    {"do_sample": True, "temperature": 5.0, "top_k": 2},
    {"num_return_sequences": 2, "num_beams": 2},
    {"max_length": 1},
    {"max_new_tokens": 1},
    {"min_new_tokens": 3},
    {"return_dict_in_generate": True, "output_scores": True},
    {"pad_token_id": -1},
    {"pad_token_id": None},
    {"bos_token_id": 99_999},
    {"use_cache": False},
    {"eos_token_id": []},
    {"eos_token_id": [10**6]},
    {"max_time": 1e-9},
    {"stop_strings": ["e"]},
    {"cache_implementation": "static"},
    {"prompt_lookup_num_tokens": 3},
    {"early_stopping": True},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_generation_config_changes_no_answer(base: Path, odd: dict[str, Any]) -> None:
    """What a model's makers set for chatting does not decide how a checkpoint is scored; only its end tokens do."""
    model, tokenizer = serve.load(base, {}, base)
    expected = generation.Generator(model, tokenizer).answers([generation.Request("reverse one1", False, 6)])
    for name, value in odd.items():
        setattr(model.generation_config, name, value)
    assert generation.Generator(model, tokenizer).answers([generation.Request("reverse one1", False, 6)]) == expected


def test_a_tokenizer_without_an_end_and_padding(base: Path) -> None:
    model, tokenizer = serve.load(base, {}, base)
    tokenizer.eos_token = tokenizer.pad_token = None
    requests = [generation.Request(prompt, False, 4) for prompt in ("reverse one1", "reverse", "")]
    answers = generation.Generator(model, tokenizer).answers(requests)
    assert [answer.prompt_tokens > 0 for answer in answers] == [True] * 3
