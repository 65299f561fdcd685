"""How the sidecar's generation begins and ends."""

from pathlib import Path

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
