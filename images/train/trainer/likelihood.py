"""How likely a model finds the tokens of texts that are given to it.

A text is tokenized as the tokenizer itself writes special tokens, as lm-evaluation-harness does: with what it puts in
front, unless the text begins with that already.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from runtime.words import plural


@dataclass(frozen=True, slots=True)
class Scored:
    """A text's tokens, and what the model expects behind them.

    Attributes:
        tokens: as text.
        offsets: of each token's first character.
        logprobs: natural logarithm of each token's probability after those before it; None of the first.
        next_token: the likeliest behind the text.
        next_logprob: of that one.
    """

    tokens: list[str]
    offsets: list[int]
    logprobs: list[float | None]
    next_token: str
    next_logprob: float

    def choice(self, text: str, writes: bool) -> dict[str, Any]:
        """Return the text as a choice of OpenAI's completions with `echo` and `logprobs`.

        Args:
            text: what was scored.
            writes: whether the likeliest token behind it belongs to the answer.
        """
        behind = 1 if writes else 0
        logprobs = {
            "tokens": self.tokens + [self.next_token] * behind,
            "text_offset": self.offsets + [len(text)] * behind,
            "token_logprobs": self.logprobs + [self.next_logprob] * behind,
            "top_logprobs": None,
        }
        return {"text": text + self.next_token * behind, "finish_reason": "length", "logprobs": logprobs}


class Scorer:
    """Scores texts one after the other, so that none is padded for another; threads take turns.

    Args:
        model: a causal language model in evaluation mode.
        tokenizer: its tokenizer.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._positions = int(getattr(model.config, "max_position_embeddings", 0)) or None
        self._turn = threading.Lock()

    def scores(self, texts: Sequence[str]) -> list[Scored]:
        """Return each text's tokens with their log-probabilities.

        Raises:
            ValueError: a text has no token, or more than the model reads.
        """
        with self._turn, torch.inference_mode():
            return [self._score(text) for text in texts]

    def _score(self, text: str) -> Scored:
        begin = self._tokenizer.bos_token
        begun = bool(begin) and text.startswith(begin)
        encoded = self._tokenizer(text, add_special_tokens=not begun, return_offsets_mapping=True)
        ids = encoded["input_ids"]
        if not ids or (self._positions and len(ids) > self._positions):
            raise ValueError(f"the prompt has {plural(len(ids), 'token')}; the model reads from 1 to {self._positions}")
        tensor = torch.tensor([ids], device=self._model.device)
        logprobs = torch.log_softmax(self._model(tensor).logits[0].float(), dim=-1)
        given = logprobs[:-1].gather(1, tensor[0, 1:, None])[:, 0].tolist()
        likeliest = int(logprobs[-1].argmax())
        return Scored(
            tokens=[self._tokenizer.decode([token]) for token in ids],
            offsets=[start for start, _ in encoded["offset_mapping"]],
            logprobs=[None, *given],
            next_token=self._tokenizer.decode([likeliest]),
            next_logprob=float(logprobs[-1, likeliest]),
        )
