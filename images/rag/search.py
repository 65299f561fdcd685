"""Asks the live index a question.

    python -m search --question "How do I stop a loop early?" --top 3

Prints score, document, heading and metadata, nearest first; with --json one JSON object. The question
is embedded by the model of the version that is live, which after a rollback is the former one.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from index import ledger, live, loss, sources, stores, versions
from index.condition import Condition
from index.filter import parse
from index.meaning import Meaning, meaning
from index.nearest import nearest
from index.vocabulary import unknown_share
from runtime import settings
from runtime.errors import InputError
from runtime.program import exit_code
from runtime.settings import Run

_UNKNOWN = 0.5  # of a question; the rest of it must be what is asked for
_NAMED = 3  # near-duplicates that a line names at most
_LONGEST = 200  # characters of a document's metadata in a line; --json has all


class Index:
    """A pipeline's live index, opened: its store, and the model of the version that is live.

    Args:
        run: names the project and the pipeline.
        former: the index that was live before, whose store is used further, and its model where it is the same.

    Attributes:
        sources: names of what its documents came from; None where no ledger says it.

    Raises:
        InputError: nothing was published yet.
    """

    def __init__(self, run: Run, former: Index | None = None) -> None:
        from index import embedder, model_folder, served_embedder

        self.run = run
        self.store = (
            former.store if former else stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
        )
        try:
            collection = live.collection(self.store, run)
            if collection is None:
                raise InputError(
                    f"{run.project}/{run.pipeline} has no index yet; run: dac run {run.project}/{run.pipeline}"
                )
            published = next((version for version in versions.read(run) if version.collection == collection), None)
            self.collection, self.version = collection, published.index if published else None
            self.sources = ledger.source_names(loss.ledger_address(run, collection))
            # An evaluation of another pipeline's index is given no facts, and takes those that it was published with.
            model = (
                versions.questions_model(published.model, settings.facts("MODEL"))
                if published
                else settings.required("MODEL")
            )
            folder = model_folder.checked(model, Path(tempfile.gettempdir()) / "weights")
            held = former.embedder if former else None
            same = held is not None and (held.folder, held.facts) == (folder, model)
            self.embedder = held if held is not None and same else embedder.opened(folder, model)
            if published and self.embedder is not held:
                served_embedder.hold(self.embedder, run, published.fingerprint)
        except BaseException:
            if former is None:
                self.store.close()
            raise
        self.name = f"{run.pipeline}/{self.version or collection}"

    def source(self, hit: stores.Hit) -> str | None:
        """Return the name of the source that a hit's document came from; None where no ledger says it."""
        return None if self.sources is None else sources.of(hit.payload["document"], self.sources)

    def documents(self, question: str, top: int, where: Condition | None = None, fold: bool = True) -> list[stores.Hit]:
        """Return the nearest chunk of each of the `top` nearest documents, near-duplicates folded or not.

        Args:
            question: the text.
            top: how many documents.
            where: what `meaning` gives for filters.
            fold: whether near-duplicates are folded.

        Raises:
            InputError: as `check` does.
        """
        self.check(question)
        return nearest(self.store, self.collection, self.embedder.questions([question])[0], top, where, fold)

    def check(self, question: str) -> None:
        """Refuse a question that cannot be answered.

        Raises:
            InputError: the model's tokenizer does not know most of the question: any document would answer it as well.
        """
        if (share := unknown_share(question, self.embedder.tokenizer)) > _UNKNOWN:
            raise InputError(
                f"the index's embedding model does not know {share:.0%} of the question's characters, and would answer "
                "at random: ask in a language that it knows, or index with a multilingual model"
            )

    def following(self) -> Index:
        """Return the version that is live now, in the same store."""
        return Index(self.run, self)

    def meaning(self, filters: Sequence[str]) -> Meaning:
        """Return what filters mean for this index, by the keys that its documents' metadata has now.

        Raises:
            InputError: one cannot be read, or asks for what the index does not have.
        """
        if not filters:
            return Meaning()
        keys = ledger.keys(loss.ledger_address(self.run, self.collection))
        if keys is None:
            raise InputError(
                "this index was made before it was kept which keys its metadata has, so it cannot be filtered yet; "
                f"run: dac run {self.run.project}/{self.run.pipeline}"
            )
        return meaning(filters, keys)

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def search(question: str, top: int, where: Sequence[str]) -> dict[str, Any]:
    """Return the `top` nearest documents of the live index that pass the filters, each by its nearest chunk."""
    if not question.strip():
        raise InputError("the question is empty, and any document would answer it as well: ask in words")
    for text in where:
        parse(text)  # before a model is loaded for it
    index = Index(settings.run())
    try:
        meant = index.meaning(where)
        hits = index.documents(question, top, meant.condition)
    finally:
        index.close()
    answers = [
        {
            "document": hit.payload["document"],
            "source": index.source(hit),
            "score": round(hit.score, 4),
            **_shown(hit.payload),
            "metadata": described(hit),
            "similar": list(hit.similar),
        }
        for hit in hits
    ]
    return {"question": question, "index": index.version, "hits": answers, "notes": meant.notes}


def described(hit: stores.Hit) -> dict[str, Any]:
    """Return the metadata of the document that a hit is of."""
    metadata: dict[str, Any] = orjson.loads(hit.payload.get("metadata") or "{}")
    return metadata


def _shown(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: payload.get(key) for key in ("title", "heading", "text", "uri", "position")}


def _lines(answer: dict[str, Any]) -> str:
    width = max((len(hit["source"] or "") for hit in answer["hits"]), default=0)
    several = any(hit["source"] not in (None, sources.MAIN) for hit in answer["hits"])
    rows = [
        f"{hit['score']:.3f}  {_source(hit, width) if several else ''}{hit['document']:<24}  "
        f"{hit['heading'] or hit['title']}{_also(hit['similar'])}{_values(hit['metadata'])}"
        for hit in answer["hits"]
    ]
    rows = rows or ["no documents found"]
    return "\n".join([*rows, *(f"note: {note}" for note in answer["notes"])])


def _values(metadata: dict[str, Any]) -> str:
    """Return a document's metadata as a filter would have it: `  [tags = [a, b], year = 2024]`."""
    pairs = (f"{key} = {_value(value)}" for key, value in sorted(metadata.items()))
    text = ", ".join(pairs)
    return f"  [{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}]" if text else ""


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())


def _source(hit: dict[str, Any], width: int) -> str:
    return f"{hit['source'] or '':<{width}}  "


def _also(similar: list[str]) -> str:
    """Return which documents say the same, in words."""
    more = f" and {len(similar) - _NAMED} more" if len(similar) > _NAMED else ""
    return f" (as in {', '.join(similar[:_NAMED])}{more})" if similar else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--question", required=True)
    parser.add_argument("--top", type=int, default=5, help="how many hits (5)")
    parser.add_argument(
        "--where", action="append", default=[], metavar="FILTER", help="as in index/filter.py; all hold"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    flags = parser.parse_args()
    logging.disable(logging.WARNING)

    def program() -> None:
        """Search and print."""
        answer = search(flags.question, flags.top, flags.where)
        print(json.dumps(answer, ensure_ascii=False) if flags.json else _lines(answer))

    sys.exit(exit_code(program))
