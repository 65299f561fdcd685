"""What checkpoints are asked, as a dataset of the eval programs: <run>/suite/{dataset.json,shards/0.jsonl}.

Either the run's own held-out rows, or a pinned dataset of the catalog. The contract is images/eval's (sample and
dataset schemas, version 1); this module writes it and nothing else does here.
"""

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from runtime import objects, settings
from runtime.errors import InputError

from trainer import chat

VERSION = 1
MOST = 200  # samples: a standard error of at most 3.6 points on a rate, and a checkpoint is scored in a minute
ASKS = ("messages", "prompt")
Sample = dict[str, Any]


def sample(row: dict[str, Any], chats: bool) -> Sample | None:
    """Returns a held-out row as a sample, or None where it has no answer to hold a model's answer against."""
    identity = f"line-{row['line']}"
    if "text" in row:
        return None
    if chats:
        turns = chat.messages(row)
        return {"id": identity, "messages": turns[:-1], "references": [turns[-1]["content"]]}
    return {"id": identity, "prompt": row["prompt"], "references": [row["completion"]]}


def held_out(run: settings.Run, chats: bool) -> Iterator[Sample]:
    """Yields the held-out rows that can be asked."""
    for line in objects.lines(f"{run.root}/dataset/held_out.jsonl"):
        if (one := sample(orjson.loads(line), chats)) is not None:
            yield one


def pinned(facts: dict[str, Any]) -> list[Sample]:
    """Returns the samples of a dataset of the catalog, in an order by hash, so that the first ones are a fair choice.

    Args:
        facts: `uri` and `sha256`.

    Raises:
        InputError: its bytes are others than the catalog pins, or it asks in a way that a language model cannot answer.
    """
    data = objects.read(facts["uri"])
    if (found := hashlib.sha256(data).hexdigest()) != facts["sha256"]:
        raise InputError(f"{facts['uri']}: its sha256 is {found} and the catalog pins {facts['sha256']}")
    samples: list[Sample] = [orjson.loads(line) for line in data.splitlines() if line.strip()]
    if any(not set(ASKS) & set(one) for one in samples):
        raise InputError(f"{facts['uri']}: a suite of training asks by {' or '.join(ASKS)}; choose another suite")
    return sorted(samples, key=lambda one: hashlib.sha256(str(one["id"]).encode()).digest())


def write(run: settings.Run, tokenizer: Any, most: int = MOST) -> int:
    """Writes the suite of a run and returns how many samples it has; none, and nothing is written."""
    facts = settings.facts("SUITE_DATASET")
    samples = pinned(facts) if facts else held_out(run, tokenizer.chat_template is not None)
    found = list(islice(samples, most))
    if not found:
        return 0
    data = b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in found)
    root = f"{run.root}/suite"
    objects.write(f"{root}/shards/0.jsonl", data)
    manifest = {
        "version": VERSION, "name": os.environ.get("SUITE", "held-out"), "uri": f"{root}/shards/0.jsonl",
        "sha256": hashlib.sha256(data).hexdigest(), "rows": len(found), "groups": 0, "shards": 1,
        "ask": next(way for way in ASKS if way in found[0]),
    }  # fmt: skip
    objects.write_json(f"{root}/dataset.json", manifest)
    return len(found)
