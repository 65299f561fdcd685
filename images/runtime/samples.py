"""Samples of a dataset as JSON lines: evaluations ask them, and a training's checkpoints are scored on them."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from runtime import contract
from runtime.errors import InputError


def parse(lines: Iterable[bytes], where: str) -> Iterator[dict[str, Any]]:
    """Yield the samples, each checked against its schema; empty lines count, and are skipped.

    Raises:
        InputError: a line is invalid, or its id is used twice; names the line.
    """
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        at = f"{where}:{number}"
        try:
            sample = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{at}: invalid JSON: {error}") from error
        contract.check("sample", sample, at)
        if sample["id"] in seen:
            raise InputError(f"{at}: the id {sample['id']!r} is used twice; ids are unique in a dataset")
        seen.add(sample["id"])
        yield sample
