"""The answers that a judge model rates: what it is asked about each, and the ratings that it gave."""

from dataclasses import dataclass, field
from typing import Any

from evaluation import forecast

Sample = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """One request about an answer.

    Attributes:
        texts: the answer, or two answers as A and B.
        swapped: whether ours is B.
        repeat: the number of the repeat.
    """

    texts: list[str]
    swapped: bool
    repeat: int


@dataclass(frozen=True, slots=True)
class Rating:
    """One rating of an answer.

    Attributes:
        value: 0 to 1, of ours.
        reason: the judge model's.
        first: 0 to 1, of the answer in the first place.
    """

    value: float
    reason: str
    first: float


@dataclass
class Case:
    """One answer and the judge model's ratings of it.

    Attributes:
        sample: id, ask, references.
        questions: the requests to make.
        replies: the rating in each reply, None where it holds none; or one rating that needs no request.
    """

    sample: Sample
    questions: list[Question]
    replies: list[Rating | None] = field(default_factory=list)

    @property
    def ratings(self) -> list[Rating]:
        """The ratings that there are."""
        return [rating for rating in self.replies if rating is not None]


def shown(sample: Sample) -> Sample:
    """Return what the judge model sees of a sample: its id, its question as text, and its references."""
    return {"id": sample["id"], "ask": forecast.asked(sample), "references": sample.get("references", [])}


def case_of(sample: Sample, facts: dict[str, Any], answer: str, other: str) -> Case:
    """Return the case of one answer; `other` is the baseline's, which only pairwise reads."""
    repeats = range(int(facts.get("repeats", 1)))
    if facts["mode"] != "pairwise":
        return Case(shown(sample), [Question([answer], False, repeat) for repeat in repeats])
    if other == answer:
        return Case(shown(sample), [], [Rating(0.5, "the answers are equal, or there is no baseline yet", 0.5)])
    if not other.strip():
        return Case(shown(sample), [], [Rating(1.0, "the baseline has no answer", 0.5)])
    orders = (([answer, other], False), ([other, answer], True))
    return Case(shown(sample), [Question(texts, swapped, n) for texts, swapped in orders for n in repeats])
