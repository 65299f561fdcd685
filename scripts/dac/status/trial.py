"""Whether a changed template has proved itself where it goes first: by the newest run of each canary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dac.model.run_record import RunRecord


class Verdict(StrEnum):
    """What a pipeline's newest run says of a template."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Trial:
    """What one pipeline says of a template.

    Attributes:
        pipeline: as PROJECT/PIPELINE.
        scheduled: whether its next run comes by itself.
        verdict: of its newest run that has ended.
        why: a sentence's end, about that run.
    """

    pipeline: str
    scheduled: bool
    verdict: Verdict
    why: str


def trial(pipeline: str, scheduled: bool, runs: Sequence[RunRecord], content: str) -> Trial:
    """Judge a template by a pipeline's runs.

    Args:
        pipeline: as PROJECT/PIPELINE.
        scheduled: whether its next run comes by itself.
        runs: the newest first, with their receipts.
        content: the template's hash.
    """
    ended = next((run for run in runs if not run.active), None)
    if ended is None:
        return Trial(pipeline, scheduled, Verdict.WAITS, "has not run yet")
    if ended.receipt is None:
        return Trial(pipeline, scheduled, Verdict.FAILED, f"{ended.name} left no receipt: {ended.phase}")
    if "template_content" not in ended.receipt:
        return Trial(
            pipeline, scheduled, Verdict.WAITS, f"its newest run, {ended.name}, does not say of which template"
        )
    if ended.receipt["template_content"] != content:
        return Trial(pipeline, scheduled, Verdict.WAITS, f"its newest run, {ended.name}, was of another template")
    verdict = Verdict.SUCCEEDED if ended.phase == "Succeeded" else Verdict.FAILED
    return Trial(pipeline, scheduled, verdict, f"{ended.name} {ended.phase}")


def proved(trials: Sequence[Trial]) -> bool:
    """Whether a template may go on: a run of it succeeded, none failed, and none that comes by itself is awaited."""
    awaited = [each for each in trials if each.verdict is Verdict.WAITS and each.scheduled]
    verdicts = {each.verdict for each in trials}
    return Verdict.SUCCEEDED in verdicts and Verdict.FAILED not in verdicts and not awaited
