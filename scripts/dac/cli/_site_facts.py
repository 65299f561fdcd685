"""What the site says, of what was composed: the standards, the teams, the rules, the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dac.calendar import Firings, collisions
from dac.cli._calendar_entries import budgets_of, collision_sentence, entries_of, notes, row
from dac.cli._calendar_picture import svg
from dac.cli._compose import Composed
from dac.cli._site_projects import project_pages
from dac.cli._site_runs import Runs
from dac.expand import POD_COLUMNS, facts_of_pods
from dac.load import load_rules
from dac.load.history import HistoryError, resolve, uncommitted
from dac.model import Repository
from dac.model.quoting import flow
from dac.model.words import plural
from dac.site import Site, StandardPage, Team, Waiver, picture

READ = ("projects", "standards", "policy")  # what the pages are made from, beside runs
_BUDGET = {
    "gpus": "GPUs at once",
    "gpu_hours": "GPU hours",
    "cpu": "CPUs",
    "memory": "memory",
    "storage": "storage",
    "pods": "pods",
    "monthly_usd": "US dollars a month",
}


def site_of(composed: Composed, runs: Runs, moment: datetime, days: int) -> Site:
    """Return what the pages say.

    Args:
        composed: the tree.
        runs: where runs are looked for.
        moment: as of when.
        days: how many the calendar shows.
    """
    repository = composed.repository
    firings = Firings(moment, days)
    entries, budgets = entries_of(composed, firings), budgets_of(repository)
    crowded = collisions(entries, budgets)
    sentences = [f"{entry.name}: {note}" for entry in entries for note in notes(entry, firings)]
    return Site(
        f"{moment:%Y-%m-%d %H:%M} UTC",
        _source(repository.root),
        runs.words,
        project_pages(composed, {entry.name: entry for entry in entries}, runs, moment),
        dict(_standards(composed)),
        tuple(load_rules(repository.root)),
        tuple(_teams(repository)),
        tuple(_waivers(repository)),
        tuple(row(entry) for entry in entries),
        f"{plural(days, 'day')} from {firings.start:%Y-%m-%d %H:%M} UTC",
        (*(collision_sentence(collision, entries, budgets) for collision in crowded), *sentences),
        svg(entries, firings.start, days) if any(not entry.suspended for entry in entries) else "",
    )


def _source(root: Path) -> str:
    """Return which commit the tree is, in words; empty where it is none."""
    try:
        commit = resolve(root, "HEAD")
        changed = uncommitted(root, *READ)  # a site that is written into the tree changes nothing that is read
        return f"commit {commit[:12]}{' and changes that are not committed' if changed else ''}"
    except HistoryError:
        return ""


def _standards(composed: Composed) -> Iterator[tuple[str, StandardPage]]:
    rendered = {manifest.path: manifest for manifest in composed.manifests}
    for standard in sorted(composed.repository.standards.values(), key=lambda each: str(each.ref)):
        manifest = rendered.get(f"{standard.folder}/rendered.yaml")
        spec: Mapping[str, Any] = manifest.objects[0]["spec"] if manifest and manifest.objects else {}
        ref = str(standard.ref)
        yield (
            ref,
            StandardPage(
                ref,
                standard.folder,
                standard.summary,
                tuple(_decisions(standard.decisions, "", composed.repository)),
                tuple((name, flow(value)) for name, value in standard.limits.items()),
                picture(spec, f"The steps of {ref}"),
                POD_COLUMNS,
                tuple(facts_of_pods(template) for template in spec.get("templates", []) if "container" in template),
            ),
        )


def _decisions(
    schema: Mapping[str, Any], prefix: str, repository: Repository
) -> Iterator[tuple[str, str, str, str, str]]:
    required = schema.get("required", [])
    for name, part in schema.get("properties", {}).items():
        default = "required" if name in required else flow(part["default"]) if "default" in part else "none"
        names = repository.catalog.kinds.get(part.get("x-catalog", ""), {})
        choices = [*part.get("enum", []), *names] or part.get("examples", [])
        shown = ", ".join(map(flow, choices))
        yield prefix + name, part.get("description", ""), default, shown, part.get("x-changes", "")
        if part.get("type") == "object":
            yield from _decisions(part, f"{prefix}{name}.", repository)


def _teams(repository: Repository) -> Iterator[Team]:
    for name, facts in sorted(repository.catalog.kinds.get("owners", {}).items()):
        budget = facts.get("budget", {})
        amounts = tuple((_BUDGET.get(what, what), str(amount)) for what, amount in budget.items())
        yield Team(name, str(facts.get("summary", "")), str(facts.get("github", "")), amounts)


def _waivers(repository: Repository) -> Iterator[Waiver]:
    if repository.waivers is None:
        return
    for waiver in repository.waivers.data["waivers"]:
        fields = ("rule", "path", "value", "until", "owner", "reason")
        yield Waiver(*(str(waiver.get(field, "")) for field in fields))
