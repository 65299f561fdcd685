"""Greedy answers of a causal language model to many prompts at once, and the queue that gathers them from requests."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import torch

GATHER_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote: the text, the tokens read and written, and why it ended (stop or length)."""

    text: str
    read: int
    written: int
    finish: str


@dataclass(slots=True)
class Asked:
    """A prompt that waits for its answer."""

    prompt: str
    special: bool
    most: int
    answer: Future[Answer] = field(default_factory=Future)


class Model:
    """Answers prompts; use from one thread.

    Args:
        model: a causal language model in evaluation mode.
        tokenizer: its tokenizer.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self.most_positions = int(getattr(model.config, "max_position_embeddings", 2048))

    def answers(self, asked: Sequence[Asked]) -> list[Answer]:
        """Returns each prompt's answer, the most likely token at a time; prompts are padded at their start."""
        encoded = [self._ids(one) for one in asked]
        length = max(len(ids) for ids in encoded)
        pad = self._tokenizer.pad_token_id if self._tokenizer.pad_token_id is not None else self._tokenizer.eos_token_id
        ids = torch.full((len(asked), length), pad)
        mask = torch.zeros((len(asked), length), dtype=torch.long)
        for i, one in enumerate(encoded):
            ids[i, length - len(one) :] = torch.tensor(one)
            mask[i, length - len(one) :] = 1
        most = min(max(one.most for one in asked), max(1, self.most_positions - length))
        with torch.inference_mode():
            out = self._model.generate(
                ids, attention_mask=mask, max_new_tokens=most, do_sample=False, use_cache=True,
                pad_token_id=pad, eos_token_id=self._tokenizer.eos_token_id,
            )  # fmt: skip
        return [
            self._answer(one, row, len(e)) for one, row, e in zip(asked, out[:, length:].tolist(), encoded, strict=True)
        ]

    def _ids(self, asked: Asked) -> list[int]:
        ids: list[int] = self._tokenizer(asked.prompt, add_special_tokens=False)["input_ids"]
        if asked.special and self._tokenizer.bos_token_id is not None:
            ids = [self._tokenizer.bos_token_id, *ids]
        return ids or [self._tokenizer.eos_token_id]

    def _answer(self, asked: Asked, row: list[int], read: int) -> Answer:
        row = row[: asked.most]
        end = self._tokenizer.eos_token_id
        finish = "stop" if end in row else "length"
        row = row[: row.index(end)] if end in row else row
        return Answer(self._tokenizer.decode(row, skip_special_tokens=True), read, len(row), finish)


class Desk:
    """Gathers prompts that arrive together and has them answered together, on a thread of its own."""

    def __init__(self, model: Model, most: int = 32) -> None:
        self._model, self._most = model, most
        self._waiting: queue.Queue[Asked] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def ask(self, asked: Asked) -> Future[Answer]:
        """Puts a prompt in line and returns its answer to come."""
        self._waiting.put(asked)
        return asked.answer

    def _gather(self) -> list[Asked]:
        group = [self._waiting.get()]
        while len(group) < self._most:
            try:
                group.append(self._waiting.get(timeout=GATHER_SECONDS))
            except queue.Empty:
                break
        return group

    def _work(self) -> None:
        while True:
            group = self._gather()
            try:
                for one, answer in zip(group, self._model.answers(group), strict=True):
                    one.answer.set_result(answer)
            except Exception as error:  # every request is told, whatever it was; the next ones may be answered
                for one in group:
                    if not one.answer.done():
                        one.answer.set_exception(error)
