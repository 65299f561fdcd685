"""Greedy answers of a causal language model to a batch of prompts, and the batching of concurrent requests."""

import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import torch
from runtime.words import plural

from trainer import chat

BATCH_WINDOW = 0.01  # seconds to wait for another request before a batch starts
MAX_BATCH = 32  # requests answered together
UNBOUNDED = 2**31  # positions of a family that counts none
MAX_TOKENS = 256  # of an answer whose request sets no limit
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
        max_tokens: longest answer, in tokens; 1 or more.
        stop: texts before which the answer ends.
        answer: the answer, once there is one.
    """

    prompt: str
    add_begin: bool
    max_tokens: int
    stop: tuple[str, ...] = ()
    answer: Future[Answer] = field(default_factory=Future)


def request(body: Mapping[str, Any], prompt: str, add_begin: bool) -> Request:
    """Return what the body of an API's call asks for.

    Args:
        body: gives `max_completion_tokens` or `max_tokens`, and `stop`.
        prompt, add_begin: the request's.

    Raises:
        ValueError: one of them is not what the API takes.
    """
    given = (body.get(name) for name in ("max_completion_tokens", "max_tokens"))
    longest = next((each for each in given if each is not None), MAX_TOKENS)
    if isinstance(longest, bool) or not isinstance(longest, int | float) or longest < 1 or longest % 1:
        raise ValueError("`max_tokens` must be a whole number from 1")
    stop = body.get("stop") or []
    texts = [stop] if isinstance(stop, str) else stop
    if not isinstance(texts, list) or not all(isinstance(each, str) and each for each in texts):
        raise ValueError("`stop` must be a string, or a list of strings")
    return Request(prompt, add_begin, int(longest), tuple(texts))


class Generator:
    """Answers prompts with the most likely token at each position; use from one thread.

    Args:
        model: a causal language model in evaluation mode.
        tokenizer: its tokenizer.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        config = model.config.get_text_config()
        positions = (getattr(config, name, None) for name in ("max_position_embeddings", "max_seq_len"))
        self._positions = next((int(each) for each in positions if each), UNBOUNDED)
        self._vocabulary = int(model.get_input_embeddings().weight.shape[0])
        self._ends = end_tokens(model, tokenizer)
        padding = (tokenizer.pad_token_id, tokenizer.eos_token_id, 0)  # no attention is paid to it
        self._pad = next(token for token in padding if token is not None)
        for name, value in GREEDY.items():
            setattr(model.generation_config, name, value)

    def answers(self, requests: Sequence[Request]) -> list[Answer | ValueError]:
        """Return each request's answer, or why its prompt has none; a neighbour in the batch changes neither."""
        prompts = [self._encode(request) for request in requests]
        outcomes: dict[int, Answer | ValueError] = {}
        rooms: dict[int, int] = {}
        for place, prompt in enumerate(prompts):
            if problem := self._problem(prompt):
                outcomes[place] = ValueError(problem)
            else:
                rooms[place] = self._positions - len(prompt)
        limits = {place: min(requests[place].max_tokens, room) for place, room in rooms.items()}
        # A batch writes as many tokens as its longest answer has: a prompt without room for them is answered alone.
        longest = max(limits.values(), default=0)
        alone = [place for place, room in rooms.items() if room < longest]
        for group in ([place for place in rooms if place not in alone], *([place] for place in alone)):
            chosen = [(requests[place], prompts[place]) for place in group]
            limit = max((limits[place] for place in group), default=0)
            outcomes.update(zip(group, self._written(chosen, limit), strict=True))
        return [outcomes[place] for place in range(len(requests))]

    def _problem(self, prompt: Sequence[int]) -> str:
        if len(prompt) >= self._positions:
            return f"the prompt has {plural(len(prompt), 'token')}, and the model's context length is {self._positions}"
        if max(prompt) >= self._vocabulary:
            return f"the prompt has the token {max(prompt)}, and the model has embeddings for {self._vocabulary}"
        return ""

    def _written(self, chosen: Sequence[tuple[Request, list[int]]], limit: int) -> list[Answer]:
        if not chosen:
            return []
        prompts = [prompt for _, prompt in chosen]
        length = max(map(len, prompts))
        device = self._model.device
        ids = torch.full((len(prompts), length), self._pad, device=device)
        mask = torch.zeros((len(prompts), length), dtype=torch.long, device=device)
        for i, prompt in enumerate(prompts):  # padded on the left, so that all answers begin at one position
            ids[i, length - len(prompt) :] = torch.tensor(prompt)
            mask[i, length - len(prompt) :] = 1
        with torch.inference_mode():
            output = self._model.generate(
                ids, attention_mask=mask, max_new_tokens=limit, do_sample=False, use_cache=True,
                pad_token_id=self._pad, eos_token_id=sorted(self._ends) or None,
            )  # fmt: skip
        written = output[:, length:].tolist()
        return [self._answer(*each, tokens, limit) for each, tokens in zip(chosen, written, strict=True)]

    def _encode(self, request: Request) -> list[int]:
        ids: list[int] = self._tokenizer(request.prompt, add_special_tokens=False)["input_ids"]
        if request.add_begin:
            ids = [*chat.begin_tokens(self._tokenizer, ids), *ids]
        return ids or [self._pad]

    def _answer(self, request: Request, prompt: list[int], written: list[int], limit: int) -> Answer:
        # The batch ran until its longest answer was done: cut this one at its own limit and end.
        written = written[: min(request.max_tokens, limit)]
        end = next((place for place, token in enumerate(written) if token in self._ends), None)
        written, reason = written[:end], "length" if end is None else "stop"
        text = self._tokenizer.decode(written, skip_special_tokens=True)
        stops = [place for each in request.stop if (place := text.find(each)) >= 0]
        if stops:
            text, reason = text[: min(stops)], "stop"
        return Answer(text, len(prompt), len(written), reason)


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
                    if isinstance(answer, ValueError):
                        request.answer.set_exception(answer)
                    else:
                        request.answer.set_result(answer)
            except Exception as error:  # whatever it was, each request gets it, and the next batch may succeed
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(error)
