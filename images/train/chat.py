"""From a row to token ids and what is to be learned of them, by the tokenizer's own chat template.

Only answers are learned: a completion, or the assistant's turns. Where a template adds text around an answer, the
answer is found as what the rendered conversation gains by that turn, so any template works whose rendering of a
conversation begins with its rendering of the shorter one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from errors import WrongInput

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
        WrongInput: a chat row for a tokenizer without a chat template, or a template that rewrites earlier turns.
    """
    if "text" in row:
        return Rendered(row["text"], ((0, len(row["text"])),), end=True, templated=False)
    if tokenizer.chat_template is None:
        if "messages" in row:
            raise WrongInput(
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
            raise WrongInput(
                "the base model's chat template rewrites earlier turns, so what is learned cannot be told from it; "
                "give the model a template whose rendering of a conversation only grows"
            )
        spans.append((len(before), len(after)))
        text = after
    return Rendered(text, tuple(spans), end=False, templated=True)


def _apply(tokenizer: Any, turns: Sequence[dict[str, str]], prompt: bool) -> str:
    text: str = tokenizer.apply_chat_template(list(turns), tokenize=False, add_generation_prompt=prompt)
    return text


def encode(tokenizer: Any, batch: Sequence[dict[str, Any]]) -> list[tuple[list[int], list[bool]]]:
    """Returns each row's token ids and, for each, whether it is learned.

    Rows that the template did not render begin with the tokenizer's begin-of-text token where it has one.
    """
    rendered = [render(tokenizer, row) for row in batch]
    partly = not all(one.whole for one in rendered)  # the places of tokens cost as much as the tokens themselves
    encoded = tokenizer(
        [one.text for one in rendered], add_special_tokens=False, return_offsets_mapping=partly,
        return_attention_mask=False, return_token_type_ids=False,
    )  # fmt: skip
    found = []
    for i, (one, ids) in enumerate(zip(rendered, encoded["input_ids"], strict=True)):
        learned = [True] * len(ids) if one.whole else _learned(one.spans, encoded["offset_mapping"][i])
        if not one.templated and tokenizer.bos_token_id is not None:
            ids, learned = [tokenizer.bos_token_id, *ids], [False, *learned]
        if one.end:
            ids, learned = [*ids, tokenizer.eos_token_id], [*learned, True]
        found.append((ids, learned))
    return found


def _learned(spans: Sequence[Span], offsets: Sequence[Span]) -> list[bool]:
    return [any(start < high and end > low for low, high in spans) for start, end in offsets]
