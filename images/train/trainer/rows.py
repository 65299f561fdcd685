"""The contract of a dataset's row: text, prompt and completion, or chat messages; read from JSON lines or Parquet.

A row is identified by what it says, not by where it stands: the SHA-256 of its canonical JSON. By it duplicates are
found and the held-out share is chosen, so that a row never moves between training and evaluation.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow.parquet as pq
from runtime import contract, objects
from runtime.errors import InputError

KINDS = ("text", "prompt", "messages")  # the key that tells a row's kind
SHAPES = (("text",), ("prompt", "completion"), ("messages",))
FIELDS = ("text", "prompt", "completion", "messages")
COLUMNS = (*FIELDS, "language")  # what is read of a Parquet file; others are let be


def read(address: str) -> Iterator[tuple[int, Any, str]]:
    """Yields (line, value, problem) of each row; `problem` is "" where the value could be parsed.

    A Parquet file's lines are its row numbers, from 1, and its columns the fields; batches keep memory bounded.

    Raises:
        InputError: there is no such object, or its name ends in neither .jsonl nor .parquet.
    """
    if address.endswith(".parquet"):
        yield from _parquet(address)
    elif address.endswith(".jsonl"):
        for number, line in enumerate(objects.lines(address), start=1):
            try:
                yield number, orjson.loads(line), ""
            except orjson.JSONDecodeError as error:
                yield number, None, f"no JSON: {error}"
    else:
        raise InputError(f"{address}: a dataset's name ends in .jsonl or .parquet")


def _parquet(address: str) -> Iterator[tuple[int, Any, str]]:
    filesystem, path = objects.locate(address)
    number = 0
    with objects.reaching(address, "read"), filesystem.open(path, "rb") as stream, pq.ParquetFile(stream) as file:
        columns = [name for name in file.schema_arrow.names if name in COLUMNS]
        if not set(columns) & set(FIELDS):
            raise InputError(f"{address}: has none of the columns {', '.join(FIELDS)}")
        for batch in file.iter_batches(batch_size=1024, columns=columns):
            for value in batch.to_pylist():
                number += 1
                yield number, {key: field for key, field in value.items() if field is not None}, ""


def problem(value: Any) -> str:
    """Returns what is wrong with a row, "" where nothing is; the checks that are cheap come first."""
    if isinstance(value, dict) and len(value) == 1 and type(value.get("text")) is str and value["text"].strip():
        return ""  # the schema says the same; validating a million plain rows by it takes minutes
    if isinstance(value, dict) and not any(set(shape) <= set(value) for shape in SHAPES):
        return (
            f"it has {', '.join(sorted(value)) or 'no fields'}; a row has text, or prompt and completion, or messages"
        )
    if found := contract.first_problem("row", value):
        return found.replace("does not match '\\\\S'", "is empty")
    if "messages" in value and value["messages"][-1]["role"] != "assistant":
        return "messages: the last message is not the assistant's, so there is nothing to learn from it"
    return ""


def digest(value: dict[str, Any]) -> bytes:
    """Returns the 32 bytes that identify a row by its content."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).digest()


def kind(value: dict[str, Any]) -> str:
    """Returns which of KINDS a row is."""
    return next(name for name in KINDS if name in value)


def held_out(identity: bytes, share: float) -> bool:
    """Returns whether a row is for evaluation: by its content alone, so that it never moves."""
    return int.from_bytes(identity[:8], "big") < share * 2**64


def characters(value: dict[str, Any]) -> int:
    """Returns a row's length in characters of text."""
    if "messages" in value:
        return sum(len(message["content"]) for message in value["messages"])
    return len(value.get("text", "")) + len(value.get("prompt", "")) + len(value.get("completion", ""))
