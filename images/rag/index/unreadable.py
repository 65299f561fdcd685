"""The documents of a run that cannot be read: which they are and why, and how many are too many."""

from __future__ import annotations

from collections.abc import Sequence

from runtime import receipt
from runtime.errors import InputError
from runtime.settings import Run
from runtime.words import plural

from index.plan import Plan

_SHARE = 0.1  # of the index; beyond it the source is wrong, and not some documents of it
Document = dict[str, str]


def of_run(run: Run) -> list[Document]:
    """Return the documents that the run's shards could not read: {document, why}."""
    facts = [part["facts"] for step, part in receipt.parts(run).items() if step.startswith("embed-")]
    return [document for shard in facts for document in shard["unreadable"]]


def check(unreadable: Sequence[Document], plan: Plan) -> None:
    """Refuse a source of which too much cannot be read.

    Raises:
        InputError: more than a tenth of the index is unreadable, and more than one document.
    """
    documents = plan.counts["documents"]
    if len(unreadable) > max(1, _SHARE * documents):
        raise InputError(
            f"{len(unreadable)} of {plural(documents, 'document')} cannot be read; "
            f"the first: {sentence(unreadable[:1])}"
        )


def sentence(unreadable: Sequence[Document]) -> str:
    """Return the documents with their reasons, for a person."""
    return "; ".join(f"{each['document']!r}: {each['why']}" for each in unreadable)
