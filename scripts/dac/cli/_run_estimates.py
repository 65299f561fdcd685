"""What a run was predicted to take, by the runs before it, and what it took by its receipt.

Both are computed when they are read. A run that its schedule starts knows nothing of this tool, and a prediction in
every CronWorkflow would change all of them with each price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dac.cli._compose import failed
from dac.cli._month_costs import estimator_of
from dac.estimate import Estimator
from dac.expand import Expander
from dac.load import TreePipeline, load_repository
from dac.model import Repository
from dac.model.amount_words import span, usd
from dac.model.estimate import Amounts
from dac.model.run_record import RunRecord
from dac.validate import validate_standards


@dataclass(frozen=True, slots=True)
class Compared:
    """What a run was predicted to take, and took.

    Attributes:
        predicted: None where the tree cannot tell.
        actual: None where there is no receipt of a success.
    """

    predicted: Amounts | None
    actual: Amounts | None

    def words(self) -> tuple[str, str]:
        """Return both as cells of a table."""
        return _words(self.predicted), _words(self.actual)

    def data(self) -> dict[str, Any]:
        """Return both as JSON has them."""
        return {
            "predicted": self.predicted.data() if self.predicted else None,
            "actual": self.actual.data() if self.actual else None,
        }


class RunEstimates:
    """Compares runs with what they were predicted to take.

    Args:
        root: the tree, whose decisions, sizes and prices of today count.
        projects: those whose runs are compared.
    """

    def __init__(self, root: Path, projects: Sequence[str]) -> None:
        self._root, self._projects = root, projects

    def of(self, pipeline: TreePipeline, run: RunRecord, older: Sequence[RunRecord]) -> Compared:
        """Compare a run.

        Args:
            pipeline: its pipeline.
            run: the run.
            older: the runs before it, the newest first.
        """
        repository, estimator = self._estimating
        project = repository.projects.get(pipeline.project)
        decided = project.pipelines.get(pipeline.name) if project else None
        standard = repository.standards.get(decided.standard) if decided else None
        if estimator is None or decided is None or standard is None:
            return Compared(None, None)
        before: list[Mapping[str, Any]] = [earlier.receipt for earlier in older if earlier.receipt]
        predicted = estimator.corrected(decided, standard, before).run
        return Compared(predicted, estimator.actual(decided, standard, run.receipt) if run.receipt else None)

    @cached_property
    def _estimating(self) -> tuple[Repository, Estimator | None]:
        """The tree and its estimator; none where the standards have errors, which `dac check` tells."""
        repository, findings = load_repository(self._root, self._projects)
        findings += validate_standards(repository) if not failed(findings) else []
        if failed(findings):
            return repository, None
        return repository, estimator_of(repository, Expander(repository).standards()[0])


def _words(amounts: Amounts | None) -> str:
    return f"{span(amounts.seconds)}, {usd(amounts.usd)}" if amounts else "-"
