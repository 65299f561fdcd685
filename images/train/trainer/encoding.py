"""Prepared rows as token ids and loss masks, streamed: tokenized by batches on another core, and cut to a length."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from jinja2.exceptions import TemplateError
from runtime import objects
from runtime.errors import InputError
from runtime.log import warning

from trainer import chat, tokens

BATCH = 1_000_000  # bytes of rows tokenized at a time; the tokenizer takes many times that for them
LOGGED = 5  # rows that the chat template refuses, by line


def batches(lines: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows, about BATCH bytes of them at a time."""
    batch, size = [], 0
    for line in lines:
        batch.append(orjson.loads(line))
        size += len(line)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def writes_own_prefix(tokenizer: Any, rows: Iterable[dict[str, Any]]) -> bool:
    """Return whether most answers bring what the template would write in front of them, such as their own thoughts."""
    prefix, own = chat.answer_prefix(tokenizer), []
    for row in rows if prefix else ():
        if "text" not in row and not chat.problem(tokenizer, row):
            rendered = chat.render(tokenizer, row)
            own.append(not rendered.text[: rendered.answers[-1][0]].endswith(prefix))
    return sum(own) * 2 > len(own)


def encoded(address: str, tokenizer: Any, counts: dict[str, int]) -> Iterator[tuple[int, chat.Encoded]]:
    """Yield each row's line, token ids and loss mask; count those that the chat template refuses as `bad`."""
    remaining = batches(objects.lines(address))

    def encode_next() -> tuple[bool, list[tuple[int, chat.Encoded]]]:
        batch = next(remaining, [])
        rows = [(row.pop("line"), row) for row in batch]
        try:
            return bool(batch), list(zip([n for n, _ in rows], chat.encode(tokenizer, batch), strict=True))
        except (TemplateError, TypeError, ValueError):  # of one of the batch: found one by one
            rows = [(line, row) for line, row in rows if not _refused(tokenizer, line, row, counts)]
        return True, list(zip([n for n, _ in rows], chat.encode(tokenizer, [row for _, row in rows]), strict=True))

    # The next batch is tokenized while this one is used, on other cores: the tokenizer releases Python's lock.
    with ThreadPoolExecutor(1) as worker:
        more, batch = worker.submit(encode_next).result()
        while more:
            future = worker.submit(encode_next)
            yield from batch
            more, batch = future.result()


def _refused(tokenizer: Any, line: int, row: dict[str, Any], counts: dict[str, int]) -> bool:
    problem = chat.problem(tokenizer, row)
    if problem:
        counts["bad"] += 1
        if counts["bad"] <= LOGGED:
            warning("bad_row", f"line {line}: {problem}", line=line)
    return bool(problem)


def rows(address: str, tokenizer: Any, sequence: int, vocabulary: int, counts: dict[str, int]) -> Iterator[tokens.Row]:
    """Yield the rows as tokens.

    Args:
        address: the prepared rows.
        tokenizer: of the base model.
        sequence: most tokens of a row; the rest is cut off.
        vocabulary: how many tokens the model has embeddings for.
        counts: counts `cut` rows, `dropped` ones, of which no token counts for the loss, and `bad` ones, which the chat
            template refuses.

    Raises:
        InputError: a row has a token that the model has no embedding for.
    """
    for line, (ids, mask) in encoded(address, tokenizer, counts):
        if len(ids) and ids.max() >= vocabulary:
            token = tokenizer.convert_ids_to_tokens(int(ids.max()))
            raise InputError(
                f"MODEL: line {line} of the dataset holds the token {token!r} ({ids.max()}), and the model has "
                f"embeddings for {vocabulary:,}: its tokenizer is larger; add embeddings to the base model, or take "
                "its own tokenizer"
            )
        counts["cut"] += len(ids) > sequence
        ids, mask = ids[:sequence], mask[:sequence]
        if not mask[1:].any():  # the first token follows nothing, so it is never predicted
            counts["dropped"] += 1
            continue
        yield tokens.Row(line, ids, mask)
