"""plan.json: what discover found and decided, for every later step of the run. Schema: contracts/plan.schema.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from runtime import contract, objects, settings
from runtime.errors import InputError, TryAgain
from runtime.settings import Run

from index import identity

CHANGES = ("added", "changed", "repaired", "removed", "relabelled")
COUNTS = ("documents", *CHANGES, "unchanged")


@dataclass(frozen=True)
class Plan:
    """A run's plan.

    Attributes:
        fingerprint: of the index that the run makes.
        collection: that it goes to.
        former: the collection that readers saw when the run began; None before the first.
        dimension: of a vector.
        source: the manifest's digest, over its documents in order.
        shards: how many there are.
        counts: documents by what becomes of them, by the names of COUNTS.
        intents: addresses of dead runs' intents that this run makes good.
        orphans: ids of points in the store that belong to no document, to be deleted.
    """

    fingerprint: str
    collection: str
    former: str | None
    dimension: int
    source: str
    shards: int
    counts: dict[str, int]
    intents: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Whether the index already is what the source says."""
        changes = sum(self.counts[key] for key in CHANGES)
        return not (changes or self.orphans or self.intents)


def fingerprint() -> str:
    """Of the index that this step's model, chunking and distance make."""
    return identity.fingerprint(
        settings.required("MODEL"), settings.required("CHUNKING"), settings.required("STORE").get("distance", "cosine")
    )


def write(run: Run, plan: Plan) -> None:
    """Leave the plan for the later steps."""
    contract.write("plan", f"{run.root}/plan.json", asdict(plan))


def find(run: Run) -> Plan | None:
    """Return the run's plan; None where discover has not made it."""
    address = f"{run.root}/plan.json"
    if not objects.exists(address):
        return None
    row = contract.read("plan", address)
    return Plan(**{name: value for name, value in row.items() if name != "version"})


def read(run: Run) -> Plan:
    """Return the run's plan.

    Raises:
        InputError: discover has not made it, or not of the model, chunking and distance that this step was given: its
            points would go under ids of the index that was planned.
    """
    if (plan := find(run)) is None:
        raise InputError(f"{run.root}/plan.json is missing: discover must run first in the same run")
    if (given := fingerprint()) != plan.fingerprint:
        raise InputError(
            f"{run.root}/plan.json was made for an index of fingerprint {plan.fingerprint[:12]}, and this step's "
            f"model, chunking and distance give {given[:12]}: start a new run"
        )
    return plan


def own(run: Run) -> None:
    """Make this run the pipeline's owner: a run that owned it before stops at its next `guard`.

    The template's mutex keeps two runs apart already. This one holds too where a run was started past it, or where a
    pod that was given up for dead still writes.
    """
    contract.write("owner", f"{run.home}/owner.json", {"run": run.run_id})


def guard(run: Run) -> None:
    """Raise TryAgain where another run has become the owner since."""
    owner = contract.read("owner", f"{run.home}/owner.json")["run"]
    if owner != run.run_id:
        raise TryAgain(f"run {owner} of {run.project}/{run.pipeline} has begun since; this one stops")
