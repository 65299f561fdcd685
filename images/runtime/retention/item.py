"""What a sweep finds, and what becomes of it: values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

RUN, CHECKPOINTS, RECEIPT, TOKENS, LOGS = "run", "checkpoints", "receipt", "tokens", "logs"
PIPELINE, COLLECTION, MODEL, FIGURES, SWEEP = "pipeline", "collection", "model", "figures", "sweep"
# By class, the key of its days; what is not named here goes with its pipeline.
DAYS = {
    RUN: "runs",
    CHECKPOINTS: "checkpoints",
    RECEIPT: "receipts",
    TOKENS: "tokens",
    LOGS: "logs",
    MODEL: "models",
    SWEEP: "receipts",
    COLLECTION: "gone",
    FIGURES: "gone",
    PIPELINE: "gone",
}


@dataclass(frozen=True, slots=True)
class Item:
    """What can be deleted as a whole.

    Attributes:
        kind: its class.
        address: of the object or the folder; of a collection, `store/collection`, of a version, `model/number`,
            of figures, where the Pushgateway has them.
        project, pipeline: whose it is; tokens and logs are a project's.
        run: the run's uid, of a receipt and of logs its name.
        modified: when the last of it was written, in seconds since the epoch.
        size: in bytes.
    """

    kind: str
    address: str
    project: str
    pipeline: str = ""
    run: str = ""
    modified: float = 0.0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Living:
    """What lives: as the cluster, or a person's file, says.

    Attributes:
        pipelines: by project that is there, the store of each pipeline; empty where it has none.
        runs: by project, uids and names of the runs whose Workflow is there, ended or not.
        in_flight: by project, the pipelines with a run that has not ended; `*` where the run does not say of which.
    """

    pipelines: Mapping[str, Mapping[str, str]]
    runs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    in_flight: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def has(self, project: str, pipeline: str = "") -> bool:
        """Return whether a pipeline is there; without its name, whether the project is."""
        return project in self.pipelines and (not pipeline or pipeline in self.pipelines[project])

    def runs_now(self, project: str, pipeline: str = "") -> bool:
        """Return whether a run of a pipeline goes on; without its name, whether any of the project does."""
        flying = self.in_flight.get(project, frozenset())
        return bool(flying & {pipeline, "*"}) if pipeline else bool(flying)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an item.

    Attributes:
        item: the item.
        due: whether it is deleted.
        why: in words.
    """

    item: Item
    due: bool
    why: str
