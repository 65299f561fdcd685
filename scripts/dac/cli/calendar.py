"""`dac calendar`: when pipelines run, on the days when clocks change too, and what they hold at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from dac.calendar import Collision, Entry, Firings, collisions
from dac.cli._arguments import chosen, root_option
from dac.cli._calendar_entries import COLUMNS, budgets_of, collision_sentence, entries_of, notes, row, utc
from dac.cli._calendar_picture import svg
from dac.cli._compose import compose
from dac.cli._printer import say, show
from dac.cli._table import print_table
from dac.model import Severity
from dac.model.printing import json_printable
from dac.model.words import plural


@click.command()
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True)
@click.option(
    "--from",
    "start",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    default=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M"),
    show_default="now",
    metavar="MOMENT",
    help="The first moment, in UTC: 2027-03-26, or 2027-03-26T12:00.",
)
@click.option("--format", "form", type=click.Choice(["text", "json", "svg"]), default="text", show_default=True)
@root_option
def calendar(projects: tuple[str, ...], days: int, start: datetime, form: str, root: Path) -> None:
    """List when pipelines run, and where a team's runs may want more GPUs than its budget.

    Times are computed as Argo does, in each schedule's own zone: on the day when a clock is changed, a moment that it
    skips starts no run, and one that it shows twice starts two. `takes` and `costs` are what dac plan estimates.
    Collisions are reckoned with the longest that a standard lets a run take, tries again included: a collision that is
    shown may happen, one that is not cannot.

    \b
    Examples:
      dac calendar
      dac calendar --from 2027-03-26 --days 3
      dac calendar --days 30 --format svg > calendar.svg
    """
    names = chosen(root, projects)
    composed = compose(root, names if projects else None)
    for finding in composed.findings:
        if finding.severity is Severity.ERROR:
            say(str(finding), err=True)
    firings = Firings(start.replace(tzinfo=UTC), days)
    entries, budgets = entries_of(composed, firings), budgets_of(composed.repository)
    crowded = collisions(entries, budgets)
    if form == "svg":
        show(svg(entries, firings.start, days))
    elif form == "json":
        show(_json(entries, firings, crowded, budgets))
    else:
        _print(entries, firings, crowded, budgets)


def _print(
    entries: Sequence[Entry], firings: Firings, crowded: Sequence[Collision], budgets: Mapping[str, int]
) -> None:
    say(f"{plural(firings.days, 'day')} from {utc(firings.start)} UTC")
    print_table(COLUMNS, map(row, entries))
    for entry in entries:
        for line in notes(entry, firings):
            say(f"{entry.name}: {line}")
    for collision in crowded:
        say(collision_sentence(collision, entries, budgets))


def _json(entries: Sequence[Entry], firings: Firings, crowded: Sequence[Collision], budgets: Mapping[str, int]) -> str:
    document = {
        "version": 1,
        "from": firings.start.isoformat(),
        "days": firings.days,
        "pipelines": [
            {
                "name": entry.name,
                "owner": entry.owner,
                "cron": entry.cron,
                "timezone": entry.zone,
                "suspended": entry.suspended,
                "gpus": entry.gpus,
                "longest_seconds": int(entry.longest.total_seconds()),
                "estimate": entry.estimate.data() if entry.estimate else None,
                "firings": [firing.isoformat() for firing in entry.firings],
                "notes": notes(entry, firings),
            }
            for entry in entries
        ],
        "collisions": [
            {
                "owner": each.owner,
                "gpus": each.gpus,
                "budget": budgets.get(each.owner, 0),
                "from": each.begin.isoformat(),
                "to": each.end.isoformat(),
                "pipelines": list(each.names),
            }
            for each in crowded
        ],
    }
    return json_printable(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
