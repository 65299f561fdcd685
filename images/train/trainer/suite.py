"""The suite that a run's checkpoints are evaluated on: <run>/suite/{dataset.json,shards/0.jsonl}.

Either the run's own held-out rows, or a pinned dataset of the catalog. The contract is images/eval's (sample and
dataset schemas, version 1); no other module of this image writes it.
"""

import codecs
import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from runtime import contract, objects, settings
from runtime.errors import InputError
from runtime.log import warning
from runtime.samples import parse
from runtime.words import plural

from trainer import chat, rows, tool_calls

# A standard error of at most 3.6 points on a rate, and a checkpoint is scored in a minute.
MAX_SAMPLES = 200
PROMPT_FIELDS = ("messages", "prompt")  # by one of which a sample asks
Sample = dict[str, Any]


def sample(row: dict[str, Any], chats: bool) -> Sample | None:
    """Return a held-out row as a sample, or None if it has no answer to compare a model's answer with."""
    identity = f"line-{row['line']}"
    if "text" in row:
        return None
    if chats:
        turns = chat.messages(row)
        asked = {"id": identity, "messages": turns[:-1]}
        right = tool_calls.right(turns[-1])
        if "tools" in row:
            asked |= {"tools": row["tools"], "calls": right}
        return asked if right else {**asked, "references": [turns[-1]["content"]]}
    return {"id": identity, "prompt": row["prompt"], "references": [row["completion"]]}


def held_out(run: settings.Run, tokenizer: Any) -> Iterator[Sample]:
    """Yield the samples of a run's held-out rows; one that the chat template refuses is named and left out.

    A row whose right calls could not be read from an answer that writes them is counted in the log, and not asked.
    """
    unread = 0
    for line in objects.lines(f"{run.root}/dataset/held_out.jsonl"):
        row = orjson.loads(line)
        if (asked := sample(row, tokenizer.chat_template is not None)) is None:
            continue
        if problem := chat.problem(tokenizer, row):
            warning("bad_row", f"line {row['line']}, held out: {problem}", line=row["line"])
            continue
        if any(tool_calls.names(row)) and not chat.is_read_back(tokenizer, row):
            unread += 1
            continue
        yield asked
    if unread:
        why = "calls that are not read from what the base model's chat template writes"
        warning("not_asked", f"{plural(unread, 'held-out row')} with {why}: no checkpoint is asked them")


def pinned(facts: dict[str, Any]) -> list[Sample]:
    """Return the samples of a dataset of the catalog, ordered by a hash, so that the first ones are a fair sample.

    Args:
        facts: `uri` and `sha256`.

    Raises:
        InputError: its digest is not the pinned one, a line is not a sample, an id is used twice, or a sample has no
            prompt for a language model.
    """
    data = objects.read(facts["uri"])
    if (digest := hashlib.sha256(data).hexdigest()) != facts["sha256"]:
        raise InputError(f"{facts['uri']}: its sha256 is {digest} and the catalog pins {facts['sha256']}")
    samples = list(parse(data.removeprefix(codecs.BOM_UTF8).split(b"\n"), facts["uri"]))
    if any(not set(PROMPT_FIELDS) & set(each) for each in samples):
        raise InputError(
            f"{facts['uri']}: each sample of a training suite must have {' or '.join(PROMPT_FIELDS)}; "
            "choose another suite"
        )
    return sorted(samples, key=lambda each: hashlib.sha256(each["id"].encode()).digest())


def questions(facts: dict[str, Any]) -> frozenset[str]:
    """Return what a pinned dataset asks, made alike as rows are; nothing where no dataset is pinned.

    Raises:
        InputError: as `pinned` says.
    """
    if not facts:
        return frozenset()
    return frozenset(rows.question(each) for each in pinned(facts))


def write(run: settings.Run, tokenizer: Any, limit: int = MAX_SAMPLES) -> int:
    """Write the suite of a run; without samples nothing is written.

    Args:
        run: the run.
        tokenizer: of the base model; without a chat template the suite asks by prompt.
        limit: most samples.

    Returns:
        How many samples the suite has.
    """
    facts = settings.facts("SUITE_DATASET")
    every = pinned(facts) if facts else held_out(run, tokenizer)
    samples = list(islice(every, limit))
    if not samples:
        return 0
    data = b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in samples)
    root = f"{run.root}/suite"
    objects.write(f"{root}/shards/0.jsonl", data)
    manifest = {
        "name": os.environ.get("SUITE", "held-out"), "uri": f"{root}/shards/0.jsonl",
        "sha256": hashlib.sha256(data).hexdigest(), "rows": len(samples), "groups": 0, "shards": 1,
        "ask": next(name for name in PROMPT_FIELDS if name in samples[0]),
    }  # fmt: skip
    contract.write("dataset", f"{root}/dataset.json", manifest)
    return len(samples)


def digest(run: settings.Run) -> str:
    """Return the digest of the samples of a run's suite, as its scorecards have it; empty where it has none."""
    place = f"{run.root}/suite/dataset.json"
    return str(contract.read("dataset", place)["sha256"]) if objects.exists(place) else ""
