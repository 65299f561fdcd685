"""Turns a prepared dataset into packed tokens, kept by digest and made once; writes the held-out suite.

MODEL='{"weights":"s3://models/small"}' SIZING='{"sequence":128}' OBJECTS=... ARTIFACTS=... PROJECT=p \
PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m tokenize_dataset --evaluations /work/out/evaluations

Reads <run>/dataset/. Writes <project>/tokens/<digest>/{train.arrow,tokens.json}, which any later run of the same
dataset, tokenizer and settings reuses, and <run>/suite/{dataset.json,shards/0.jsonl}: held-out rows, or the pinned
dataset of SUITE_DATASET, as the eval programs read them. Rows stream by; memory does not grow with the dataset.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
from runtime import objects, receipt, settings
from runtime.log import info, warning
from runtime.program import main
from trainer import bases, card, chat, checkpoint, suite, tokens
from trainer import plan as plans

BATCH = 1_000_000  # bytes of rows tokenized at a time; what the tokenizer holds of them is many times that


def batches(lines: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """Yields the rows, about BATCH bytes of them at a time."""
    held, size = [], 0
    for line in lines:
        held.append(orjson.loads(line))
        size += len(line)
        if size >= BATCH:
            yield held
            held, size = [], 0
    if held:
        yield held


def encoded(address: str, tokenizer: Any) -> Iterator[tuple[int, chat.Encoded]]:
    """Yields each row's line and tokens. The next batch is tokenized while this one is used: on other cores, since the
    tokenizer lets go of Python's lock.
    """
    coming = batches(objects.lines(address))

    def following() -> list[tuple[int, chat.Encoded]]:
        batch = next(coming, [])
        numbers = [row.pop("line") for row in batch]
        return list(zip(numbers, chat.encode(tokenizer, batch), strict=True))

    with ThreadPoolExecutor(1) as ahead:
        future = ahead.submit(following)
        while batch := future.result():
            future = ahead.submit(following)
            yield from batch


def rows(address: str, tokenizer: Any, sequence: int, counts: dict[str, int]) -> Iterator[tokens.Row]:
    """Yields the rows as tokens; counts those cut to `sequence`, or dropped since nothing learned was left."""
    for line, (ids, learned) in encoded(address, tokenizer):
        counts["cut"] += len(ids) > sequence
        ids, learned = ids[:sequence], learned[:sequence]
        if not learned[1:].any():  # the first token follows nothing, so it is never predicted
            counts["dropped"] += 1
            continue
        yield tokens.Row(line, ids, learned)


def make(run: settings.Run, root: str, tokenizer: Any, plan: plans.Plan, facts: dict[str, Any]) -> dict[str, Any]:
    """Writes the tokens under `root` and returns their manifest."""
    counts = {"cut": 0, "dropped": 0}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / tokens.TABLE
        stream = rows(f"{run.root}/dataset/train.jsonl", tokenizer, plan.sequence, counts)
        with tokens.Writer(path) as writer:
            for pack in tokens.pack(stream, plan.sequence, 4096 if plan.packing else 1):
                writer.add(pack)
        objects.upload(path, f"{root}/{tokens.TABLE}")
    manifest = {
        **facts, **counts, "packs": writer.packs, "rows": writer.rows, "tokens": writer.tokens,
        "learned": writer.learned,
    }  # fmt: skip
    if counts["cut"]:
        share = counts["cut"] / (writer.rows + counts["dropped"])
        warning(
            "cut", f"{counts['cut']} rows ({share:.1%}) are longer than {plan.sequence} tokens and were cut", **counts
        )
    tokens.write_manifest(root, manifest)
    return {"version": tokens.VERSION, **manifest}


def program() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=Path, required=True, help="file for how many evaluations there will be")
    flags = parser.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    began, started = time.time(), time.monotonic()
    run, plan = settings.run(), plans.read()
    with tempfile.TemporaryDirectory() as name:
        tokenizer = bases.tokenizer(bases.fetch(settings.facts("MODEL"), Path(name)))
        dictionary = bases.digest(Path(name), bases.TOKENIZER_FILES)
    facts = {
        "dataset": card.read(run.root)["sha256"], "tokenizer": dictionary,
        "sequence": plan.sequence, "packing": plan.packing,
    }  # fmt: skip
    split = card.read(run.root)["held_out_share"]
    facts["digest"] = tokens.digest(**facts, held_out_share=split)
    root = f"{run.artifacts}/{run.project}/tokens/{facts['digest']}"
    manifest = tokens.read_manifest(root)
    reused = manifest is not None
    if manifest is None:
        manifest = make(run, root, tokenizer, plan, facts)
    suite.write(run, tokenizer)
    planned = plan.checkpoints(manifest["packs"])
    evaluated = [checkpoint.BASE, *planned]
    flags.evaluations.parent.mkdir(parents=True, exist_ok=True)
    flags.evaluations.write_text(f"{len(evaluated)}\n")
    seconds = time.monotonic() - started
    told = {**manifest, "place": root, "reused": reused, "checkpoints": planned, "evaluated": evaluated}
    receipt.write_part(run, "tokenize_dataset", told, began)
    full = manifest["tokens"] / (manifest["packs"] * plan.sequence)
    verb = "reused" if reused else "made"
    info(
        "tokenized",
        message=f"{verb} {manifest['tokens']:,} tokens in {manifest['packs']:,} packs, {full:.1%} full",
        rows=manifest["rows"], tokens=manifest["tokens"], seconds=round(seconds, 2),
    )  # fmt: skip


if __name__ == "__main__":
    main("tokenize_dataset", program)
