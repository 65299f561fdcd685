"""Pins, checks and splits a dataset: every bad row named by its line, duplicates dropped, a data card written.

DATASET=s3://team/rows.jsonl@sha256:9f2c... OBJECTS=file:///tmp/objects ARTIFACTS=s3://dac-artifacts PROJECT=p \
PIPELINE=q RUN_ID=1 RUN_NAME=q-1 python -m prepare --held-out 0.05 --bad-rows 0.01

Reads DATASET (JSON lines or Parquet). Writes <run>/dataset/{train.jsonl,held_out.jsonl,card.json,lengths.svg} and,
where rows are bad, bad_rows.jsonl. Ends with 65 where the pin has moved or more than the allowed share of rows is
bad.
"""

import argparse
import hashlib
import os
import re
import tempfile
import time
from pathlib import Path
from typing import IO

import orjson
from runtime import objects, receipt, settings
from runtime.errors import InputError
from runtime.log import info, warning
from runtime.program import main
from trainer import card, rows

PIN = re.compile(r"(?P<uri>\S+)@sha256:(?P<sha256>[0-9a-f]{64})")
SHOWN = 5  # bad rows that reach the log; the file has all of them


def pinned(dataset: str) -> tuple[str, str]:
    """Returns a dataset's address and its SHA-256.

    Raises:
        InputError: it is not pinned.
    """
    found = PIN.fullmatch(dataset)
    if found is None:
        raise InputError(f"DATASET: {dataset!r} is not pinned; write ADDRESS@sha256:DIGEST (64 hex digits)")
    return found["uri"], found["sha256"]


def fetch(uri: str, sha256: str, folder: Path) -> Path:
    """Brings the dataset into a folder, hashed on the way, and returns the file.

    Raises:
        InputError: it is not there, or its digest is another one; both are shown.
        TryAgain: the store did not answer.
    """
    filesystem, path = objects.locate(uri)
    target = folder / Path(uri).name
    digest = hashlib.sha256()
    with objects.reaching(uri, "read"), filesystem.open(path, "rb") as source, target.open("wb") as copy:
        while block := source.read(1 << 20):
            digest.update(block)
            copy.write(block)
    if digest.hexdigest() != sha256:
        raise InputError(
            f"{uri}: its sha256 is {digest.hexdigest()} and the decision pins {sha256}; "
            "look at what changed, then pin the new digest in decisions.yaml"
        )
    return target


def split(file: Path, share: float, out: dict[bool, IO[bytes]], bad: IO[bytes]) -> card.Counts:
    """Streams the rows into out[held out] and the bad ones, with line and problem, into `bad`; returns the counts."""
    counts = card.Counts()
    seen: set[bytes] = set()
    for line, value, trouble in rows.read(str(file)):
        counts.read += 1
        if trouble := trouble or rows.problem(value):
            counts.bad += 1
            bad.write(orjson.dumps({"line": line, "problem": trouble}, option=orjson.OPT_APPEND_NEWLINE))
            if counts.bad <= SHOWN:
                warning("bad_row", f"line {line}: {trouble}", line=line)
            continue
        identity = rows.digest(value)
        if identity[:16] in seen:
            counts.duplicates += 1
            continue
        seen.add(identity[:16])
        held_out = rows.held_out(identity, share)
        counts.add(value, held_out)
        record = {"line": line, **value}
        out[held_out].write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    return counts


def refuse(uri: str, counts: card.Counts, limit: float, report: str) -> None:
    """Ends the run where the rows cannot be trained on.

    Raises:
        InputError: says how many are bad against how many may be, or which side of the split is empty.
    """
    if counts.bad > limit * counts.read:
        raise InputError(
            f"{uri}: {counts.bad} of {counts.read} rows are bad ({counts.bad / counts.read:.1%}) and at most "
            f"{limit:.1%} may be; {report} names each with its line: fix them and pin the new digest"
        )
    if not counts.train or not counts.held_out:
        side = "train on" if not counts.train else "hold out for evaluation"
        raise InputError(f"{uri}: of {counts.read} rows, none is left to {side}; give more rows")


def program() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", type=float, default=0.05, help="share of rows kept for evaluation")
    parser.add_argument("--bad-rows", type=float, default=0.01, help="largest share of bad rows")
    flags = parser.parse_args()
    began = time.time()
    run = settings.run()
    uri, sha256 = pinned(os.environ.get("DATASET", ""))
    report = f"{run.root}/dataset/bad_rows.jsonl"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = fetch(uri, sha256, folder)
        paths = {False: folder / "train.out", True: folder / "held_out.out"}
        bad_path = folder / "bad_rows.out"
        with paths[False].open("wb") as train, paths[True].open("wb") as held, bad_path.open("wb") as bad:
            counts = split(file, flags.held_out, {False: train, True: held}, bad)
        if counts.bad:
            objects.upload(bad_path, report)
        refuse(uri, counts, flags.bad_rows, report)
        objects.upload(paths[False], f"{run.root}/dataset/train.jsonl")
        objects.upload(paths[True], f"{run.root}/dataset/held_out.jsonl")
    written = card.write(run.root, uri, sha256, flags.held_out, counts)
    receipt.write_part(run, "prepare", {"dataset": uri, "sha256": sha256, **written["rows"]}, began)
    info("prepared", message=f"{counts.train:,} rows to train on, {counts.held_out:,} held out", **written["rows"])


if __name__ == "__main__":
    main("prepare", program)
