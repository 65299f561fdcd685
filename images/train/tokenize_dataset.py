"""Tokenize a prepared dataset into packs, kept by digest and made once, and write the suite of its checkpoints.

MODEL='{"weights":"s3://models/small"}' SIZING='{"sequence":128}' OBJECTS=... ARTIFACTS=... PROJECT=p \
PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m tokenize_dataset --evaluations /work/out/evaluations \
--bad-rows 0.01 --long-rows 0.05 --least-samples 50

Reads <run>/dataset/. Writes <project>/_tokens/<digest>/{train.arrow,tokens.json}, which any later run of the same
dataset, tokenizer and settings reuses, and <run>/suite/{dataset.json,shards/0.jsonl}: held-out rows, or the pinned
dataset of SUITE_DATASET, as the eval programs read them. Rows are streamed; memory does not grow with the dataset.
Exits with 65 where the base model's chat template refuses too many rows, where a larger share of rows than --long-rows
is cut or dropped by the size's `sequence`, or where the suite has fewer samples than a promotion needs, or other rows
than the present candidate was scored on (METRIC, MLFLOW, REPLACE).
"""

import argparse
import os
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from runtime import objects, receipt, registry, settings
from runtime.errors import InputError
from runtime.log import info, warning
from runtime.program import main
from runtime.words import plural
from trainer import bases, chat, checkpoint, data_card, encoding, promotion, suite, tokens
from trainer import plan as plans
from trainer import rows as dataset_rows

PACKING_WINDOW = 4096  # rows that are packed together
SHOWN = 200  # rows by which it is known how answers begin


def make(
    run: settings.Run, root: str, tokenizer: Any, vocabulary: int, plan: plans.Plan, facts: dict[str, Any]
) -> dict[str, Any]:
    """Write the tokens of a run's dataset and return their manifest.

    Args:
        run: the run.
        root: where the tokens go.
        tokenizer: of the base model.
        vocabulary: how many tokens the model has embeddings for.
        plan: gives the length of a pack.
        facts: what the tokens are made from, for the manifest.
    """
    counts = {"cut": 0, "dropped": 0, "bad": 0}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / tokens.TABLE
        stream = encoding.rows(f"{run.root}/dataset/train.jsonl", tokenizer, plan.sequence, vocabulary, counts)
        with tokens.Writer(path) as writer:
            for pack in tokens.pack(stream, plan.sequence, PACKING_WINDOW if plan.packing else 1):
                writer.add(pack)
        objects.upload(path, f"{root}/{tokens.TABLE}")
    manifest = {
        **facts, **counts, "packs": writer.packs, "rows": writer.rows, "tokens": writer.tokens,
        "loss_tokens": writer.loss_tokens,
    }  # fmt: skip
    return tokens.write_manifest(root, manifest)


def check_bad(manifest: dict[str, Any], limit: float) -> None:
    """Refuse tokens of a dataset of which the chat template refused too many rows.

    Raises:
        InputError: more are bad than `limit` allows.
    """
    refused = manifest.get("bad", 0)
    rows = manifest["rows"] + manifest["dropped"] + refused
    if refused > limit * rows:
        raise InputError(
            f"the base model's chat template refuses {refused:,} of {plural(rows, 'row')} ({refused / rows:.1%}); at "
            f"most {limit:.1%} may be: fix the rows that the log names, or choose another base model"
        )


def check_lengths(manifest: dict[str, Any], limit: float) -> None:
    """Refuse tokens of a dataset whose rows are too long, and warn of what was cut.

    Args:
        manifest: of the tokens.
        limit: largest share of rows that are cut or dropped, 0 to 1.

    Raises:
        InputError: more rows are longer than the size's `sequence`, so that their answers are not learned whole.
    """
    # A dropped row was cut before its answer, or has no answer to learn: each is counted once.
    long = max(manifest["cut"], manifest["dropped"])
    rows = manifest["rows"] + manifest["dropped"]
    text = (
        f"{long:,} of {plural(rows, 'row')} ({long / rows:.1%}) longer than {plural(manifest['sequence'], 'token')}, "
        f"{manifest['dropped']:,} without an answer there"
    )
    if long > limit * rows:
        raise InputError(
            f"{text}; at most {limit:.1%} may be: choose a size with a longer `sequence`, or shorten the rows"
        )
    if long:
        warning("cut", text, cut=manifest["cut"], dropped=manifest["dropped"])


def check_suite(samples: int, least: int) -> None:
    """Refuse a suite on which no checkpoint could be promoted, before anything is trained.

    Raises:
        InputError: it has fewer samples than `least`.
    """
    if samples < least:
        raise InputError(
            f"suite {os.environ.get('SUITE', 'held-out')}: {plural(samples, 'row')} with an answer; a promotion needs "
            f"at least {least}, since a score of fewer says little: give more rows, or choose a suite with its own "
            "dataset"
        )


def check_candidate(run: settings.Run) -> None:
    """Refuse a suite on which the present candidate was not scored, before anything is trained.

    Raises:
        InputError: as promotion.candidate says.
    """
    address = os.environ.get("MLFLOW", "")
    digest = suite.digest(run)
    if address and digest:
        present = registry.candidate(address, f"{run.project}.{run.pipeline}")
        claim = promotion.Claim(os.environ.get("METRIC", "exact_match"), 1.0, 0)
        promotion.candidate(present, run.run_id, claim, digest, os.environ.get("REPLACE", ""))


def program() -> None:
    """Tokenize the run's dataset and write its suite."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=Path, required=True, help="file for the number of evaluations")
    parser.add_argument("--bad-rows", type=float, default=0.01, help="largest share of rows that a template refuses")
    parser.add_argument("--long-rows", type=float, default=0.05, help="largest share of rows that are cut or dropped")
    parser.add_argument("--least-samples", type=int, default=0, help="fewest samples of the suite")
    flags = parser.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    began, started = time.time(), time.monotonic()
    run, plan = settings.run(), plans.read()
    with tempfile.TemporaryDirectory() as name:
        tokenizer = bases.load_tokenizer(bases.fetch(settings.facts("MODEL"), Path(name)))
        tokenizer_digest = bases.digest(Path(name), bases.TOKENIZER_FILES)
        vocabulary = bases.vocabulary(Path(name))
    card = data_card.read(run.root)
    facts = {
        "dataset": card["sha256"], "tokenizer": tokenizer_digest,
        "sequence": plan.sequence, "packing": plan.packing,
    }  # fmt: skip
    facts["digest"] = tokens.digest(
        **facts,
        held_out_share=card["held_out_share"],
        answer_prefix=chat.answer_prefix(tokenizer),
        split=dataset_rows.SPLIT,
        suite=settings.facts("SUITE_DATASET").get("sha256", ""),
    )
    root = f"{run.artifacts}/{run.project}/_tokens/{facts['digest']}"
    manifest = tokens.read_manifest(root)
    reused = manifest is not None
    if manifest is None:
        manifest = make(run, root, tokenizer, vocabulary, plan, facts)
    check_bad(manifest, flags.bad_rows)
    check_lengths(manifest, flags.long_rows)
    ends = bool(chat.end_tokens(tokenizer))
    if not ends:
        warning("no_end", "the chat template writes no token behind an answer, so the model will not learn to stop")
    check_suite(suite.write(run, tokenizer), flags.least_samples)
    check_candidate(run)
    planned = plan.checkpoints(manifest["packs"])
    evaluated = [checkpoint.BASE, *planned]
    flags.evaluations.parent.mkdir(parents=True, exist_ok=True)
    flags.evaluations.write_text(f"{len(evaluated)}\n")
    seconds = time.monotonic() - started
    first = (orjson.loads(line) for line in islice(objects.lines(f"{run.root}/dataset/train.jsonl"), SHOWN))
    part = {**manifest, "place": root, "reused": reused, "checkpoints": planned, "evaluated": evaluated,
            "teaches_end": ends, "own_prefix": encoding.writes_own_prefix(tokenizer, first)}  # fmt: skip
    receipt.write_part(run, "tokenize_dataset", part, began)
    fill = manifest["tokens"] / (manifest["packs"] * plan.sequence)
    verb = "reused" if reused else "made"
    info(
        "tokenized",
        message=f"{verb} {plural(manifest['tokens'], 'token')} in {plural(manifest['packs'], 'pack')}, {fill:.1%} full",
        rows=manifest["rows"], tokens=manifest["tokens"], seconds=round(seconds, 2),
    )  # fmt: skip


if __name__ == "__main__":
    main("tokenize_dataset", program)
