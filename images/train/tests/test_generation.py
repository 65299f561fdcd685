"""How the sidecar's generation begins and ends."""

from pathlib import Path
from typing import Any

import pytest
import serve
import torch
from trainer import bases, chat, encoding, generation


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


def test_a_neighbour_in_the_batch_changes_no_answer(base: Path) -> None:
    """Not one with little room left, nor one that the model cannot read, nor one of a token without an embedding."""
    model, tokenizer = serve.load(base, {}, base)
    generator = generation.Generator(model, tokenizer)
    long = "one " * 200
    tokens = tokenizer(long, add_special_tokens=False)["input_ids"]
    nearly = tokenizer.decode(tokens[:120])  # of 128 positions
    requests = [generation.Request(prompt, False, 20) for prompt in ("reverse one1", nearly, long, "reverse two2")]
    alone = [generator.answers([request])[0] for request in requests]
    together = generator.answers(requests)
    assert [each for each in together if isinstance(each, generation.Answer)] == [alone[0], alone[1], alone[3]]
    assert str(together[2]) == f"the prompt has {len(tokens)} tokens, and the model's context length is 128"
    assert isinstance(together[1], generation.Answer)
    assert together[1].completion_tokens <= 128 - together[1].prompt_tokens
    tokenizer.add_tokens(["<new>"])
    [refused, answered] = generation.Generator(model, tokenizer).answers(
        [generation.Request("<new>", False, 20), requests[0]]
    )
    assert "the model has embeddings for" in str(refused)
    assert answered == alone[0]


def test_an_answer_ends_before_a_text_that_was_asked_for(base: Path) -> None:
    """It may begin within a token and end in another."""
    model, tokenizer = serve.load(base, {}, base)
    generator = generation.Generator(model, tokenizer)
    [whole] = generator.answers([generation.Request("reverse one1", False, 6)])
    assert isinstance(whole, generation.Answer)
    middle = len(whole.text) // 2
    stop = whole.text[middle - 1 : middle + 2]
    request = generation.request({"max_tokens": 6, "stop": ["never", stop]}, "reverse one1", False)
    [cut] = generator.answers([request])
    assert isinstance(cut, generation.Answer)
    assert (cut.text, cut.finish_reason) == (whole.text[: whole.text.index(stop)], "stop")


@pytest.mark.parametrize(
    "body",
    [{"max_tokens": each} for each in (0, -5, True, 1.5, "6", [], 1e400)] + [{"stop": each} for each in (5, [""], [5])],
    ids=str,
)
def test_what_the_api_does_not_take_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        generation.request(body, "x", False)


@pytest.mark.parametrize(
    ("body", "longest", "stop"),
    [
        ({}, generation.MAX_TOKENS, ()),
        ({"max_tokens": None, "stop": None}, generation.MAX_TOKENS, ()),
        ({"max_tokens": 6.0, "stop": "a"}, 6, ("a",)),
        ({"max_tokens": 6, "max_completion_tokens": 7, "stop": ["a", "b"]}, 7, ("a", "b")),
    ],
)
def test_what_a_request_asks_for(body: dict[str, Any], longest: int, stop: tuple[str, ...]) -> None:
    request = generation.request(body, "x", False)
    assert (request.max_tokens, request.stop) == (longest, stop)


def test_a_line_break_that_is_a_token_of_its_own_ends_no_answer(base: Path) -> None:
    """Gemma's tokenizer adds line breaks as tokens, and its template writes one behind the end of a turn."""
    tokenizer = bases.load_tokenizer(base)
    tokenizer.add_tokens(["\n", "\n\n"])
    for behind in ("<|user|>\n", "\n<|user|>\n<|end|>"):
        tokenizer.chat_template = "{% for m in messages %}{{ m.content }}" + behind + "{% endfor %}"
        assert {tokenizer.decode([token]) for token in chat.end_tokens(tokenizer)} == {"<|user|>"}


QWEN = (  # as Qwen3's: thoughts of the answer's own, or an empty block
    "{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' %}{% if '</think>' in m.content %}"
    "{{ m.content }}{% else %}<think>\n\n</think>\n\n{{ m.content }}{% endif %}<|end|>{% else %}{{ m.content }}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.mark.parametrize(("answer", "own"), [("1eno", False), ("<think>\nturned\n</think>\n\n1eno", True)])
def test_answers_that_bring_their_own_thoughts_are_asked_for_without_the_template_s(
    base: Path, answer: str, own: bool
) -> None:
    """A model that learned to think is not scored behind an empty block of thought."""
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = QWEN
    row = {"prompt": "reverse one1", "completion": answer}
    assert encoding.writes_own_prefix(tokenizer, [{"text": "x"}, row, row]) is own
    turns = chat.messages(row)[:1]
    asked = chat.generation_prompt(tokenizer, turns, own_prefix=encoding.writes_own_prefix(tokenizer, [row]))
    rendered = chat.render(tokenizer, row)
    assert asked == rendered.text[: rendered.answers[0][0]]


def test_a_conversation_that_the_template_refuses_is_the_request_s_own_fault(base: Path) -> None:
    """A 400, which is not asked again, and no 500, which is."""
    tokenizer = bases.load_tokenizer(base)
    tokenizer.chat_template = "{{ raise_exception('roles must alternate') }}"
    with pytest.raises(ValueError, match="the chat template refuses it: roles must alternate"):
        chat.generation_prompt(tokenizer, [{"role": "user", "content": "x"}])
