"""What a run was predicted to take, by the runs before it, and what it took by its receipt.

`dac run` gives a run its prediction as the argument `predicted`, which the receipt keeps. A run that its schedule
starts has none, since a prediction in every CronWorkflow would change all of them with each price: it is computed when
it is read, from the runs before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dac.cli._arguments import Misuse
from dac.cli._compose import failed
from dac.cli._month_costs import estimator_over
from dac.cli._printer import say
from dac.cli._runs import RunSource
from dac.estimate import NEWEST, Estimator
from dac.expand import Expander
from dac.load import TreePipeline, load_pipelines, load_projects, load_repository, project_names
from dac.model import Pipeline, Repository, Standard
from dac.model.amount_words import span, usd
from dac.model.estimate import Amounts
from dac.model.run_record import RunRecord
from dac.validate import validate_standards

ARGUMENT = "predicted"


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
        expander: of that tree, where it was loaded already.
    """

    def __init__(self, root: Path, projects: Sequence[str], expander: Expander | None = None) -> None:
        self._root, self._projects, self._expander = root, projects, expander

    def of(self, pipeline: TreePipeline, run: RunRecord, older: Sequence[RunRecord]) -> Compared:
        """Compare a run.

        Args:
            pipeline: its pipeline.
            run: the run.
            older: the runs before it, the newest first.
        """
        if (made_of := self._ingredients(pipeline)) is None:
            return Compared(None, None)
        estimator, decided, standard = made_of
        given = run.arguments or (run.receipt or {}).get("arguments", {})
        predicted = Amounts.of_text(given.get(ARGUMENT, "")) or self._ahead(estimator, decided, standard, older)
        return Compared(predicted, estimator.actual(decided, standard, run.receipt) if run.receipt else None)

    def argument(self, pipeline: TreePipeline, older: Sequence[RunRecord]) -> dict[str, str]:
        """Return the next run's prediction as an argument; none where its standard takes none.

        Args:
            pipeline: its pipeline.
            older: the runs so far, the newest first.
        """
        made_of = self._ingredients(pipeline)
        if made_of is None or ARGUMENT not in made_of[2].parameters:
            return {}
        estimator, decided, standard = made_of
        return {ARGUMENT: self._ahead(estimator, decided, standard, older).text()}

    def _ingredients(self, pipeline: TreePipeline) -> tuple[Estimator, Pipeline, Standard] | None:
        """Return what a prediction is made by; None where the tree cannot tell."""
        repository, estimator = self._estimating
        project = repository.projects.get(pipeline.project)
        decided = project.pipelines.get(pipeline.name) if project else None
        standard = repository.standards.get(decided.standard) if decided else None
        return (estimator, decided, standard) if estimator and decided and standard else None

    @staticmethod
    def _ahead(estimator: Estimator, decided: Pipeline, standard: Standard, older: Sequence[RunRecord]) -> Amounts:
        before: list[Mapping[str, Any]] = [earlier.receipt for earlier in older if earlier.receipt]
        return estimator.corrected(decided, standard, before).run

    @cached_property
    def _estimating(self) -> tuple[Repository, Estimator | None]:
        """The tree and its estimator; none where the standards have errors, which `dac check` tells."""
        if self._expander is not None:
            projects, findings = load_projects(self._root, self._projects)
            repository = replace(self._expander.repository, projects=projects)
            return repository, None if failed(findings) else estimator_over(self._expander)
        repository, findings = load_repository(self._root, self._projects)
        findings += validate_standards(repository) if not failed(findings) else []
        if failed(findings):
            return repository, None
        return repository, estimator_over(Expander(repository))


def predicted(root: Path, pipeline: str, source: RunSource, expander: Expander | None = None) -> dict[str, str]:
    """Return the argument with what the next run of a pipeline is predicted to take; none where the tree cannot tell.

    Args:
        root: the tree.
        pipeline: as PROJECT/PIPELINE.
        source: where its earlier runs are found.
        expander: of the tree, where it was loaded already.
    """
    project, _, name = pipeline.partition("/")
    if project not in project_names(root):
        return {}  # whoever starts the run says so
    decided = next((each for each in load_pipelines(root, [project])[0] if each.name == name), None)
    if decided is None:
        return {}
    try:
        return RunEstimates(root, [project], expander).argument(decided, source.runs(decided, NEWEST))
    except Misuse as error:  # who may start runs need not be allowed to list them
        say(f"what the run takes is not predicted: {error}", err=True)
        return {}


def _words(amounts: Amounts | None) -> str:
    return f"{span(amounts.seconds)}, {usd(amounts.usd)}" if amounts else "-"
