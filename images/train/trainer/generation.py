"""Greedy answers of a causal language model to a batch of prompts, and the batching of concurrent requests."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import torch

from trainer import chat

BATCH_WINDOW = 0.01  # seconds to wait for another request before a batch starts
MAX_BATCH = 32  # requests answered together
# What a model's makers may have set for chatting, as greedy answers want it.
GREEDY = {
    "num_beams": 1, "num_return_sequences": 1, "return_dict_in_generate": False, "output_scores": False,
    "max_time": None, "stop_strings": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote.

    Attributes:
        text: the answer, without special tokens.
        prompt_tokens: tokens read.
        completion_tokens: tokens written.
        finish_reason: `stop` at an end token, else `length`.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str


@dataclass(slots=True)
class Request:
    """A prompt to answer.

    Attributes:
        prompt: the text.
        add_begin: whether the tokenizer's begin-of-text token goes in front of a text that lacks it; a chat template
            writes its own.
        max_tokens: longest answer, in tokens.
        answer: the answer, once there is one.
    """

    prompt: str
    add_begin: bool
    max_tokens: int
    answer: Future[Answer] = field(default_factory=Future)


class Generator:
    """Answers prompts with the most likely token at each position; use from one thread.

    Args:
        model: a causal language model in evaluation mode.
        tokenizer: its tokenizer.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._positions = int(getattr(model.config, "max_position_embeddings", 2048))
        self._ends = end_tokens(model, tokenizer)
        padding = (tokenizer.pad_token_id, tokenizer.eos_token_id, 0)  # no attention is paid to it
        self._pad = next(token for token in padding if token is not None)
        for name, value in GREEDY.items():
            setattr(model.generation_config, name, value)

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """Return each request's answer."""
        prompts = [self._encode(request) for request in requests]
        length = max(map(len, prompts))
        ids = torch.full((len(prompts), length), self._pad)
        mask = torch.zeros((len(prompts), length), dtype=torch.long)
        for i, prompt in enumerate(prompts):  # padded on the left, so that all answers begin at one position
            ids[i, length - len(prompt) :] = torch.tensor(prompt)
            mask[i, length - len(prompt) :] = 1
        limit = min(max(request.max_tokens for request in requests), max(1, self._positions - length))
        with torch.inference_mode():
            output = self._model.generate(
                ids, attention_mask=mask, max_new_tokens=limit, do_sample=False, use_cache=True,
                pad_token_id=self._pad, eos_token_id=sorted(self._ends) or None,
            )  # fmt: skip
        written = output[:, length:].tolist()
        return [self._answer(*each) for each in zip(requests, prompts, written, strict=True)]

    def _encode(self, request: Request) -> list[int]:
        ids: list[int] = self._tokenizer(request.prompt, add_special_tokens=False)["input_ids"]
        if request.add_begin:
            ids = [*chat.begin_tokens(self._tokenizer, ids), *ids]
        return ids or [self._pad]

    def _answer(self, request: Request, prompt: list[int], written: list[int]) -> Answer:
        # The batch ran until its longest answer was done: cut this one at its own limit and end.
        written = written[: request.max_tokens]
        end = next((place for place, token in enumerate(written) if token in self._ends), None)
        written, reason = written[:end], "length" if end is None else "stop"
        return Answer(self._tokenizer.decode(written, skip_special_tokens=True), len(prompt), len(written), reason)


def end_tokens(model: Any, tokenizer: Any) -> set[int]:
    """Return every token that ends an answer: the model's configurations may list several, such as an end of turn."""
    ends = chat.end_tokens(tokenizer) | {tokenizer.eos_token_id}
    for config in (model.generation_config, model.config):
        listed = getattr(config, "eos_token_id", None)
        ends |= set(listed) if isinstance(listed, list) else {listed}
    return ends - {None}


class Batcher:
    """Answers requests that arrive together in one batch, on a thread of its own."""

    def __init__(self, generator: Generator, max_batch: int = MAX_BATCH) -> None:
        self._generator, self._max_batch = generator, max_batch
        self._waiting: queue.Queue[Request] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, request: Request) -> Future[Answer]:
        """Queue a request and return its answer to come."""
        self._waiting.put(request)
        return request.answer

    def _next_batch(self) -> list[Request]:
        batch = [self._waiting.get()]
        while len(batch) < self._max_batch:
            try:
                batch.append(self._waiting.get(timeout=BATCH_WINDOW))
            except queue.Empty:
                break
        return batch

    def _work(self) -> None:
        while True:
            batch = self._next_batch()
            try:
                for request, answer in zip(batch, self._generator.answers(batch), strict=True):
                    request.answer.set_result(answer)
            except Exception as error:  # whatever it was, each request gets it, and the next batch may succeed
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(error)
