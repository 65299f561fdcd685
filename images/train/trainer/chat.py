"""From a row of the dataset to token ids and a loss mask, by the tokenizer's own chat template.

Only answers count for the loss: a completion, or the assistant's turns. The text of a turn is what the rendered
conversation gains by it, so this works with any template whose rendering of a conversation begins with its rendering
of the shorter one, whatever the template adds around an answer. What it writes in front of an answer itself, such as
Qwen3's empty think block, belongs to the prompt: it is not learned, and `serve` puts it in front of every answer.
A template that marks answers itself, with {% generation %}, is taken at its word, and may rewrite earlier turns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from jinja2.exceptions import TemplateError
from runtime.errors import InputError

from trainer import tool_calls

Encoded = tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]  # token ids and loss mask, both [tokens]
Turn = dict[str, Any]  # role and content, and what tool_calls.py says
Tools = list[dict[str, Any]] | None
Span = tuple[int, int]  # characters [start, end) of a rendered row
GENERATION = re.compile(r"\{%-?\s*generation\s*-?%\}")  # as transformers looks for it
PROBE = "dac-answer"  # stands for an answer, to see what a template writes around one


@dataclass(frozen=True, slots=True)
class Rendered:
    """A row as text.

    Attributes:
        text: what is tokenized.
        answers: the spans that count for the loss.
        append_end: whether an end-of-text token follows; it counts too.
        templated: whether the tokenizer's chat template wrote the text, special tokens included.
    """

    text: str
    answers: tuple[Span, ...]
    append_end: bool
    templated: bool

    @property
    def is_all_answer(self) -> bool:
        """Whether every token counts for the loss, so that their offsets in the text are not needed."""
        return len(self.answers) == 1 and self.answers[0][0] == 0


def messages(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row of prompt and completion, or of messages, as a conversation."""
    if "messages" in row:
        return list(row["messages"])
    return [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["completion"]}]


def render(tokenizer: Any, row: dict[str, Any]) -> Rendered:
    """Return a row as text with its answers marked.

    Raises:
        InputError: a chat row for a tokenizer without a chat template, or a template that rewrites earlier turns.
        ValueError: the template leaves tools out, or marks no answer.
    """
    if "text" in row:
        return Rendered(row["text"], ((0, len(row["text"])),), append_end=True, templated=False)
    if tokenizer.chat_template is None:
        if "messages" in row or "tools" in row:
            raise InputError(
                "the dataset holds chat messages or tools and the base model's tokenizer has no chat template; "
                "choose a chat model, or give rows of prompt and completion"
            )
        text = row["prompt"] + row["completion"]
        return Rendered(text, ((len(row["prompt"]), len(text)),), append_end=True, templated=False)
    marks = GENERATION.search(tokenizer.chat_template)
    rendered = (_render_marked if marks else _render_chat)(tokenizer, messages(row), row.get("tools"))
    if left_out := tool_calls.unwritten(row, rendered.text):
        raise ValueError(left_out)
    return rendered


def _render_marked(tokenizer: Any, turns: Sequence[Turn], tools: Tools) -> Rendered:
    """Return a conversation by a template that marks what is learned."""
    from transformers.utils.chat_template_utils import render_jinja_template

    (text,), (spans,) = render_jinja_template(
        [list(turns)], tools=tools, chat_template=tokenizer.chat_template, return_assistant_tokens_mask=True,
        **tokenizer.special_tokens_map,
    )  # fmt: skip
    answers = tuple((start, end) for start, end in spans if text[start:end].strip())
    if not answers:
        raise ValueError("its {% generation %} marks no answer of the row")
    return Rendered(text, answers, append_end=False, templated=True)


def _render_chat(tokenizer: Any, turns: Sequence[Turn], tools: Tools) -> Rendered:
    text, answers = "", []
    for i, turn in enumerate(turns):
        if turn["role"] != "assistant":
            continue
        before = _apply_template(tokenizer, turns[:i], True, tools)
        after = _apply_template(tokenizer, turns[: i + 1], False, tools)
        if not after.startswith(before) or not before.startswith(text):
            raise InputError(
                "the base model's chat template rewrites earlier turns, so the answers in a conversation cannot be "
                "located; use a template that only appends to what it rendered before, or one that marks answers with "
                "{% generation %}"
            )
        prefix = answer_prefix(tokenizer)
        start = len(before) + (len(prefix) if after.startswith(prefix, len(before)) else 0)
        answers.append((start, len(after)))
        text = after
    return Rendered(text, tuple(answers), append_end=False, templated=True)


@lru_cache(maxsize=8)
def _around_answer(tokenizer: Any, template: str) -> tuple[str, str]:
    """Return what the tokenizer's chat template writes in front of an answer, after its generation prompt, and behind.

    `template` is only what the result is kept by: a tokenizer's template can be replaced.
    """
    turns = [{"role": "user", "content": "x"}]
    before = _apply_template(tokenizer, turns, True)
    turns.append({"role": "assistant", "content": PROBE})
    if GENERATION.search(template):
        marked = _render_marked(tokenizer, turns, None)
        start, end = marked.answers[-1]
        prefix = marked.text[len(before) : start] if marked.text.startswith(before) else ""
        return prefix, marked.text[start:end].partition(PROBE)[2]
    after = _apply_template(tokenizer, turns, False)
    if not after.startswith(before) or PROBE not in after[len(before) :]:
        return "", ""
    prefix, _, suffix = after[len(before) :].partition(PROBE)
    return prefix, suffix


def answer_prefix(tokenizer: Any) -> str:
    """Return what the chat template itself writes between its generation prompt and an answer; "" in most."""
    if tokenizer.chat_template is None:
        return ""
    return _around_answer(tokenizer, tokenizer.chat_template)[0]


def generation_prompt(tokenizer: Any, turns: Sequence[Turn], tools: Tools = None, own_prefix: bool = False) -> str:
    """Return a conversation as the text after which the model's answer begins, as training has it.

    Args:
        tokenizer: the model's.
        turns: the conversation.
        tools: that the model may call.
        own_prefix: whether answers bring what the template would write in front of them.

    Raises:
        ValueError: the template refuses the conversation, or leaves tools out.
    """
    try:
        text = _apply_template(tokenizer, turns, True, tools)
    except TemplateError as error:
        raise ValueError(f"the chat template refuses it: {error}") from error
    if left_out := tool_calls.unwritten({"messages": turns, **({"tools": tools} if tools else {})}, text):
        raise ValueError(left_out)
    return text if own_prefix else text + answer_prefix(tokenizer)


def is_read_back(tokenizer: Any, row: dict[str, Any]) -> bool:
    """Return whether the calls of a row's last answer are read again from what the chat template writes of them."""
    rendered = render(tokenizer, row)
    start, end = rendered.answers[-1]
    return tool_calls.written(rendered.text[start:end], row.get("tools", []))[1] == tool_calls.right(messages(row)[-1])


def end_tokens(tokenizer: Any) -> set[int]:
    """Return the tokens that end an answer as training teaches it: end of text, or what the template writes first.

    Empty where the chat template writes no token of its own behind an answer: nothing teaches the model to stop.
    """
    if tokenizer.chat_template is None:
        return {tokenizer.eos_token_id}
    behind = _around_answer(tokenizer, tokenizer.chat_template)[1]
    # Blanks can be added tokens too, as Gemma's line breaks are: an answer has them, and does not end there.
    added = {token for token, held in tokenizer.added_tokens_decoder.items() if held.content.strip()}
    written = tokenizer(behind, add_special_tokens=False)["input_ids"]
    return set([token for token in written if token in added | {tokenizer.eos_token_id}][:1])


def _apply_template(tokenizer: Any, turns: Sequence[Turn], prompt: bool, tools: Tools = None) -> str:
    text: str = tokenizer.apply_chat_template(list(turns), tools=tools, tokenize=False, add_generation_prompt=prompt)
    return text


def problem(tokenizer: Any, row: dict[str, Any]) -> str:
    """Return why the chat template refuses a row; empty where it does not."""
    try:
        render(tokenizer, row)
    except (TemplateError, TypeError, ValueError) as error:
        return f"the base model's chat template refuses it: {type(error).__name__}: {error}"
    return ""


def encode(tokenizer: Any, rows: Sequence[dict[str, Any]]) -> list[Encoded]:
    """Tokenize rows.

    Args:
        tokenizer: transformers' tokenizer of the base model.
        rows: rows of the dataset, of any kind, of which the chat template refuses none (see `problem`).

    Returns:
        For each row its token ids, int32[n], and its loss mask, bool[n]. A row that the chat template did not render
        begins with the tokenizer's begin-of-text token where it has one.
    """
    # The Rust tokenizer beneath: transformers' wrapper builds further lists that are not used here, for half the time
    # again.
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    if not rows:
        return []
    rendered = [render(tokenizer, row) for row in rows]
    # Offsets cost as much as the tokens themselves; the fast call leaves them out.
    encode_batch = backend.encode_batch_fast if all(r.is_all_answer for r in rendered) else backend.encode_batch
    encodings = encode_batch([r.text for r in rendered], add_special_tokens=False)
    return [_with_mask(tokenizer, *pair) for pair in zip(rendered, encodings, strict=True)]


def _with_mask(tokenizer: Any, row: Rendered, encoding: Any) -> Encoded:
    begin = [] if row.templated else begin_tokens(tokenizer, encoding.ids)
    end = [tokenizer.eos_token_id] if row.append_end else []
    ids = np.array([*begin, *encoding.ids, *end], np.int32)
    mask = np.ones(len(ids), np.bool_)
    mask[: len(begin)] = False
    if not row.is_all_answer:
        mask[len(begin) : len(ids) - len(end)] = _overlaps(encoding.offsets, row.answers)
    return ids, mask


def begin_tokens(tokenizer: Any, ids: Sequence[int]) -> list[int]:
    """Return what goes in front of a plain text's tokens: begin of text, unless the text begins with it already."""
    begin = tokenizer.bos_token_id
    return [] if begin is None or list(ids[:1]) == [begin] else [begin]


def _overlaps(offsets: Sequence[Span], spans: Sequence[Span]) -> npt.NDArray[np.bool_]:
    """Return which tokens share a character with a span, bool[tokens]."""
    tokens = np.array(offsets, np.int64).reshape(-1, 2)
    inside: npt.NDArray[np.bool_] = np.logical_or.reduce([(tokens[:, 0] < e) & (tokens[:, 1] > s) for s, e in spans])
    return inside
