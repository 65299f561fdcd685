"""Verify and split a dataset: bad rows are named by their line, duplicates dropped, a data card written.

DATASET=s3://team/rows.jsonl@sha256:9f2c... OBJECTS=file:///tmp/objects ARTIFACTS=s3://dac-artifacts PROJECT=p \
PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m prepare --held-out 0.05 --bad-rows 0.01

Reads DATASET (JSON lines or Parquet). Writes <run>/dataset/{train.jsonl,held_out.jsonl,card.json,lengths.svg} and,
where rows are bad, bad_rows.jsonl. Exits with 65 if the digest is not the pinned one or too many rows are bad.
Rows that the pinned suite asks (SUITE_DATASET) are left out, and rows that are nearly the same are counted.
Of a small dataset a larger share is held out, up to a fifth, so that `--least-held-out` rows can be reached.
"""

import argparse
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import IO

import orjson
from runtime import addresses, objects, receipt, settings
from runtime.errors import InputError
from runtime.log import info, warning
from runtime.pin import pinned
from runtime.program import main
from runtime.words import plural
from trainer import data_card, near_duplicates, rows, suite

LARGEST_SHARE = 0.2  # that is held out of a small dataset, instead of --held-out
FEW_ROWS = 100  # to train on
LOGGED = 5  # bad rows in the log; bad_rows.jsonl has all of them


def fetch(uri: str, sha256: str, folder: Path) -> Path:
    """Download the dataset, hash it on the way, and return the file.

    Raises:
        InputError: it is missing, or its digest is not the pinned one; the message has both.
        TryAgain: the store did not answer.
    """
    filesystem, path = addresses.locate(uri)
    target = folder / Path(uri).name
    digest = hashlib.sha256()
    with addresses.reaching(uri, "read"), filesystem.open(path, "rb") as source, target.open("wb") as copy:
        while block := source.read(1 << 20):
            digest.update(block)
            copy.write(block)
    if digest.hexdigest() != sha256:
        raise InputError(
            f"{uri}: its sha256 is {digest.hexdigest()} and the decision pins {sha256}; "
            "check what changed, then pin the new digest in decisions.yaml"
        )
    return target


def share_of(file: Path, share: float, least: int) -> float:
    """Return the share of a dataset's rows to hold out: larger where it is small, so that about `least` are exceeded.

    Rows are chosen by their hash, so that their number varies: half again as many are aimed at.
    """
    return min(max(share, LARGEST_SHARE), max(share, 1.5 * least / max(1, rows.count(str(file)))))


def split(
    file: Path, share: float, out: dict[bool, IO[bytes]], refused: IO[bytes], asked: frozenset[str] = frozenset()
) -> data_card.Counts:
    """Split the rows of a dataset as they stream by.

    Args:
        file: the dataset.
        share: of the rows to hold out, 0 to 1.
        out: where rows go, by whether they are held out.
        refused: where the bad rows' lines and problems go.
        asked: the questions of the suite that checkpoints are scored on, which are not trained on.

    Returns:
        The counts.
    """
    counts = data_card.Counts()
    seen: set[bytes] = set()
    for line, value, problem in rows.read(str(file), counts.ignored, counts.mapped):
        counts.read += 1
        if problem := problem or rows.problem(value):
            counts.bad_rows += 1
            refused.write(orjson.dumps({"line": line, "problem": problem}, option=orjson.OPT_APPEND_NEWLINE))
            if counts.bad_rows <= LOGGED:
                warning("bad_row", f"line {line}: {problem}", line=line)
            continue
        identity = rows.digest(value)
        if identity[:16] in seen:  # half of the digest, for half of the memory
            counts.duplicates += 1
            continue
        seen.add(identity[:16])
        if asked and rows.question(value) in asked:
            counts.in_suite += 1
            if counts.in_suite <= LOGGED:
                warning("in_suite", f"line {line}: the suite asks this too; it is left out", line=line)
            continue
        held_out = rows.held_out(rows.side(value), share)
        counts.add(value, held_out)
        record = {"line": line, **value}
        out[held_out].write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    return counts


def leave_out_trained(trained: Path, held_out: Path, counts: data_card.Counts) -> None:
    """Leave out of the held-out rows what a row to train on asks too: two groups may ask the same.

    Args:
        trained, held_out: the two sides of the split, JSON lines.
        counts: of the rows; are corrected.
    """
    with held_out.open("rb") as stream:
        asked = {rows.question(orjson.loads(line)) for line in stream}
    with trained.open("rb") as stream:
        twice = asked & {rows.question(orjson.loads(line)) for line in stream}
    if not twice:
        return
    kept = held_out.with_suffix(".kept")
    with held_out.open("rb") as stream, kept.open("wb") as out:
        for line in stream:
            if rows.question(orjson.loads(line)) in twice:
                counts.on_both_sides += 1
            else:
                out.write(line)
    kept.rename(held_out)
    counts.held_out -= counts.on_both_sides


def warn(counts: data_card.Counts, asks: str) -> None:
    """Say what is left out of a dataset, and what makes its scores look better than they are."""
    if counts.mapped:
        named = ", ".join(f"{name} ({plural(number, 'row')})" for name, number in sorted(counts.mapped.items()))
        info("layouts", f"read by another tool's layout: {named}")
    if counts.ignored:
        named = ", ".join(f"{name} ({plural(number, 'row')})" for name, number in sorted(counts.ignored.items()))
        warning("ignored_columns", f"not read: {named}; a row has {', '.join(rows.COLUMNS)}")
    if counts.in_suite:
        warning(
            "in_suite_rows", f"{plural(counts.in_suite, 'row')} left out: the suite of the checkpoints asks them too"
        )
    if counts.on_both_sides:
        warning(
            "on_both_sides",
            f"{plural(counts.on_both_sides, 'held-out row')} left out: a row of another group, which is trained on, "
            "asks the same; give rows that belong together one `group`",
        )
    if counts.near:
        warning(
            "near_duplicates",
            f"{counts.near:,} of {plural(counts.compared, asks)} share most of their phrases with a row that "
            "is trained on: their scores say little of new questions; give rows that belong together a `group`",
        )
    if counts.train < FEW_ROWS:
        warning("few_rows", f"{plural(counts.train, 'row')} to train on: fewer than {FEW_ROWS} rarely teach a model")


def check_counts(uri: str, counts: data_card.Counts, limit: float, report: str) -> None:
    """Refuse a dataset that cannot be trained on.

    Args:
        uri: the dataset's address.
        counts: of its rows.
        limit: largest share of bad rows, 0 to 1.
        report: the address of the list of bad rows.

    Raises:
        InputError: too many rows are bad, or a side of the split is empty.
    """
    if counts.bad_rows > limit * counts.read:
        raise InputError(
            f"{uri}: {counts.bad_rows} bad of {plural(counts.read, 'row')} ({counts.bad_rows / counts.read:.1%}), "
            f"at most {limit:.1%} are allowed; fix the lines listed in {report} and pin the new digest"
        )
    if not counts.train or not counts.held_out:
        side = "train on" if not counts.train else "hold out for evaluation"
        raise InputError(f"{uri}: none of {plural(counts.read, 'row')} is left to {side}; give more rows")


def program() -> None:
    """Prepare the dataset that DATASET pins."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", type=float, default=0.05, help="share of rows kept for evaluation")
    parser.add_argument("--least-held-out", type=int, default=0, help="rows to keep for evaluation at least")
    parser.add_argument("--bad-rows", type=float, default=0.01, help="largest share of bad rows")
    flags = parser.parse_args()
    began = time.time()
    run = settings.run()
    uri, sha256 = pinned(os.environ.get("DATASET", ""))
    report = f"{run.root}/dataset/bad_rows.jsonl"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = fetch(uri, sha256, folder)
        pinned_suite = settings.facts("SUITE_DATASET")
        least = 0 if pinned_suite else flags.least_held_out  # another dataset is asked
        share = share_of(file, flags.held_out, least)
        paths = {False: folder / "train.out", True: folder / "held_out.out"}
        bad_path = folder / "bad_rows.out"
        with paths[False].open("wb") as train, paths[True].open("wb") as held, bad_path.open("wb") as refused:
            asked = suite.questions(pinned_suite)
            counts = split(file, share, {False: train, True: held}, refused, asked)
        if counts.grouped:
            leave_out_trained(paths[False], paths[True], counts)
        near_duplicates.count(paths[False], sorted(asked) if asked else paths[True], counts)
        if counts.bad_rows:
            objects.upload(bad_path, report)
        check_counts(uri, counts, flags.bad_rows, report)
        warn(counts, "question" if asked else "held-out row")
        objects.upload(paths[False], f"{run.root}/dataset/train.jsonl")
        objects.upload(paths[True], f"{run.root}/dataset/held_out.jsonl")
    card = data_card.write(run.root, uri, sha256, share, counts)
    facts = {"dataset": uri, "sha256": sha256, **card["rows"]}
    receipt.write_part(run, "prepare", facts, began)
    info("prepared", message=f"{plural(counts.train, 'row')} to train on, {counts.held_out:,} held out", **card["rows"])


if __name__ == "__main__":
    main("prepare", program)
