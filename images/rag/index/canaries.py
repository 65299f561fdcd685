"""canaries.jsonl: questions with known answers, and how an index does on them. Schema: contracts/canary.schema.json."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from runtime import addresses, objects, settings
from runtime.errors import InputError

from index.nearest import Searchable, nearest

VERSION = 1
TOP = 5  # documents among which an answer counts, as a search shows them


@dataclass(frozen=True, slots=True)
class Canary:
    """A question and the documents that answer it, any of them well."""

    question: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an index does.

    Attributes:
        questions: how many were asked.
        top: within how many documents an answer counts, as a search shows them.
        recall: share of the questions with an expected document among those.
        reciprocal_rank: mean of 1/rank of the first expected document, 0 where there is none.
        ranks: by question; None where no expected document was found.
    """

    questions: int
    top: int
    recall: float
    reciprocal_rank: float
    ranks: dict[str, int | None]

    def facts(self) -> dict[str, Any]:
        """As the receipt has it."""
        return asdict(self)


def read(address: str) -> list[Canary]:
    """Return the canaries at the address.

    Raises:
        ValueError: a line does not fit the schema.
        NotFound: there is nothing at the address.
    """
    canaries: dict[str, Canary] = {}
    for number, raw in enumerate(objects.read(address).removeprefix(codecs.BOM_UTF8).splitlines(), 1):
        if not raw.strip():
            continue
        where = f"{address}:{number}"
        try:
            row = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ValueError(f"{where}: not JSON: {error}") from error
        if not isinstance(row, dict) or row.get("version", VERSION) != VERSION:
            raise ValueError(f"{where}: not a JSON object of version {VERSION}")
        question, documents = row.get("question"), row.get("documents")
        right = isinstance(documents, list) and documents and all(isinstance(document, str) for document in documents)
        if not isinstance(question, str) or not question.strip() or not right:
            raise ValueError(
                f'{where}: a canary is {{"question": text, "documents": [ids]}} with at least one document'
            )
        canary = Canary(question, tuple(documents))
        if canaries.setdefault(question, canary) != canary:
            raise ValueError(f"{where}: a line above asks this with other documents; name all of them in one line")
    return list(canaries.values())


def configured() -> list[Canary]:
    """Return the canaries at CANARIES; none where the team has not decided any.

    Raises:
        InputError: they cannot be read, or there are none at the address.
    """
    if not (address := settings.text("CANARIES", "")):
        return []
    try:
        held = read(address)
    except (ValueError, addresses.NotFound) as error:
        raise InputError(f"the canaries cannot be read: {error}") from error
    if not held:
        raise InputError(f"{address} holds no canary question; write some there, or leave `canaries` out")
    return held


def embedded(canaries: Sequence[Canary], model: Mapping[str, Any]) -> np.ndarray:
    """Return the questions' vectors by the given model, float32[n, d]."""
    from index import embedder, model_folder  # here: without canaries no model needs to be loaded

    folder = model_folder.checked(model, Path(tempfile.gettempdir()) / "weights")
    return embedder.opened(folder, model).questions([canary.question for canary in canaries])


def floor() -> float:
    """Return the share of the canaries that an index must answer."""
    return float(settings.text("CANARY_FLOOR", "0.8"))


def check(verdict: Verdict, consequence: str) -> None:
    """Refuse an index that answers too few canaries.

    Args:
        verdict: how it does.
        consequence: what the refusal means for readers.

    Raises:
        InputError: its recall is below the floor.
    """
    if verdict.recall < floor():
        missed = [question for question, rank in verdict.ranks.items() if rank is None]
        raise InputError(
            f"canaries found their documents for {verdict.recall:.0%} of the questions, below the floor of "
            f"{floor():.0%}; {consequence}. Not found: {'; '.join(missed)}"
        )


def judge(store: Searchable, name: str, canaries: Sequence[Canary], vectors: np.ndarray, top: int) -> Verdict:
    """Ask the collection or alias each canary. `vectors` is float32[n, d], a row a question."""
    ranks: dict[str, int | None] = {}
    for canary, vector in zip(canaries, vectors, strict=True):
        hits = nearest(store, name, vector, top)
        matching = (rank for rank, hit in enumerate(hits, 1) if not set(hit.documents).isdisjoint(canary.documents))
        ranks[canary.question] = next(matching, None)
    hits_at = [rank for rank in ranks.values() if rank]
    count = max(1, len(ranks))
    return Verdict(len(ranks), top, len(hits_at) / count, sum(1 / rank for rank in hits_at) / count, ranks)
