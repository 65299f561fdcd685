"""What is kept in memory of all samples of a run while they are scored."""

from array import array
from collections import Counter
from typing import Any

from evaluation.metrics import Metric

OUTCOMES = ("answered", "empty", "failed")
CONTENTS = ("text", "loglikelihoods", "hits")  # of an answer from an index its text, which comes with hits
USED = ("input_tokens", "output_tokens", "seconds", "attempts")


class Tally:
    """The numbers that are kept of all samples in memory.

    Attributes:
        scores: by metric, the samples' values, or their counts one after the other.
        width: by corpus metric, how many counts a sample has.
        groups: by metric, each value's group; empty where the dataset has none.
        invalid: by metric, how many answers its scorer gave no finite number for.
        outcomes: how many answers were answered, empty, failed.
        usage: tokens, seconds and attempts of all answers.
        unjudged: answers that the judge model did not rate.
        cut: answers that ended at their longest length.
        last_error: why the last sample failed that did; empty where none did.
        served: how many answers each (model, fingerprint) gave, as the replies say.
    """

    def __init__(self, wanted: dict[str, Metric]) -> None:
        self.scores = {name: array("d") for name in wanted}
        self.width: dict[str, int] = {}
        self.groups: dict[str, list[str]] = {name: [] for name in wanted}
        self.invalid = dict.fromkeys(wanted, 0)
        self.outcomes = dict.fromkeys(OUTCOMES, 0)
        self.usage = dict.fromkeys(USED, 0.0)
        self.unjudged = 0
        self.cut = 0
        self.last_error = ""
        self.served: Counter[tuple[str, str]] = Counter()


def outcome(record: dict[str, Any] | None) -> tuple[str, Any, str | None]:
    """Return an answer's outcome, its content (text, hits or log-likelihoods), and why it failed."""
    if record is None:
        return "failed", "", "no answer was recorded"
    if "error" in record:
        return "failed", "", record["error"]
    answer = next(record[name] for name in CONTENTS if name in record)
    empty = not answer if isinstance(answer, list) else not (answer.strip() or record.get("calls"))
    return ("empty" if empty else "answered"), answer, None
