"""How likely a served model finds each choice of a sample: what is sent, how the reply is read, and what is right.

A request is OpenAI's POST /v1/completions with `echo` and `logprobs`, and a list of prompts: the context, and the
context with each choice behind it. The first says how many tokens the context has; the others' log-probabilities from
there on are a choice's. One token is generated behind each, which endpoints insist on, and left out. Context and choice
are joined by one space, and spaces at the end of the context count as the choice's, as in lm-evaluation-harness.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from runtime.errors import InputError

DELIMITER = " "
SIGNATURE = "loglikelihood|echo|delimiter:space"


def prompts(sample: dict[str, Any]) -> list[str]:
    """Return the texts whose tokens are asked for: the context, and the context with each choice behind it."""
    question = str(sample["prompt"])
    return [question.rstrip(), *(question + DELIMITER + choice for choice in sample["choices"])]


def accuracy(sums: Sequence[float], sample: dict[str, Any]) -> float:
    """1 where the likeliest choice is a reference: lm-evaluation-harness's `acc`."""
    return float(sample["choices"][_first_highest(sums)] in sample["references"])


def normalised_accuracy(sums: Sequence[float], sample: dict[str, Any]) -> float:
    """1 where the choice that is likeliest by its length in characters is a reference: the harness's `acc_norm`."""
    by_length = [value / len(choice) for value, choice in zip(sums, sample["choices"], strict=True)]
    return accuracy(by_length, sample)


def _first_highest(values: Sequence[float]) -> int:
    return max(range(len(values)), key=values.__getitem__)


def check_endpoint(reads: Mapping[str, str], api: str) -> bool:
    """Return whether log-likelihoods are asked for; refuse metrics and an endpoint that do not fit.

    Args:
        reads: what each metric reads, by its name.
        api: of the endpoint; empty where it is not known.

    Raises:
        InputError: some metrics score what a model writes, or the endpoint is asked in another way.
    """
    ours = [name for name, what in reads.items() if what == "loglikelihoods"]
    others = [name for name in reads if name not in ours]
    if ours and others:
        raise InputError(
            f"metrics: {', '.join(ours)} score log-likelihoods, and {', '.join(others)} what is answered; "
            "make two suites of them"
        )
    if api and bool(ours) != (api == "loglikelihood"):
        gives = "log-likelihoods" if not ours else "no log-likelihoods"
        raise InputError(
            f"the endpoint (api {api}) gives {gives}, and {', '.join(reads)} cannot be scored; nothing was asked"
        )
    return bool(ours)


def check(sample: dict[str, Any], at: str) -> None:
    """Refuse a sample whose choices cannot be scored.

    Raises:
        InputError: its prompt is blank, two of its choices are the same, or no choice is a reference.
    """
    if "prompt" not in sample:
        raise InputError(f"{at}: log-likelihoods need a 'prompt', behind which each choice is written")
    if not sample["prompt"].strip():
        raise InputError(f"{at}: its prompt is blank; a choice needs something that it stands behind")
    if twice := [each for place, each in enumerate(sample["choices"]) if each in sample["choices"][:place]]:
        raise InputError(f"{at}: its choice {twice[0]!r} is there twice")
    if strays := [reference for reference in sample["references"] if reference not in sample["choices"]]:
        raise InputError(f"{at}: its reference {strays[0]!r} is not one of its choices")


def read(reply: Any) -> list[float]:
    """Return the log-likelihood of each choice of a reply; raises KeyError, TypeError and the like on others."""
    ordered = sorted(reply["choices"], key=lambda choice: int(choice["index"]))
    context, *rest = [choice["logprobs"]["token_logprobs"][:-1] for choice in ordered]
    if not context or not rest or any(len(each) <= len(context) for each in rest):
        raise ValueError("a choice has no token of its own")
    return [float(sum(each[len(context) :])) for each in rest]
