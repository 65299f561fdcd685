"""The contract of ratings.jsonl: a summary first, then the judge model's rating of each answer."""

from typing import Any

import orjson
from runtime import contract, objects

VERSION = 1
MOST_UNJUDGED = 0.05  # share of the answers that may lack a rating
NONE = "the judge model gave no rating"  # stands in place of a reason


def address(root: str) -> str:
    """Return the address of a run's ratings."""
    return f"{root}/ratings.jsonl"


def write(root: str, summary: dict[str, Any], ratings: list[dict[str, Any]]) -> None:
    """Write a run's ratings.

    Args:
        root: the run's folder.
        summary: signature, agreement, spread and the like.
        ratings: {id, value, reason, repeats} of each answer.
    """
    lines = [{"version": VERSION, **summary}, *ratings]
    for number, line in enumerate(lines, start=1):
        contract.check("rating", line, f"{address(root)}:{number}")
    objects.write(address(root), b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines))


def read(root: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the ratings by sample id, and the summary; both are empty where no judge model was asked."""
    if not objects.exists(address(root)):
        return {}, {}
    lines = [orjson.loads(line) for line in objects.lines(address(root))]
    return {line["id"]: line for line in lines[1:]}, {key: lines[0][key] for key in lines[0] if key != "version"}
