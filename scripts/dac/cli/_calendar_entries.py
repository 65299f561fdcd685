"""What the calendar shows of each pipeline, for the table, the JSON and the site's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dac.calendar import Collision, Entry, Firings, Switch, free_slot
from dac.cli._compose import Composed
from dac.cli._month_costs import estimator_of
from dac.expand import arguments_of
from dac.model import Repository
from dac.model.amount_words import month_words, span
from dac.model.words import article_list, plural

COLUMNS = ("pipeline", "cron", "zone", "runs", "next (UTC)", "next there", "GPUs", "takes", "longest", "costs")


def entries_of(composed: Composed, firings: Firings) -> list[Entry]:
    """Return the pipelines of a tree: those with a schedule first, by name."""
    sizes = composed.repository.catalog.kinds.get("sizes", {})
    objects = {m.path: m.objects[0] for m in composed.manifests if m.project and "/pipelines/" in m.path}
    estimator = estimator_of(composed.repository, composed.manifests)
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
                    estimator.of(pipeline, standard),
                )
            )
    return sorted(entries, key=lambda entry: (entry.suspended, entry.name))


def budgets_of(repository: Repository) -> dict[str, int]:
    """Return how many GPUs each owner may hold at once."""
    owners: Mapping[str, Any] = repository.catalog.kinds.get("owners", {})
    return {name: int(facts.get("budget", {}).get("gpus", 0)) for name, facts in owners.items()}


def row(entry: Entry) -> tuple[str, ...]:
    """Return a pipeline's row of the table, a text for each of COLUMNS."""
    first = entry.firings[0] if entry.firings else None
    return (
        entry.name,
        "on demand" if entry.suspended else entry.cron,
        entry.zone,
        str(len(entry.firings)),
        utc(first) if first else "-",
        utc(first.astimezone(ZoneInfo(entry.zone))) if first else "-",
        str(entry.gpus),
        takes(entry),
        hours(entry.longest),
        costs(entry),
    )


def takes(entry: Entry) -> str:
    """Return how long a run is estimated to take."""
    return span(entry.estimate.run.seconds) if entry.estimate else "unknown"


def costs(entry: Entry) -> str:
    """Return what a pipeline is estimated to cost."""
    return month_words(entry.estimate) if entry.estimate else "unknown"


def notes(entry: Entry, firings: Firings) -> list[str]:
    """Return what else must be known of a pipeline's starts, a sentence each."""
    if entry.suspended:
        return []
    sentences = [_switch(switch) for switch in firings.switches(entry.cron, entry.zone)]
    gap = entry.least_gap
    if gap is not None and gap < entry.longest:
        sentences.append(f"a run that takes longer than {hours(gap)} makes the next start be skipped")
    return sentences


def _switch(switch: Switch) -> str:
    if switch.times == 0:
        return f"no run on {switch.day}: the clock skips {switch.moment}"
    return f"two runs on {switch.day}: the clock shows {switch.moment} twice"


def collision_sentence(collision: Collision, entries: Sequence[Entry], budgets: Mapping[str, int]) -> str:
    """Return where an owner's runs may want more GPUs than its budget, and what would help."""
    last = max((e for e in entries if e.name in collision.names), key=lambda e: (e.firings[0], e.name))
    budget = budgets.get(collision.owner, 0)
    slot = free_slot(last, entries, budget)
    advice = f"; {last.name} would fit at {slot} UTC" if slot else ""
    return (
        f"{collision.owner}: up to {plural(collision.gpus, 'GPU')} of {budget} from {utc(collision.begin)} to "
        f"{utc(collision.end)} UTC: {article_list(collision.names)}{advice}"
    )


def utc(moment: datetime) -> str:
    """Return a moment to the minute, without its zone."""
    return moment.strftime("%Y-%m-%d %H:%M")


def hours(span: timedelta) -> str:
    """Return a span in hours, or in minutes where they are not whole."""
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
