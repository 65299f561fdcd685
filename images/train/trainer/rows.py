"""The contract of a dataset's row: text, prompt and completion, or chat messages; read from JSON lines or Parquet.

A row is identified by its content, not by its position: the SHA-256 of its canonical JSON. Duplicates are found by it,
and the held-out share is chosen by it, so that a row never moves between training and evaluation.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow.parquet as pq
from runtime import addresses, contract, objects
from runtime.errors import InputError

KINDS = ("text", "prompt", "messages")  # the key by which a row's kind is known
REQUIRED = (("text",), ("prompt", "completion"), ("messages",))
FIELDS = ("text", "prompt", "completion", "messages")
COLUMNS = (*FIELDS, "language")  # read of a Parquet file; other columns are ignored


def read(address: str) -> Iterator[tuple[int, Any, str]]:
    """Yield (line, value, problem) of each row; `problem` is "" for a row that could be parsed.

    A Parquet file's lines are its row numbers, from 1, and its columns the fields. It is read in batches, so that
    memory stays bounded.

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
                yield number, None, f"invalid JSON: {error}"
    else:
        raise InputError(f"{address}: the name of a dataset must end in .jsonl or .parquet")


def _parquet(address: str) -> Iterator[tuple[int, Any, str]]:
    filesystem, path = addresses.locate(address)
    number = 0
    with addresses.reaching(address, "read"), filesystem.open(path, "rb") as stream, pq.ParquetFile(stream) as file:
        columns = [name for name in file.schema_arrow.names if name in COLUMNS]
        if not set(columns) & set(FIELDS):
            raise InputError(f"{address}: has none of the columns {', '.join(FIELDS)}")
        for batch in file.iter_batches(batch_size=1024, columns=columns):
            for value in batch.to_pylist():
                number += 1
                yield number, {key: field for key, field in value.items() if field is not None}, ""


def count(path: str) -> int:
    """Return how many lines or rows a file on this machine has."""
    if path.endswith(".parquet"):
        return int(pq.read_metadata(path).num_rows)
    with open(path, "rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def problem(value: Any) -> str:
    """Return what is wrong with a row, or "". Cheap checks come first."""
    if isinstance(value, dict) and len(value) == 1 and type(value.get("text")) is str and value["text"].strip():
        return ""  # the schema says the same, and takes minutes for a million such rows
    if isinstance(value, dict) and not any(set(fields) <= set(value) for fields in REQUIRED):
        return (
            f"it has {', '.join(sorted(value)) or 'no fields'}; a row has text, or prompt and completion, or messages"
        )
    if violation := contract.first_problem("row", value):
        return violation.replace("does not match '\\\\S'", "is empty")
    if "messages" in value and value["messages"][-1]["role"] != "assistant":
        return "messages: the last message must be the assistant's; there is no answer to learn from"
    return ""


def digest(value: dict[str, Any]) -> bytes:
    """Return the 32 bytes that identify a row by its content."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).digest()


def kind(value: dict[str, Any]) -> str:
    """Return which of KINDS a row is."""
    return next(name for name in KINDS if name in value)


def held_out(identity: bytes, share: float) -> bool:
    """Return whether a row is held out for evaluation, by its content alone.

    Args:
        identity: the row's digest.
        share: of the rows to hold out, 0 to 1.
    """
    return int.from_bytes(identity[:8], "big") < share * 2**64


def characters(value: dict[str, Any]) -> int:
    """Return the length of a row's text in characters."""
    if "messages" in value:
        return sum(len(message["content"]) for message in value["messages"])
    return len(value.get("text", "")) + len(value.get("prompt", "")) + len(value.get("completion", ""))
