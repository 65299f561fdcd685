"""Chunks and embeds one shard's documents.

    python -m embed --shard 0

Reads shards/<i>.jsonl of the run, reads, cuts and embeds each document (through Ray Data where there are many:
index/embedding.py), and writes records/<i>.parquet, whole or not at all. Each document is read in a process of its own
with limits (index/reading.py). One that cannot be read or fetched, or has no text, is a finding: it stays in the
ledger, and every run names it. Where more than a tenth of the index cannot be read, the source is wrong (exit 65).
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from index import embedder, embedding, findings, model_folder, plan, reading, records, served_embedder, shard
from index.cutter import Cutter, lengths
from index.findings import Finding
from runtime import addresses, log, objects, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.settings import Run
from runtime.words import plural


def embed(number: int) -> dict[str, Any]:
    """Embed the shard, unless its records are written already."""
    began, run = time.time(), settings.run()
    planned, model, chunking, sizing = (
        plan.read(run),
        settings.required("MODEL"),
        settings.required("CHUNKING"),
        settings.required("SIZING"),
    )
    target = f"{run.root}/records/{number}.parquet"
    if objects.exists(target) and receipt.read_part(run, f"embed-{number}"):
        log.info("repeated", f"shard {number} is embedded already", shard=number)
        return {"shard": number, "repeated": 0}
    lines = list(shard.read(f"{run.root}/shards/{number}.jsonl"))
    try:
        folder = model_folder.checked(model, Path(tempfile.gettempdir()) / "weights")
    except (addresses.NotFound, ValueError) as error:
        raise InputError(str(error)) from error
    served = embedder.opened(folder, model) if "api" in model else None
    served_embedder.hold(served, run, planned.fingerprint, first=True)
    cutter = Cutter(
        folder,
        lengths(folder, model, chunking),
        planned.fingerprint,
        reading.limits(sizing),
        float(settings.text("UNKNOWN_SHARE", "0.1")),
    )
    noticed: list[Finding] = []
    entries = [document.entry for document in lines]
    with contextlib.closing(embedding.tables(entries, cutter, folder, model, sizing, served)) as rows:
        tables = _with_progress(_held(_readable(rows, noticed, planned), served, run, planned), number)
        count = records.write(target, planned.dimension, tables)
    counts = findings.counts(noticed)
    facts = {
        "points": count,
        "documents": len(lines),
        "findings": [asdict(each) for each in noticed],
        "weights": "" if served else model_folder.digest(folder),
        "tokens": served.tokens if served else 0,
    }
    receipt.write_part(run, f"embed-{number}", facts, began)
    log.info(
        "embedded",
        f"shard {number}: {plural(len(lines), 'document')}, {counts[findings.UNREADABLE]} of them unreadable, "
        f"{plural(count, 'point')}",
        seconds=round(time.time() - began, 1),
    )
    return {"shard": number, "documents": len(lines), "points": count, **counts}


def _held(tables: Iterator[pa.Table], served: Any, run: Run, planned: plan.Plan) -> Iterator[pa.Table]:
    """Pass the tables on; an endpoint is held to its probes at their end too: its model may be another by then."""
    yield from tables
    served_embedder.hold(served, run, planned.fingerprint)


def _with_progress(tables: Iterator[pa.Table], number: int) -> Iterator[pa.Table]:
    """Pass the tables on and log the progress."""
    done, began = 0, time.time()
    for table in tables:
        done += table.num_rows
        log.info(
            "progress",
            f"shard {number}: {plural(done, 'point')}",
            points=done,
            per_second=round(done / (time.time() - began + 1e-9), 1),
        )
        yield table


def _readable(tables: Iterable[pa.Table], noticed: list[Finding], planned: plan.Plan) -> Iterator[pa.Table]:
    """Yield the points; gather in `noticed` what must be known of the documents.

    Raises:
        InputError: too many documents cannot be read.
    """
    for table in tables:
        faults = table.filter(pc.not_equal(table["fault"], "")).to_pylist()
        for row in faults:
            finding = Finding(row["payload"]["document"], row["fault"], row["embedded"])
            noticed.append(finding)
            log.warning(finding.kind, f"a document {findings.KINDS[finding.kind]}: {finding}")
        findings.check(noticed, planned)
        without_fault = table.filter(pc.equal(table["fault"], "")).combine_chunks()
        if without_fault.num_rows:
            vectors = without_fault["vector"].combine_chunks().flatten().to_numpy().reshape(without_fault.num_rows, -1)
            yield records.table(without_fault["id"].to_pylist(), vectors, without_fault["payload"].to_pylist())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shard", type=int, required=True, help="the shard's number, from discover's list")
    flags = parser.parse_args()
    main("embed", lambda: embed(flags.shard), shard=True)
