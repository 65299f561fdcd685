"""Metrics of an answer from documents: whether it cites the right ones, stands in them, and abstains where it must.

All three are counted, without a model. A citation is a number in square brackets, such as [1] or [2, 3]; the numbers
are those of the documents that the model was given. An answer abstains where it says the words that the model was asked
for (contexts.ABSTAINS) and cites nothing.
"""

import re
from typing import Any

from evaluation import contexts
from evaluation.normalisation import SQUAD, Normalisation

CITED = re.compile(r"\s*[\[【]\s*(\d+(?:\s*[,;]\s*\d+)*)\s*(?:†[^\]】]*)?[\]】]")
WORDS = re.compile(r"\w+")
SIGNATURE = "cited:[n]|v1"
Record = dict[str, Any]  # an answer's: text, and the contexts that the model was given
Sample = dict[str, Any]


def numbers(text: str) -> list[int]:
    """Return the numbers that an answer cites, each once, in order."""
    cited = (int(number) for match in CITED.finditer(text) for number in re.split(r"\s*[,;]\s*", match[1]))
    return list(dict.fromkeys(cited))


def without(text: str) -> str:
    """Return an answer without its citations, as it is compared with references."""
    return CITED.sub("", text).strip()


def abstains(text: str) -> bool:
    """Return whether an answer says that the documents do not answer, and cites none."""
    words = " ".join(WORDS.findall(text.lower()))
    return " ".join(WORDS.findall(contexts.ABSTAINS.lower())) in words and not numbers(text)


def abstained(record: Record, sample: Sample) -> float:
    """1 where the answer abstains just where no document is right: where the sample's `relevant` is empty."""
    return float(abstains(record["text"]) == (not sample["relevant"]))


def cited(record: Record, sample: Sample) -> float:
    """Return which share of the documents that the answer cites is relevant; 0 where it cites none.

    A number that no document has counts as one that is not relevant. Where no document is right: 1 if it cites none.
    """
    given, named = record["contexts"], numbers(record["text"])
    right = sum(1 <= number <= len(given) and given[number - 1]["id"] in sample["relevant"] for number in named)
    return right / len(named) if named else float(not sample["relevant"])


def grounded(record: Record, sample: Sample, rules: Normalisation = SQUAD) -> float:
    """Return which share of the answer's words stands in the documents that it cites; in all of them if it cites none.

    It is the K-Precision of Adlakha et al. 2023 with citations. An answer that abstains claims nothing: 1 where no
    document is right, and 0 where one is, so that no model is grounded by saying nothing.
    """
    if abstains(record["text"]):
        return float(sample.get("relevant") == [])
    given, named = record["contexts"], numbers(record["text"])
    read = [given[number - 1] for number in named if 1 <= number <= len(given)] if named else given
    stands = {word for context in read for word in rules.tokens(context["text"])}
    words = rules.tokens(without(record["text"]))
    return sum(word in stands for word in words) / len(words) if words else 0.0
