"""A schedule that is not a name of the catalog: a cron line, or a cron line with its time zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dac.model import Document, Finding, Pointer
from dac.model.schedule import parse_cron, timezone_known, written
from dac.model.words import quoted

KIND = "schedules"
CODE = "schedule.wrong"


def is_written_out(value: Any) -> bool:
    """Whether a schedule is written out rather than named: a name holds no space, and does not begin as a macro."""
    return isinstance(value, dict) or (isinstance(value, str) and (" " in value or value.startswith("@")))


def schedule_findings(value: Any, pointer: Pointer, document: Document) -> Iterator[Finding]:
    """Yield what is wrong with a schedule that is written out."""
    lines = {pointer: value} if isinstance(value, str) else {(*pointer, "cron"): value.get("cron")}
    for where, line in lines.items():
        try:
            parse_cron(line if isinstance(line, str) else "* * * * *")  # the schema reports another type
        except ValueError as error:
            instead = written(line) if isinstance(line, str) else ""
            remedy = f"write {instead}" if instead else 'write a name, or a cron line such as "30 4 * * 1-5"'
            yield Finding(document.at(where), CODE, str(error), remedy)
    zone = value.get("timezone") if isinstance(value, dict) else None
    if isinstance(zone, str) and not timezone_known(zone):
        where = (*pointer, "timezone")
        yield Finding(document.at(where), CODE, f"unknown time zone {quoted(zone)}", "write one such as Europe/Berlin")
