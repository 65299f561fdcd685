"""One sweep: list what exists, decide what is due, delete it, and leave a receipt. A death at any point harms nothing.

What is due is decided again right before it is deleted, from what the cluster says then. A pipeline that is gone goes
as a whole, its collections first, so that a sweep after one that died finds the rest by what remains of its folder.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from runtime import contract, log, objects, receipt
from runtime.errors import InputError, TryAgain
from runtime.retention import decisions, inventory
from runtime.retention.item import CHECKPOINTS, COLLECTION, FIGURES, MODEL, PIPELINE, RUN, Decision, Item, Living
from runtime.retention.lines import DELETED, DUE, FAILED, STAYS, freed
from runtime.retention.models import Registry
from runtime.retention.pushed import Gateway
from runtime.words import plural

_FEW = 3  # pipelines that may be gone at once, however few there are


class Collections(Protocol):
    """The vector stores, as a sweep asks them."""

    def abandoned(
        self, project: str, pipeline: str, read: Sequence[Mapping[str, Any]], store: str | None
    ) -> list[Item]:
        """Return the collections of a pipeline that nobody reads any more.

        Args:
            project: the project.
            pipeline: its name; it made an index once.
            read: its receipts, the newest last.
            store: the one that it has now, whose collections `publish` sees to; None where the pipeline is gone.

        Raises:
            InputError: a store refuses.
            TryAgain: a store did not answer.
        """

    def drop(self, item: Item) -> None:
        """Drop a collection, if it is there."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a sweep goes by.

    Attributes:
        artifacts: root of what runs write.
        logs: root of the engine's logs; empty where nothing sweeps them.
        days: by class, how long it is kept.
        most_gone: share of all pipelines that may be gone before none of them is deleted.
        name: of this sweep; its receipt's.
        dry_run: whether nothing is deleted.
    """

    artifacts: str
    logs: str
    days: Mapping[str, float]
    most_gone: float
    name: str
    dry_run: bool

    @property
    def own(self) -> str:
        """Where sweeps keep their receipts and what they missed."""
        return f"{self.artifacts}/{inventory.OWN_FOLDER}"


@dataclass
class Sweep:
    """A sweep under way.

    Attributes:
        rules: what it goes by.
        ask: says what lives, in all projects or in one.
        collections: the vector stores.
        now: the time, in seconds since the epoch.
        models: the model registry.
        gateway: the Pushgateway.
        results: each decision with what came of it, in order.
        unread: what could not be read, with the reason: all of it stays.
    """

    rules: Rules
    ask: Callable[[str], Living]
    collections: Collections
    now: float
    models: Registry = field(default_factory=lambda: Registry("", ""))
    gateway: Gateway = field(default_factory=lambda: Gateway(""))
    results: list[tuple[Decision, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    _since: dict[str, float] = field(default_factory=dict)
    _kept: dict[tuple[str, str], dict[tuple[str, str], str]] = field(default_factory=dict)

    def run(self) -> dict[str, Any]:
        """Sweep, and return the receipt.

        Raises:
            InputError: so many pipelines are gone that the list of those that live must be wrong.
            TryAgain: the cluster or the object store did not answer.
        """
        living = self.ask("")
        self._since = self._missed(living)
        decided = [decision for part in self._parts(living) for decision in part]
        self._check_gone(decided)
        self.results = [(d, DUE if d.due else STAYS) for d in decided]
        self._write("begun")
        if not self.rules.dry_run:
            self.results = []
            for decision in decided:
                self.results.append(self._done(decision) if decision.due else (decision, STAYS))
        return self._write("done")

    def _missed(self, living: Living) -> dict[str, float]:
        """Note what is not there since when; a sweep that deletes nothing notes it too."""
        present: dict[str, bool] = {}
        for project in inventory.projects(self.rules.artifacts):
            present[f"{project}/"] = living.has(project)
            for pipeline in inventory.pipelines(self.rules.artifacts, project):
                present[f"{project}/{pipeline}"] = living.has(project, pipeline)
        address = f"{self.rules.own}/missed.json"
        before = inventory.noted(address) if objects.exists(address) else {}
        since = decisions.missed(before, present, self.now)
        if since != before:
            objects.write_json(address, {"version": 1, "since": since})
        return since

    def _parts(self, living: Living) -> Iterable[list[Decision]]:
        root = self.rules.artifacts
        for project in inventory.projects(root):
            for pipeline in inventory.pipelines(root, project):
                try:
                    yield self._pipeline(project, pipeline, living)
                except (InputError, TryAgain) as error:
                    self.unread.append(f"{project}/{pipeline}: {error}")
            yield [self._decide(item, living) for item in inventory.tokens(root, project)]
        if self.rules.logs:
            yield [self._decide(item, living) for item in inventory.logs(self.rules.logs)]
        yield [self._decide(item, living) for item in inventory.sweeps(root)]

    def _pipeline(self, project: str, pipeline: str, living: Living) -> list[Decision]:
        root, read = self.rules.artifacts, inventory.receipts(self.rules.artifacts, project, pipeline)
        kept = self._kept[project, pipeline] = {}
        if not living.has(project, pipeline):
            whole = inventory.whole(root, project, pipeline)
            items = [
                *self._collections(project, pipeline, read, None),
                *self._versions(project, pipeline, read, False),
                *self.gateway.groups(project, pipeline, read),
                whole,
            ]
            return [self._decide(item, living) for item in items]
        kept |= inventory.kept(root, project, pipeline, read)
        items = inventory.of_pipeline(root, project, pipeline)
        store = living.pipelines[project][pipeline]
        asked: Mapping[str, Callable[[], Sequence[Item]]] = {
            "collections": lambda: self._collections(project, pipeline, read, store),
            "versions": lambda: self._versions(project, pipeline, read, True),
        }
        for what, ask in asked.items():
            try:
                items = [*ask(), *items]
            except (InputError, TryAgain) as error:
                self.unread.append(f"{what} of {project}/{pipeline}: {error}")
        for item in items:  # a run's folder holds its checkpoints, which may be kept longer
            if item.kind == CHECKPOINTS and not (decision := self._decide(item, living)).due:
                kept.setdefault((RUN, item.run), f"its checkpoints stay: {decision.why}")
        return [self._decide(item, living) for item in items]

    def _collections(self, project: str, pipeline: str, read: Sequence[Any], store: str | None) -> list[Item]:
        indexed = inventory.has_index(self.rules.artifacts, project, pipeline)
        return self.collections.abandoned(project, pipeline, read, store) if indexed else []

    def _versions(self, project: str, pipeline: str, read: Sequence[Any], there: bool) -> Sequence[Item]:
        versions = self.models.versions(project, pipeline, read, there)
        held = self._kept[project, pipeline]
        held |= {(MODEL, address): why for address, why in versions.kept.items()}
        if versions.live:
            held[PIPELINE, inventory.home_of(self.rules.artifacts, project, pipeline)] = versions.live
        return versions.items

    def _decide(self, item: Item, living: Living) -> Decision:
        held = self._kept.get((item.project, item.pipeline), {})
        return decisions.decide(item, living, self.rules.days, held, self._since, self.now)

    def _check_gone(self, decided: Sequence[Decision]) -> None:
        gone = sum(d.item.kind == PIPELINE for d in decided)
        root = self.rules.artifacts
        every = sum(len(inventory.pipelines(root, project)) for project in inventory.projects(root))
        if gone > max(_FEW, self.rules.most_gone * every):
            share = f"{self.rules.most_gone:.0%}"
            raise InputError(
                f"{gone} of {plural(every, 'pipeline')} are not in the cluster, more than the {share} that one sweep "
                "believes; nothing was deleted. Let the account see every namespace, or raise most_gone"
            )

    def _done(self, decision: Decision) -> tuple[Decision, str]:
        """Look once more, then delete; return what came of it."""
        item = decision.item
        try:
            living = self.ask(item.project) if item.project else Living({})
            again = self._decide(item, living)
            if not again.due:
                return again, STAYS
            if item.kind == COLLECTION:
                self.collections.drop(item)
            elif item.kind == MODEL:
                self.models.drop(item)
            elif item.kind == FIGURES:
                self.gateway.drop(item)
            else:
                self._check_parts(item)
                objects.remove(item.address)
        except (InputError, TryAgain) as error:
            log.warning("not_deleted", f"{item.kind} {item.address}: {error}")
            return Decision(item, True, str(error)), FAILED
        return decision, DELETED

    def _check_parts(self, item: Item) -> None:
        """Keep a pipeline's folder while a part of it elsewhere could not go: it says where they are."""
        left = [d.item.address for d, outcome in self.results
                if d.item.kind in (COLLECTION, MODEL, FIGURES) and outcome != DELETED
                and (d.item.project, d.item.pipeline) == (item.project, item.pipeline)]  # fmt: skip
        if item.kind == PIPELINE and left:
            raise TryAgain(f"{', '.join(left)} could not be dropped; the next sweep tries again")

    def _write(self, state: str) -> dict[str, Any]:
        counts = Counter(f"{d.item.kind}: {outcome}" for d, outcome in self.results)
        lines = [{**asdict(d.item), "outcome": outcome, "why": d.why} for d, outcome in self.results]
        value = {
            "name": self.rules.name,
            "state": state,
            "dry_run": self.rules.dry_run,
            "at": receipt.stamp(self.now),
            "days": dict(self.rules.days),
            "counts": dict(sorted(counts.items())),
            "bytes": freed([d.item for d, outcome in self.results if outcome in (DELETED, DUE)]),
            "items": lines,
            "unread": self.unread,
        }
        return contract.write("sweep", f"{self.rules.own}/receipts/{self.rules.name}.json", value)
