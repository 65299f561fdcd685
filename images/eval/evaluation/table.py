"""Rows of a file as people have them: JSON lines, JSON, CSV, TSV or Parquet; each row with the place it stands at."""

import codecs
import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from runtime.errors import InputError

Row = tuple[str, dict[str, Any]]
LARGEST_FIELD = 2**24  # characters of one field of a CSV file


def rows(file: Path) -> Iterator[Row]:
    """Yield (place, row) of each row; the place is for messages, such as `answers.csv:3`.

    Raises:
        InputError: there is no such file, its name says nothing of its format, or a row cannot be read.
    """
    read = READERS.get(file.suffix.lower())
    if not file.exists():
        raise InputError(f"{file}: there is no such file")
    if not file.is_file():
        raise InputError(f"{file}: is not a file; name the file that holds the rows")
    if read is None:
        raise InputError(f"{file}: its format is not known; give a file that ends in {', '.join(READERS)}")
    try:
        yield from read(file)
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: is not UTF-8 at byte {error.start:,}; save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from error


def _row(value: Any, place: str) -> Row:
    if not isinstance(value, dict):
        raise InputError(f"{place}: a row is a JSON object with named fields, not {type(value).__name__}")
    return place, value


def _lines(file: Path) -> Iterator[Row]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(codecs.BOM_UTF8).strip()
            if not text:
                continue
            try:
                yield _row(orjson.loads(text), f"{file}:{number}")
            except orjson.JSONDecodeError as error:
                raise InputError(f"{file}:{number}: invalid JSON: {error}") from error


def _json(file: Path) -> Iterator[Row]:
    try:
        value = orjson.loads(file.read_bytes().removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{file}: invalid JSON: {error}; name a file of JSON lines .jsonl") from error
    if isinstance(value, dict):  # {"data": [...]}: the only list of objects in it
        lists = [each for each in value.values() if isinstance(each, list) and each and isinstance(each[0], dict)]
        value = lists[0] if len(lists) == 1 else value
    if not isinstance(value, list):
        raise InputError(f"{file}: has no list of rows; write [{{...}}, {{...}}]")
    for number, each in enumerate(value, start=1):
        yield _row(each, f"{file}: row {number}")


def _separated(delimiter: str) -> Callable[[Path], Iterator[Row]]:
    def read(file: Path) -> Iterator[Row]:
        csv.field_size_limit(LARGEST_FIELD)
        with file.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline()
            stream.seek(0)
            # Spreadsheets of half of Europe write semicolons.
            mark = ";" if delimiter == "," and "," not in head and ";" in head else delimiter
            reader = csv.DictReader(stream, delimiter=mark, strict=True)
            try:
                names = list(reader.fieldnames or ())
                if repeated := {name for name in names if names.count(name) > 1}:
                    raise InputError(f"{file}:1: two columns are called {sorted(repeated)[0]!r}; rename one")
                for row in reader:
                    place = f"{file}:{reader.line_num}"
                    if None in row or None in row.values():
                        raise InputError(f"{place}: has another number of fields than the first line, which names them")
                    yield place, dict(row)
            except csv.Error as error:
                raise InputError(f"{file}:{reader.reader.line_num}: {error}; quote its field anew") from error

    return read


def _parquet(file: Path) -> Iterator[Row]:
    number = 0
    try:
        with pq.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=1024):
                for value in batch.to_pylist():
                    number += 1
                    yield f"{file}: row {number}", value
    except pa.ArrowException as error:
        raise InputError(f"{file}: cannot be read as Parquet: {error}") from error


READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _lines,
    ".ndjson": _lines,
    ".json": _json,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
    ".parquet": _parquet,
}
