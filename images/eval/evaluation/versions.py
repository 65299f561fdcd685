"""The other versions that a report shows beside a run's: its baselines, and earlier runs of the same questions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runtime import objects
from runtime.settings import Run

from evaluation import scorecard

MOST = 4  # versions beside the run's own
MOST_RUNS = 200  # whose scorecards are read at most, those that were written last
_SCORECARD = scorecard.address("")  # from a run's folder on


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was scored before.

    Attributes:
        label: what a report calls it.
        card: its scorecard.
        place: where its scorecard and its samples lie.
    """

    label: str
    card: dict[str, Any]
    place: str

    def answers(self) -> dict[str, str]:
        """Return its answers by the sample's id."""
        table = scorecard.read_samples(self.place, ["id", "answer"])
        return dict(zip(table["id"].to_pylist(), table["answer"].to_pylist(), strict=True))

    def value(self, name: str, signature: str) -> str:
        """Return a metric's value in words; a score by other rules is none that compares."""
        entry = self.card["metrics"].get(name)
        if entry is None:
            return "not scored"
        if entry["signature"] != signature:
            return "other rules"
        return f"{entry['value']:.3f} [{entry['low']:.3f}, {entry['high']:.3f}]"


def beside(run: Run, card: Mapping[str, Any], result: Mapping[str, Any]) -> list[Version]:
    """Return the versions to show beside a run: the last that passed, the best one, and the newest of earlier runs.

    Args:
        run: the run.
        card: its scorecard.
        result: its comparison, which names its baselines.
    """
    baselines = {"Baseline": result["baseline"], "Best baseline": (result["best"] or {}).get("baseline")}
    versions = [
        Version(f"{name}: {about['model']}", scorecard.read(about["address"]), about["address"])
        for name, about in baselines.items()
        if about
    ]
    shown = {card["model"], *(each.card["model"] for each in versions)}
    for earlier in _earlier(run, card):
        if len(versions) == MOST:
            break
        if earlier.card["model"] not in shown:
            versions.append(earlier)
            shown.add(earlier.card["model"])
    return versions


def _earlier(run: Run, card: Mapping[str, Any]) -> Iterator[Version]:
    """Yield the pipeline's runs that asked the same questions and whose files have not expired, the newest first."""
    entries = objects.entries(f"{run.home}/runs")
    written = [entry for entry in entries if entry.name.endswith(_SCORECARD) and entry.name.count("/") == 1]
    for entry in sorted(written, key=lambda entry: entry.modified, reverse=True)[:MOST_RUNS]:
        place = entry.address.removesuffix(_SCORECARD)
        if place == run.root:
            continue
        other = scorecard.read(place)
        if other["dataset"]["sha256"] == card["dataset"]["sha256"] and other["created"] <= card["created"]:
            yield Version(f"{other['model']} (run {other['run']})", other, place)
