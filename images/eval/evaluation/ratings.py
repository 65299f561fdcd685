"""The contract of ratings.jsonl: a summary first, then the judge's verdict on each answer."""

from typing import Any

import contract
import orjson
import storage

VERSION = 1


def address(root: str) -> str:
    """Returns where a run's ratings lie."""
    return f"{root}/ratings.jsonl"


def write(root: str, summary: dict[str, Any], verdicts: list[dict[str, Any]]) -> None:
    """Writes the summary (signature, agreement, spread, ...) and the verdicts ({id, value, reason, ...})."""
    lines = [{"version": VERSION, **summary}, *verdicts]
    for number, line in enumerate(lines, start=1):
        contract.check("rating", line, f"{address(root)}:{number}")
    storage.write(address(root), b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines))


def read(root: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Returns the verdicts by sample id, and the summary; nothing where no judge was asked."""
    if not storage.exists(address(root)):
        return {}, {}
    lines = [orjson.loads(line) for line in storage.lines(address(root))]
    return {line["id"]: line for line in lines[1:]}, {key: lines[0][key] for key in lines[0] if key != "version"}
