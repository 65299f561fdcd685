"""Make a dataset of a table as people have it: JSON lines, JSON, CSV, TSV or Parquet.

    python -m import_samples --data answers.csv --out /work/out/samples.jsonl --metrics exact_match

Environment: none is needed. Columns are known by their names (evaluation/columns.py), or named by --question and
--answer. Rows become samples (contracts/sample.schema.json); what is wrong is said with its line. Prints what was read
as one line of JSON: rows, groups, sha256, the columns, and those that are not read.
"""

import argparse
import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from evaluation import columns, metrics, sample_checks, table
from runtime import files
from runtime.errors import InputError
from runtime.program import main


def arguments() -> argparse.Namespace:
    """Return the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the table")
    parser.add_argument("--out", type=Path, required=True, help="where the samples are written")
    parser.add_argument("--metrics", required=True, help="names, by commas: what of a row they need must be there")
    parser.add_argument("--question", default="", help="the column that asks")
    parser.add_argument("--answer", default="", help="the column of the right answers")
    parser.add_argument("--limit", type=int, default=0, help="only so many rows, the first; 0 takes all")
    return parser.parse_args()


def import_samples() -> dict[str, Any]:
    """Run the program."""
    options = arguments()
    wanted = metrics.chosen(options.metrics.split(","))
    way = "query" if any(metric.reads == "hits" for metric in wanted.values()) else "prompt"
    needs_answer = any("references" in metric.needs for metric in wanted.values())
    table_rows = list(islice(table.rows(options.data), options.limit or None))
    if not table_rows:
        raise InputError(f"{options.data}: has no rows")
    names = list(dict.fromkeys(str(name) for _, row in table_rows for name in row))
    read = columns.of_table(names, options.question, options.answer, needs_answer, str(options.data))
    samples, place_by_id, without = [], {}, []
    for number, (place, row) in enumerate(table_rows, start=1):
        sample = columns.sample(row, read, number, way, place)
        if sample["id"] in place_by_id:
            raise InputError(f"{place}: the id {sample['id']!r} is used twice, first at {place_by_id[sample['id']]}")
        place_by_id[sample["id"]] = place
        samples.append(sample)
        if needs_answer and "references" not in sample:
            without.append(place)
    columns.refuse_unanswered(without, len(samples), read)
    for sample, (place, _) in zip(samples, table_rows, strict=True):
        sample_checks.check_sample(sample, wanted, place)
    data = b"".join(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE) for sample in samples)
    with files.beside(str(options.out)) as part:
        part.write_bytes(data)
    return {
        "rows": len(samples),
        "groups": len({sample["group"] for sample in samples if "group" in sample}),
        "sha256": hashlib.sha256(data).hexdigest(),
        "question": read.question,
        "answer": read.answer,
        "ignored": read.ignored,
    }


if __name__ == "__main__":
    main("import_samples", import_samples)
