"""The held-out rows as a dataset of the eval programs: <run>/suite/{dataset.json,shards/0.jsonl}.

That contract is images/eval's (sample and dataset schemas, version 1); this module writes it and nothing else does
here.
"""

import hashlib
import os
from typing import Any

import chat
import orjson
import settings
import storage

VERSION = 1
MOST = 200  # samples: a standard error of at most 3.6 points on a rate, and a checkpoint is scored in a minute


def sample(row: dict[str, Any], chats: bool) -> dict[str, Any] | None:
    """Returns a held-out row as a sample, or None where it has no answer to hold a model's answer against."""
    identity = f"line-{row['line']}"
    if "text" in row:
        return None
    if chats:
        turns = chat.messages(row)
        return {"id": identity, "messages": turns[:-1], "references": [turns[-1]["content"]]}
    return {"id": identity, "prompt": row["prompt"], "references": [row["completion"]]}


def write(run: settings.Run, tokenizer: Any, dataset: str, most: int = MOST) -> int:
    """Writes the suite of a run's held-out rows and returns how many samples it has; none, and nothing is written."""
    chats = tokenizer.chat_template is not None
    found = []
    for line in storage.lines(f"{run.root}/dataset/held_out.jsonl"):
        if (one := sample(orjson.loads(line), chats)) is not None:
            found.append(one)
        if len(found) >= most:
            break
    if not found:
        return 0
    data = b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in found)
    root = f"{run.root}/suite"
    storage.write(f"{root}/shards/0.jsonl", data)
    manifest = {
        "version": VERSION, "name": "held-out", "uri": f"{root}/shards/0.jsonl",
        "sha256": hashlib.sha256(data).hexdigest(), "rows": len(found), "groups": 0, "shards": 1,
        "ask": "messages" if chats else "prompt",
    }  # fmt: skip
    storage.write_json(f"{root}/dataset.json", manifest)
    return len(found)


def held_out(environ: Any = os.environ) -> bool:
    """Returns whether the gate's suite is the run's own held-out rows."""
    return environ.get("SUITE", "held-out") == "held-out"
