"""`dac calendar`: when pipelines run, on the days when clocks change too, and what they hold at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from dac.calendar import Collision, Entry, Firings, Switch, collisions, free_slot
from dac.cli._arguments import chosen, root_option
from dac.cli._calendar_picture import svg
from dac.cli._compose import Composed, compose
from dac.cli._printer import say, show
from dac.cli._table import print_table
from dac.expand import arguments_of
from dac.model import Severity
from dac.model.printing import json_printable
from dac.model.words import article_list, plural

_COLUMNS = ("pipeline", "cron", "zone", "runs", "next (UTC)", "next there", "GPUs", "longest")


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
    skips starts no run, and one that it shows twice starts two. How long a run takes is not known here, so the longest
    that its standard lets it take is reckoned with: a collision that is shown may happen, one that is not cannot.

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
    entries = sorted(_entries(composed, firings), key=lambda entry: (entry.suspended, entry.name))
    owners: Mapping[str, Any] = composed.repository.catalog.kinds.get("owners", {})
    budgets = {name: int(facts.get("budget", {}).get("gpus", 0)) for name, facts in owners.items()}
    crowded = collisions(entries, budgets)
    if form == "svg":
        show(svg(entries, firings.start, days))
    elif form == "json":
        show(_json(entries, firings, crowded, budgets))
    else:
        _print(entries, firings, crowded, budgets)


def _entries(composed: Composed, firings: Firings) -> list[Entry]:
    sizes = composed.repository.catalog.kinds.get("sizes", {})
    objects = {m.path: m.objects[0] for m in composed.manifests if m.project and "/pipelines/" in m.path}
    entries = []
    for project in composed.repository.projects.values():
        for pipeline in project.pipelines.values():
            manifest = objects.get(f"projects/{project.name}/rendered/pipelines/{pipeline.workflow}.yaml")
            standard = composed.repository.standards.get(pipeline.standard)
            if manifest is None or standard is None:
                continue
            spec = manifest["spec"]
            size = sizes.get(arguments_of(manifest).get("size", ""), {})
            pod = size.get("pods", {}).get(standard.limits.get("pod"), {})
            cron, zone = spec["schedules"][0], spec["timezone"]
            entries.append(
                Entry(
                    f"{project.name}/{pipeline.name}",
                    project.owner,
                    cron,
                    zone,
                    spec["suspend"],
                    int(pod.get("gpu", 0)) * int(pod.get("parallelism", 0)),
                    timedelta(seconds=int(standard.limits.get("deadline_seconds", 0))),
                    () if spec["suspend"] else tuple(firings.of(cron, zone)),
                )
            )
    return entries


def _print(
    entries: Sequence[Entry], firings: Firings, crowded: Sequence[Collision], budgets: Mapping[str, int]
) -> None:
    say(f"{plural(firings.days, 'day')} from {_utc(firings.start)} UTC")
    print_table(_COLUMNS, map(_row, entries))
    for entry in entries:
        for line in _notes(entry, firings):
            say(f"{entry.name}: {line}")
    for collision in crowded:
        say(_collision(collision, entries, budgets))


def _row(entry: Entry) -> tuple[str, ...]:
    first = entry.firings[0] if entry.firings else None
    return (
        entry.name,
        "on demand" if entry.suspended else entry.cron,
        entry.zone,
        str(len(entry.firings)),
        _utc(first) if first else "-",
        _utc(first.astimezone(ZoneInfo(entry.zone))) if first else "-",
        str(entry.gpus),
        _hours(entry.longest),
    )


def _notes(entry: Entry, firings: Firings) -> list[str]:
    if entry.suspended:
        return []
    notes = [_switch(switch) for switch in firings.switches(entry.cron, entry.zone)]
    gap = entry.least_gap
    if gap is not None and gap < entry.longest:
        notes.append(f"a run that takes longer than {_hours(gap)} makes the next start be skipped")
    return notes


def _switch(switch: Switch) -> str:
    if switch.times == 0:
        return f"no run on {switch.day}: the clock skips {switch.moment}"
    return f"two runs on {switch.day}: the clock shows {switch.moment} twice"


def _collision(collision: Collision, entries: Sequence[Entry], budgets: Mapping[str, int]) -> str:
    last = max((e for e in entries if e.name in collision.names), key=lambda e: (e.firings[0], e.name))
    budget = budgets.get(collision.owner, 0)
    slot = free_slot(last, entries, budget)
    advice = f"; {last.name} would fit at {slot} UTC" if slot else ""
    return (
        f"{collision.owner}: up to {plural(collision.gpus, 'GPU')} of {budget} from {_utc(collision.begin)} to "
        f"{_utc(collision.end)} UTC: {article_list(collision.names)}{advice}"
    )


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
                "firings": [firing.isoformat() for firing in entry.firings],
                "notes": _notes(entry, firings),
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


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
