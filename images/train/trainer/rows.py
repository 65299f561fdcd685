"""The contract of a dataset's row: text, prompt and completion, or chat messages; read from JSON lines or Parquet.

A row is identified by its content, not by its position. Duplicates are rows of the same question, but for case and
punctuation, and the same answer, but for blanks. The held-out share is chosen by the question alone, or by the row's
`group`: a question with three answers lies on one side of the split, and never moves between training and evaluation.
"""

import codecs
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import orjson
import pyarrow.parquet as pq
from runtime import addresses, contract, objects
from runtime.errors import InputError

from trainer import layouts, tool_calls

KINDS = ("text", "prompt", "messages")  # the key by which a row's kind is known
REQUIRED = (("text",), ("prompt", "completion"), ("messages",))
FIELDS = ("text", "prompt", "completion", "messages")
COLUMNS = (
    *FIELDS,
    "tools",
    "language",
    "group",
)  # what is read of a row; other columns are ignored, and named in the log
SPLIT = 5  # version of how rows are read, rendered, split and told apart; older tokens are made anew
TURN = ("role", "content")
# Signs that a letter carries, such as the vowels of Hindi and Thai; Python counts them as no part of a word.
CARRIED = "".join(
    chr(code) for code in (*range(0x300, 0x1D00), *range(0xA600, 0xAC00)) if unicodedata.category(chr(code))[0] == "M"
)
NOT_WORDS = re.compile(rf"[^\w{CARRIED}+*/=<>%^#&|$\u20ac~-]+")  # what sums and code are told apart by stays
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")  # characters without a width


def read(
    address: str, ignored: Counter[str] | None = None, mapped: Counter[str] | None = None
) -> Iterator[tuple[int, Any, str]]:
    """Yield (line, value, problem) of each row; `problem` is "" for a row that could be parsed.

    A Parquet file's lines are its row numbers, from 1, and its columns the fields. It is read in batches, so that
    memory stays bounded. What is null is left out, as if it were not there.

    Args:
        address: of the dataset.
        ignored: counts the rows of each column that is not read.
        mapped: counts the rows of each layout of other tools; see layouts.py.

    Raises:
        InputError: there is no such object, or its name ends in neither .jsonl nor .parquet.
    """
    if address.endswith(".parquet"):
        yield from _parquet(address, Counter() if ignored is None else ignored, mapped)
    elif address.endswith(".jsonl"):
        for number, line in objects.numbered_lines(address):
            try:
                yield number, own_columns(orjson.loads(line.removeprefix(codecs.BOM_UTF8)), ignored, mapped), ""
            except orjson.JSONDecodeError as error:
                yield number, None, f"invalid JSON: {error}"
    else:
        raise InputError(f"{address}: the name of a dataset must end in .jsonl or .parquet")


def own_columns(value: Any, ignored: Counter[str] | None = None, mapped: Counter[str] | None = None) -> Any:
    """Return a row with its own columns, without what is null: exporters write `tool_calls: null` in each message.

    A row that another tool laid out is read as one of ours.
    """
    if not isinstance(value, dict):
        return value
    layout, value, _ = layouts.read({name: field for name, field in value.items() if field is not None})
    if layout and mapped is not None:
        mapped[layout] += 1
    if layouts.problem(value):
        return {name: field for name, field in value.items() if name in (*layouts.PREFERENCE, *FIELDS)}
    if ignored is not None:
        ignored.update(name for name, field in value.items() if name not in COLUMNS and field is not None)
    row = {name: field for name, field in value.items() if name in COLUMNS and field is not None}
    if isinstance(row.get("messages"), list):
        row["messages"] = [_turn(turn) for turn in row["messages"]]
    return tool_calls.read(row)


def _turn(turn: Any) -> Any:
    if not isinstance(turn, dict):
        return turn
    return {name: field for name, field in turn.items() if name in TURN or field not in (None, [], {}, "")}


def _parquet(address: str, ignored: Counter[str], mapped: Counter[str] | None) -> Iterator[tuple[int, Any, str]]:
    filesystem, path = addresses.locate(address)
    number = 0
    with addresses.reaching(address, "read"), filesystem.open(path, "rb") as stream, pq.ParquetFile(stream) as file:
        readable = {*COLUMNS, *layouts.columns()}
        columns = [name for name in file.schema_arrow.names if name in readable]
        ignored.update({name: file.metadata.num_rows for name in file.schema_arrow.names if name not in readable})
        if not set(columns) & (set(FIELDS) | layouts.columns()):
            raise InputError(f"{address}: has none of the columns {', '.join(FIELDS)}, nor those of a known layout")
        for batch in file.iter_batches(batch_size=1024, columns=columns):
            for value in batch.to_pylist():
                number += 1
                yield number, own_columns(value, ignored, mapped), ""


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
    if isinstance(value, dict) and (refusal := layouts.problem(value)):
        return refusal
    if isinstance(value, dict) and not any(set(fields) <= set(value) for fields in REQUIRED):
        return (
            f"it has {', '.join(sorted(value)) or 'no fields'}; a row has text, or prompt and completion, or messages"
        )
    if violation := contract.first_problem("row", value):
        return violation.replace("does not match '\\\\S'", "is empty")
    if "messages" in value and value["messages"][-1]["role"] != "assistant":
        return "messages: the last message must be the assistant's; there is no answer to learn from"
    return tool_calls.problem(value)


def alike(text: str) -> str:
    """Return a text's words in one case and normal form: texts that differ in nothing else are the same."""
    folded = unicodedata.normalize("NFKC", UNSEEN.sub("", text)).casefold()
    return NOT_WORDS.sub(" ", folded).strip() or folded.strip()


def question(value: dict[str, Any]) -> str:
    """Return what a row asks, made alike: its text, its prompt, or its messages before the first answer."""
    if "messages" not in value:
        return alike(value["text"] if "text" in value else value["prompt"])
    turns = takewhile(lambda turn: turn["role"] != "assistant", value["messages"])
    return "\n".join(alike(turn["content"]) for turn in turns if turn["role"] == "user")


def digest(value: dict[str, Any]) -> bytes:
    """Return the 32 bytes that identify a row: rows of one question and one answer have the same."""
    if "messages" in value:
        asked, *rest = question(value), *map(_spoken, value["messages"])
        first = next(place for place, turn in enumerate(value["messages"]) if turn["role"] == "assistant")
        systems = [turn["content"] for turn in value["messages"][:first] if turn["role"] == "system"]
        parts = [asked, *systems, *rest[first:]]
        parts += [orjson.dumps(value["tools"], option=orjson.OPT_SORT_KEYS).decode()] if "tools" in value else []
    elif "text" in value:
        parts = [value["text"]]
    else:
        parts = [question(value), value["completion"]]
    return hashlib.sha256(orjson.dumps([kind(value), *(" ".join(part.split()) for part in parts)])).digest()


def _spoken(turn: dict[str, Any]) -> str:
    """Return a turn as one text: who, what, and what is called."""
    called = orjson.dumps(turn["tool_calls"], option=orjson.OPT_SORT_KEYS).decode() if "tool_calls" in turn else ""
    return f"{turn['role']}:{turn['content']}{called}"


def side(value: dict[str, Any]) -> bytes:
    """Return the 32 bytes by which a row is held out: of its group, or else of its question."""
    return hashlib.sha256((f"group:{value['group']}" if "group" in value else question(value)).encode()).digest()


def kind(value: dict[str, Any]) -> str:
    """Return which of KINDS a row is."""
    return next(name for name in KINDS if name in value)


def held_out(identity: bytes, share: float) -> bool:
    """Return whether a row is held out for evaluation, by its content alone.

    Args:
        identity: of the row's group or question; see `side`.
        share: of the rows to hold out, 0 to 1.
    """
    return int.from_bytes(identity[:8], "big") < share * 2**64


def characters(value: dict[str, Any]) -> int:
    """Return the length of a row's text in characters."""
    if "messages" in value:
        return sum(len(_spoken(turn)) - len(turn["role"]) - 1 for turn in value["messages"])
    return len(value.get("text", "")) + len(value.get("prompt", "")) + len(value.get("completion", ""))
