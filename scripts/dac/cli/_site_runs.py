"""What the site says of a pipeline's runs: how it stands, and how its last ones went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from dac.cli._moments import clock
from dac.cli._run_facts import cost, took, verdicts
from dac.cli._runs import RunSource
from dac.load import TreePipeline
from dac.model.run_record import RunRecord
from dac.site import PipelinePage, Run, Score
from dac.status import PipelineStatus

_LISTED = 5  # runs of a pipeline
_SCORED = 24  # runs of an evaluation whose scores are drawn
_UNKNOWN = "-"  # how `dac runs` shows that a receipt does not say a thing


@dataclass(frozen=True, slots=True)
class Runs:
    """Where runs are looked for.

    Attributes:
        source: what reads them.
        words: the place, in a sentence.
        searched: whether there is such a place; if not, nothing is said of runs.
    """

    source: RunSource
    words: str
    searched: bool

    def with_runs(
        self, page: PipelinePage, pipeline: TreePipeline, status: PipelineStatus, redact: Callable[[str], str]
    ) -> PipelinePage:
        """Return a page that also says how a pipeline stands and how its last runs went.

        Args:
            page: without them.
            pipeline: which.
            status: how it stands.
            redact: hides credentials: what runs left was never searched for them.
        """
        failure = status.failure
        why = ""
        if failure is not None:
            why = f"{failure.step.name}: {failure.reason}" if failure.step else failure.reason
        served = status.served.what or "nothing yet" if status.served else ""
        records = self.source.runs(pipeline, _LISTED)
        scored = any(map(_values, records))
        return replace(
            page,
            state=status.state,
            why=redact(why),
            trouble=status.trouble,
            served=redact(served),
            runs=tuple(_run(record, redact) for record in records),
            scores=tuple(_scores(self.source.runs(pipeline, _SCORED), redact)) if scored else (),
        )


def _run(record: RunRecord, redact: Callable[[str], str]) -> Run:
    return Run(
        redact(record.name),
        redact(record.phase or "Pending"),
        clock(record.started) if record.started else "",
        took(record),
        redact(_receipt_words(verdicts(record))),
        redact(_receipt_words(cost(record))),
        record.receipt is not None,
        tuple(map(redact, record.problems)),
        tuple(map(redact, _failures(record.receipt or {}))),
    )


def _scores(records: Iterable[RunRecord], redact: Callable[[str], str]) -> Iterator[Score]:
    for record in records:
        if values := _values(record):
            receipt = record.receipt or {}
            model, verdict = _named(receipt, "inputs", "model"), _named(receipt, "verdicts", "gate")
            started = clock(record.started) if record.started else ""
            yield Score(redact(record.name), started, redact(model), redact(verdict), values)


def _values(record: RunRecord) -> dict[str, float]:
    """Return the scores that a receipt has; nothing is made of one that is not a finite number."""
    results = (record.receipt or {}).get("results")
    metrics = results.get("metrics") if isinstance(results, Mapping) else None
    if not isinstance(metrics, Mapping):
        return {}
    numbers = {str(name): value for name, value in metrics.items() if isinstance(value, int | float)}
    return {name: float(value) for name, value in numbers.items() if isfinite(value)}


def _named(receipt: Mapping[str, Any], part: str, name: str) -> str:
    facts = receipt.get(part)
    value = facts.get(name) if isinstance(facts, Mapping) else None
    return value if isinstance(value, str) else ""


def _failures(receipt: Mapping[str, Any]) -> Iterator[str]:
    """Yield the steps that a receipt says have failed; nothing is made of an entry that is not one."""
    failures = receipt.get("failures")
    for failure in failures if isinstance(failures, list) else ():
        if isinstance(failure, dict) and "step" in failure:
            code = failure.get("exit_code")
            yield f"{failure['step']} (exit code {code})" if isinstance(code, int) else str(failure["step"])


def _receipt_words(facts: str) -> str:
    """Return what a receipt says; empty where it does not."""
    return "" if facts == _UNKNOWN else facts
