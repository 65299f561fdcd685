"""From a row to token ids and what is to be learned of them, by the tokenizer's own chat template.

Only answers are learned: a completion, or the assistant's turns. Where a template adds text around an answer, the
answer is found as what the rendered conversation gains by that turn, so any template works whose rendering of a
conversation begins with its rendering of the shorter one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from runtime.errors import InputError

Encoded = tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]
Span = tuple[int, int]  # characters [start, end) of a rendered row that are learned


@dataclass(frozen=True, slots=True)
class Rendered:
    """A row as text.

    Attributes:
        text: what is tokenized.
        spans: the answers in it; tokens that begin in one are learned.
        end: whether an end-of-text token follows and is learned.
        templated: whether the tokenizer's chat template wrote it, special tokens included.
    """

    text: str
    spans: tuple[Span, ...]
    end: bool
    templated: bool

    @property
    def whole(self) -> bool:
        """Whether all of it is learned, so that no one need ask where each token lies."""
        return len(self.spans) == 1 and self.spans[0][0] == 0


def messages(row: dict[str, Any]) -> list[dict[str, str]]:
    """Returns a row with an answer as a conversation."""
    if "messages" in row:
        return list(row["messages"])
    return [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["completion"]}]


def render(tokenizer: Any, row: dict[str, Any]) -> Rendered:
    """Returns a row as text with its answers marked.

    Raises:
        InputError: a chat row for a tokenizer without a chat template, or a template that rewrites earlier turns.
    """
    if "text" in row:
        return Rendered(row["text"], ((0, len(row["text"])),), end=True, templated=False)
    if tokenizer.chat_template is None:
        if "messages" in row:
            raise InputError(
                "the dataset holds chat messages and the base model's tokenizer has no chat template; "
                "choose a chat model, or give rows of prompt and completion"
            )
        text = row["prompt"] + row["completion"]
        return Rendered(text, ((len(row["prompt"]), len(text)),), end=True, templated=False)
    return _templated(tokenizer, messages(row))


def _templated(tokenizer: Any, turns: Sequence[dict[str, str]]) -> Rendered:
    text, spans = "", []
    for i, turn in enumerate(turns):
        if turn["role"] != "assistant":
            continue
        before = _apply(tokenizer, turns[:i], True)
        after = _apply(tokenizer, turns[: i + 1], False)
        if not after.startswith(before) or not before.startswith(text):
            raise InputError(
                "the base model's chat template rewrites earlier turns, so what is learned cannot be told from it; "
                "give the model a template whose rendering of a conversation only grows"
            )
        spans.append((len(before), len(after)))
        text = after
    return Rendered(text, tuple(spans), end=False, templated=True)


def _apply(tokenizer: Any, turns: Sequence[dict[str, str]], prompt: bool) -> str:
    text: str = tokenizer.apply_chat_template(list(turns), tokenize=False, add_generation_prompt=prompt)
    return text


def encode(tokenizer: Any, batch: Sequence[dict[str, Any]]) -> list[Encoded]:
    """Returns each row's token ids, int32[n], and whether each is learned, bool[n].

    Rows that the template did not render begin with the tokenizer's begin-of-text token where it has one. It asks the
    tokenizer beneath: what transformers puts around it builds lists that nobody reads, at half the cost again.
    """
    beneath = tokenizer.backend_tokenizer
    beneath.no_truncation()
    beneath.no_padding()
    rendered = [render(tokenizer, row) for row in batch]
    # Where all is learned no one need know where each token lies, which costs as much as the tokens themselves.
    read = beneath.encode_batch_fast if all(one.whole for one in rendered) else beneath.encode_batch
    found = []
    for one, tokens in zip(rendered, read([r.text for r in rendered], add_special_tokens=False), strict=True):
        begin = [] if one.templated or tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
        end = [tokenizer.eos_token_id] if one.end else []
        ids = np.array([*begin, *tokens.ids, *end], np.int32)
        learned = np.ones(len(ids), np.bool_)
        learned[: len(begin)] = False
        if not one.whole:
            learned[len(begin) : len(ids) - len(end)] = _learned(one.spans, tokens.offsets)
        found.append((ids, learned))
    return found


def _learned(spans: Sequence[Span], offsets: Sequence[Span]) -> npt.NDArray[np.bool_]:
    places = np.array(offsets, np.int64).reshape(-1, 2)
    inside = [(places[:, 0] < high) & (places[:, 1] > low) for low, high in spans]
    found: npt.NDArray[np.bool_] = np.logical_or.reduce(inside)
    return found
